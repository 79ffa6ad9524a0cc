"""What of the cluster placeholders are filled from, beyond the inventory: the names of its objects, by kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from truebook.recording import KubernetesData, Recording, ResourceList

SAFE = re.compile(r"[A-Za-z0-9_.:/@-]{1,253}")
"""What a value from the cluster may consist of, and it may not start with `-`: anything else is refused."""


def is_safe(value: str) -> bool:
    """Whether a value from the cluster may be put into a command."""
    return SAFE.fullmatch(value) is not None and not value.startswith("-")


@dataclass(frozen=True, slots=True)
class Named:
    """An object's kind, place and name. `owner` is the `Kind namespace/name` of the workload that made it."""

    kind: str
    namespace: str
    name: str
    healthy: bool = True
    owner: str = ""
    containers: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Facts:
    """The objects of a cluster, by every word that kubectl knows their kind by: `pod`, `pods`, `po`."""

    objects: Mapping[str, tuple[Named, ...]] = field(default_factory=dict)

    def of(self, kind: str) -> tuple[Named, ...]:
        """The objects of a kind, healthy ones first, then by namespace and name."""
        return self.objects.get(kind.lower(), ())

    def knows(self, kind: str) -> bool:
        """Whether objects of that kind were read."""
        return kind.lower() in self.objects


class _Owner(msgspec.Struct, frozen=True):
    kind: str = ""
    name: str = ""
    controller: bool = False


class _Metadata(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    namespace: str = ""
    labels: dict[str, Any] | None = None
    owner_references: list[_Owner] | None = None


class _Condition(msgspec.Struct, frozen=True):
    type: str = ""
    status: str = ""


class _Status(msgspec.Struct, frozen=True):
    phase: str = ""
    conditions: list[_Condition] | None = None


class _Container(msgspec.Struct, frozen=True):
    name: str = ""


class _Spec(msgspec.Struct, frozen=True):
    containers: list[_Container] | None = None
    unschedulable: bool = False


class _Light(msgspec.Struct, frozen=True):
    metadata: _Metadata = _Metadata()


class _Full(msgspec.Struct, frozen=True):
    metadata: _Metadata = _Metadata()
    status: _Status = _Status()
    spec: _Spec = _Spec()


def _light(raw: msgspec.Raw) -> _Light | _Full:
    return msgspec.json.decode(raw, type=_Light, strict=False)


def _full(raw: msgspec.Raw) -> _Light | _Full:
    return msgspec.json.decode(raw, type=_Full, strict=False)


_WITH_STATUS = frozenset({"pods", "nodes"})
_SHORT = {
    "pods": "po", "nodes": "no", "services": "svc", "namespaces": "ns", "apps/deployments": "deploy",
    "apps/statefulsets": "sts", "apps/daemonsets": "ds", "apps/replicasets": "rs", "batch/cronjobs": "cj",
    "networking.k8s.io/ingresses": "ing", "persistentvolumeclaims": "pvc", "persistentvolumes": "pv",
    "configmaps": "cm", "serviceaccounts": "sa", "autoscaling/horizontalpodautoscalers": "hpa",
    "argoproj.io/applications": "app", "storage.k8s.io/storageclasses": "sc",
    "external-secrets.io/externalsecrets": "es", "policy/poddisruptionbudgets": "pdb",
}  # fmt: skip


def read_facts(recording: Recording) -> Facts:
    """The names of what was recorded. Pure. Objects whose names no command could take are left out."""
    data = recording.kubernetes()
    short = _SHORT | _short_names(data)
    owners = _owners(data)
    objects: dict[str, tuple[Named, ...]] = {}
    for key in sorted(data.lists):
        found = data.lists[key]
        named = tuple(sorted(_named(found, owners), key=lambda one: (not one.healthy, one.namespace, one.name)))
        words = {found.resource, found.kind.lower(), short.get(key, ""), f"{found.resource}.{found.group}"}
        for word in words - {""}:
            objects.setdefault(word, named)
    return Facts(objects)


def _named(found: ResourceList, owners: Mapping[str, str]) -> list[Named]:
    detailed = found.key in _WITH_STATUS
    named = []
    for raw in found.items:
        try:
            thing = _full(raw) if detailed else _light(raw)
        except msgspec.MsgspecError:
            continue  # an API server says otherwise of its own objects; a recording may be anyone's
        metadata = thing.metadata
        if not is_safe(metadata.name) or (metadata.namespace and not is_safe(metadata.namespace)):
            continue
        owner = next((one for one in metadata.owner_references or () if one.controller), None)
        direct = f"{owner.kind} {metadata.namespace}/{owner.name}" if owner else ""
        status, spec = (thing.status, thing.spec) if isinstance(thing, _Full) else (_Status(), _Spec())
        ready = {one.type: one.status for one in status.conditions or ()}.get("Ready")
        named.append(
            Named(
                found.kind,
                metadata.namespace,
                metadata.name,
                healthy=not detailed or (ready == "True" and not spec.unschedulable),
                owner=owners.get(direct, direct),
                containers=tuple(one.name for one in spec.containers or () if is_safe(one.name)),
                labels={k: v for k, v in (metadata.labels or {}).items() if isinstance(v, str)} if detailed else {},
            )
        )
    return named


def _owners(data: KubernetesData) -> dict[str, str]:
    """ReplicaSets and Jobs to what made them: pods are a Deployment's by way of one."""
    found: dict[str, str] = {}
    for key in ("apps/replicasets", "batch/jobs"):
        if key in data.lists:
            found.update({str(one): one.owner for one in _named(data.lists[key], {}) if one.owner})
    return found


class _Names(msgspec.Struct, frozen=True, rename="camel"):
    plural: str = ""
    short_names: list[str] | None = None


class _DefinitionSpec(msgspec.Struct, frozen=True):
    group: str = ""
    names: _Names = _Names()


class _Definition(msgspec.Struct, frozen=True):
    spec: _DefinitionSpec = _DefinitionSpec()


def _short_names(data: KubernetesData) -> dict[str, str]:
    """The first short name of each kind that the cluster itself defines."""
    found: dict[str, str] = {}
    definitions = data.lists.get("apiextensions.k8s.io/customresourcedefinitions")
    for raw in definitions.items if definitions else ():
        try:
            spec = msgspec.json.decode(raw, type=_Definition, strict=False).spec
        except msgspec.MsgspecError:
            continue
        if spec.names.short_names:
            found[f"{spec.group}/{spec.names.plural}"] = spec.names.short_names[0].lower()
    return found
