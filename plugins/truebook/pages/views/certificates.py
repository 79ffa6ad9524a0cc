"""`truebook:certificates`: until when the certificates are good that the addresses of components are served with. Its
options are those of every table of records.
"""

from __future__ import annotations

from truebook.pages.views.cells import Column, when
from truebook.pages.views.records import COMPONENT, Records

TABLE = Records(
    kind="certificate",
    columns={
        "host": Column("Address", lambda record, _request: record.name),
        "component": COMPONENT,
        "ends": Column("Good until", when("not_after"), volatile=True),
    },
    key=("host",),
    stable=("host", "component"),
    live=("ends",),
    sources=("certificates",),
    nothing="No address is served with a certificate.",
)

VIEW = TABLE.view()
