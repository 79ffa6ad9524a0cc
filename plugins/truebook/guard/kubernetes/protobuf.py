"""The two protobuf bodies that the guard has to read: DeleteOptions and Eviction, which kubectl's typed clients send.

They are read to the end or not at all, and go out as JSON. Field numbers are those of `k8s.io/apimachinery`'s and
`k8s.io/api/policy`'s generated.proto.
"""

from __future__ import annotations

from collections.abc import Iterator

MAGIC = b"k8s\x00"
MEDIA_TYPE = "application/vnd.kubernetes.protobuf"

_VARINT, _BYTES = 0, 2


class Unreadable(Exception):
    """Not a message of the kind that is asked for, or it holds what the guard does not know."""


def delete_options(body: bytes) -> dict[str, object]:
    """DeleteOptions as their JSON. Raises Unreadable."""
    return {"kind": "DeleteOptions", **_options(_unwrap(body, "DeleteOptions"))}


def eviction(body: bytes) -> dict[str, object]:
    """An Eviction as its JSON; of its metadata the name and namespace. Raises Unreadable."""
    metadata: dict[str, str] = {}
    options: dict[str, object] = {}
    for number, value in _fields(_unwrap(body, "Eviction")):
        if number == 1:
            keys = {1: "name", 3: "namespace"}
            metadata.update({keys[n]: _text(v) for n, v in _fields(_bytes(value)) if n in keys})
        elif number == 2:
            options.update(_options(_bytes(value)))
        else:
            raise Unreadable(f"field {number} of an Eviction is not known")
    return {"kind": "Eviction", "apiVersion": "policy/v1", "metadata": metadata, "deleteOptions": options}


def _options(message: bytes) -> dict[str, object]:
    found: dict[str, object] = {}
    dry: list[str] = []
    for number, value in _fields(message):
        match number:
            case 1:
                seconds = _number(value)
                found["gracePeriodSeconds"] = seconds - 2**64 if seconds >= 2**63 else seconds
            case 2:
                keys = {1: "uid", 2: "resourceVersion"}
                found["preconditions"] = {keys[n]: _text(v) for n, v in _fields(_bytes(value)) if n in keys}
            case 3:
                found["orphanDependents"] = bool(_number(value))
            case 4:
                found["propagationPolicy"] = _text(value)
            case 5:
                dry.append(_text(value))
            case _:
                raise Unreadable(f"field {number} of DeleteOptions is not known")
    return {**found, "dryRun": dry} if dry else found


def _unwrap(body: bytes, kind: str) -> bytes:
    """The message within the envelope that says its kind."""
    if not body.startswith(MAGIC):
        raise Unreadable("it does not start as Kubernetes' protobuf does")
    said, raw = "", b""
    for number, value in _fields(body[len(MAGIC) :]):
        if number == 1:
            said = next((_text(v) for n, v in _fields(_bytes(value)) if n == 2), "")
        elif number == 2:
            raw = _bytes(value)
        elif _bytes(value):
            raise Unreadable("its content is encoded once more")
    if said not in (kind, ""):
        raise Unreadable(f"it is not of kind {kind}")
    return raw


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and values, in order. Raises Unreadable."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        value, at = _varint(message, at)
        if key & 7 == _VARINT:
            yield key >> 3, value
        elif key & 7 == _BYTES:
            if at + value > len(message):
                raise Unreadable("it is cut off")
            yield key >> 3, message[at : at + value]
            at += value
        else:
            raise Unreadable(f"wire type {key & 7} is not known")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise Unreadable("it is cut off")
        number |= (message[at] & 0x7F) << shift
        at += 1
        if message[at - 1] < 0x80:
            return number & (2**64 - 1), at
    raise Unreadable("a number is too long")


def _number(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise Unreadable("a field is not a number")
    return value


def _bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise Unreadable("a field is not a string")
    return value


def _text(value: int | bytes) -> str:
    try:
        return _bytes(value).decode()
    except UnicodeDecodeError:
        raise Unreadable("a string is not UTF-8") from None
