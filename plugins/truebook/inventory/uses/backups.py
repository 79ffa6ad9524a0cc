"""What a schedule's backups hold, which of them is the last, and which the last that is good."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from truebook.inventory.told import Backup


def covers(included: Iterable[str], excluded: Iterable[str], namespace: str) -> bool:
    """Whether backups of the namespaces that these patterns include, and others leave out, hold a namespace."""
    return any(fnmatchcase(namespace, name) for name in included) and not any(
        fnmatchcase(namespace, name) for name in excluded
    )


def last(backups: Iterable[Backup]) -> Backup | None:
    """The newest that was begun."""
    return max(backups, key=lambda backup: (backup.started or backup.completed, backup.ref.name), default=None)


def last_good(backups: Iterable[Backup]) -> Backup | None:
    """The newest that is complete; Velero itself keeps no such thing. One that failed in part is not good."""
    good = [backup for backup in backups if backup.phase == "Completed" and backup.at]
    return max(good, key=lambda backup: (backup.at, backup.ref.name), default=None)
