"""What is dropped from every object before it is kept: `managedFields` and the last-applied annotation.

Both repeat the object, the one as field names, the other as it was once written, secrets included. The object stays
bytes; only its metadata is opened.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

Fields = dict[str, msgspec.Raw]
"""A JSON object whose values stay bytes."""

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

_FIELDS = msgspec.json.Decoder(Fields)
_ANNOTATIONS = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class Identity:
    """Which object it is: `place` is `namespace/name` as bytes, which orders a list, and `version` its
    resourceVersion as a number, 0 where it is none."""

    place: bytes
    version: int


def tidy(found: Fields) -> Identity:
    """Drop the repetitions from `found`, in place, and say which object it is. Raises msgspec.DecodeError and
    msgspec.ValidationError where its metadata is not an object's."""
    metadata = _FIELDS.decode(found.get("metadata", b"{}"))
    metadata.pop("managedFields", None)
    annotations = metadata.get("annotations")
    if annotations is not None and b"last-applied-configuration" in bytes(annotations):
        kept = _ANNOTATIONS.decode(annotations)
        kept.pop(LAST_APPLIED, None)
        metadata["annotations"] = msgspec.Raw(msgspec.json.encode(kept))
    found["metadata"] = msgspec.Raw(msgspec.json.encode(metadata))
    version = bytes(metadata.get("resourceVersion", b""))[1:-1]
    namespace, name = (bytes(metadata.get(key, b'""'))[1:-1] for key in ("namespace", "name"))
    return Identity(namespace + b"/" + name, int(version) if version.isdigit() else 0)
