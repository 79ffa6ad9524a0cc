"""A quick look at bytes: is there anything in here that redaction might take out?

A hundred thousand objects are mostly clean, and looking closely at each would cost more than reading them. So one
linear automaton (RE2) goes over the bytes first. It may cry wolf, it must never miss: whatever `text` or `objects`
would change, it reports (a property test holds it to that). It works on JSON as well as on plain text, so an escape
that could hide a letter or a sign counts as suspicious too. Without RE2 every look is a close one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from truebook.redact.names import WORDS, is_secret_name

try:
    import re2
except ImportError:  # pragma: no cover - there are no wheels for some platforms
    re2 = None

_STRING = r'"(?:[^"\\]|\\.)*"'
_FLAT = rf"(?:[^{{}}\"]|{_STRING})*"
"""JSON between two braces."""
_JSON_KEY = rf"(?:{WORDS})(?:[^\"\\]|\\.)*\"\s*:\s*"
"""What is left of a key from its secret word on."""

_SIGNS = (
    # JSON: a key with a value; with a mapping that may hold one; with a list that has more than flat mappings.
    rf"{_JSON_KEY}[^\[{{\s]",
    rf"{_JSON_KEY}\{{{_FLAT}(?:\{{|\"(?:value|plaintext|literal|data|stringData)\")",
    rf"{_JSON_KEY}\[(?:[\s,]|\{{{_FLAT}\}})*(?:[^\s,{{\]]|\{{{_FLAT}\{{)",
    rf"\"(?:name|key)\"\s*:\s*\"(?:[^\"\\]|\\.)*?(?:{WORDS})",
    r"\"kind\"\s*:\s*\"Secret\"",
    # Text, also within JSON: an assignment, a name with a value, a flag, an XML element.
    rf"(?:{WORDS})[\w./\-]*(?: key| string| word| phrase)?(?:[\\' \t]|\\+\"|\\t)*[:=]>?=?\s*[^{{\s]",
    rf"(?:{WORDS})[\w./\-]*\"(?:[ \t]|\\t)*:?=",
    rf"(?:name|key)(?:[\\\"' \t]|\\t)*[:=](?:[\\\"' \t]|\\t)*[\w./\-]*(?:{WORDS})",
    rf"--[\w.\-]*(?:{WORDS})",
    rf"(?:{WORDS})[\w:.\-]*(?:>|\\u003e)",
    # Shapes.
    r"-----BEGIN|LS0tLS1CRUdJTi",
    r"auth\\*\"[ \t]*:|auth\\*\"\\t|(?:-u|--user)[ =]",
    r"://[^\s\"]*@",
    r"(?:sig|signature|key|auth|code|jwt|sas)=",
    r"eyJ[\w\-]{8}",
    r"gh[pousr]_|github_pat_|gl[a-z]{2,5}-[\w.\-]{16}",
    r"hv[sbr]\.|[sbr]\.[a-z0-9]{24}",
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    r"xox[a-z]-|xapp-",
    r"hooks\.slack|discord(?:app)?\.com/api",
    r"(?:sk|rk|pk)[\-_](?:live|test|proj|ant)",
    r"AIza|ya29\.|npm_|pypi-|glsa_|dop_v1_|SG\.|AGE-SECRET",
    r"\$(?:2[aby]|argon2|[156y]|apr1)",
    r"(?:bearer|basic)(?:[ \t]|\\t)",
    # JSON escapes of printable ASCII but for the ones every Go server writes (<, >, &), and `\/`.
    r"\\u00(?:2[0-57-9a-f]|3[0-9abdf]|[4-7])|\\/",
)


def _compile() -> Any:
    if re2 is None:
        return None
    options = re2.Options()
    options.case_sensitive = False
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.max_mem = 64 << 20
    return re2.compile("|".join(f"(?:{sign})" for sign in _SIGNS).encode("ascii"), options)


_LOOK = _compile()
FAST = _LOOK is not None
"""Whether the quick look is quick here."""


# The same words in harmless places, common enough to be worth a second look: a key that only refers to a secret
# (`"secretName":"tls"`), and a name that stands by no value (`{"name":"DB_PASSWORD","valueFrom":{"secretKeyRef":…}}`).
# Quotes inside JSON strings are escaped, so a bare `{"key":` or `,"key":` is a real key.
_SCALAR = rb'(?:"[^"\\]*"|[\w.+-]+)'
_MEMBER = rb'"[^"\\]*":' + _SCALAR
_KEY = re.compile(rb'[{,]"(\w+)":"', re.ASCII)
_BEFORE = re.compile(rb"\{(?:" + _MEMBER + rb",)*")
_NAMED = re.compile(
    rb'"(?:name|key)":"([\w.\-/]*)"((?:,(?:' + _MEMBER + rb'|"valueFrom":\{"\w+":\{(?:' + _MEMBER + rb",?)*\}\}))*)\}",
    re.ASCII,
)


def _harmless(data: bytes, start: int) -> bool:
    """Whether the suspicion that begins at `start` is one of the common false ones."""
    if named := _NAMED.match(data, start):
        opened = data.rfind(b"{", 0, start)
        before = _BEFORE.fullmatch(data, opened, start) if opened >= 0 else None
        alone = before is not None and b'"value"' not in before.group() and b'"value"' not in named[2]
        return alone and not _has_shape(named[1])
    quote = data.rfind(b'"', max(0, start - 64), start)
    key = _KEY.match(data, quote - 1) if quote > 0 else None
    return key is not None and not is_secret_name(key[1].decode("ascii"))


@lru_cache(maxsize=16384)
def _has_shape(name: bytes) -> bool:
    """Whether the text of a name is itself suspicious."""
    return _LOOK is None or _LOOK.search(name) is not None


def may_hold_secret(data: bytes) -> bool:
    """Whether `data`, JSON or text in UTF-8, may hold something to redact. False is certain, True is not."""
    if _LOOK is None:
        return True
    return any(not _harmless(data, match.start()) for match in _LOOK.finditer(data))
