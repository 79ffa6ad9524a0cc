"""Prometheus → what it scrapes."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.inventory.uses.metrics import Monitored, of_target
from truebook.model import Evidence, Relation


def scrapes(joined: Joined) -> Iterator[Relation]:
    """An arrow to each component that a target is of; where Prometheus was not read, to those that ServiceMonitors
    select."""
    prometheus = joined.system("prometheus")
    if prometheus is None:
        return
    # Prometheus tells its targets in an order that differs each time.
    found: dict[str, Evidence] = {}
    for name, evidence in _scraped(joined):
        found.setdefault(name, evidence)
    for subject in joined.subjects:
        if subject.name in found:
            yield Relation(prometheus.name, subject.name, "scrapes", "scrapes", found[subject.name])


def _scraped(joined: Joined) -> Iterator[tuple[str, Evidence]]:
    told = joined.facts.told
    for target in told.targets:
        found = of_target(joined, target)
        if found is not None:
            yield found[0].name, found[1]
    monitored = Monitored(joined)
    for monitor in () if told.targets else told.monitors:
        for subject in monitored.of(monitor):
            yield subject.name, monitor.place.evidence()
