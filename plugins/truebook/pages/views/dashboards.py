"""`truebook:dashboards`: Grafana's dashboards, with links. Its options are those of every table of records; `component`
is the one that a dashboard is about.
"""

from __future__ import annotations

from truebook.pages.views.cells import Column, plain, titled
from truebook.pages.views.records import COMPONENT, Records

TABLE = Records(
    kind="dashboard",
    columns={
        "dashboard": Column("Dashboard", titled("title", "url")),
        "component": Column("About", COMPONENT.write),
        "folder": Column("Folder", plain("folder")),
        "tags": Column("Tags", plain("tags")),
    },
    key=("dashboard",),
    stable=("dashboard", "component", "tags"),
    live=(),
    sources=("grafana /api/search", "configmaps"),
    nothing="Grafana has no dashboard for it.",
)

VIEW = TABLE.view()
