"""What two recordings of the same homelab must have in common.

`normalise` takes out what a cluster, ArgoCD and the clock choose anew each time, and nothing else:

| what | becomes |
|---|---|
| times, ages, and the time in the name of a Backup or Restore | `<time>`, `<age>`, `<stamp>` |
| UIDs, resourceVersions | `<uid>`, `<version>` |
| who wrote which field of an object | nothing |
| the generation of objects that count their changes of state: ArgoCD's, EndpointSlices | `<generation>` |
| the last letters of a Pod's or EndpointSlice's generated name | `<suffix>` |
| the order in which ArgoCD applied the resources of a sync | sorted |
| the version of Alertmanager, which is Debian's of the day | `<debian>` |
| addresses of Services and Pods, and the node a Pod was placed on | `<ip>`, `<node>` |

Lists are sorted anew afterwards, since they were sorted by what has been taken out: objects with their table cells,
conditions, endpoints, Prometheus' targets and Alertmanager's alerts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

COUNTING = ("argoproj.io", "discovery.k8s.io")
NODES = re.compile(r"nuc-\d")
_REPLACEMENTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<uid>"),
    (re.compile(r"\b10\.0\.\d+\.\d+\b"), "<ip>"),
    (re.compile(r"\b(nightly|weekly)-\d{14}\b"), r"\1-<stamp>"),
)
_AGE = re.compile(r"(\d+y)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?")
_GENERATED = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5}$")


def normalise(recording: dict[str, Any]) -> dict[str, Any]:
    """A recording, decoded from its JSON, without what differs from one run to the next."""
    whole: dict[str, Any] = _texts(recording, _plain)
    lists = whole["parts"]["kubernetes"]["data"]["lists"]
    _watched(whole["parts"], _generated(lists["pods"]))
    for key in ("pods", "discovery.k8s.io/endpointslices"):
        _placed(lists[key])
    for found in lists.values():
        found["resource_version"] = "<version>"
        for item in found["items"]:
            _object(item)
        cells: list[Any] = [[_cell(cell) for cell in row] for row in found["cells"]] or [None] * len(found["items"])
        pairs = sorted(zip(found["items"], cells, strict=True), key=_order)
        found["items"], found["cells"] = [item for item, _ in pairs], [row for _, row in pairs]
    for answer in whole["parts"]["argocd"]["data"]["answers"].values():
        body = answer["body"]
        body.get("metadata", {}).pop("resourceVersion", None)
        for item in body.get("items") or ():
            # An object, a cluster of ArgoCD's, or what ArgoCD compares of an object.
            for found in (item, *item.values()):
                if isinstance(found, dict) and "metadata" in found:
                    _object(found)
    return whole


def _object(item: dict[str, Any]) -> None:
    meta = item["metadata"]
    meta.pop("managedFields", None)
    if "resourceVersion" in meta:
        meta["resourceVersion"] = "<version>"
    if item.get("apiVersion", "argoproj.io").partition("/")[0] in COUNTING and "generation" in meta:
        meta["generation"] = "<generation>"
    status = item.get("status", {})
    for found in (status.get("conditions"), status.get("operationState", {}).get("syncResult", {}).get("resources")):
        if found:
            found.sort(key=_order)


def _placed(found: dict[str, Any]) -> None:
    """Pods and EndpointSlices: generated names, and the nodes that the scheduler chose."""
    unnamed = _without_suffix(_generated(found))

    def plain(text: str) -> str:
        return NODES.sub("<node>", unnamed(text))

    found["items"] = [_texts(item, plain) for item in found["items"]]
    found["cells"] = _texts(found["cells"], plain)
    for item in found["items"]:
        status = item.get("status", {})
        for key in {"hostIP", "hostIPs", "podIP", "podIPs"} & status.keys():
            status[key] = "<ip>"
        for endpoint in item.get("endpoints") or ():
            endpoint["addresses"] = "<ip>"
            endpoint.get("targetRef", {}).pop("name", None)
        if item.get("endpoints"):
            item["endpoints"].sort(key=_order)


def _generated(found: dict[str, Any]) -> frozenset[str]:
    """The names in a list that the cluster made up."""
    return frozenset(item["metadata"]["name"] for item in found["items"] if "generateName" in item["metadata"])


def _without_suffix(names: frozenset[str]) -> Callable[[str], str]:
    return lambda text: _GENERATED.sub("-<suffix>", text) if text in names else text


def _watched(parts: dict[str, Any], pods: frozenset[str]) -> None:
    """What Prometheus and Alertmanager say of pods, in an order that does not depend on their names."""
    answers = parts["prometheus"]["data"]["answers"]
    targets = answers["/api/v1/targets?state=active"]["body"]["data"]
    targets["activeTargets"] = sorted(_texts(targets["activeTargets"], _without_suffix(pods)), key=_order)
    answers = parts["alertmanager"]["data"]["answers"]
    answers["/api/v2/alerts"]["body"].sort(key=_order)
    answers["/api/v2/status"]["body"]["versionInfo"] = "<debian>"


def _cell(cell: Any) -> Any:
    return "<age>" if isinstance(cell, str) and cell and _AGE.fullmatch(cell) else cell


def _plain(text: str) -> str:
    for pattern, name in _REPLACEMENTS:
        text = pattern.sub(name, text)
    return text


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    """The value with every text in it changed."""
    if isinstance(value, dict):
        return {key: _texts(each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [_texts(each, change) for each in value]
    return change(value) if isinstance(value, str) else value


def _order(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
