"""Field selectors: which fields of which kind the API server selects by, and its grammar."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from truebook.replay.labels import SelectorError
from truebook.replay.paths import dig
from truebook.replay.quoting import quote

Object = dict[str, Any]
Getter = Callable[[Object], str]


def _at(path: str, default: str = "") -> Getter:
    """The field at a dotted path as the API server prints it for a selector."""
    steps = path.split(".")

    def get(found: Object) -> str:
        value = dig(found, steps)
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if value not in (None, "") else default

    return get


def _paths(*labels: str) -> dict[str, Getter]:
    return {label: _at(label) for label in labels}


def _first_ip(pod: Object) -> str:
    ips = dig(pod, ["status", "podIPs"]) or []
    return str(ips[0].get("ip", "")) if ips else str(dig(pod, ["status", "podIP"]) or "")


def _event_source(event: Object) -> str:
    return str(dig(event, ["source", "component"]) or event.get("reportingComponent") or "")


NAMED = _paths("metadata.name")
NAMESPACED = _paths("metadata.name", "metadata.namespace")
REFERENCE = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")

FIELDS: dict[str, dict[str, Getter]] = {
    "pods": {
        **NAMESPACED,
        **_paths(
            *("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName"),
            *("status.phase", "status.nominatedNodeName"),
        ),
        "spec.host": _at("spec.nodeName"),
        "spec.hostNetwork": _at("spec.hostNetwork", "false"),
        "status.podIP": _first_ip,
        "status.podIPs": lambda pod: "",  # accepted, and never filled
    },
    "nodes": {**NAMED, "spec.unschedulable": _at("spec.unschedulable", "false")},
    "namespaces": {**NAMED, **_paths("status.phase")},
    "services": {**NAMESPACED, **_paths("spec.clusterIP", "spec.type")},
    "events": {
        **NAMESPACED,
        **_paths(*(f"involvedObject.{field}" for field in REFERENCE), "reason", "reportingComponent", "type"),
        "source": _event_source,
    },
    "events.k8s.io/events": {
        **NAMESPACED,
        **_paths(*(f"regarding.{field}" for field in REFERENCE), "reason", "reportingController", "type"),
    },
    "replicationcontrollers": {**NAMESPACED, "status.replicas": _at("status.replicas", "0")},
    "batch/jobs": {**NAMESPACED, "status.successful": _at("status.succeeded", "0")},
    "certificates.k8s.io/certificatesigningrequests": {**NAMED, **_paths("spec.signerName")},
    "resource.k8s.io/resourceslices": {**NAMED, **_paths("spec.nodeName", "spec.driver")},
}
"""The kinds that have fields of their own to select by, or fewer than all others."""

UNSUPPORTED = {
    "batch/jobs": "field label {1} not supported for Job",
    "resource.k8s.io/resourceslices": "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: {0}",
}

TERM = re.compile(r"((?:\\.|[^\\,])*),?", re.DOTALL)
OPERATOR = re.compile(r"(?:\\.|[^\\=!])*?(!=|==|=)", re.DOTALL)


class Selector:
    """A parsed field selector. `name` is the one name it asks for, or empty."""

    def __init__(self, requirements: Sequence[tuple[str, bool, str]], getters: dict[str, Getter]) -> None:
        self._requirements = [(getters[label], equal, value) for label, equal, value in requirements]
        self.name = next((v for label, equal, v in requirements if label == "metadata.name" and equal), "")
        # Objects are decoded whole only where a selector looks further than the name.
        self.shallow = all(label in NAMESPACED for label, _, _ in requirements)

    def __call__(self, found: Object) -> bool:
        """Whether the object is selected."""
        return all((get(found) == value) is equal for get, equal, value in self._requirements)


def parse(selector: str, key: str, custom: bool, selectable: Sequence[str] = ()) -> Selector:
    """The selector for objects of `key` (`apps/deployments`). `custom` says that the kind is a custom resource
    whose definition names the fields `selectable`. Raises SelectorError."""
    getters = {**FIELDS.get(key, NAMESPACED), **_paths(*selectable)}
    requirements = [_term(term, selector) for term in TERM.findall(selector) if term]
    for label, _, _ in requirements:
        if label not in getters:
            raise SelectorError(_unsupported(label, key, custom))
    return Selector(requirements, getters)


def _unsupported(label: str, key: str, custom: bool) -> str:
    if key in UNSUPPORTED:
        return UNSUPPORTED[key].format(label, quote(label))
    if custom or key in FIELDS:
        return f"field label not supported: {label}"
    return f'{quote(label)} is not a known field selector: only "metadata.name", "metadata.namespace"'


def _term(term: str, selector: str) -> tuple[str, bool, str]:
    found = OPERATOR.match(term)
    if found is None:
        raise SelectorError(f"invalid selector: '{selector}'; can't understand '{term}'")
    return term[: found.start(1)], found.group(1) != "!=", _unescape(term[found.end() :])


def _unescape(value: str) -> str:
    for match in re.finditer(r"\\(.?)|([,=])", value, re.DOTALL):
        if match.group(2):
            raise SelectorError(f"invalid field selector: unescaped character in value: {ord(match.group(2))}")
        if match.group(1) not in ("\\", ",", "="):
            raise SelectorError(f"invalid field selector: invalid escape sequence: {match.group()}")
    return re.sub(r"\\(.)", r"\1", value)
