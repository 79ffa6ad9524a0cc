"""`truebook:rules`: what may become an alert, and the runbook that each rule sends people to. Options: those of every
table of records, and

    severity=critical       only rules of these severities
"""

from __future__ import annotations

from truebook.pages.views.cells import Column, plain, word
from truebook.pages.views.links import runbook
from truebook.pages.views.records import COMPONENT, Records

TABLE = Records(
    kind="rule",
    columns={
        "alert": Column("Alert", plain("alertname")),
        "severity": Column("Severity", plain("severity")),
        "runbook": Column("Runbook", runbook("runbook_url")),
        "component": COMPONENT,
        "summary": Column("Summary", plain("summary")),
        "expr": Column("Expression", plain("expr")),
        "rules": Column("Group", plain("group")),
        "state": Column("State", word("state"), volatile=True),
    },
    key=("alert", "severity"),
    stable=("alert", "severity", "runbook"),
    live=("state",),
    sources=("prometheus /api/v1/rules", "kubernetes monitoring.coreos.com/prometheusrules"),
    nothing="There is no alerting rule.",
    filters=("severity",),
    order={"severity": ("critical", "warning", "info")},
)

VIEW = TABLE.view()
