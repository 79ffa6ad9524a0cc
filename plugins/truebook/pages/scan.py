"""Which lines of a Markdown page are code. Markers in code are examples, not regions.

Follows Python-Markdown with superfences, as the site renders it: fences may stand in tabs, admonitions, lists
and blockquotes; four spaces beyond the container around them make code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_FENCE = re.compile(r"(`{3,}|~{3,})(?!.*`)")
_CONTAINER = re.compile(r"""(?:[-*+]|\d+[.)])\s|(?:!!!|\?\?\?\+?|===[!+]?|///)\s|\[\^[^\]]+\]:|:\s""")
_CODE_SPAN = re.compile(r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)")

INDENT = 4
"""Columns that make code, and that the content of a container is indented by."""


def split_prefix(line: str) -> tuple[str, str]:
    """`(prefix, rest)`: the white space and blockquote marks before a line's text."""
    rest = line.lstrip(" \t>")
    return line[: len(line) - len(rest)], rest


@dataclass(slots=True)
class Scanner:
    """Walks the lines of one page. After `feed(line)`, `open_fence` is the line number of the fence around it."""

    number: int = 0
    open_fence: int = 0
    _fence: str = ""
    _fence_indent: int = 0
    _containers: list[int] = field(default_factory=list)
    _blank_before: bool = True
    _in_indented: bool = False

    def feed(self, line: str) -> bool:
        """Whether the next line of the page is code (or a fence itself)."""
        self.number += 1
        prefix, rest = split_prefix(line)
        indent = len(prefix.replace(">", " ").expandtabs(INDENT))
        if not rest.strip():
            self._blank_before = True
            return bool(self._fence)
        if self._fence and not self._left_fence(rest, indent):
            return True
        code = self._outside(rest, indent)
        self._blank_before = False
        return code

    def _left_fence(self, rest: str, indent: int) -> bool:
        """End the fence at its closing line (still code) or where its container ends (no longer code)."""
        closing = rest.strip()
        if closing == closing[0] * len(closing) and closing.startswith(self._fence):
            self._close()
            self._blank_before = False
            return False
        if indent < self._fence_indent:
            self._close()
            return True
        return False

    def _close(self) -> None:
        self._fence, self.open_fence = "", 0

    def _outside(self, rest: str, indent: int) -> bool:
        while self._containers and indent < self._containers[-1]:
            self._containers.pop()
        within = indent - (self._containers[-1] if self._containers else 0)
        if within >= INDENT and (self._blank_before or self._in_indented):
            self._in_indented = True
            return True
        self._in_indented = False
        if found := _FENCE.match(rest):
            self._fence, self._fence_indent, self.open_fence = found[1], indent, self.number
            return True
        if _CONTAINER.match(rest):
            self._containers.append(indent + INDENT)
        return False


def code_spans(line: str) -> Iterator[tuple[int, int]]:
    """`(start, end)` of each code span of a line."""
    for found in _CODE_SPAN.finditer(line):
        yield found.span()
