"""The subresource `scale`: how many replicas a workload has and should have."""

from __future__ import annotations

from typing import Any

from truebook.replay.kubernetes.dry import checks
from truebook.replay.kubernetes.dry.problems import cannot_tell, conflict, invalid
from truebook.replay.kubernetes.dry.update import MODIFIED
from truebook.replay.kubernetes.request import Target
from truebook.replay.kubernetes.status import bad_request

Json = dict[str, Any]
SCALED = ("apps/deployments", "apps/statefulsets", "apps/replicasets", "replicationcontrollers")
SHOWN = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale_of(key: str, found: Json) -> Json:
    """The Scale of a workload."""
    spec, status, meta = found.get("spec") or {}, found.get("status") or {}, found["metadata"]
    shown: Json = {"replicas": status.get("replicas", 0)}
    selector = _selector(key, spec)
    if selector:
        shown["selector"] = selector
    replicas = spec.get("replicas", 0)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: meta[name] for name in SHOWN if name in meta},
        "spec": {"replicas": replicas} if replicas else {},
        "status": shown,
    }


def _selector(key: str, spec: Json) -> str:
    selector = spec.get("selector") or {}
    if key == "replicationcontrollers":
        return ",".join(f"{name}={value}" for name, value in sorted(selector.items()))
    if set(selector) - {"matchLabels"}:
        raise cannot_tell("spec.selector has expressions, which are not written as text here")
    return ",".join(f"{name}={value}" for name, value in sorted((selector.get("matchLabels") or {}).items()))


def scaled(target: Target, found: Json, scale: Json) -> Json:
    """The workload with the replicas of a written Scale. Raises Refused."""
    spec, meta = scale.get("spec") or {}, scale.get("metadata") or {}
    if not isinstance(spec, dict) or not isinstance(meta, dict):
        raise bad_request("the Scale's spec and metadata have to be objects")
    if scale.get("kind") not in (None, "", "Scale"):
        raise bad_request(f"expected input of type Scale, got {scale.get('kind')}")
    replicas = spec.get("replicas") or 0
    problems = list(checks.whole("spec.replicas", replicas))
    if problems:
        raise invalid("Scale", "autoscaling", target.name, problems)
    if meta.get("name", target.name) != target.name:
        raise bad_request(
            f"the name of the object ({meta.get('name')}) does not match the name on the URL ({target.name})"
        )
    version = meta.get("resourceVersion")
    if version not in (None, "", found["metadata"].get("resourceVersion")):
        raise conflict(target, MODIFIED)
    return {**found, "spec": {**found["spec"], "replicas": replicas}}
