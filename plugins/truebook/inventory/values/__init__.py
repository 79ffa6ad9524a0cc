"""The values of a component: one small function for each key, in `VALUES`.

A function gets the subject and all that was joined, and gives the value with the object and field it was read
from, or None where it is not known. What the catalog states wins over it; live keys it cannot state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.values import address, argocd, intent, records, revisions, running, storage, systems
from truebook.model import Value

VALUES: dict[str, Callable[[Subject, Joined], Value | None]] = {
    "purpose": intent.purpose,
    "page": intent.page,
    "url": address.url,
    "urls": address.urls,
    "version": running.version,
    "namespace": running.namespace,
    "workloads": running.workloads,
    "ready": running.ready,
    "desired": running.desired,
    "sync": argocd.sync,
    "health": argocd.health,
    "status_message": argocd.status_message,
    "revision": revisions.revision,
    "revision_url": revisions.revision_url,
    "branch_head": revisions.branch_head,
    "repository": revisions.repository,
    "application": argocd.application,
    "declared_by": argocd.declared_by,
    "images": running.images,
    "storage": storage.storage,
    "systems": running.systems,
    "state": systems.state,
    "reported_version": systems.reported_version,
    "ahead": revisions.ahead,
    "behind": revisions.behind,
    "compare_url": revisions.compare_url,
    "targets": records.targets,
    "targets_up": records.targets_up,
    "rules": records.rules,
    "alerts_firing": records.alerts_firing,
    "alerts_silenced": records.alerts_silenced,
    "last_backup": systems.last_backup,
    "last_backup_at": systems.last_backup_at,
    "storage_available": systems.storage_available,
    "bucket": systems.bucket,
    "secret_paths": records.secret_paths,
    "sso": records.sso,
    "dashboards": records.dashboards,
}
"""Key → the function that finds its value. What each means, `settings.keys` says, in the same order."""


def value(subject: Subject, known: Joined, key: str) -> Value | None:
    """The value of one key of `VALUES`."""
    return intent.stated(subject, key) or VALUES[key](subject, known)


def values(subject: Subject, known: Joined) -> Iterator[tuple[str, Value]]:
    """All values that are known of a component: those of `VALUES` in their order, then the catalog's own."""
    for key in VALUES:
        found = value(subject, known, key)
        if found is not None:
            yield key, found
    if subject.stated is not None:
        for key in subject.stated.values:
            own = intent.stated(subject, key)
            if key not in VALUES and own is not None:
                yield key, own
