"""Prometheus → the Alertmanagers that it sends alerts to."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.model import Relation


def alerts(joined: Joined) -> Iterator[Relation]:
    """An arrow to the component at each address."""
    prometheus = joined.system("prometheus")
    if prometheus is None:
        return
    namespace = prometheus.main.ref.namespace if prometheus.main is not None else ""
    for address in joined.facts.told.alertmanagers:
        found = joined.resolver.url(str(address.value), namespace)
        if found is not None:
            yield Relation(prometheus.name, found.name, "", "alerts", address.evidence)
