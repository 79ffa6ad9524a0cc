"""What the guard can see before and after a run: proof that the run changed nothing.

A cluster changes by itself, and that is not the run's fault. A difference is laid at its door where one of its requests
that would have written, had the guard let it, names the object, or would have made or removed objects of its kind in
its namespace. Whose versions rise with every status (resourceVersion) is blamed too often; a digest of what people
write (metadata without managedFields, spec, data) is the better version to give.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from truebook.model import RequestRecord


class Object(NamedTuple):
    """An object by its plural resource: ("apps", "deployments", "vault", "vault-agent"); the group of the core is
    empty, as is the namespace of what has none."""

    group: str
    resource: str
    namespace: str
    name: str

    def __str__(self) -> str:
        kind = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"


Fingerprint = Mapping[Object, str]
"""Objects and their versions: anything that changes with them."""
Reader = Callable[[], Fingerprint]


@dataclass(frozen=True, slots=True)
class Change:
    """An object that is not what it was. `blamed`: the run could have done it, by the request named in `reason`."""

    object: Object
    kind: Literal["created", "changed", "deleted"]
    blamed: bool
    reason: str = ""


_PATH = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/(?!finalize$|status$)))?/(?P<resource>[^/]+)(?:/(?P<name>[^/]+))?(?P<sub>/[^?]*)?"
)
_WRITES = ("dry-run", "answer", "forward")
_READS = ("GET", "HEAD", "OPTIONS", "LIST")


def changes(before: Fingerprint, after: Fingerprint, requests: Iterable[RequestRecord]) -> tuple[Change, ...]:
    """All differences, those that the run could have made first."""
    writes = [record for record in requests if record.decision in _WRITES and record.method not in _READS]
    found = []
    for one in sorted(before.keys() | after.keys()):
        if before.get(one) == after.get(one):
            continue
        kind: Literal["created", "changed", "deleted"] = (
            "created" if one not in before else "deleted" if one not in after else "changed"
        )
        blame = next((record for record in writes if _could(record, one, kind)), None)
        reason = "" if blame is None else f"{blame.method} {blame.path}"
        found.append(Change(one, kind, blame is not None, reason))
    return tuple(sorted(found, key=lambda change: not change.blamed))


def _could(record: RequestRecord, changed: Object, kind: str) -> bool:
    if record.system != "kubernetes":
        # Names are all that APIs of other kinds have in common.
        return changed.name in record.path.split("?")[0].split("/")
    path = _PATH.fullmatch(record.path.split("?")[0])
    if path is None:
        return True
    named = path["resource"] == changed.resource and (path["group"] or "") == changed.group
    # `/api/v1/namespaces/x` is the namespace x itself, and goes with all that is in it.
    if not path["group"] and path["resource"] == "namespaces" and path["name"] == changed.namespace:
        return record.method == "DELETE"
    if not named or (path["namespace"] or "") not in ("", changed.namespace):
        return False
    if path["name"] is not None:
        return path["name"] == changed.name
    return kind == "created" if record.method == "POST" else True
