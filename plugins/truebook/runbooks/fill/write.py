"""A value put in the place of a placeholder, so that bash takes it for exactly that text."""

from __future__ import annotations

import re
import unicodedata

from truebook.model import FieldMode
from truebook.runbooks.fill.facts import is_safe

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of what a reader would not see, and a shell might act on."""


def written(value: str, mode: FieldMode, until: str = "") -> str | None:
    """`value` as it has to be written where it stands; None where it cannot be, or holds signs that nobody sees.

    `until` is the word that ends the heredoc around it: a value that is part of it might make up a line that does.
    """
    if not value or value in until or any(unicodedata.category(sign) in _UNSEEN for sign in value):
        return None
    if is_safe(value):
        return value
    if mode == "bare":
        # `~` or `=` first in a word would still mean something: whatever is not plain is quoted.
        return value if re.fullmatch(r"[A-Za-z0-9_.:/@,+-]+", value) else "'" + value.replace("'", "'\"'\"'") + "'"
    if mode == "single":
        return value.replace("'", "'\"'\"'")
    if mode == "plain":
        return None
    if mode == "double":
        # To a shell that someone types into, `!` is a command from its history, with a backslash too.
        return re.sub(r'([\\"$`])', r"\\\1", value).replace("!", "\"'!'\"")
    if mode == "heredoc":
        return re.sub(r"([\\$`])", r"\\\1", value)
    return value
