"""What a write asks for, read where the API server reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from truebook.replay.kubernetes.dry import wire
from truebook.replay.kubernetes.dry.problems import cannot_tell
from truebook.replay.kubernetes.request import Target
from truebook.replay.kubernetes.status import bad_request
from truebook.replay.quoting import quote

JSON = "application/json"
DRY = ["All"]
SUBRESOURCES = ("", "scale", "status", "eviction")
"""Where a dry run may be asked for here. Others can't run dry, or make a real token."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """One write. `media` is the body's type in lower case, without its parameters."""

    target: Target
    params: Mapping[str, str]
    media: str
    body: bytes


def asks_for_dry_run(ask: Ask, raw_query: str) -> bool:
    """Whether a write is a dry run for sure.

    A DELETE's options are in its body where it has one, and the query does not count then; an eviction's are in
    both, which have to agree. Whatever is not plainly `All` is no dry run here.
    """
    asked = _in_query(raw_query)
    if asked not in ([], DRY):
        return False
    if ask.target.subresource == "eviction":
        options = _member(_body(ask), "deleteOptions")
        in_body = options.get("dryRun") or []
        return (in_body or asked) == DRY and in_body in ([], DRY)
    if ask.target.verb in ("delete", "deletecollection") and ask.body:
        return _body(ask).get("dryRun") == DRY
    return asked == DRY


def _in_query(raw: str) -> list[str]:
    """The values of `dryRun`, each once. A pair that is wrongly escaped is none."""
    found = []
    for pair in raw.split("&"):
        name, _, value = pair.partition("=")
        if ";" in pair or re.search("%(?![0-9A-Fa-f]{2})", pair) or unquote_plus(name) != "dryRun":
            continue
        found.append(unquote_plus(value))
    return sorted(set(found))


def _body(ask: Ask) -> Json:
    """The body as an object, an empty one where it is none."""
    try:
        found = msgspec.json.decode(ask.body) if ask.media in ("", JSON) else {}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _member(found: Json, name: str) -> Json:
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def decode_object(ask: Ask) -> Json:
    """The object in a body. Raises Refused."""
    if ask.media == wire.MEDIA_TYPE:
        return wire.decode(ask.body)
    if ask.media not in ("", JSON):
        raise cannot_tell(f"the body is {ask.media}, which a replay does not read")
    try:
        found = msgspec.json.decode(ask.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise bad_request(f"the object provided is unrecognized: {error}") from None
    if not isinstance(found, dict):
        raise bad_request("the object provided is unrecognized (must be of type object)")
    return found


def delete_options(ask: Ask) -> Json:
    """DeleteOptions of the body, or of the query where there is no body. Raises Refused."""
    if ask.body:
        return decode_object(ask)
    options: Json = {name: ask.params[name] for name in ("propagationPolicy",) if name in ask.params}
    seconds = ask.params.get("gracePeriodSeconds")
    if seconds is not None:
        if not re.fullmatch(r"-?\d{1,9}", seconds):
            raise bad_request(f"strconv.ParseInt: parsing {quote(seconds)}: invalid syntax")
        options["gracePeriodSeconds"] = int(seconds)
    return options
