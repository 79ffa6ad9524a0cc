"""Which component a target, a rule or an alert is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.told import Monitor, Rule, Target
from truebook.model import Evidence

_HERE = {"localhost", "127.0.0.1", "::1"}


def of_target(joined: Joined, target: Target) -> tuple[Subject, Evidence] | None:
    """By the target's labels, else by the address that is scraped; what Prometheus scrapes on its own machine is
    itself. A job is but a name that somebody gave: where the address leads to a component, that is it."""
    found = joined.resolver.labels(target.labels)
    if found is None or found[1] == "job":
        at = _at(joined, target.url)
        if at is not None:
            return at, target.place.evidence("scrapeUrl")
    return None if found is None else (found[0], target.place.evidence("labels", found[1]))


def _at(joined: Joined, url: str) -> Subject | None:
    """The component at an address that Prometheus scrapes."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    prometheus = joined.system("prometheus")
    if host in _HERE:
        return prometheus
    main = None if prometheus is None else prometheus.main
    return joined.resolver.url(url, main.ref.namespace if main is not None else "") if host else None


def of_rule(joined: Joined, rule: Rule) -> Subject | None:
    """By its labels, else by the page of its runbook, which is called as the component's page is."""
    found = joined.resolver.labels(rule.labels)
    return found[0] if found is not None else _of_runbook(joined, rule.annotations.get("runbook_url", ""))


def _of_runbook(joined: Joined, url: str) -> Subject | None:
    try:
        path = PurePosixPath(urlsplit(url).path)
    except ValueError:
        return None
    # `https://docs/velero.html`, `https://docs/operations/velero/`
    stem = path.name.removesuffix(".html").removesuffix(".md")
    return joined.resolver.page(stem) if stem else None


class Monitored:
    """Finds the components behind the Services that a ServiceMonitor selects."""

    def __init__(self, joined: Joined) -> None:
        self._joined = joined
        self._services: dict[str, list[tuple[str, Mapping[str, str]]]] = {}
        for (namespace, name), labels in joined.facts.service_labels.items():
            self._services.setdefault(namespace, []).append((name, labels))

    def of(self, monitor: Monitor) -> Iterator[Subject]:
        """A component for each Service that has one."""
        for namespace in self._services if monitor.namespaces is None else dict.fromkeys(monitor.namespaces):
            for name, labels in self._services.get(namespace, ()):
                wanted = monitor.labels.items() <= labels.items()
                if wanted and all(_holds(labels, *rest) for rest in monitor.expressions):
                    found = self._joined.resolver.service(namespace, name)
                    if found is not None:
                        yield found


def _holds(labels: Mapping[str, str], key: str, operator: str, values: tuple[str, ...]) -> bool:
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    if operator == "NotIn":
        return labels.get(key) not in values
    return operator == "In" and labels.get(key) in values
