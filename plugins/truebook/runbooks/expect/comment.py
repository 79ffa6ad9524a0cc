"""`# Expected: …`: a sentence for people, of which only what looks like output can be held against it.

What stands in backticks or quotes has to be in the output. Without any, so has a text of up to four words that is no
prose: it has a figure, a sign or a capital letter in it. All else is for people.
"""

from __future__ import annotations

import re

_QUOTED = re.compile(r"`([^`]+)`|\"([^\"]+)\"|(?<!\w)'([^']+)'(?!\w)")
_SIGN = re.compile(r"[A-Z0-9/_=:]")
WORDS = 4


def mismatch(expected: str, output: str, whole: bool) -> str:
    """What of the comment the output lacks, empty where it lacks nothing."""
    lines = _plain(output)
    for part in fragments(expected):
        if _plain(part) not in lines:
            return f"the output lacks {part!r}"
    return ""


def fragments(text: str) -> list[str]:
    """The parts of a comment that have to be in the output."""
    quoted = [next(filter(None, groups)) for groups in _QUOTED.findall(text)]
    if quoted:
        return quoted
    plain = text.strip().rstrip(".!")
    words = plain.split()
    # The first word of a sentence has a capital letter as well.
    telling = _SIGN.search(plain) if len(words) == 1 else _SIGN.search(" ".join(words)[1:])
    return [plain] if words and len(words) <= WORDS and telling else []


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
