"""Where the blocks of a page stand in its HTML, as the site's own theme and highlighter made it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from truebook.model import Block
from truebook.runbooks.blocks.html import VOID

_WRAPPERS = frozenset({"highlight", "codehilite", "highlighttable", "codehilitetable"})

_NUMBERS = frozenset({"linenos", "lineno"})


@dataclass(slots=True)
class _Code:
    """An element that shows code, with all that is around it to colour it. Offsets are those in the page."""

    start: int
    end: int = 0
    text: list[str] = field(default_factory=list)


def places(html: str, blocks: Sequence[Block]) -> list[tuple[int, int] | None]:
    """For each block of a page, in their order, the start and end of its outermost element in `html`.

    None for a block that is not found: something changed the page's code after it was rendered. Code is told by its
    text, in order, as a highlighter need not say the language.
    """
    reader = _Reader(html)
    reader.feed(html)
    reader.close()
    found: list[tuple[int, int] | None] = []
    codes = [code for code in reader.codes if code.end]
    by_text: dict[str, list[int]] = {}
    for number, code in enumerate(codes):
        by_text.setdefault(_bare("".join(code.text)), []).append(number)
    at = 0
    for block in blocks:
        alike = by_text.get(_bare(block.source), [])
        place = bisect_left(alike, at)
        if place == len(alike):
            found.append(None)
        else:
            found.append((codes[alike[place]].start, codes[alike[place]].end))
            at = alike[place] + 1
    return found


def _bare(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n")).rstrip()


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.codes: list[_Code] = []
        self._starts = [0]
        for line in html.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._html = html
        self._open: list[str] = []
        self._depth: Counter[str] = Counter()
        self._outer = -1
        self._reading = -1
        self._number = -1

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        classes = (dict(attrs).get("class") or "").split()
        if self._outer < 0 and (tag == "pre" or not _WRAPPERS.isdisjoint(classes)):
            self._outer = len(self._open)
            self.codes.append(_Code(self._offset()))
        if self._outer >= 0 and tag == "code" and self._reading < 0:
            self._reading = len(self._open)
        if self._reading >= 0 and self._number < 0 and not _NUMBERS.isdisjoint(classes):
            self._number = len(self._open)
        self._open.append(tag)
        self._depth[tag] += 1

    def handle_data(self, data: str) -> None:
        if self._reading >= 0 and self._number < 0:
            self.codes[-1].text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not self._depth[tag]:
            return
        while self._open:
            closed = self._open.pop()
            self._depth[closed] -= 1
            if self._reading == len(self._open):
                self._reading = -1
            if self._number == len(self._open):
                self._number = -1
            if self._outer == len(self._open):
                self._outer = -1
                self.codes[-1].end = self._html.find(">", self._offset()) + 1
            if closed == tag:
                return
