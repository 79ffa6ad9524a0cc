"""`truebook:storage`: where backups are kept, and whether Velero reaches it. Its options are those of every table of
records.
"""

from __future__ import annotations

from truebook.pages.views.cells import Column, host, of_component, plain, when, word
from truebook.pages.views.records import Records

TABLE = Records(
    kind="storage_location",
    columns={
        "location": Column("Location", lambda record, _request: record.name),
        "bucket": Column("Bucket", plain("bucket")),
        "url": Column("At", host("url")),
        "store": Column("Kept by", of_component("store")),
        "phase": Column("State", word("phase"), volatile=True),
        "validated": Column("Last looked at", when("last_validated"), volatile=True),
        "message": Column("Message", plain("message"), volatile=True),
    },
    key=("location",),
    stable=("location", "bucket", "store", "url"),
    live=("phase", "validated", "message"),
    sources=("kubernetes velero.io/backupstoragelocations",),
    nothing="No location for backups is set up.",
)

VIEW = TABLE.view()
