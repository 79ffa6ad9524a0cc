"""gRPC-web and protobuf's wire format, as far as a guard needs them: strict in what comes in, one way out.

A body is one frame: a flag byte, the message's length in four bytes, the message. An answer ends in a frame with flag
0x80 that holds trailers. A message is read into its fields in order and written anew from them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from truebook.guard.request import Answer, Pairs
from truebook.model import Claim

MEDIA_TYPE = "application/grpc-web+proto"
PERMISSION_DENIED, NOT_FOUND, UNIMPLEMENTED, DEADLINE_EXCEEDED, UNAVAILABLE, INVALID = 7, 5, 12, 4, 14, 3

Value = int | bytes
Fields = tuple[tuple[int, Value], ...]
"""Field numbers and values, in order: a varint's number, or the bytes of a string or message."""

_TRAILER = 0x80
_VARINT, _BYTES = 0, 2


class Unreadable(Exception):
    """Not a frame or a message that the guard understands to its end."""


def unframe(body: bytes) -> bytes:
    """The message of a body that is exactly one frame. Raises Unreadable."""
    if len(body) < 5 or body[0] != 0:
        raise Unreadable("the body does not start with an uncompressed gRPC-web frame")
    if len(body) - 5 != int.from_bytes(body[1:5], "big"):
        raise Unreadable("the body is not exactly one gRPC-web frame")
    return body[5:]


def first_message(body: bytes) -> bytes:
    """The message of an answer, whose trailers may follow. Raises Unreadable."""
    size = int.from_bytes(body[1:5], "big")
    if len(body) < 5 + size or body[0] != 0:
        raise Unreadable("the answer does not start with a gRPC-web frame")
    return body[5 : 5 + size]


def frame(message: bytes, flag: int = 0) -> bytes:
    """A message as a frame."""
    return bytes([flag]) + len(message).to_bytes(4, "big") + message


def ended(*messages: bytes) -> bytes:
    """An answer's body: these messages, and trailers that say that all went well."""
    return b"".join(map(frame, messages)) + frame(b"grpc-status: 0\r\n", _TRAILER)


def success(messages: Iterable[bytes], claims: tuple[Claim, ...], reason: str, marks: tuple[str, ...] = ()) -> Answer:
    """A call that went well."""
    return Answer(200, (("content-type", MEDIA_TYPE),), ended(*messages), claims, reason, marks)


def failure(code: int, message: str, claims: tuple[Claim, ...] = (), reason: str = "") -> Answer:
    """A call that failed with that gRPC code: the answer's headers say so, and it has no body."""
    said = re.sub(r"[^ -~]|%", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), message)
    headers: Pairs = (("content-type", MEDIA_TYPE), ("grpc-status", str(code)), ("grpc-message", said))
    return Answer(200, headers, b"", claims, reason or message)


def parse(message: bytes) -> Fields:
    """All fields of a message. Raises Unreadable."""
    fields: list[tuple[int, Value]] = []
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number = key >> 3
        if not 0 < number < 1 << 29:
            raise Unreadable(f"{number} is not a field's number")
        value, at = _varint(message, at)
        if key & 7 == _VARINT:
            fields.append((number, value))
        elif key & 7 == _BYTES:
            if at + value > len(message):
                raise Unreadable("the message is cut off")
            fields.append((number, message[at : at + value]))
            at += value
        else:
            raise Unreadable(f"wire type {key & 7} is not known")
    return tuple(fields)


def write(fields: Iterable[tuple[int, Value]]) -> bytes:
    """A message of these fields."""
    out = bytearray()
    for number, value in fields:
        if isinstance(value, int):
            out += _written(number << 3 | _VARINT) + _written(value)
        else:
            out += _written(number << 3 | _BYTES) + _written(len(value)) + value
    return bytes(out)


def strings(fields: Fields, number: int) -> tuple[str, ...]:
    """The values of a string field. Raises Unreadable."""
    try:
        return tuple(value.decode() for found, value in fields if found == number and isinstance(value, bytes))
    except UnicodeDecodeError:
        raise Unreadable(f"field {number} is not UTF-8") from None


def string(fields: Fields, number: int) -> str:
    """The value of a string field, empty where it is not there. Raises Unreadable."""
    return next(iter(strings(fields, number)), "")


def message(fields: Fields, number: int) -> bytes:
    """The bytes of a message field, empty where it is not there."""
    return next((value for found, value in fields if found == number and isinstance(value, bytes)), b"")


def put(fields: Fields, number: int, value: Value) -> Fields:
    """The fields with one of them set."""
    return (*(pair for pair in fields if pair[0] != number), (number, value))


def each(fields: Fields, number: int, change: Callable[[bytes], bytes]) -> Fields:
    """The fields with every message of that number changed."""
    return tuple(
        (found, change(value)) if found == number and isinstance(value, bytes) else (found, value)
        for found, value in fields
    )


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise Unreadable("the message is cut off")
        number |= (message[at] & 0x7F) << shift
        at += 1
        if message[at - 1] < 0x80:
            if number >= 1 << 64:
                break
            return number, at
    raise Unreadable("a number is too long")


def _written(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
