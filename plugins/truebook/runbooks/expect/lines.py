"""Output line by line: as it stands, by ` (glob)`, by ` (regex)`, and `...` for any lines.

Blanks at a line's end and empty lines around the output don't count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from truebook.runbooks.expect import glob, regex

ANY = "..."
LINES = 5000
"""Of the output that are looked at."""


def mismatch(expected: str, output: str, whole: bool) -> str:
    """Why the output is not what was expected, empty where it is."""
    return _mismatch(_lines(expected), output, whole)


def glob_mismatch(expected: str, output: str, whole: bool) -> str:
    """The same for one line that is a glob."""
    return _mismatch([f"{expected} (glob)"], output, whole)


def regex_mismatch(expected: str, output: str, whole: bool) -> str:
    """The same for one line that is a regular expression."""
    return _mismatch([f"{expected} (regex)"], output, whole)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").rstrip().split("\n")]


def _mismatch(expected: list[str], output: str, whole: bool) -> str:
    lines = _lines(output)[:LINES]
    if not whole:
        expected = [ANY, *expected, ANY]
    try:
        table = _table(expected, lines)
    except regex.Unmatchable as error:
        return str(error)
    reached = _reach(expected, table, len(lines))
    if reached == len(expected):
        return ""
    wanted = expected[reached] if reached < len(expected) else ""
    if wanted:
        return f"the output lacks the line {wanted!r}"
    return "the output has further lines"


def _table(expected: Sequence[str], lines: Sequence[str]) -> list[list[bool]]:
    """For each expected line, whether each line of the output is one."""
    patterns = [line.removesuffix(" (regex)") for line in expected if line.endswith(" (regex)")]
    tried = iter(regex.matches(patterns, lines))
    return [_row(one, lines, tried) for one in expected]


def _row(expected: str, lines: Sequence[str], tried: Iterator[list[bool]]) -> list[bool]:
    if expected.endswith(" (regex)"):
        return next(tried)
    if expected.endswith(" (glob)"):
        return [glob.matches(expected.removesuffix(" (glob)"), line) for line in lines]
    return [expected == line for line in lines]


def _reach(expected: Sequence[str], table: Sequence[Sequence[bool]], count: int) -> int:
    """How many of the expected lines are met; all of them only where the output ends with the last."""
    # Places in the output (0 to count) at which the rest of it could begin, after each expected line.
    places = {0}
    for number, one in enumerate(expected):
        after = set(range(min(places), count + 1)) if one.strip() == ANY else _step(places, table[number], count)
        if not after:
            return number
        places = after
    return len(expected) if count in places else len(expected) + 1


def _step(places: set[int], row: Sequence[bool], count: int) -> set[int]:
    return {place + 1 for place in places if place < count and row[place]}
