"""Just enough of protobuf to read what `kubectl auth can-i` sends.

Kubernetes wraps a protobuf object as `k8s\\0` and a `runtime.Unknown`, whose field 2 holds the object. The field
numbers are those of `k8s.io/api/authorization/v1/generated.proto`.
"""

from __future__ import annotations

from typing import Any

MAGIC = b"k8s\0"
RAW = 2

Schema = dict[int, tuple[str, Any]]
"""Field number to name, and to the schema of a message or None for a string."""

RESOURCE: Schema = {
    number: (name, None)
    for number, name in enumerate(("namespace", "verb", "group", "version", "resource", "subresource", "name"), 1)
}
PATH: Schema = {1: ("path", None), 2: ("verb", None)}
SPEC: Schema = {1: ("resourceAttributes", RESOURCE), 2: ("nonResourceAttributes", PATH)}
ACCESS_REVIEW: Schema = {2: ("spec", SPEC)}


def decode_review(body: bytes) -> dict[str, Any]:
    """The access review in a body as JSON has it. Raises ValueError where it is none."""
    if not body.startswith(MAGIC):
        raise ValueError("no Kubernetes protobuf")
    raw = dict(_fields(body[len(MAGIC) :])).get(RAW, b"")
    return _message(raw, ACCESS_REVIEW)


def _message(body: bytes, schema: Schema) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, value in _fields(body):
        if number in schema:
            name, inner = schema[number]
            found[name] = value.decode() if inner is None else _message(value, inner)
    return found


def _fields(body: bytes) -> list[tuple[int, bytes]]:
    """The length-delimited fields of a message. Raises ValueError where it is cut off or has groups."""
    found = []
    position = 0
    while position < len(body):
        tag, position = varint(body, position)
        match tag & 7:
            case 0:
                _, position = varint(body, position)
            case 1:
                position += 8
            case 2:
                length, position = varint(body, position)
                found.append((tag >> 3, body[position : position + length]))
                position += length
            case 5:
                position += 4
            case kind:
                raise ValueError(f"unknown wire type {kind}")
    if position != len(body):
        raise ValueError("cut off")
    return found


def varint(body: bytes, position: int) -> tuple[int, int]:
    """The number at a position, and the position after it. Raises ValueError where it is cut off."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(body):
            break
        byte = body[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("cut off")
