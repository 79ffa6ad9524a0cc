"""Alerts that fire, are pending or silenced.

Values: `alertname`, `state` (firing, pending, silenced), `severity`, `summary`, `runbook_url`, `since` (RFC 3339),
`silenced_by` (who and why, else the silence's id), `labels` (the others).
"""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory import hosts
from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.records.row import kept, row
from truebook.inventory.told import Alert, Rule, Silence
from truebook.inventory.uses.metrics import of_rule
from truebook.model import Record

_SHOWN_APART = {"alertname", "severity"}
_SUMMARIES = ("summary", "description", "message")


def alerts(joined: Joined) -> Iterator[Record]:
    """One for each alert, in the order of Alertmanager's answer."""
    told = joined.facts.told
    rules: dict[str, Rule] = {}
    for rule in told.rules:
        rules.setdefault(rule.name, rule)
    silences = {silence.id: silence for silence in told.silences}
    for alert in told.alerts:
        yield _record(alert, _subject(joined, alert, rules.get(alert.name)), silences)


def _subject(joined: Joined, alert: Alert, rule: Rule | None) -> Subject | None:
    """By the alert's own labels, else the rule's."""
    found = joined.resolver.labels(alert.labels)
    if found is not None:
        return found[0]
    return None if rule is None else of_rule(joined, rule)


def _record(alert: Alert, subject: Subject | None, silences: dict[str, Silence]) -> Record:
    others = ", ".join(f"{key}={value}" for key, value in sorted(alert.labels.items()) if key not in _SHOWN_APART)
    runbook = hosts.web(alert.annotations.get("runbook_url", ""))
    summary = next((key for key in _SUMMARIES if alert.annotations.get(key)), "")
    place = alert.place
    return row(
        "alert",
        f"{alert.name}{{{others}}}",
        subject,
        {
            "alertname": kept(place, alert.name, "labels", "alertname"),
            "state": kept(place, alert.state, *alert.state_path),
            "severity": kept(place, alert.labels.get("severity"), "labels", "severity"),
            "summary": kept(place, alert.annotations.get(summary), "annotations", summary),
            "runbook_url": kept(place, runbook, "annotations", "runbook_url"),
            "since": kept(place, alert.since, *alert.since_path),
            "silenced_by": kept(
                place, tuple(_silence(name, silences) for name in alert.silenced_by), "status", "silencedBy"
            ),
            "labels": kept(place, others, "labels"),
        },
    )


def _silence(name: str, silences: dict[str, Silence]) -> str:
    """`who: why` of a silence that was read, else its id."""
    found = silences.get(name)
    words = () if found is None else (found.created_by, found.comment)
    return ": ".join(word for word in words if word) or name
