"""`truebook:backups`: each schedule of backups, what it covers, and the last one that is good. Its options are those of
every table of records.
"""

from __future__ import annotations

from truebook.pages.views.cells import Column, check, plain, when, word
from truebook.pages.views.cron import cron
from truebook.pages.views.records import Records

TABLE = Records(
    kind="backup",
    columns={
        "backup": Column("Schedule", lambda record, _request: record.name),
        "when": Column("When", cron("schedule")),
        "namespaces": Column("Namespaces", plain("namespaces")),
        "storage": Column("Location", plain("storage")),
        "not_covered": Column("Not covered", plain("not_covered")),
        "paused": Column("Paused", check("paused"), volatile=True),
        "last_good": Column("Last good backup", plain("last_good"), volatile=True),
        "last_good_at": Column("Last good", when("last_good_at"), volatile=True),
        "last_phase": Column("Newest", word("last_phase"), volatile=True),
        "errors": Column("Errors", plain("errors"), volatile=True),
        "warnings": Column("Warnings", plain("warnings"), volatile=True),
    },
    key=("backup",),
    stable=("backup", "when", "namespaces"),
    live=("last_phase", "last_good_at", "last_good", "errors"),
    sources=("kubernetes",),
    nothing="No schedule makes backups.",
)

VIEW = TABLE.view()
