"""Velero's schedules, each with its last backups.

Values: `schedule` (cron), `namespaces` (those it includes; `*` and those it leaves out as `-name`), `narrowed` (the
fields by which it takes only some of what is in them), `last_good` (the newest backup that is complete) and
`last_good_at`, `last` (the newest of all) and its `last_phase`, `errors`, `warnings`; `storage`, `paused`,
`not_covered` (namespaces with volumes that it leaves out), `restored` (how often its backups were restored).
"""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.inventory.records.row import kept, row
from truebook.inventory.told import Backup, Schedule
from truebook.inventory.uses.backups import covers, last, last_good
from truebook.model import Record, Value


def backups(joined: Joined) -> Iterator[Record]:
    """One for each schedule."""
    told = joined.facts.told
    by_schedule: dict[tuple[str, str], list[Backup]] = {}
    for backup in told.backups:
        by_schedule.setdefault((backup.ref.namespace, backup.schedule), []).append(backup)
    for schedule in told.schedules:
        made = by_schedule.get((schedule.ref.namespace, schedule.ref.name), [])
        subject = joined.system("velero", namespace=schedule.ref.namespace)
        restores = [place for backup in made for place in backup.restores]
        yield row(
            "backup",
            schedule.ref.name,
            subject,
            {
                **_declared(joined, schedule),
                **_made(made),
                "restored": restores[0].value(len(restores), "spec", "backupName") if restores else None,
            },
        )


def _declared(joined: Joined, schedule: Schedule) -> dict[str, Value | None]:
    place = schedule.place
    excluded = tuple(f"-{name}" for name in schedule.excluded)
    key = "includedNamespaces" if schedule.included or not excluded else "excludedNamespaces"
    return {
        "schedule": kept(place, schedule.cron, "spec", "schedule"),
        "namespaces": kept(place, (*(schedule.included or ("*",)), *excluded), "spec", "template", key),
        "narrowed": kept(place, schedule.narrowed, "spec", "template", *schedule.narrowed[:1]),
        "storage": kept(place, schedule.storage, "spec", "template", "storageLocation"),
        "paused": kept(place, schedule.paused, "spec", "paused"),
        "not_covered": kept(place, tuple(_left_out(joined, schedule)), "spec", "template", key),
    }


def _left_out(joined: Joined, schedule: Schedule) -> Iterator[str]:
    """The namespaces that hold volumes and are not in the backup; all of them where it never runs."""
    claimed = {namespace for namespace, _ in joined.facts.claims}
    claimed |= {workload.ref.namespace for workload in joined.facts.workloads if workload.claims}
    for namespace in sorted(claimed):
        if schedule.paused or not covers(schedule.included or ("*",), schedule.excluded, namespace):
            yield namespace


def _made(made: list[Backup]) -> dict[str, Value | None]:
    good, newest = last_good(made), last(made)
    found: dict[str, Value | None] = {}
    if good is not None:
        found["last_good"] = good.place.value(good.ref.name, "metadata", "name")
        found["last_good_at"] = kept(good.place, good.at, "status", good.at_field)
    if newest is not None:
        found["last"] = newest.place.value(newest.ref.name, "metadata", "name")
        found["last_phase"] = kept(newest.place, newest.phase, "status", "phase")
        found["errors"] = newest.place.value(newest.errors, "status", "errors")
        found["warnings"] = newest.place.value(newest.warnings, "status", "warnings")
    return found
