"""The protobuf bodies that `kubectl create deployment|job|namespace` sends, as the JSON of the same objects.

Only the fields that `kinds.py` knows are read; a field that is not in these tables and holds something makes the whole
object unknown. Field numbers are those of `k8s.io/api`'s and `k8s.io/apimachinery`'s generated.proto.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from truebook.replay.kubernetes.dry.problems import cannot_tell
from truebook.replay.kubernetes.protobuf import MAGIC, varint

Json = dict[str, Any]
MEDIA_TYPE = "application/vnd.kubernetes.protobuf"


@dataclass(frozen=True, slots=True)
class Field:
    """A field. `kind` is text, number, flag, message, amount or skipped. `pointer`: a zero value is one that was set.
    `inline`: its fields belong to the message around it. `many` says that it is a list or a map."""

    name: str
    kind: str = "text"
    fields: Schema | None = None
    pointer: bool = False
    inline: bool = False
    many: str = ""


Schema = dict[int, Field]


def _texts(**numbers: int) -> Schema:
    return {number: Field(name) for name, number in numbers.items()}


def _numbers(**numbers: int) -> Schema:
    return {number: Field(name, "number", pointer=True) for name, number in numbers.items()}


def _flags(**numbers: int) -> Schema:
    return {number: Field(name, "flag", pointer=True) for name, number in numbers.items()}


def _one(name: str, fields: Schema, **more: Any) -> Field:
    return Field(name, "message", fields, **more)


def _list(name: str, fields: Schema) -> Field:
    return Field(name, "message", fields, many="list")


def _map(name: str, kind: str = "text") -> Field:
    return Field(name, kind, many="map")


OWNER = _texts(kind=1, name=3, uid=4, apiVersion=5) | _flags(controller=6, blockOwnerDeletion=7)
META: Schema = {
    **_texts(name=1, generateName=2, namespace=3, uid=5, resourceVersion=6),
    8: Field("creationTimestamp", "skipped"),
    11: _map("labels"),
    12: _map("annotations"),
    13: _list("ownerReferences", OWNER),
    14: Field("finalizers", many="list"),
}
SELECTOR: Schema = {1: _map("matchLabels")}
NAME: Schema = _texts(name=1)
KEY: Schema = {1: _one("", NAME, inline=True), 2: Field("key"), **_flags(optional=3)}
SOURCE: Schema = {1: _one("", NAME, inline=True), **_flags(optional=2)}
FROM: Schema = {
    1: _one("fieldRef", _texts(apiVersion=1, fieldPath=2)),
    3: _one("configMapKeyRef", KEY),
    4: _one("secretKeyRef", KEY),
}
PORT: Schema = {
    **_texts(name=1, protocol=4, hostIP=5),
    2: Field("hostPort", "number"),
    3: Field("containerPort", "number"),
}
CONTAINER: Schema = {
    **_texts(name=1, image=2, workingDir=5, terminationMessagePath=13, imagePullPolicy=14, terminationMessagePolicy=20),
    3: Field("command", many="list"),
    4: Field("args", many="list"),
    6: _list("ports", PORT),
    7: _list("env", {**_texts(name=1, value=2), 3: _one("valueFrom", FROM)}),
    8: _one("resources", {1: _map("limits", "amount"), 2: _map("requests", "amount")}),
    9: _list("volumeMounts", {**_texts(name=1, mountPath=3, subPath=4), 2: Field("readOnly", "flag")}),
    16: Field("stdin", "flag"),
    17: Field("stdinOnce", "flag"),
    18: Field("tty", "flag"),
    19: _list("envFrom", {1: Field("prefix"), 2: _one("configMapRef", SOURCE), 3: _one("secretRef", SOURCE)}),
}
VOLUME: Schema = {
    2: _one("emptyDir", {}),
    6: _one("secret", {1: Field("secretName"), **_numbers(defaultMode=3)}),
    10: _one("persistentVolumeClaim", {1: Field("claimName"), 2: Field("readOnly", "flag")}),
    19: _one("configMap", {1: _one("", NAME, inline=True), **_numbers(defaultMode=3)}),
}
POD: Schema = {
    **_texts(restartPolicy=3, dnsPolicy=6, serviceAccountName=8, serviceAccount=9, nodeName=10, hostname=16),
    **_texts(subdomain=17, schedulerName=19, priorityClassName=24),
    **_numbers(terminationGracePeriodSeconds=4),
    **_flags(automountServiceAccountToken=21),
    **{number: Field(name, "flag") for name, number in (("hostNetwork", 11), ("hostPID", 12), ("hostIPC", 13))},
    1: _list("volumes", {1: Field("name"), 2: _one("", VOLUME, inline=True)}),
    2: _list("containers", CONTAINER),
    7: _map("nodeSelector"),
    14: _one("securityContext", {}),
    15: _list("imagePullSecrets", NAME),
    20: _list("initContainers", CONTAINER),
}
TEMPLATE: Schema = {1: _one("metadata", META), 2: _one("spec", POD)}
JOB: Schema = {
    **_numbers(parallelism=1, completions=2, activeDeadlineSeconds=3, backoffLimit=7, ttlSecondsAfterFinished=8),
    **_flags(manualSelector=5, suspend=10),
    4: _one("selector", SELECTOR),
    6: _one("template", TEMPLATE),
    9: Field("completionMode"),
    14: Field("podReplacementPolicy"),
}
DEPLOYMENT: Schema = {
    **_numbers(replicas=1, revisionHistoryLimit=6, progressDeadlineSeconds=9),
    2: _one("selector", SELECTOR),
    3: _one("template", TEMPLATE),
    4: _one("strategy", {1: Field("type")}),
    5: Field("minReadySeconds", "number"),
    7: Field("paused", "flag"),
}
NAMESPACE: Schema = {1: Field("finalizers", many="list")}
SPECS = {("apps/v1", "Deployment"): DEPLOYMENT, ("batch/v1", "Job"): JOB, ("v1", "Namespace"): NAMESPACE}


def decode(body: bytes) -> Json:
    """The object in a body. Raises Refused where it, or a part of it, is not known here."""
    try:
        return _decode(body)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise cannot_tell("the protobuf body can't be read") from None


def _decode(body: bytes) -> Json:
    if not body.startswith(MAGIC):
        raise ValueError("no Kubernetes protobuf")
    envelope = dict(_parts(body[len(MAGIC) :]))
    said = {number: value.decode() for number, value in _parts(envelope[1]) if isinstance(value, bytes)}
    api_version, kind = said.get(1, ""), said.get(2, "")
    spec = SPECS.get((api_version, kind))
    if spec is None or not isinstance(envelope.get(2), bytes):
        raise cannot_tell(f"a {kind} of {api_version} in protobuf is not read here")
    whole: Schema = {1: _one("metadata", META), 2: _one("spec", spec), 3: Field("status", "skipped")}
    return {"apiVersion": api_version, "kind": kind, **_message(envelope[2], whole, kind)}


def _message(body: Any, schema: Schema, path: str) -> Json:
    found: Json = {}
    for number, raw in _parts(body):
        field = schema.get(number)
        if field is None:
            if raw:
                raise cannot_tell(f"{path} has a field (number {number}) that is not known here")
            continue
        if field.many == "map":
            entry = dict(_parts(raw))
            value = _value(Field(field.name, field.kind), entry.get(2, b""), path)
            found.setdefault(field.name, {})[entry.get(1, b"").decode()] = value
        elif field.many:
            found.setdefault(field.name, []).append(_value(field, raw, path))
        elif field.inline:
            found.update(_value(field, raw, path))
        elif field.kind != "skipped" and (raw or field.pointer or field.kind == "message"):
            found[field.name] = _value(field, raw, path)
    return found


def _value(field: Field, raw: Any, path: str) -> Any:
    match field.kind:
        case "message":
            return _message(raw, field.fields or {}, f"{path}.{field.name}")
        case "number":
            return raw - (1 << 64) if raw >= 1 << 63 else raw
        case "flag":
            return bool(raw)
        case "amount":
            return dict(_parts(raw)).get(1, b"").decode()
    return raw.decode()


def _parts(body: Any) -> list[tuple[int, Any]]:
    """Field numbers with numbers or bytes. Raises ValueError for another kind of field, and where it is cut off."""
    found: list[tuple[int, Any]] = []
    place = 0
    while place < len(body):
        tag, place = varint(body, place)
        value, place = varint(body, place)
        if tag & 7 == 2:
            if place + value > len(body):
                raise ValueError("cut off")
            found.append((tag >> 3, body[place : place + value]))
            place += value
        elif tag & 7 == 0:
            found.append((tag >> 3, value))
        else:
            raise ValueError(f"wire type {tag & 7}")
    return found
