"""`truebook:alerts`: what fires now, with the runbook of each. Options: those of every table of records, and

    state=firing,pending    only alerts in these states: firing, pending, silenced
    severity=critical       only alerts of these severities

Nothing of it is committed: alerts come and go. For what may fire at all, see `truebook:rules`.
"""

from __future__ import annotations

from truebook.pages.views.cells import Column, plain, when, word
from truebook.pages.views.links import runbook
from truebook.pages.views.records import COMPONENT, Records

TABLE = Records(
    kind="alert",
    columns={
        "alert": Column("Alert", plain("alertname")),
        "state": Column("State", word("state"), volatile=True),
        "severity": Column("Severity", plain("severity"), volatile=True),
        "component": Column("Component", COMPONENT.write, volatile=True),
        "summary": Column("Summary", plain("summary"), volatile=True),
        "runbook": Column("Runbook", runbook("runbook_url"), volatile=True),
        "since": Column("Since", when("since"), volatile=True),
        "labels": Column("Labels", plain("labels"), volatile=True),
        "silenced_by": Column("Silenced by", plain("silenced_by"), volatile=True),
    },
    key=("alert",),
    stable=("alert",),
    live=("state", "severity", "component", "summary", "runbook", "since"),
    sources=("alertmanager /api/v2/alerts", "prometheus /api/v1/rules"),
    nothing="No alert fires.",
    passing="Which alerts fire is filled in when the site is built.",
    filters=("state", "severity"),
    order={"state": ("firing", "pending", "silenced"), "severity": ("critical", "warning", "info")},
)

VIEW = TABLE.view()
