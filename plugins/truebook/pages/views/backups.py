"""`truebook:backups`: each schedule of backups, what it covers, and the last one that is good. Its options are those of
every table of records.
"""

from __future__ import annotations

from truebook.inventory.uses import backups
from truebook.model import Record
from truebook.pages.views.cells import Column, check, plain, when, word
from truebook.pages.views.cron import cron
from truebook.pages.views.records import Records
from truebook.pages.views.view import Request


def namespaces(record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The namespaces that a schedule includes, `*` for all, and those that it leaves out."""
    found = record.get("namespaces") or ()
    named = found if isinstance(found, tuple) else (str(found),)
    left_out = tuple(name[1:] for name in named if name.startswith("-"))
    return tuple(name for name in named if not name.startswith("-")), left_out


def covers(record: Record, namespace: str) -> bool:
    """Whether a schedule's backups hold a namespace."""
    return backups.covers(*namespaces(record), namespace)


def narrowed(record: Record) -> str:
    """What is to be said of a schedule that takes only some of what is in its namespaces."""
    return f"only what {record.text('narrowed')} chooses" if record.get("narrowed") else ""


def _namespaces(record: Record, _request: Request) -> str:
    included, left_out = (", ".join(names) for names in namespaces(record))
    words = "all" if included == "*" else included
    words = f"{words} but {left_out}" if left_out else words
    return ", ".join(filter(None, (words, narrowed(record))))


MADE = ("kubernetes velero.io/backups",)
"""Who says which backups there are."""

TABLE = Records(
    kind="backup",
    columns={
        "backup": Column("Schedule", lambda record, _request: record.name),
        "when": Column("When", cron("schedule")),
        "namespaces": Column("Namespaces", _namespaces),
        "storage": Column("Location", plain("storage")),
        "not_covered": Column("Left out", plain("not_covered")),
        "paused": Column("Paused", check("paused"), volatile=True),
        "last_good": Column("Last good backup", plain("last_good"), volatile=True),
        "last_good_at": Column("Last good", when("last_good_at"), volatile=True),
        "last_phase": Column("Last one", word("last_phase"), volatile=True),
        "last": Column("Last backup", plain("last"), volatile=True),
        "errors": Column("Errors", plain("errors"), volatile=True),
        "warnings": Column("Warnings", plain("warnings"), volatile=True),
        "restored": Column("Restored", plain("restored"), volatile=True),
    },
    key=("backup",),
    stable=("backup", "when", "namespaces", "not_covered"),
    live=("last_phase", "last_good_at", "last_good"),
    sources=("kubernetes velero.io/schedules",),
    nothing="No schedule makes backups.",
)

VIEW = TABLE.view()
