"""Redaction at birth: what looks like a secret never enters a recording, a message or a page.

Three rules, each erring towards taking out too much:

1. by name: the value of a key, an environment variable, a flag or a header that is called like a secret
   (`password`, `client_secret`, `X-Api-Key`), but not what only refers to one (`secretName`, `tokenSecretRef`);
2. by text: `password: x`, `TOKEN=x`, `--password x` and `"apiKey": "x"` inside longer strings, such as Helm values,
   INI files, scripts and queries;
3. by shape: URL credentials, JSON web tokens, private keys, the tokens of well-known services.

Image digests, Git hashes, UIDs and placeholders such as `${DB_PASSWORD}` stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from truebook.redact.names import is_secret_name
from truebook.redact.objects import redact_json, redact_value
from truebook.redact.text import REDACTED, redact_text

__all__ = [
    "REDACTED",
    "excerpt",
    "hide",
    "is_secret_name",
    "printable",
    "redact_json",
    "redact_text",
    "redact_url",
    "redact_value",
]

_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]+")


_SHORTEST = 4
"""Characters of a known secret that is taken out of text: a shorter one would take out half of it."""


def hide(text: str, secrets: Iterable[str]) -> str:
    """`text` without these secrets, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, REDACTED)
    return text


def redact_url(url: str) -> str:
    """`url` without credentials: those of `https://user:password@host/` go altogether, `ssh://git@host/` stays."""
    return redact_text(url).replace(f"{REDACTED}@", "", 1)


def excerpt(foreign: str | bytes, limit: int = 200) -> str:
    """A foreign text, fit for one line of a message: redacted, without control characters, at most `limit` long."""
    text = foreign[:8192].decode("utf-8", "replace") if isinstance(foreign, bytes) else foreign[:8192]
    text = _UNPRINTABLE.sub(" ", redact_text(text)).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def printable(value: object) -> str:
    """One line that a terminal shows as it is: a character that is not visible is written as its code."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in str(value)
    )
