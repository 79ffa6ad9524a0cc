"""`truebook:datasources`: what Grafana reads from. Its options are those of every table of records."""

from __future__ import annotations

from truebook.pages.views.cells import Column, host, plain
from truebook.pages.views.records import COMPONENT, Records

TABLE = Records(
    kind="datasource",
    columns={
        "datasource": Column("Data source", plain("title")),
        "type": Column("Type", plain("type")),
        "url": Column("Address", host("url")),
        "component": Column("Reads from", COMPONENT.write),
    },
    key=("datasource",),
    stable=("datasource", "type", "url"),
    live=(),
    sources=("grafana /api/datasources", "configmaps"),
    nothing="Grafana has no data source.",
)

VIEW = TABLE.view()
