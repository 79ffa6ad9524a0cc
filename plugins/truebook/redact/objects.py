"""Secrets in decoded JSON: by the name of the key, of the environment variable, of the flag before it."""

from __future__ import annotations

from typing import Any

import msgspec

from truebook.redact.look import may_hold_secret
from truebook.redact.names import is_password_name, is_secret_name
from truebook.redact.text import REDACTED, is_placeholder, redact_text

_HOLDERS = frozenset(("value", "plaintext", "literal", "data", "stringData"))
"""Keys that hold the secret itself below a key that is called like one: `password: {value: …}`."""


def _hide(item: Any) -> Any:
    """Every text and number below `item`, taken out; placeholders and empty values stay."""
    if isinstance(item, str):
        return item if not item or is_placeholder(item) else REDACTED
    if isinstance(item, dict):
        return {key: _hide(value) for key, value in item.items()}
    if isinstance(item, list):
        return [_hide(value) for value in item]
    return item if item is None or isinstance(item, bool) else REDACTED


def _below_secret(item: Any) -> Any:
    """A list or mapping under a key that is called like a secret; references in it stay."""
    if isinstance(item, list):
        return [_hide(entry) if isinstance(entry, str) else redact_value(entry) for entry in item]
    return {key: _hide(value) if key in _HOLDERS else redact_value(value) for key, value in item.items()}


def _field(holder: dict[str, Any], key: str, value: Any, named_secret: bool) -> Any:
    """The redacted value of one field, by its key and its neighbours."""
    if (key == "value" and named_secret) or (key in ("data", "stringData") and holder.get("kind") == "Secret"):
        return _hide(value)
    # An ExternalSecret's `secretKey` is where a value goes, not the value.
    if not is_secret_name(key) or (key == "secretKey" and ("remoteRef" in holder or "sourceRef" in holder)):
        return redact_value(value)
    if isinstance(value, str):
        return _hide(value)
    if isinstance(value, (dict, list)):
        return _below_secret(value)
    return _hide(value) if is_password_name(key) else value


def _mapping(item: dict[str, Any]) -> dict[str, Any]:
    named = item.get("name", item.get("key"))
    named_secret = isinstance(named, str) and "value" in item and is_secret_name(named)
    changed: dict[str, Any] = {}
    renamed = False
    for key, old in item.items():
        new = _field(item, key, old, named_secret) if old.__class__ is not str or old else old
        if new is not old and new != old:
            changed[key] = new
        renamed = renamed or redact_text(key) is not key
    found = {**item, **changed} if changed else item
    return {redact_text(key): value for key, value in found.items()} if renamed else found


def _sequence(items: list[Any]) -> list[Any]:
    """A list; in arguments, what follows `--password` is its value."""
    changed = False
    found = []
    flag = False
    for old in items:
        if isinstance(old, str):
            new = _hide(old) if flag and not old.startswith("-") else redact_text(old)
            flag = old.startswith("-") and "=" not in old and is_secret_name(old)
        else:
            new, flag = redact_value(old), False
        changed = changed or (new is not old and new != old)
        found.append(new)
    return found if changed else items


def redact_value(item: Any) -> Any:
    """`item` (decoded JSON) without secrets; the very same object where there is nothing to take out."""
    if isinstance(item, str):
        return redact_text(item)
    if isinstance(item, dict):
        return _mapping(item)
    if isinstance(item, list):
        return _sequence(item)
    return item


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENTRIES = msgspec.json.Decoder(list[msgspec.Raw])
_SMALL = 512
"""Bytes of JSON that are decoded and walked as a whole."""
_BY_NEIGHBOUR = frozenset(("value", "data", "stringData"))


def _narrow(data: bytes) -> bytes:
    """Redact suspicious JSON by walking only its suspicious parts; the others stay bytes.

    What a rule judges by its neighbours is walked together: see `_field` and `_sequence`.
    """
    if len(data) > _SMALL and data.startswith(b"{"):
        fields = _FIELDS.decode(data)
        if _BY_NEIGHBOUR.isdisjoint(fields) and not any(
            is_secret_name(key) or redact_text(key) is not key for key in fields
        ):
            parts = {key: redact_json(bytes(part)) for key, part in fields.items()}
            return msgspec.json.encode({key: msgspec.Raw(part) for key, part in parts.items()})
    elif len(data) > _SMALL and data.startswith(b"[{"):
        entries = _ENTRIES.decode(data)
        if all(bytes(entry).startswith(b"{") for entry in entries):
            return msgspec.json.encode([msgspec.Raw(redact_json(bytes(entry))) for entry in entries])
    item = msgspec.json.decode(data)
    found = redact_value(item)
    return data if found is item else msgspec.json.encode(found)


def redact_json(data: bytes) -> bytes:
    """JSON bytes without secrets; the same bytes where there is nothing to take out.

    What is nested too deeply to be looked at becomes `{}`. Raises msgspec.DecodeError where it is not JSON.
    """
    if not may_hold_secret(data):
        return data
    try:
        return _narrow(data)
    except RecursionError:
        return b"{}"
