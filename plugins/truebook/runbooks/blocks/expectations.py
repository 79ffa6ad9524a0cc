"""What an author says that a block prints: as output, in a fence that follows, or in a comment.

A text of several lines is `literal` (its lines may end in ` (glob)` or ` (regex)`, and `...` stands for any lines),
`json` or a kubectl `table`. One line that ends so is a `glob` or a `regex`, without the ending. A `comment` is a
sentence for people.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from truebook.model import Expectation, ExpectationKind

OUTPUT_LANGUAGES = frozenset({"text", "txt", "output", "console-output", "plaintext", "plain", "stdout", "none"})
"""Fences of these hold output."""

_HEADER = re.compile(r"\s*[A-Z][A-Z0-9()/_%+-]*(?: {2,}[A-Z][A-Z0-9()/_% +-]*)+\s*$")
_COMMENT = re.compile(
    r"\s*#+\s*(?:expected(?:\s+(?:output|result|response))?|expect|output|should(?:\s+(?:show|print|return|output|be|say|"
    r"see|list|display))?|returns?|prints?|shows?)\s*(?P<colon>:)\s*(?P<text>.*)|\s*#+\s*(?P<should>(?:this\s+)?should\s+"
    r"(?:show|print|return|output|be|say|list|display)\b.*)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?:output|result|response|returns?|prints?|shows?|expected|should|see|like|similar)\b", re.IGNORECASE
)


def is_table_header(line: str) -> bool:
    """Whether a line is the first of a kubectl table: two columns or more, in capitals."""
    return len(line) < 1000 and _HEADER.match(line) is not None


def is_lead(line: str) -> bool:
    """Whether a sentence says that output follows: `You should see:`."""
    text = line.strip(" \t>*_`")
    return len(text) < 200 and text.endswith(":") and _LEAD.search(text) is not None


def is_expected(line: str) -> bool:
    """Whether a comment says what is expected."""
    return len(line) < 1000 and _COMMENT.match(line) is not None


def of_text(text: str, line: int) -> Expectation | None:
    """What a stretch of output expects; None where it is empty."""
    body = text.strip("\n").rstrip()
    if not body.strip():
        return None
    kind: ExpectationKind = "literal"
    rows = body.split("\n")
    if len(rows) == 1 and (ending := re.search(r" \((glob|regex)\)$", body)):
        return Expectation("glob" if ending[1] == "glob" else "regex", body[: ending.start()], line)
    if _is_json(body):
        kind = "json"
    elif is_table_header(rows[0]):
        kind = "table"
    return Expectation(kind, body, line)


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def of_comments(lines: Sequence[str], numbers: Sequence[int]) -> list[Expectation]:
    """Expectations that stand in comments: `# Expected: Running`, `# Should show three pods`, or such a line with the
    output below it, each line a comment."""
    found: list[Expectation] = []
    place = 0
    while place < len(lines):
        started = _COMMENT.match(lines[place]) if is_expected(lines[place]) else None
        if started is None:
            place += 1
            continue
        line, text = numbers[place], (started["text"] or started["should"] or "").strip()
        place += 1
        body = []
        while not text and place < len(lines) and re.match(r"\s*#", lines[place]) and not _COMMENT.match(lines[place]):
            body.append(re.sub(r"^\s*#+ ?", "", lines[place]))
            place += 1
        shown = of_text("\n".join(body), line + 1) if body else None
        if shown is not None:
            found.append(shown)
        elif text:
            found.append(Expectation("comment", text, line))
    return found
