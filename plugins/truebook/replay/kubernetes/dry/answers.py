"""The answer to each kind of dry run."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import yaml
from starlette.responses import Response

from truebook.replay.kubernetes.dry import patches, scale
from truebook.replay.kubernetes.dry.asks import Ask, decode_object, delete_options
from truebook.replay.kubernetes.dry.deletion import deleted
from truebook.replay.kubernetes.dry.kinds import NEW_SPECS
from truebook.replay.kubernetes.dry.problems import (
    Mistyped,
    already_exists,
    cannot_tell,
    invalid,
    invalid_value,
    mistyped_patch,
    required,
)
from truebook.replay.kubernetes.dry.update import Kind, kind_of, tidy, update
from truebook.replay.kubernetes.request import Target
from truebook.replay.kubernetes.status import Refused, bad_request, no_such_object
from truebook.replay.kubernetes.store import Objects, Store
from truebook.replay.quoting import quote
from truebook.replay.system import json_answer

Json = dict[str, Any]
VALIDATIONS = ("", "Ignore", "Warn", "Strict")
SUBDOMAIN = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dry run looks: the objects of its resource, all of them, whether their status is a subresource, and
    how a collection's objects are chosen."""

    objects: Objects
    store: Store
    status: bool
    choose: Callable[[], Sequence[Json]]


def answer(ask: Ask, place: Place) -> Response:
    """The answer to a dry run. Raises Refused."""
    target = ask.target
    _check_options(ask)
    try:
        return _answer(ask, place)
    except Mistyped as error:
        if target.verb == "patch":
            raise mistyped_patch(error) from None
        kind = "Scale" if target.subresource == "scale" else place.objects.list.kind
        version = target.version if kind != "Scale" else "v1"
        raise bad_request(f"{kind} in version {quote(version)} cannot be handled as a {kind}: {error}") from None
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        # An object can have anything anywhere. Where that breaks a rule here, the API server refuses it in words of its
        # own: nothing is known of them.
        raise cannot_tell("the object is of a shape that is not known here") from None


def _check_options(ask: Ask) -> None:
    validation = ask.params.get("fieldValidation", "")
    if validation in VALIDATIONS:
        return
    kind = f"{ask.target.verb.capitalize()}Options"
    message = f'Unsupported value: {quote(validation)}: supported values: "", "Ignore", "Strict", "Warn"'
    causes = [{"reason": "FieldValueNotSupported", "message": message, "field": "fieldValidation"}]
    text = f'{kind}.meta.k8s.io "" is invalid: fieldValidation: {message}'
    raise Refused(422, "Invalid", text, details={"group": "meta.k8s.io", "kind": kind, "causes": causes})


def _answer(ask: Ask, place: Place) -> Response:
    target = ask.target
    match target.verb, target.subresource:
        case (("update" | "patch"), ""):
            return _write(ask, place, _kind(ask, place))
        case (("update" | "patch"), "scale") if target.key in scale.SCALED:
            return _scale(ask, place)
        case "create", "":
            return _create(ask, place, _kind(ask, place), decode_object(ask))
        case "create", "eviction" if target.key == "pods":
            return _evict(ask, place)
        case "delete", "":
            return json_answer(deleted(target, _found(target, place.objects), delete_options(ask)))
        case "deletecollection", "":
            return _delete_all(ask, place)
    raise cannot_tell(f"a {target.verb} of {target.resource}/{target.subresource} is not known here")


def _kind(ask: Ask, place: Place) -> Kind:
    return kind_of(ask.target, place.objects, place.store, status=place.status)


def _found(target: Target, objects: Objects) -> Json:
    item = objects.get(target.namespace, target.name)
    if item is None:
        raise no_such_object(target)
    found: Json = msgspec.json.decode(item.raw)
    return found


def scale_of(target: Target, objects: Objects) -> Json:
    """The Scale of a recorded workload. Raises Refused where there is none."""
    return scale.scale_of(target.key, _found(target, objects))


def _write(ask: Ask, place: Place, kind: Kind) -> Response:
    target, strict = ask.target, ask.params.get("fieldValidation") == "Strict"
    if target.verb == "patch":
        patches.check_media(ask, custom=kind.custom)
        if ask.media == patches.APPLY:
            return _apply(ask, place, kind)
        old = _found(target, place.objects)
        new = patches.apply(ask, kind.name, old)
        return json_answer(update(kind, old, new, strict=strict))
    new = decode_object(ask)
    old = _found(target, place.objects)
    version = (new.get("metadata") or {}).get("resourceVersion")
    if kind.custom and not version:
        problem = invalid_value("metadata.resourceVersion", 0, "must be specified for an update")
        raise invalid(target.resource, target.group, target.name, [problem])
    return json_answer(update(kind, old, new, strict=strict))


def _apply(ask: Ask, place: Place, kind: Kind) -> Response:
    """Server-side apply of what is not there yet is a creation. What each field's owner is was not recorded."""
    if not ask.params.get("fieldManager"):
        raise cannot_tell("a server-side apply has to name its fieldManager")
    if place.objects.get(ask.target.namespace, ask.target.name) is not None:
        raise cannot_tell(
            "a server-side apply depends on the owners of the object's fields (managedFields), which are not recorded; "
            "apply it without --server-side"
        )
    try:
        found = yaml.safe_load(ask.body)
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict) or (found.get("metadata") or {}).get("name") != ask.target.name:
        raise cannot_tell("what is applied is not an object of that name")
    return _create(ask, place, kind, found)


def _scale(ask: Ask, place: Place) -> Response:
    target = ask.target
    old = _found(target, place.objects)
    if target.verb == "patch":
        patches.check_media(ask, custom=False)
        if ask.media == patches.APPLY:
            raise cannot_tell("a server-side apply of a Scale is not known here")
        wanted = patches.apply(ask, "Scale", scale.scale_of(target.key, old))
    else:
        wanted = decode_object(ask)
    new = scale.scaled(target, old, wanted)
    return json_answer(scale.scale_of(target.key, new))


def _create(ask: Ask, place: Place, kind: Kind, found: Json) -> Response:
    target = ask.target
    meta = found.setdefault("metadata", {})
    if not isinstance(meta, dict):
        raise cannot_tell("metadata is not an object")
    if found.get("kind") != kind.name or found.get("apiVersion") != place.objects.api_version:
        raise cannot_tell("the object is of another kind or version than the path")
    if meta.get("namespace", target.namespace) != target.namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    _check_namespace(target, place.store)
    name = meta.get("name")
    if not name:
        if meta.get("generateName"):
            raise cannot_tell("the name would be made up by the API server")
        raise invalid(kind.name, target.group, "", [required("metadata.name", "name or generateName is required")])
    if place.objects.get(target.namespace, str(name)) is not None:
        raise already_exists(target, str(name))
    return json_answer(_new(kind, found, str(name), strict=ask.params.get("fieldValidation") == "Strict"), 201)


def _check_namespace(target: Target, store: Store) -> None:
    if not target.namespace:
        return
    namespaces = store.get("namespaces")
    if namespaces is None:
        raise cannot_tell("this recording does not hold namespaces")
    if namespaces.get("", target.namespace) is None:
        raise no_such_object(Target("create", "", "v1", "namespaces", name=target.namespace))


def _new(kind: Kind, found: Json, name: str, *, strict: bool) -> Json:
    """A new object. Raises Refused where its defaults are not wholly known here."""
    target = kind.target
    if not (kind.custom or target.key in NEW_SPECS):
        raise cannot_tell(f"what the API server adds to a new {kind.name} is not known here")
    if target.key == "namespaces" and re.fullmatch(SUBDOMAIN, name) and "." in name:
        problem = invalid_value("metadata.name", name, "must not contain dots")
        raise invalid(kind.name, target.group, name, [problem])
    if not re.fullmatch(SUBDOMAIN, name) or len(name) > 253:
        why = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
            "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
            f"'{SUBDOMAIN}')"
        )
        raise invalid(kind.name, target.group, name, [invalid_value("metadata.name", name, why)])
    meta = found["metadata"]
    if kind.status:
        found.pop("status", None)
    for field in ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink"):
        meta.pop(field, None)
    if target.namespace:
        meta["namespace"] = target.namespace
    owners = [_owner(owner) for owner in meta.pop("ownerReferences", None) or ()]
    made = tidy(kind, {}, found, strict=strict)
    metadata = made["metadata"]
    if owners:
        metadata["ownerReferences"] = owners
    metadata["uid"] = str(uuid.uuid4())
    metadata["creationTimestamp"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if target.key == "namespaces":
        return {**made, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
    metadata["generation"] = 1
    if target.key == "apps/daemonsets":
        metadata.setdefault("annotations", {})["deprecated.daemonset.template.generation"] = "1"
    if target.key == "batch/jobs":
        _own_pods(made)
    if not kind.custom:
        made["status"] = _NEW_STATUS.get(target.key, {})
    return made


def _owner(owner: Any) -> Json:
    """An owner's reference, as `kubectl create job --from` writes it. Raises Refused where it may be wrong."""
    fields = ("apiVersion", "kind", "name", "uid")
    if not all(isinstance(owner.get(name), str) and owner[name] for name in fields):
        raise cannot_tell("an ownerReference is not whole")
    flags = {name: owner[name] for name in ("controller", "blockOwnerDeletion") if isinstance(owner.get(name), bool)}
    return {**{name: owner[name] for name in fields}, **flags}


def _own_pods(job: Json) -> None:
    """Select a Job's pods by its UID."""
    spec, meta = job["spec"], job["metadata"]
    if spec["manualSelector"] or "selector" in spec or len(meta["name"]) > 63:
        raise cannot_tell("a Job that selects its pods itself, or has a long name, is not known here")
    name, uid = meta["name"], meta["uid"]
    own = {f"{prefix}controller-uid": uid for prefix in ("", "batch.kubernetes.io/")}
    own |= {f"{prefix}job-name": name for prefix in ("", "batch.kubernetes.io/")}
    template = spec["template"]["metadata"]
    template["labels"] = {**(template.get("labels") or {}), **own}
    if not meta.get("labels"):
        meta["labels"] = dict(template["labels"])
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}


_NEW_STATUS: dict[str, Json] = {
    "apps/statefulsets": {"availableReplicas": 0, "replicas": 0},
    "apps/daemonsets": {
        "currentNumberScheduled": 0,
        "desiredNumberScheduled": 0,
        "numberMisscheduled": 0,
        "numberReady": 0,
    },
}


def _evict(ask: Ask, place: Place) -> Response:
    """An eviction. Budgets that could forbid it are not recorded; a pod that none speaks of goes."""
    _found(ask.target, place.objects)
    eviction = decode_object(ask)
    meta = eviction.get("metadata") or {}
    if meta.get("name", ask.target.name) != ask.target.name:
        raise bad_request("name in URL does not match name in Eviction object")
    return json_answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)


def _delete_all(ask: Ask, place: Place) -> Response:
    """All of a collection. The API server answers with the objects as they were."""
    options = delete_options(ask)
    gone = list(place.choose())
    for found in gone:
        deleted(ask.target, found, options)
    if not place.objects.custom:
        gone = [{name: value for name, value in one.items() if name not in ("kind", "apiVersion")} for one in gone]
    metadata = {"resourceVersion": str(place.objects.newest)}
    head = {"kind": f"{place.objects.list.kind}List", "apiVersion": place.objects.api_version}
    return json_answer({**head, "metadata": metadata, "items": gone})
