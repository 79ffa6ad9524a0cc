"""Grafana's data sources.

Values: `title`, `type`, `url`, `grafana` (the component that has it).
"""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.inventory.records.row import kept, row
from truebook.inventory.uses.dashboards import behind, grafana_of
from truebook.model import Record


def datasources(joined: Joined) -> Iterator[Record]:
    """One for each, of the component that its URL leads to."""
    for source in joined.facts.told.datasources:
        place, grafana = source.place, grafana_of(joined, source.namespace)
        yield row(
            "datasource",
            source.uid or source.name,
            behind(joined, source),
            {
                "title": kept(place, source.name, "name"),
                "type": kept(place, source.kind, "type"),
                "url": kept(place, source.url, "url"),
                "grafana": kept(place, None if grafana is None else grafana.name),
            },
        )
