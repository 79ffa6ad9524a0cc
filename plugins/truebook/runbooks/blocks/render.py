"""Render Markdown as the site does, and tell which fences came out as code, and from which lines of the source.

The preprocessor that takes fences out of the page, whichever it is, is watched: what it puts a placeholder in place of
is a fence, and its HTML is marked. Where the mark is still there when the page is done, the fence is shown.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from markdown import Markdown

from truebook.runbooks.blocks import lines as tracked
from truebook.runbooks.blocks.extensions import select
from truebook.runbooks.blocks.html import Shown, read
from truebook.runbooks.blocks.lines import Line, Origin

FENCES = "fenced_code_block"
"""The name that both `fenced_code` and `pymdownx.superfences` register their preprocessor under."""

_PLACEHOLDER = re.compile("\x02wzxhzdk:([0-9]+)\x03")
_OPENING = re.compile(r"(?P<prefix>[> \t]*)(?P<fence>`{3,}|~{3,})(?P<info>.*)")


@dataclass(frozen=True, slots=True)
class Fence:
    """A fence that is shown. `lines` are the page's around it: `[0]` opens it, `[-1]` closes it.

    `before` are the two lines above. `info` is what follows the opening marks.
    """

    shown: Shown
    info: str
    before: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def origin(self) -> Origin:
        """Where it opens."""
        return tracked.origin(self.lines[0]) or Origin("", 0)


@dataclass(frozen=True, slots=True)
class _Range:
    start: int
    end: int


class Renderer:
    """Markdown with one set of extensions, for many pages."""

    def __init__(
        self, extensions: Sequence[Any], configs: Mapping[str, Mapping[str, Any]], *, folder: Path | None = None
    ) -> None:
        names, options = select(extensions, configs, custom=_custom, folder=folder)
        self._markdown = Markdown(extensions=names, extension_configs=options)
        self._mark = f"data-truebook-{secrets.token_hex(8)}"
        self._lines: list[str] = []
        self._ranges: dict[int, _Range] = {}
        self._watch(str((options.get("pymdownx.highlight") or {}).get("default_lang") or ""))

    def fences(self, text: str, *, first_line: int = 1) -> list[Fence]:
        """The fences of a page that are shown, in the order that they are shown in; may raise what Markdown raises."""
        self._lines, self._ranges = [], {}
        self._first_line = first_line
        html = self._markdown.reset().convert(text.replace("\r\n", "\n").replace("\r", "\n"))
        found = []
        for shown in read(html, self._mark):
            if shown.mark.isdecimal() and (place := self._ranges.get(int(shown.mark))) is not None:
                lines = tuple(self._lines[place.start : place.end])
                opening = _OPENING.match(lines[0])
                before = tuple(self._lines[max(0, place.start - 2) : place.start])
                found.append(Fence(shown, opening["info"].strip() if opening else "", before, lines))
        return found

    def _watch(self, default_language: str) -> None:
        """Keep the origin of lines up to the fences, and mark what the fences become."""
        steps = self._markdown.preprocessors
        if "snippet" in steps:
            _follow_includes(steps["snippet"])
        for place, step in enumerate(steps):
            if FENCES in steps and step is steps[FENCES]:
                step.run = self._marked(step.run, padded=hasattr(step, "FENCED_BLOCK_RE"))
                for kind in getattr(getattr(step, "extension", None), "superfences", ())[:1]:
                    if kind["name"] == "superfences":  # else the site has a formatter of its own for every language
                        kind["formatter"] = _plain(default_language)
                return
            step.run = _keeping(step.run) if place else self._numbered(_keeping(step.run))

    def _numbered(self, run: Callable[[list[str]], list[str]]) -> Callable[[list[str]], list[str]]:
        return lambda lines: run(tracked.number(lines, first=self._first_line))

    def _marked(self, run: Callable[[list[str]], list[str]], *, padded: bool) -> Callable[[list[str]], list[str]]:
        def marked(lines: list[str]) -> list[str]:
            stash = self._markdown.htmlStash
            known = stash.html_counter
            after = run(lines)
            self._lines = lines
            for number, place in _ranges(lines, after, known, padded=padded):
                self._ranges[number] = place
                # A stashed text need not be a string: other extensions keep elements there.
                if isinstance(html := stash.rawHtmlBlocks[number], str):
                    stash.rawHtmlBlocks[number] = f'<div {self._mark}="{number}">{html}</div>'
            return after

        return marked


def _keeping(run: Callable[[list[str]], list[str]]) -> Callable[[list[str]], list[str]]:
    def keeping(lines: list[str]) -> list[str]:
        return tracked.keep(list(lines), run(lines))

    return keeping


def _ranges(before: list[str], after: list[str], known: int, *, padded: bool) -> Iterator[tuple[int, _Range]]:
    """The number of each new placeholder, and the lines that it stands for.

    Both lists are walked side by side: lines that are no fence are the same in both. `padded`: each placeholder has an
    empty line more on both sides, as `fenced_code` puts them.
    """
    new = {place: int(found[1]) for place, line in enumerate(after) if (found := _PLACEHOLDER.search(line))}
    new = {place: number for place, number in new.items() if number >= known}
    padding = {place + side for place in new for side in (-1, 1)} if padded else set()
    at = 0
    for place, line in enumerate(after):
        if place in padding:
            continue
        if place not in new:
            at = at + 1 if at < len(before) and before[at] == line else _next(before, at, line)
            continue
        while at < len(before) and _OPENING.match(before[at]) is None:
            at += 1
        if at == len(before):
            return
        end = _end(before, at)
        yield new[place], _Range(at, end)
        at = end


def _next(before: list[str], at: int, line: str) -> int:
    """Past the next line that is `line`, should the walk have lost its place."""
    try:
        return before.index(line, at) + 1
    except ValueError:
        return at


def _end(before: list[str], start: int) -> int:
    """Past the line that closes the fence that opens at `start`."""
    opening = _OPENING.match(before[start])
    assert opening is not None
    width = len(opening["prefix"])
    for place in range(start + 1, len(before)):
        line = before[place]
        prefix = len(line) - len(line.lstrip("> \t"))
        if line[min(prefix, width) :].rstrip(" \t") == opening["fence"]:
            return place + 1
    return len(before)


def _plain(default_language: str) -> Callable[..., str]:
    """A formatter that colours nothing and loses nothing."""

    def plain(src: str = "", language: str | None = "", **_: Any) -> str:
        name = language or default_language
        return f'<pre><code class="language-{escape(name)}">{escape(src)}</code></pre>'

    return plain


def _custom(src: str, *_: Any, **__: Any) -> str:
    """What stands for a custom fence: it is shown, in a form of the site's own, and is not code."""
    return "<div></div>"


def _follow_includes(step: Any) -> None:
    """Give each included line its origin, as the step reads its files itself."""
    parse: Callable[..., list[str]] = step.parse_snippets

    def followed(lines: list[str], file_name: str | None = None, **options: Any) -> list[str]:
        if file_name is not None and not options.get("is_url"):
            lines = _located(lines, Path(file_name))
        return parse(lines, file_name, **options)

    step.parse_snippets = followed


def _located(lines: list[str], path: Path) -> list[str]:
    """Number the lines of a file, or of the stretch of it that was cut out."""
    try:
        whole = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        whole = []
    wanted = [line.strip() for line in lines]
    tries = (n for n, line in enumerate(whole) if wanted and line.strip() == wanted[0])
    for _, start in zip(range(50), tries, strict=False):
        if [line.strip() for line in whole[start : start + len(wanted)]] == wanted:
            return tracked.number(lines, str(path), start + 1)
    return [Line(line, Origin(str(path), 0)) for line in lines]
