"""Put what happened to a page's shell blocks where they stand in its HTML.

A block and the code that a page shows are matched by their text and by their order. A block that is not found is
never given to other code, nor is the result of another block: it is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from truebook.errors import ConfigError
from truebook.model import Block
from truebook.pages import results
from truebook.pages.results import Tested

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
_FRAMES = frozenset({"highlight", "codehilite", "highlighttable", "codehilitetable"})
"""Classes of what a highlighter puts around code."""
_PREFIXES = ("language-", "lang-", "highlight-")
_UNSAID = frozenset({"", "text", "none", "plaintext"})
"""What highlighters call code whose language nobody said."""


def wrap(html: str, tested: Sequence[Tested]) -> tuple[str, list[ConfigError]]:
    """The page's HTML with each block in an element of class `truebook-block`, and a line in words below its code.

    `tested` are the page's blocks in the order that they are shown in. An error for each that is not there.
    """
    if not tested:
        return html, []
    shown = _read(html)
    problems: list[ConfigError] = []
    pieces: list[str] = []
    at = done = 0
    for one in tested:
        found = next((place for place in range(at, len(shown)) if _is(shown[place], one.planned.block)), None)
        if found is None:
            problems.append(_lost(one.planned.block))
            continue
        code = shown[found]
        at = found + 1
        pieces += [html[done : code.start], results.opening(one), html[code.start : code.end], results.closing(one)]
        done = code.end
    return "".join([*pieces, html[done:]]), problems


def _lost(block: Block) -> ConfigError:
    return ConfigError(
        "this shell block does not stand on the page as it is written here: what is shown was not tested "
        "(something else changes it, or `truebook/runbooks` reads Markdown otherwise than the site)",
        path=block.path,
        line=block.line,
    )


@dataclass(slots=True)
class _Code:
    """`<pre><code>` as a page shows it, with the highlighter's frame: `html[start:end]`."""

    start: int
    end: int
    text: str
    language: str


def _is(code: _Code, block: Block) -> bool:
    said = code.language.lower()
    return _plain(code.text) == _plain(block.source) and (said == block.language or said in _UNSAID)


def _plain(text: str) -> list[str]:
    """Lines without what highlighters drop: blanks at their ends, empty lines before and after."""
    return [line.rstrip() for line in text.strip("\n").rstrip().split("\n")]


def _read(html: str) -> list[_Code]:
    reader = _Reader(html)
    reader.feed(html)
    reader.close()
    return sorted(reader.found, key=lambda code: code.start)


@dataclass(slots=True)
class _Element:
    name: str
    start: int
    classes: tuple[str, ...]
    codes: list[_Code] = field(default_factory=list)

    @property
    def frames(self) -> bool:
        return self.name == "pre" or not _FRAMES.isdisjoint(self.classes)


class _Reader(HTMLParser):
    """Forgiving, as browsers are: an end tag closes the nearest element of its name, one without is ignored."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[_Code] = []
        self._html = html
        self._starts = [0]
        for line in html.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._open: list[_Element] = []
        self._text: list[str] | None = None
        self._code: _Element | None = None

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        classes = tuple((dict(attrs).get("class") or "").split())
        element = _Element(tag, self._offset(), classes)
        if tag == "code" and self._text is None and self._open and self._open[-1].name == "pre":
            self._text, self._code = [], element
        self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<x/>` closes nothing in HTML."""
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self._text is not None and not any("linenos" in element.classes for element in self._open[-2:]):
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not any(element.name == tag for element in self._open):
            return
        start = self._offset()
        end = self._html.find(">", start) + 1 or len(self._html)
        while True:
            element = self._open.pop()
            closed = element.name == tag
            self._left(element, end if closed else start)
            if closed:
                return

    def _left(self, element: _Element, end: int) -> None:
        if element is self._code:
            code = _Code(element.start, end, "".join(self._text or ()), self._language(element))
            self._text = self._code = None
            self._open[-1].codes.append(code)
            self.found.append(code)
            return
        # A frame around one code is a part of it; one around several is not.
        if element.frames and len(element.codes) == 1:
            element.codes[0].start, element.codes[0].end = element.start, end
        if self._open:
            self._open[-1].codes += element.codes

    def _language(self, code: _Element) -> str:
        for element in (code, *reversed(self._open)):
            if element is not code and not element.frames and element.name not in ("td", "tr", "tbody", "div", "table"):
                break
            for name in element.classes:
                prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), None)
                if prefix is not None:
                    return name.removeprefix(prefix)
        return ""
