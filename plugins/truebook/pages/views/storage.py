"""`truebook:storage`: where backups are kept, and whether Velero reaches it. Its options are those of every table of
records.
"""

from __future__ import annotations

from markupsafe import Markup

from truebook.model import Record
from truebook.pages.views.cells import Column, component, host, plain, when, word
from truebook.pages.views.records import Records
from truebook.pages.views.view import Request


def _store(record: Record, request: Request) -> Markup | str:
    """The component at the location's address."""
    return component(record.text("store"), request) if record.text("store") else ""


TABLE = Records(
    kind="storage_location",
    columns={
        "location": Column("Location", lambda record, _request: record.name),
        "bucket": Column("Bucket", plain("bucket")),
        "url": Column("At", host("url")),
        "store": Column("Kept by", _store),
        "phase": Column("State", word("phase"), volatile=True),
        "validated": Column("Last looked at", when("last_validated"), volatile=True),
        "message": Column("Message", plain("message"), volatile=True),
    },
    key=("location",),
    stable=("location", "bucket", "store", "url"),
    live=("phase", "validated", "message"),
    sources=("kubernetes",),
    nothing="No location for backups is set up.",
)

VIEW = TABLE.view()
