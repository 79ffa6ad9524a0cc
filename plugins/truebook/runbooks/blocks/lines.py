"""Lines of Markdown that remember the file and line they come from, through the preprocessors of Python-Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Origin(NamedTuple):
    """A file (empty: the page itself) and a line in it, from 1; 0 where the line cannot be told."""

    path: str
    line: int


class Line(str):
    """A line of text with its origin. Joining two of them loses it; prefixing one, as includes do, keeps it."""

    __slots__ = ("origin",)
    origin: Origin

    def __new__(cls, text: str, origin: Origin) -> Line:
        made = super().__new__(cls, text)
        made.origin = origin
        return made

    def __radd__(self, prefix: str) -> Line:
        return Line(f"{prefix}{self}", self.origin)


def number(lines: Sequence[str], path: str = "", first: int = 1) -> list[str]:
    """The lines of a file, each with its origin."""
    return [Line(text, Origin(path, place)) for place, text in enumerate(lines, first)]


def origin(line: str) -> Origin | None:
    """Where a line comes from, None where that was lost."""
    return line.origin if isinstance(line, Line) else None


def keep(before: Sequence[str], after: list[str]) -> list[str]:
    """`after` with the origins of `before`, where a preprocessor joined the text and split it again.

    Lines are taken to be the same ones where none were added but at the end; else the equal ones at both ends are.
    """
    if any(isinstance(line, Line) for line in after):
        return after
    tagged = list(after)
    head = tail = 0
    if len(before) <= len(after) <= len(before) + 2:
        head = len(before)
    else:
        shortest = min(len(before), len(after))
        while head < shortest and before[head] == after[head]:
            head += 1
        while tail < shortest - head and before[-1 - tail] == after[-1 - tail]:
            tail += 1
    for place in (*range(head), *range(-tail, 0)):
        if (found := origin(before[place])) is not None:
            tagged[place] = Line(after[place], found)
    return tagged
