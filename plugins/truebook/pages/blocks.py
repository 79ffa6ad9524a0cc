"""Put what happened to a page's shell blocks where they stand in its HTML.

A block and a fence that the page shows are matched by their place, and verified by their text. A block that is not
found is never given to other code, nor is the result of another block: it is reported.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser

from truebook.errors import ConfigError
from truebook.model import Block
from truebook.pages import fields, results
from truebook.pages.marks import Marks
from truebook.pages.results import ShownResult

_LINE_NUMBERS = frozenset({"linenos", "linenodiv"})
_ANNOTATED = re.compile(r"\([0-9]+\)")
_LIST = re.compile(r"\s*<ol\b")
_LIST_TAG = re.compile(r"<(/?)ol\b")


def wrap(html: str, shown: Sequence[ShownResult], marks: Marks) -> tuple[str, list[ConfigError]]:
    """The page's HTML with each block in an element of class `truebook-block`, and a line in words below its code.

    `html` has the `marks` that it was rendered with; they are taken out. `shown` are the page's blocks. An error for
    each that is not there.
    """
    parts = marks.cut(html)
    texts = [_text(fence) for fence in parts[1::2]]
    places = _places(texts, [one.planned.block for one in shown])
    problems = [_lost(one.planned.block) for one, place in zip(shown, places, strict=True) if place is None]
    found = [(2 * place + 1, one) for one, place in zip(shown, places, strict=True) if place is not None]
    # The last first: what stands in the annotations of another is closed before that one is.
    for at, one in sorted(found, key=lambda pair: pair[0], reverse=True):
        if one.copied is not None:
            parts[at] = fields.mark(parts[at], one.planned.block.source, one.copied)
        parts[at] = results.opening(one) + parts[at]
        end, offset = _end(parts, at, texts[at // 2])
        parts[end] = parts[end][:offset] + results.closing(one) + parts[end][offset:]
    return "".join(parts), problems


def _end(parts: Sequence[str], at: int, text: str) -> tuple[int, int]:
    """Where the element around a fence ends, as part and offset: after the fence, or after the list of its annotations
    (`# (1)` in the code), which Material for MkDocs looks for right behind it."""
    after = (at, len(parts[at]))
    if at + 1 == len(parts) or not _ANNOTATED.search(text) or not _LIST.match(parts[at + 1]):
        return after
    depth = 0
    for number in range(at + 1, len(parts), 2):
        for tag in _LIST_TAG.finditer(parts[number]):
            depth += -1 if tag[1] else 1
            if depth == 0:
                return number, parts[number].index(">", tag.start()) + 1
    return after


def _places(texts: Sequence[str], blocks: Sequence[Block]) -> list[int | None]:
    """Which fence each block is: the one at its place. Where any of them is not there, as something adds fences or
    takes them away, only texts that occur once say which is which."""
    wanted = [_plain(block.source) for block in blocks]
    at = [block.fence for block in blocks]
    if all(place < len(texts) and texts[place] == text for place, text in zip(at, wanted, strict=True)):
        return list(at)
    once = Counter(texts), Counter(wanted)
    return [texts.index(text) if all(counts[text] == 1 for counts in once) else None for text in wanted]


def _lost(block: Block) -> ConfigError:
    return ConfigError(
        "this shell block does not stand on the page as it is written here, so what is shown was not tested "
        "(something else changes it: another plugin, or a hook)",
        path=block.path,
        line=block.line,
    )


def _plain(text: str) -> str:
    """Text without what highlighters drop: blanks at the ends of lines, empty lines before and after."""
    return "\n".join(line.rstrip() for line in text.strip("\n").rstrip().split("\n"))


def _text(fence: str) -> str:
    """The code that a fence became, as it is read; nothing where it became something else."""
    reader = _Reader()
    reader.feed(fence)
    reader.close()
    return _plain("".join(reader.text))


class _Reader(HTMLParser):
    """The text of `<pre><code>`, without line numbers."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        self._open.append((tag, not _LINE_NUMBERS.isdisjoint(classes)))

    def handle_data(self, data: str) -> None:
        names = {name for name, _ in self._open}
        if {"pre", "code"} <= names and not any(numbers for _, numbers in self._open):
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
