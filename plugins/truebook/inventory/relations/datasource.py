"""What Grafana shows → Grafana."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.inventory.uses.dashboards import behind, grafana_of
from truebook.model import Relation


def datasource(joined: Joined) -> Iterator[Relation]:
    """An arrow from each component that a data source leads to."""
    for source in joined.facts.told.datasources:
        grafana, found = grafana_of(joined, source.namespace), behind(joined, source)
        if grafana is not None and found is not None:
            yield Relation(found.name, grafana.name, "", "datasource", source.place.evidence("url"))
