"""The parameters of list and watch, checked as the API server checks them."""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass

from truebook.replay.kubernetes.status import Refused, bad_request, invalid_options
from truebook.replay.quoting import quote

CONTINUE_VERSION = "meta.k8s.io/v1"
MATCH = "resourceVersionMatch"
DURATION = re.compile(r"[+-]?(0|(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))*")


@dataclass(frozen=True, slots=True)
class Options:
    """List options. `version` is None where no resourceVersion was asked for; `match` is its match rule."""

    watch: bool
    labels: str
    fields: str
    limit: int
    token: str
    version: int | None
    match: str
    initial_events: bool | None
    bookmarks: bool


@dataclass(frozen=True, slots=True)
class Position:
    """Where a list is continued: at the state `version` (negative: any), from the key `start` on, which is
    relative to the namespace that is listed."""

    version: int
    start: str


def truth(params: Mapping[str, str], name: str) -> bool:
    """A flag as the API server reads it: given, and neither `false` nor `0`."""
    return name in params and params[name].lower() not in ("false", "0")


def parse(params: Mapping[str, str], watch: bool) -> Options:
    """The options in the query. Raises Refused."""
    limit = _integer(params.get("limit", "0"))
    _integer(params.get("timeoutSeconds", "0"))
    timeout = params.get("timeout", "")
    if timeout and not DURATION.fullmatch(timeout):
        raise bad_request(f"invalid timeout specified in the request URL - time: invalid duration {quote(timeout)}")
    asked, match, token = (params.get(name, "") for name in ("resourceVersion", "resourceVersionMatch", "continue"))
    initial = truth(params, "sendInitialEvents") if "sendInitialEvents" in params else None
    if watch:
        _check_watch(match, initial)
    else:
        _check_list(match, initial, asked, token)
    return Options(
        watch=watch,
        labels=params.get("labelSelector", ""),
        fields=params.get("fieldSelector", ""),
        limit=max(limit, 0),
        token=token,
        version=_version(asked, watch) if asked else None,
        match=match,
        initial_events=initial,
        bookmarks=truth(params, "allowWatchBookmarks"),
    )


def _check_watch(match: str, initial: bool | None) -> None:
    if match and initial is None:
        raise _forbidden(f"{MATCH} is forbidden for watch unless sendInitialEvents is provided")
    if initial is not None and match != "NotOlderThan":
        raise _forbidden(f"sendInitialEvents requires setting {MATCH} to NotOlderThan")


def _check_list(match: str, initial: bool | None, asked: str, token: str) -> None:
    if initial is not None:
        raise _forbidden("sendInitialEvents is forbidden for list", "sendInitialEvents")
    if not match:
        return
    if not asked:
        raise _forbidden(f"{MATCH} is forbidden unless resourceVersion is provided")
    if token:
        raise _forbidden(f"{MATCH} is forbidden when continue is provided")
    if match not in ("Exact", "NotOlderThan"):
        message = f'Unsupported value: {quote(match)}: supported values: "Exact", "NotOlderThan", ""'
        raise invalid_options(MATCH, "FieldValueNotSupported", message)
    if match == "Exact" and asked == "0":
        raise _forbidden(f'{MATCH} "exact" is forbidden for resourceVersion "0"')


def _forbidden(message: str, field: str = "resourceVersionMatch") -> Refused:
    return invalid_options(field, "FieldValueForbidden", f"Forbidden: {message}")


def _integer(text: str) -> int:
    problem = _problem(text, r"[+-]?[0-9]+", range(-(1 << 63), 1 << 63))
    if problem:
        raise bad_request(f"strconv.ParseInt: parsing {quote(text)}: {problem}")
    return int(text)


def check_version(text: str) -> str:
    """What is wrong with a resourceVersion, in the API server's words; empty where nothing is."""
    problem = _problem(text, "[0-9]+", range(1 << 64))
    if not problem:
        return ""
    value = quote(text)
    return f"resourceVersion: Invalid value: {value}: strconv.ParseUint: parsing {value}: {problem}"


def _version(text: str, watch: bool) -> int:
    if problem := check_version(text):
        raise Refused(500, "", problem) if watch else bad_request(f"invalid resource version: {problem}")
    return int(text)


def _problem(text: str, syntax: str, allowed: range) -> str:
    if not re.fullmatch(syntax, text):
        return "invalid syntax"
    # Python refuses to read thousands of digits.
    return "" if len(text) < 40 and int(text) in allowed else "value out of range"


def encode_position(position: Position) -> str:
    """The `continue` token of a position."""
    token = {"v": CONTINUE_VERSION, "rv": position.version, "start": position.start}
    return base64.urlsafe_b64encode(json.dumps(token, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_position(token: str) -> Position:
    """The position of a `continue` token. Raises Refused."""

    def refused(message: object) -> Refused:
        return bad_request(f"invalid continue token: continue key is not valid: {message}")

    foreign = re.search(r"[^A-Za-z0-9_-]", token)
    if foreign is not None or len(token) % 4 == 1:
        raise refused(f"illegal base64 data at input byte {foreign.start() if foreign else len(token) - 1}")
    try:
        found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        version, at, start = found.get("v", ""), found.get("rv", 0), found.get("start", "")
    except (ValueError, AttributeError, binascii.Error):
        raise refused("it is not JSON") from None
    if version != CONTINUE_VERSION:
        raise refused(f"server does not recognize this encoded version {version}")
    if not isinstance(at, int) or at == 0:
        raise refused(f"incorrect encoded start resourceVersion (version {CONTINUE_VERSION})")
    if not isinstance(start, str) or not start:
        raise refused(f"encoded start key empty (version {CONTINUE_VERSION})")
    key = start if start.startswith("/") else f"/{start}"
    if posixpath.normpath(key) != key:
        raise refused(start)
    return Position(at, key[1:])
