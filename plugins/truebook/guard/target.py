"""Request targets: read in one way or not at all, and written anew.

A target that two servers could read differently is how a request is smuggled past a proxy. So a target is decoded once,
what is not in canonical form is refused, and what goes upstream is encoded again from what was understood.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from truebook.guard.request import Pairs

LONGEST = 16 * 1024
"""Characters of a target; the API servers themselves stop at about as much."""

_PATH = re.compile(r"/(?:[A-Za-z0-9\-._~!$&'()*+,=:@%/]*)")
_QUERY = re.compile(r"[!-~]*")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NEEDLESS = re.compile(rb"[A-Za-z0-9\-._~/\\;%?#]")
"""What must not be written as %XX in a path: either it needs no escape, or it means something to some server."""

_SAFE_IN_PATH = "/-._~!$&'()*+,=:@"
_SAFE_IN_QUERY = "-._~/:,@*()!$'"


class NotCanonical(Exception):
    """A target that could be read in more than one way. The message says what is wrong with it."""


def parse(raw: str, *, trailing_slash: bool = False) -> tuple[str, Pairs]:
    """The decoded path and query of a target in origin form, whose path may end in a slash only where that is said.
    Raises NotCanonical."""
    if len(raw) > LONGEST:
        raise NotCanonical(f"the target is longer than {LONGEST} characters")
    path, mark, query = raw.partition("?")
    return _path(path, trailing_slash=trailing_slash), _query(query) if mark else ()


def encode(path: str, query: Pairs) -> str:
    """The one way to write a decoded path and query."""
    target = quote(path, safe=_SAFE_IN_PATH)
    if query:
        target += "?" + "&".join(f"{_word(name)}={_word(value)}" for name, value in query)
    return target


def _word(text: str) -> str:
    return quote(text, safe=_SAFE_IN_QUERY)


def _path(raw: str, *, trailing_slash: bool) -> str:
    if not _PATH.fullmatch(raw):
        raise NotCanonical("the path holds a character that has to be written as %XX, or does not start with /")
    segments = raw[1:].removesuffix("/").split("/") if trailing_slash else raw[1:].split("/")
    if raw != "/" and any(segment in ("", ".", "..") for segment in segments):
        raise NotCanonical("the path has an empty, '.' or '..' segment")
    if _PERCENT.search(raw):
        raise NotCanonical("the path has a % that is not an escape")
    if any(_NEEDLESS.fullmatch(bytes.fromhex(found)) for found in re.findall(r"%(..)", raw)):
        raise NotCanonical("the path escapes a character that needs no escape or that some servers act upon")
    path = _decode(raw, "path")
    if not path.isascii():
        raise NotCanonical("the path is not ASCII")
    return path


def _query(raw: str) -> Pairs:
    if raw == "":
        return ()
    if not _QUERY.fullmatch(raw) or re.search(r'[;#\\"<>^`]', raw):
        raise NotCanonical("the query holds a character that has to be written as %XX")
    if _PERCENT.search(raw):
        raise NotCanonical("the query has a % that is not an escape")
    pairs = []
    for part in raw.split("&"):
        name, _, value = part.partition("=")
        if not name:
            raise NotCanonical("the query has a parameter without a name")
        pairs.append((_decode(name.replace("+", " "), "query"), _decode(value.replace("+", " "), "query")))
    return tuple(pairs)


def _decode(raw: str, what: str) -> str:
    try:
        text = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise NotCanonical(f"the {what} is not UTF-8") from None
    if not text.isprintable():
        raise NotCanonical(f"the {what} holds a control character")
    return text
