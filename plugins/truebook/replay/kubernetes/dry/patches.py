"""The three kinds of patches, applied to a recorded object."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import jsonpatch
import jsonpointer
import msgspec

from truebook.redact import REDACTED
from truebook.replay.kubernetes.dry import strategic
from truebook.replay.kubernetes.dry.asks import Ask
from truebook.replay.kubernetes.dry.problems import cannot_tell
from truebook.replay.kubernetes.status import Refused, bad_request

Json = dict[str, Any]
JSON_PATCH, MERGE = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
KNOWN = (JSON_PATCH, MERGE, STRATEGIC, APPLY)
MAX_OPERATIONS = 10000


def apply(ask: Ask, kind: str, found: Json) -> Json:
    """The patched object. Raises Refused."""
    patch = _decode(ask)
    match ask.media:
        case "application/json-patch+json":
            return _json_patch(found, patch)
        case "application/merge-patch+json" if isinstance(patch, dict):
            return _merged(deepcopy(found), patch)
        case "application/strategic-merge-patch+json" if isinstance(patch, dict):
            return strategic.apply(kind, found, patch)
    raise _undecoded(patch, "map[string]interface {}")


def check_media(ask: Ask, *, custom: bool) -> None:
    """Raises Refused for a body that is no patch, or one that the kind does not take."""
    if ask.media not in KNOWN:
        raise Refused(415, "UnsupportedMediaType", "415: Unsupported Media Type", details={})
    if custom and ask.media == STRATEGIC:
        listed = ", ".join((JSON_PATCH, MERGE, APPLY))
        raise Refused(
            415,
            "UnsupportedMediaType",
            f"the body of the request was in an unknown format - accepted media types include: {listed}",
        )


def _undecoded(patch: Any, wanted: str) -> Refused:
    given = {dict: "object", list: "array", str: "string", bool: "bool"}.get(type(patch), "number")
    return bad_request(f"error decoding patch: json: cannot unmarshal {given} into Go value of type {wanted}")


def _decode(ask: Ask) -> Any:
    try:
        return msgspec.json.decode(ask.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise bad_request(f"error decoding patch: {error}") from None


def _merged(found: Json, patch: Json) -> Json:
    """RFC 7386."""
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, dict):
            before = found.get(name)
            found[name] = _merged(before if isinstance(before, dict) else {}, value)
        else:
            found[name] = value
    return found


def _json_patch(found: Json, patch: Any) -> Json:
    """RFC 6902."""
    if not isinstance(patch, list) or not all(isinstance(operation, dict) for operation in patch):
        raise _undecoded(patch, "[]handlers.jsonPatchOp")
    if len(patch) > MAX_OPERATIONS:
        message = f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(patch)}"
        raise Refused(413, "RequestEntityTooLarge", message)
    for operation in patch:
        _check_redacted(found, operation)
    try:
        result = jsonpatch.apply_patch(found, patch)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, KeyError):
        message = "the server rejected our request due to an error in our request"
        raise Refused(422, "Invalid", message, details={}) from None
    if not isinstance(result, dict):
        raise bad_request("the patched object is not an object")
    return result


def _check_redacted(found: Json, operation: Json) -> None:
    """What was redacted can't be compared, nor moved to another place."""
    for name in {"test": ("path",), "copy": ("from",), "move": ("from",)}.get(str(operation.get("op")), ()):
        pointer = str(operation.get(name, ""))
        value = jsonpointer.resolve_pointer(found, pointer, None) if re.match("/|$", pointer) else None
        if REDACTED in msgspec.json.encode(value).decode():
            raise cannot_tell(f"{pointer} was redacted")
