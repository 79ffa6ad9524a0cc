"""The state as Git declares it: what was read, with the objects that ArgoCD would change as it would make them.

ArgoCD's API says, for an Application that is OutOfSync, what it wants of each object that differs (`targetState` of
its managed resources, which the source `argocd` keeps for those). Objects that are to be deleted are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from truebook.recording import HttpData, Recording, ResourceList, encode_kubernetes

PREFIX = "/api/v1/applications/"
SUFFIX = "/managed-resources"

Key = tuple[str, str, str, str]
"""Group, kind, namespace and name."""


def declared(recording: Recording) -> Recording | None:
    """The recording as Git wants it, None where nothing is known to differ."""
    targets = dict(_targets(recording.http("argocd")))
    if not targets:
        return None
    data = recording.kubernetes()
    lists = {key: _replaced(found, targets) for key, found in data.lists.items()}
    part = msgspec.structs.replace(
        recording.parts["kubernetes"], data=encode_kubernetes(msgspec.structs.replace(data, lists=lists))
    )
    return msgspec.structs.replace(recording, parts={**recording.parts, "kubernetes": part})


def _targets(argocd: HttpData) -> Iterator[tuple[Key, Any]]:
    """Object → what it should be, None for one that should not be there."""
    for path in sorted(argocd.answers):
        if not (path.startswith(PREFIX) and SUFFIX in path):
            continue
        answer = argocd.json(path)
        items = answer.get("items") if isinstance(answer, dict) else None
        for item in items if isinstance(items, list) else ():
            if not isinstance(item, dict):
                continue
            key = tuple(str(item.get(field) or "") for field in ("group", "kind", "namespace", "name"))
            group, kind, namespace, name = key
            target = item.get("targetState")
            yield (group, kind, namespace, name), target if isinstance(target, dict) else None


def _replaced(found: ResourceList, targets: dict[Key, Any]) -> ResourceList:
    items: list[msgspec.Raw] = []
    seen: set[Key] = set()
    ours = {key for key in targets if key[0] == found.group and key[1] == found.kind}
    if not ours:
        return found
    for raw in found.items:
        obj = msgspec.json.decode(raw)
        metadata = obj.get("metadata") or {}
        key = (found.group, found.kind, metadata.get("namespace") or "", metadata.get("name") or "")
        seen.add(key)
        if key not in ours:
            items.append(raw)
        elif targets[key] is not None:
            items.append(msgspec.Raw(msgspec.json.encode(_merged(obj, targets[key]))))
    items += [msgspec.Raw(msgspec.json.encode(targets[key])) for key in sorted(ours - seen) if targets[key] is not None]
    return msgspec.structs.replace(found, items=items, cells=[], columns=[])


def _merged(live: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    """What Git says of an object, with the status and the identity that only the cluster gives it."""
    metadata = {**(live.get("metadata") or {}), **(target.get("metadata") or {})}
    kept = {key: live[key] for key in ("status",) if key in live}
    return {**target, **kept, "metadata": metadata}
