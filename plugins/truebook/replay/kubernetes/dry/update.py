"""From the recorded object and what a write makes of it to what the API server would store."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from truebook.replay.kubernetes.dry import across, custom
from truebook.replay.kubernetes.dry.kinds import METADATA, NEW_SPECS, SPECS
from truebook.replay.kubernetes.dry.problems import (
    Mistyped,
    Problem,
    cannot_tell,
    conflict,
    invalid,
    invalid_value,
)
from truebook.replay.kubernetes.dry.schema import MISSING, Findings, Node, compare, normalise
from truebook.replay.kubernetes.request import Target
from truebook.replay.kubernetes.status import Refused, bad_request
from truebook.replay.kubernetes.store import Objects, Store
from truebook.replay.quoting import quote

Json = dict[str, Any]
KEPT = ("uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds")
"""What the API server alone writes."""
CHANGEABLE = ("labels", "annotations", "finalizers")
MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
NAME_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of the objects that are written: `fields` below the object; `status` whether that is written
    through a subresource only."""

    target: Target
    name: str
    custom: bool
    status: bool
    fields: dict[str, Node]
    anything: bool = False
    """Whether fields that are not in `fields` are stored as they are."""

    def invalid(self, name: str, problems: list[Problem]) -> Refused:
        """An object that would not be stored."""
        return invalid(self.name, self.target.group, name, problems)


def kind_of(target: Target, objects: Objects, store: Store, *, status: bool) -> Kind:
    """The kind of the objects. Raises Refused where a custom resource's definition is not recorded."""
    name = objects.list.kind
    if not objects.custom:
        spec = (NEW_SPECS if target.verb == "create" else SPECS).get(target.key)
        return Kind(target, name, custom=False, status=True, fields={"spec": spec} if spec else {})
    found = store.get("apiextensions.k8s.io/customresourcedefinitions")
    definition = found.get("", target.qualified) if found else None
    if definition is None:
        raise cannot_tell(f"this recording does not hold the definition of {target.qualified}")
    for version in definition.decode().get("spec", {}).get("versions") or ():
        if version.get("name") == target.version:
            schema = (version.get("schema") or {}).get("openAPIV3Schema") or {}
            known = custom.node({**schema, "type": "object"})
            whole = {
                name: one
                for name, one in (known.fields or {}).items()
                if name not in ("metadata", "kind", "apiVersion")
            }
            if known.opaque:
                whole = {name: one.but(opaque=known.opaque) for name, one in whole.items()}
            return Kind(target, name, custom=True, status=status, fields=whole, anything=known.anything)
    raise cannot_tell(f"the recorded definition of {target.qualified} does not have {target.version}")


def update(kind: Kind, old: Json, new: Json, *, strict: bool) -> Json:
    """What would be stored in place of `old`. Raises Refused."""
    target = kind.target
    _check_same(kind, old, new)
    meta, before = new.setdefault("metadata", {}), old["metadata"]
    _check_preconditions(kind, before, meta)
    for name in KEPT:
        meta.pop(name, None)
        if name in before:
            meta[name] = before[name]
    meta.pop("managedFields", None)
    if kind.status:
        new.pop("status", None)
        if "status" in old:
            new["status"] = deepcopy(old["status"])
    found = tidy(kind, old, new, strict=strict)
    if "generation" in before and _counts(kind, old, found):
        found["metadata"]["generation"] = before["generation"] + 1
    if target.key == "apps/daemonsets" and old["spec"].get("template") != found["spec"].get("template"):
        _count_template(found["metadata"])
    return found


def _count_template(meta: Json) -> None:
    """A DaemonSet counts its templates in an annotation, which stands for a field of old."""
    number = str((meta.get("annotations") or {}).get(TEMPLATE_GENERATION, "0"))
    if not number.isdecimal():
        raise cannot_tell(f"the annotation {TEMPLATE_GENERATION} is no number")
    meta.setdefault("annotations", {})[TEMPLATE_GENERATION] = str(int(number) + 1)


def tidy(kind: Kind, old: Json, new: Json, *, strict: bool) -> Json:
    """The object with its defaults, checked where it differs from `old`. Raises Refused."""
    findings = Findings()
    found = {}
    for name, value in new.items():
        node = METADATA if name == "metadata" else kind.fields.get(name)
        if node is None and kind.custom and not kind.anything and name not in ("apiVersion", "kind", "status"):
            findings.unknown.append(name)
            continue
        if value is not None:
            found[name] = normalise(node, value, name, findings) if node else value
    for name, node in kind.fields.items():
        if name not in found and node.default is not None:
            found[name] = normalise(node, deepcopy(node.default), name, findings)
    if not kind.custom:
        across.prepare(found)
    if target_is_namespace(kind.target):
        found["metadata"].setdefault("labels", {})[NAME_LABEL] = found["metadata"]["name"]
    if findings.unknown and strict:
        fields = ", ".join(f"unknown field {quote(path)}" for path in sorted(findings.unknown))
        raise Mistyped(f"strict decoding error: {fields}")
    _compare(kind, old, found, findings)
    if not kind.custom:
        findings.problems[:] = map(across.renamed, findings.problems)
        findings.problems += across.check(kind.target.key, old, found)
    if findings.problems:
        raise kind.invalid(found["metadata"].get("name", ""), findings.problems)
    return found


def target_is_namespace(target: Target) -> bool:
    """Whether it is a Namespace, which the API server labels with its name."""
    return target.key == "namespaces"


def _compare(kind: Kind, old: Json, found: Json, findings: Findings) -> None:
    before, meta = old.get("metadata") or {}, found["metadata"]
    for name in dict.fromkeys((*before, *meta)):
        if name in CHANGEABLE:
            fields = METADATA.fields or {}
            compare(fields[name], f"metadata.{name}", before.get(name, MISSING), meta.get(name, MISSING), findings)
        elif before.get(name) != meta.get(name) and name not in ("name", "namespace", *KEPT):
            raise cannot_tell(f"metadata.{name} can't be checked here")
    for name in dict.fromkeys((*old, *found)):
        node = kind.fields.get(name)
        if name not in ("apiVersion", "kind", "metadata") and not (node is None and kind.anything):
            compare(node, name, old.get(name, MISSING), found.get(name, MISSING), findings)


def _check_same(kind: Kind, old: Json, new: Json) -> None:
    """The object in the body has to be the one in the path."""
    target, meta = kind.target, new.get("metadata") or {}
    if not isinstance(meta, dict):
        raise cannot_tell("metadata is not an object")
    name, namespace = meta.get("name"), meta.get("namespace")
    if name != target.name:
        raise bad_request(
            f"the name of the object ({name or ''}) does not match the name on the URL ({target.name})"
            if name
            else "name must be provided"
        )
    if namespace != old["metadata"].get("namespace") and not (namespace is None and target.namespace):
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    if target.namespace:
        meta["namespace"] = target.namespace
    if new.get("kind") != kind.name or new.get("apiVersion") != old["apiVersion"]:
        raise cannot_tell("the object is of another kind or version than the path")


def _check_preconditions(kind: Kind, before: Json, meta: Json) -> None:
    target = kind.target
    uid, version = meta.get("uid"), meta.get("resourceVersion")
    if uid not in (None, "", before.get("uid")):
        raise kind.invalid(target.name, [invalid_value("metadata.uid", uid, "field is immutable")])
    if version not in (None, "", before.get("resourceVersion")):
        raise conflict(target, MODIFIED)


def _counts(kind: Kind, old: Json, new: Json) -> bool:
    """Whether the change counts as a new generation."""
    if kind.custom:
        left = {"metadata", "status"} if kind.status else {"metadata"}
        return {k: v for k, v in old.items() if k not in left} != {k: v for k, v in new.items() if k not in left}
    changed = bool(old.get("spec") != new.get("spec"))
    if kind.target.key == "apps/deployments":
        return changed or (old["metadata"].get("annotations") or {}) != (new["metadata"].get("annotations") or {})
    return changed
