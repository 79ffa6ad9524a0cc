"""`truebook:targets`: what Prometheus scrapes, and whether it answers. Options: those of every table of records, and

    health=down,unknown     only targets of this health

Never committed: targets come and go with their pods.
"""

from __future__ import annotations

from truebook.pages.views.cells import Column, plain, word
from truebook.pages.views.records import COMPONENT, Records

TABLE = Records(
    kind="target",
    columns={
        "job": Column("Job", plain("job")),
        "health": Column("Health", word("health"), volatile=True),
        "component": Column("Component", COMPONENT.write, volatile=True),
        "instance": Column("Instance", plain("instance"), volatile=True),
        "address": Column("Address", plain("scrape_url"), volatile=True),
        "error": Column("Error", plain("last_error"), volatile=True),
    },
    key=("job",),
    stable=("job",),
    live=("health", "component", "address", "error"),
    sources=("prometheus /api/v1/targets",),
    nothing="Prometheus scrapes nothing of it.",
    passing="Which targets there are is filled in when the site is built.",
    filters=("health",),
    order={"health": ("down", "unknown")},
)

VIEW = TABLE.view()
