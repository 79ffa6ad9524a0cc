"""Velero's objects: storage locations, schedules, backups, restores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from truebook.inventory import look
from truebook.inventory.discover.objects import objects
from truebook.inventory.look import Step
from truebook.inventory.objects import Thing, thing
from truebook.inventory.told import Backup, Location, Place, Schedule, place_of
from truebook.recording import KubernetesData

_GROUP = "velero.io"
_SCHEDULE = "velero.io/schedule-name"


def locations(kubernetes: KubernetesData) -> Iterator[Location]:
    """Where backups go."""
    for found, obj in _all(kubernetes, "backupstoragelocations", "BackupStorageLocation"):
        yield Location(
            place_of(found),
            found.ref,
            look.text(obj, "spec", "provider"),
            look.text(obj, "spec", "objectStorage", "bucket"),
            look.text(obj, "spec", "config", "s3Url"),
            look.text(obj, "status", "phase"),
            look.text(obj, "status", "lastValidationTime"),
            look.text(obj, "status", "message"),
        )


def schedules(kubernetes: KubernetesData) -> Iterator[Schedule]:
    """When backups are made, and of what."""
    for found, obj in _all(kubernetes, "schedules", "Schedule"):
        template: tuple[Step, ...] = ("spec", "template")
        yield Schedule(
            place_of(found),
            found.ref,
            look.text(obj, "spec", "schedule"),
            look.at(obj, "spec", "paused") is True,
            tuple(name for _, name in look.texts(obj, *template, "includedNamespaces")),
            tuple(name for _, name in look.texts(obj, *template, "excludedNamespaces")),
            look.text(obj, *template, "storageLocation"),
            look.text(obj, "status", "phase"),
            tuple(_narrowed(look.mapping(obj, *template))),
        )


def _narrowed(template: dict[str, Any]) -> Iterator[str]:
    """The fields that choose among what is in the namespaces, where they do."""
    for name in ("labelSelector", "orLabelSelectors"):
        if template.get(name):
            yield name
    for name in ("includedResources", "includedNamespaceScopedResources"):
        chosen = [text for _, text in look.texts(template, name)]
        if chosen and "*" not in chosen:
            yield name


def backups(kubernetes: KubernetesData) -> Iterator[Backup]:
    """The backups that were made, with how often each was restored."""
    restored: dict[tuple[str, str], list[Place]] = {}
    for found, obj in _all(kubernetes, "restores", "Restore"):
        if look.text(obj, "status", "phase") == "Completed":
            backup = (found.ref.namespace, look.text(obj, "spec", "backupName"))
            restored.setdefault(backup, []).append(place_of(found))
    for found, obj in _all(kubernetes, "backups", "Backup"):
        yield Backup(
            place_of(found),
            found.ref,
            found.labels.get(_SCHEDULE, ""),
            look.text(obj, "status", "phase"),
            look.text(obj, "status", "startTimestamp"),
            look.text(obj, "status", "completionTimestamp"),
            look.number(obj, "status", "errors") or 0,
            look.number(obj, "status", "warnings") or 0,
            look.text(obj, "spec", "storageLocation"),
            tuple(restored.get((found.ref.namespace, found.ref.name), ())),
        )


def _all(kubernetes: KubernetesData, resource: str, kind: str) -> Iterator[tuple[Thing, Any]]:
    for obj in objects(kubernetes, f"{_GROUP}/{resource}"):
        found = thing(obj, _GROUP, kind)
        if found is not None:
            yield found, obj
