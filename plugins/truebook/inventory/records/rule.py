"""Alerting rules.

Values: `alertname`, `state` (firing, pending, inactive; unknown where only the object was read), `severity`,
`summary`, `runbook_url`, `expr`, `group`.
"""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory import hosts
from truebook.inventory.join.subject import Joined
from truebook.inventory.records.row import kept, row
from truebook.inventory.uses.metrics import of_rule
from truebook.model import Record


def rules(joined: Joined) -> Iterator[Record]:
    """One for each rule, as Prometheus loaded it, else as the cluster's PrometheusRules declare it."""
    for rule in joined.facts.told.rules:
        place = rule.place
        yield row(
            "rule",
            f"{rule.group}/{rule.name}" if rule.group else rule.name,
            of_rule(joined, rule),
            {
                "alertname": kept(place, rule.name, "name" if rule.expr_key == "query" else "alert"),
                "state": kept(place, rule.state, "state"),
                "severity": kept(place, rule.labels.get("severity"), "labels", "severity"),
                "summary": kept(place, rule.annotations.get("summary"), "annotations", "summary"),
                "runbook_url": kept(
                    place, hosts.web(rule.annotations.get("runbook_url", "")), "annotations", "runbook_url"
                ),
                "expr": kept(place, rule.expr, rule.expr_key),
                "group": kept(place, rule.group),
            },
        )
