"""What ArgoCD wants of the objects that differ: `managed-resources` of each Application that is OutOfSync.

What is Synced is as Git declares it, and is not asked for. Secrets are left out. Of each object that differs stays what
it would be after a sync, None where it would be deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from truebook.errors import SourceError
from truebook.inventory import look
from truebook.recording import HttpAnswer, Read
from truebook.redact import redact_json
from truebook.state.fetch import Fetcher, Forbidden
from truebook.state.tidy import LAST_APPLIED

MOST = 50
"""Applications that are asked for."""


def targets(fetcher: Fetcher, applications: HttpAnswer | None) -> Iterator[tuple[Read, HttpAnswer | None]]:
    """A read and its answer for each Application that is OutOfSync. One that fails is told and fails nothing else."""
    for name, namespace in _out_of_sync(applications)[:MOST]:
        query = f"?{urlencode({'appNamespace': namespace})}" if namespace else ""
        path = f"/api/v1/applications/{quote(name, safe='')}/managed-resources{query}"
        try:
            body = msgspec.json.decode(fetcher.get(path).body)
            items = [item for _, entry in look.entries(body, "items") if (item := _target(entry)) is not None]
            kept = redact_json(msgspec.json.encode({"items": items}))
        except Forbidden as error:
            yield Read(path, "forbidden", reason=error.message), None
        except SourceError as error:
            yield Read(path, "failed", reason=error.message), None
        except (msgspec.DecodeError, RecursionError):
            yield Read(path, "failed", reason=f"argocd: GET {path}: the answer is not JSON"), None
        else:
            yield Read(path, "read", count=len(items)), HttpAnswer(200, msgspec.Raw(kept))


def _out_of_sync(applications: HttpAnswer | None) -> list[tuple[str, str]]:
    """Name and namespace of each."""
    body = msgspec.json.decode(applications.body) if applications is not None else None
    found = []
    for _, item in look.entries(body, "items"):
        name = look.text(item, "metadata", "name")
        if name and look.text(item, "status", "sync", "status") == "OutOfSync":
            found.append((name, look.text(item, "metadata", "namespace")))
    return found


def _target(entry: dict[str, Any]) -> dict[str, Any] | None:
    """An object that differs and what it should be; None for one that does not, and for a Secret."""
    if entry.get("kind") == "Secret" and not entry.get("group"):
        return None
    live, wanted = (_decoded(entry.get(key)) for key in ("normalizedLiveState", "predictedLiveState"))
    if live == wanted:
        return None
    key = {name: str(entry.get(name) or "") for name in ("group", "kind", "namespace", "name")}
    return {**key, "targetState": _decoded(entry.get("targetState")) and wanted}


def _decoded(state: Any) -> Any:
    """A state, which comes as JSON in a string; None where there is none."""
    try:
        found = msgspec.json.decode(state) if isinstance(state, str) and state else None
    except (msgspec.DecodeError, RecursionError):
        return None
    return _tidied(found) if isinstance(found, dict) else None


def _tidied(found: dict[str, Any]) -> dict[str, Any]:
    """An object without what only repeats it (see `state.tidy`)."""
    metadata = found.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict):
            annotations.pop(LAST_APPLIED, None)
    return found
