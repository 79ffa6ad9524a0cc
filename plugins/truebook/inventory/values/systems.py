"""What a component's own system says of it: Vault, Authentik, Prometheus and the others."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.told import Backup
from truebook.inventory.uses.backups import last_good
from truebook.model import Evidence, Value


def _own(subject: Subject, known: Joined, told: dict[str, Value]) -> Iterator[Value]:
    """What the systems that are this component say."""
    for system, value in told.items():
        if known.system(system) is subject:
            yield value


def state(subject: Subject, known: Joined) -> Value | None:
    """Vault: active, standby, sealed, uninitialised …; the others: ready or not. The worst, where it runs several."""
    found = list(_own(subject, known, known.facts.told.states))
    return next((value for value in found if value.value not in {"active", "ready"}), next(iter(found), None))


def reported_version(subject: Subject, known: Joined) -> Value | None:
    """What the system itself says it is; what runs may not be what was asked to run."""
    return next(_own(subject, known, known.facts.told.versions), None)


def _last_good(subject: Subject, known: Joined) -> Backup | None:
    told = known.facts.told.backups if subject in known.running("velero") else ()
    return last_good(b for b in told if known.system("velero", namespace=b.ref.namespace) is subject)


def last_backup(subject: Subject, known: Joined) -> Value | None:
    """The newest backup that is complete, of Velero."""
    backup = _last_good(subject, known)
    return None if backup is None else backup.place.value(backup.ref.name, "metadata", "name")


def last_backup_at(subject: Subject, known: Joined) -> Value | None:
    """When that was done, RFC 3339."""
    backup = _last_good(subject, known)
    return None if backup is None else backup.place.value(backup.at, "status", backup.at_field)


def storage_available(subject: Subject, known: Joined) -> Value | None:
    """Whether all storage locations of this Velero are available; the evidence is one that isn't."""
    found = [
        location
        for location in known.facts.told.locations
        if location.phase and known.system("velero", namespace=location.ref.namespace) is subject
    ]
    if not found:
        return None
    bad = next((location for location in found if location.phase != "Available"), None)
    return (bad or found[0]).place.value(bad is None, "status", "phase")


def bucket(subject: Subject, known: Joined) -> Value | None:
    """The buckets that backups are written to, of the component that holds them; that which was asked for and is
    there by its own answer."""
    asked = known.facts.told.bucket
    if asked is not None and known.system("minio") is subject:
        return asked
    found: dict[str, Evidence] = {}
    for location in known.facts.told.locations:
        store = known.resolver.url(location.url, location.ref.namespace) if location.url else None
        if location.bucket and store is subject:
            found.setdefault(location.bucket, location.place.evidence("spec", "objectStorage", "bucket"))
    return Value(", ".join(found), next(iter(found.values()))) if found else None
