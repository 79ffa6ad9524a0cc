"""Which backup is the last, and which the last that is good."""

from __future__ import annotations

from collections.abc import Iterable

from truebook.inventory.told import Backup


def last(backups: Iterable[Backup]) -> Backup | None:
    """The newest that was begun."""
    return max(backups, key=lambda backup: (backup.started or backup.completed, backup.ref.name), default=None)


def last_good(backups: Iterable[Backup]) -> Backup | None:
    """The newest that is complete; Velero itself keeps no such thing. One that failed in part is not good."""
    good = [backup for backup in backups if backup.phase == "Completed" and backup.at]
    return max(good, key=lambda backup: (backup.at, backup.ref.name), default=None)
