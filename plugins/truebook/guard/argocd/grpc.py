"""ArgoCD's gRPC-web methods: which are reads, and the fields of their messages. All others are refused.

Field numbers are those of ArgoCD's own proto files (3.6). A message is written anew from the fields that are known
here, without those that would make ArgoCD write (`refresh`) or work anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from truebook.guard import grpcweb
from truebook.guard.grpcweb import Fields, Unreadable


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `kind` is s for a string, i for a number, m for a message."""

    kind: str
    repeated: bool = False
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """A read: the fields of its request, and whether its answer goes on until someone ends it."""

    fields: Mapping[int, Field]
    streamed: bool = False


def _method(spec: str, *, streamed: bool = False) -> Method:
    """From words such as `1s` (field 1, a string), `3s*` (repeated) and `2s-` (taken off)."""
    fields = {}
    for word in spec.split():
        found = re.fullmatch(r"(\d+)([sim])([*-]?)", word)
        assert found is not None, word
        fields[int(found[1])] = Field(found[2], found[3] == "*", found[3] == "-")
    return Method(fields, streamed)


_APPLICATIONS = "1s 2s- 3s* 4s 5s 6s 7s 8s* 9s*"
_REVISION = "1s 2s 3s 4s 5i 6i"
_RESOURCE = "1s 2s 3s 4s 5s 6s 7s 8s"
_REPOSITORY = "1s 2i- 3s"
_APP = "application.ApplicationService"

READS: dict[str, Method] = {
    f"/{service}/{name}": method
    for service, methods in {
        _APP: {
            "List": _method(_APPLICATIONS),
            "Get": _method(_APPLICATIONS),
            "Watch": _method(_APPLICATIONS, streamed=True),
            "ListResourceEvents": _method("1s 2s 3s 4s 5s 6s"),
            "GetApplicationSyncWindows": _method("1s 2s 3s"),
            "RevisionMetadata": _method(_REVISION),
            "RevisionChartDetails": _method(_REVISION),
            "GetOCIMetadata": _method(_REVISION),
            "GetManifests": _method("1s 2s 3s 4s 5i* 6s* 7i-"),
            "ManagedResources": _method(_RESOURCE),
            "ResourceTree": _method(_RESOURCE),
            "WatchResourceTree": _method(_RESOURCE, streamed=True),
            "GetResource": _method(_RESOURCE),
            "ListResourceActions": _method(_RESOURCE),
            "ListResourceLinks": _method(_RESOURCE),
            "ListLinks": _method("1s 3s 4s"),
            "PodLogs": _method("1s 2s 3s 4s 5i 6m 7i 8i- 9s 10s 11s 12s 13s 14i 15s 16s 17i", streamed=True),
        },
        "applicationset.ApplicationSetService": {
            "Get": _method("1s 2s"),
            "List": _method("1s* 2s 3s"),
            "ResourceTree": _method("1s 2s"),
            "ListResourceEvents": _method("1s 2s"),
        },
        "account.AccountService": {
            "CanI": _method("1s 2s 3s"),
            "ListAccounts": _method(""),
            "GetAccount": _method("1s"),
        },
        "session.SessionService": {"GetUserInfo": _method("")},
        "cluster.SettingsService": {"Get": _method(""), "GetPlugins": _method("")},
        "version.VersionService": {"Version": _method("")},
        "project.ProjectService": {
            "List": _method("1s"),
            "Get": _method("1s"),
            "GetDetailedProject": _method("1s"),
            "GetGlobalProjects": _method("1s"),
            "GetSyncWindowsState": _method("1s"),
            "ListEvents": _method("1s"),
            "ListLinks": _method("1s"),
        },
        "repository.RepositoryService": {
            "List": _method(_REPOSITORY),
            "Get": _method(_REPOSITORY),
            "ListRepositories": _method(_REPOSITORY),
        },
        # Without the credentials' text: ArgoCD gives the URL, the user's name and the type alone.
        "repocreds.RepoCredsService": {"ListRepositoryCredentials": _method("1s")},
        "cluster.ClusterService": {"List": _method("1s 2s 3m"), "Get": _method("1s 2s 3m")},
        "certificate.CertificateService": {"ListCertificates": _method("1s 2s 3s")},
        "gpgkey.GPGKeyService": {"List": _method("1s"), "Get": _method("1s")},
        "notification.NotificationService": {
            "ListTriggers": _method(""),
            "ListServices": _method(""),
            "ListTemplates": _method(""),
        },
    }.items()
    for name, method in methods.items()
}
GET, WATCH = f"/{_APP}/Get", f"/{_APP}/Watch"
SYNC, ROLLBACK = f"/{_APP}/Sync", f"/{_APP}/Rollback"
UPDATE_SPEC, DELETE, TERMINATE = f"/{_APP}/UpdateSpec", f"/{_APP}/Delete", f"/{_APP}/TerminateOperation"


def rewrite(method: Method, body: bytes) -> tuple[bytes, Fields]:
    """The body to send on, and its fields. Raises Unreadable for whatever is not understood."""
    fields = grpcweb.parse(grpcweb.unframe(body))
    kept = []
    seen = set()
    for number, value in fields:
        known = method.fields.get(number)
        if known is None:
            raise Unreadable(f"field {number} of the message is not known")
        if number in seen and not known.repeated:
            raise Unreadable(f"field {number} of the message is there twice")
        seen.add(number)
        if isinstance(value, int) != (known.kind == "i"):
            raise Unreadable(f"field {number} of the message has another type")
        if known.kind == "s":
            grpcweb.string(((number, value),), number)
        if not known.dropped:
            kept.append((number, value))
    return grpcweb.frame(grpcweb.write(kept)), tuple(kept)


def query(name: str, namespace: str) -> bytes:
    """The body of a Get or Watch of one application."""
    fields = [(1, name.encode()), *([(7, namespace.encode())] if namespace else [])]
    return grpcweb.frame(grpcweb.write(fields))


# --- an Application's message ---------------------------------------------------------------------------------------

_STATUS, _OPERATION = 3, 4
_RESOURCES, _SYNC, _RECONCILED_AT, _OPERATION_STATE = 1, 2, 6, 7


def proved(application: bytes, *, synced: bool, message: str) -> bytes:
    """An application's message as it were after an operation that was proved: it ended well, as a dry run, and says
    so; where it was a sync, the application and its objects are Synced. Raises Unreadable."""
    fields = grpcweb.parse(application)
    status = grpcweb.parse(grpcweb.message(fields, _STATUS))
    sync = grpcweb.parse(grpcweb.message(status, _SYNC))
    now = grpcweb.message(status, _RECONCILED_AT) or grpcweb.write([(1, 1)])
    revision = grpcweb.message(sync, 3)
    result = grpcweb.write([*([(2, revision)] if revision else []), *((5, value) for n, value in sync if n == 4)])
    dry_run = grpcweb.write([(1, grpcweb.write([(3, 1)]))])
    state = [(1, dry_run), (2, b"Succeeded"), (3, message.encode()), (4, result), (6, now), (7, now)]
    status = grpcweb.put(status, _OPERATION_STATE, grpcweb.write(state))
    if synced:
        status = grpcweb.put(status, _SYNC, grpcweb.write(grpcweb.put(sync, 1, b"Synced")))
        status = grpcweb.each(status, _RESOURCES, _synced_object)
    fields = tuple(pair for pair in fields if pair[0] != _OPERATION)
    return grpcweb.write(grpcweb.put(fields, _STATUS, grpcweb.write(status)))


def watch_event(application: bytes) -> bytes:
    """An application's message as a Watch tells it."""
    return grpcweb.write([(1, b"MODIFIED"), (2, application)])


def _synced_object(resource: bytes) -> bytes:
    fields = grpcweb.parse(resource)
    return grpcweb.write(grpcweb.put(fields, 6, b"Synced")) if grpcweb.message(fields, 6) else resource
