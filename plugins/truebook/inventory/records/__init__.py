"""What systems tell that is more than a value: one small function for each kind of record, in `RECORDS`.

A function gets all that was joined and yields records with the object and field that each value was read from. Which
values a kind has, its file says. Two of the same kind and name are told apart by a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from truebook.inventory.join.subject import Joined
from truebook.inventory.records.alert import alerts
from truebook.inventory.records.backup import backups
from truebook.inventory.records.certificate import certificates
from truebook.inventory.records.dashboard import dashboards
from truebook.inventory.records.datasource import datasources
from truebook.inventory.records.oidc_client import oidc_clients
from truebook.inventory.records.rule import rules
from truebook.inventory.records.secret import secrets
from truebook.inventory.records.silence import silences
from truebook.inventory.records.storage_location import storage_locations
from truebook.inventory.records.sync_window import sync_windows
from truebook.inventory.records.target import targets
from truebook.model import Record

RECORDS: dict[str, Callable[[Joined], Iterable[Record]]] = {
    "alert": alerts,
    "rule": rules,
    "silence": silences,
    "target": targets,
    "backup": backups,
    "storage_location": storage_locations,
    "oidc_client": oidc_clients,
    "secret": secrets,
    "dashboard": dashboards,
    "datasource": datasources,
    "sync_window": sync_windows,
    "certificate": certificates,
}
"""Kind → the function that makes its records."""


def records(joined: Joined) -> tuple[Record, ...]:
    """All records, by kind, then by name."""
    return tuple(record for make in RECORDS.values() for record in _apart(make(joined)))


def _apart(made: Iterable[Record]) -> list[Record]:
    """By name, each name once."""
    seen: Counter[str] = Counter()
    found = []
    for record in sorted(made, key=lambda record: record.name):
        seen[record.name] += 1
        number = seen[record.name]
        found.append(record if number == 1 else replace(record, name=f"{record.name} ({number})"))
    return found
