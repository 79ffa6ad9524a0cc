"""Deletions: what the API server answers before anything is gone."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from truebook.replay.kubernetes.dry.problems import cannot_tell, conflict
from truebook.replay.kubernetes.request import Target
from truebook.replay.kubernetes.status import bad_request

Json = dict[str, Any]
POLICIES = ("Background", "Foreground", "Orphan")
DEPENDENTS = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}


RETURNED = ("pods", "services", "persistentvolumeclaims", "resourcequotas")
"""Resources of which the API server answers with the object that is gone rather than with a Status."""

ORPHANS = ("batch/jobs", "replicationcontrollers")
"""Resources whose dependents stay where nothing is said of them."""


def deleted(target: Target, found: Json, options: Json) -> Json:
    """The object as it goes, or the Status of one that is gone at once. Raises Refused."""
    meta = found["metadata"]
    _check(target, found, options)
    if target.key == "apiextensions.k8s.io/customresourcedefinitions":
        raise cannot_tell("a definition is deleted together with its objects")
    going = deepcopy(found)
    metadata = going["metadata"]
    if target.key == "namespaces":
        metadata["deletionTimestamp"] = _now()
        going.setdefault("status", {})["phase"] = "Terminating"
        return going
    finalizers = _finalizers(target, meta, options)
    if target.key != "pods" and not finalizers:
        return going if target.key in RETURNED else success(target, meta)
    metadata.pop("finalizers", None)
    if finalizers:
        metadata["finalizers"] = finalizers
    if "deletionTimestamp" not in metadata:
        seconds = _grace(found, options) if target.key == "pods" else 0
        metadata["deletionTimestamp"] = _now(seconds)
        metadata["deletionGracePeriodSeconds"] = seconds
        if "generation" in metadata:
            metadata["generation"] += 1
    return going


def success(target: Target, meta: Json) -> Json:
    """The Status of an object that is gone at once."""
    details = {"name": meta["name"], "group": target.group, "kind": target.resource, "uid": meta.get("uid", "")}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {name: value for name, value in details.items() if value},
    }


def _check(target: Target, found: Json, options: Json) -> None:
    meta, policy = found["metadata"], options.get("propagationPolicy")
    if policy is not None and policy not in POLICIES:
        raise cannot_tell(f"propagationPolicy is {policy}")
    if policy is not None and options.get("orphanDependents") is not None:
        raise cannot_tell("propagationPolicy and orphanDependents are both given")
    wanted = options.get("preconditions") or {}
    for name, words, changed in (
        ("uid", "UID", "deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "modified"),
    ):
        asked, known = wanted.get(name), meta.get(name)
        if asked is not None and asked != known:
            why = f"the {words} in the precondition ({asked}) does not match the {words} in record ({known})."
            raise conflict(target, f"{why} The object might have been {changed}", found["kind"])


def _finalizers(target: Target, meta: Json, options: Json) -> list[str]:
    """The finalizers with those that stand for what becomes of the dependents."""
    policy = options.get("propagationPolicy")
    orphan = options.get("orphanDependents")
    if orphan is not None:
        policy = "Orphan" if orphan else "Background"
    before = list(meta.get("finalizers") or ())
    if policy is None and target.key in ORPHANS:
        policy = "Orphan"
    if policy is None:
        return before
    kept = [name for name in before if name not in DEPENDENTS.values()]
    wanted = DEPENDENTS.get(policy)
    return [*kept, wanted] if wanted else kept


def _grace(found: Json, options: Json) -> int:
    """Seconds that a Pod gets to end."""
    spec, status = found.get("spec") or {}, found.get("status") or {}
    seconds = options.get("gracePeriodSeconds")
    if seconds is None:
        seconds = spec.get("terminationGracePeriodSeconds", 30)
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise bad_request("gracePeriodSeconds is not a number")
    # Nothing runs of what is on no node yet, or has ended.
    if not spec.get("nodeName") or status.get("phase") in ("Failed", "Succeeded"):
        return 0
    return 1 if seconds < 0 else seconds


def _now(seconds: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
