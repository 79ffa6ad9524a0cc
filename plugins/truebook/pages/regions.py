"""Regions: marked stretches of Markdown that the engine fills.

    <!-- BEGIN truebook:components group=Security live=version,status -->
    | Component | Purpose |
    |-----------|---------|
    <!-- END truebook -->

    ArgoCD <!-- BEGIN truebook:value argocd.version -->v3.6.1<!-- END truebook --> runs here.

The markers of a block stand on lines of their own, indented alike; those of a single value within one line.
Markers in code are examples and stay as they are. All that is wrong on a page is reported at once.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from truebook.errors import RegionError
from truebook.model import Inventory
from truebook.pages.scan import Scanner, code_spans, split_prefix
from truebook.pages.views import VIEWS, Checked, Request, nearest, read_options

_MARKER = re.compile(r"<!--\s*(?P<word>(?i:BEGIN|END))\s+truebook\b(?P<rest>.*?)(?P<close>-->|$)", re.MULTILINE)
_HEAD = re.compile(r":(?P<view>[\w-]+)(?P<rest>(?:\s.*)?)$", re.DOTALL)
_DETAILS_IN_PARAGRAPH = re.compile(
    r'<p>(<details class="truebook-evidence">(?:(?!</?details\b).)*</details>)</p>', re.DOTALL
)
PageURL = Callable[[str], str | None]
"""The link to write in a page for a docs page (`vault.md#unseal`), None where there is none."""

_END_REST = re.compile(r"\s*(?::(?P<view>[\w-]+))?\s*(?:checksum=(?P<checksum>[0-9a-f]+))?\s*$")


@dataclass(frozen=True, slots=True)
class Region:
    """A region as the author wrote it.

    `line` and `end_line` count from 1 in the file. `body` is the text between the markers without the
    region's `prefix` (indentation and blockquote marks); `start` and `end` are its offsets in the page.
    `checksum` is what the END marker carries, empty where it carries none.
    """

    path: str
    line: int
    end_line: int
    view: str
    arguments: tuple[str, ...]
    options: Mapping[str, str]
    body: str
    start: int
    end: int
    prefix: str = ""
    inline: bool = False
    checksum: str = ""


@dataclass(frozen=True, slots=True)
class _Marker:
    word: str
    rest: str
    line: int
    start: int
    end: int
    prefix: str
    alone: bool


def mentions(markdown: str) -> bool:
    """Whether a page can hold a region at all; most do not, and are not looked at further."""
    return "truebook" in markdown and _MARKER.search(markdown) is not None


def parse(markdown: str, *, path: str, first_line: int = 1) -> list[Region]:
    """The regions of a page, in order. `first_line` is the number of its first line in the file.

    Raises RegionError that names all that is wrong with them, each with `path:line`.
    """
    regions, errors = _read(markdown, path, first_line)
    raise_all(errors)
    return regions


def _read(markdown: str, path: str, first_line: int) -> tuple[list[Region], list[RegionError]]:
    """The regions of a page that can be read, and what is wrong with the others."""
    regions: list[Region] = []
    errors: list[RegionError] = []
    opened: _Marker | None = None
    nested = 0  # their ENDs are part of what has been said already
    markers, open_fence = _markers(markdown, path, first_line, errors)
    for marker in markers:
        if marker.word == "BEGIN":
            if opened is not None:
                message = f"a region begins inside the one of line {opened.line}; put <!-- END truebook --> before it"
                errors.append(RegionError(message, path=path, line=marker.line))
                nested += 1
            opened = marker
        elif opened is None and nested:
            nested -= 1
        elif opened is None:
            message = "END without BEGIN; remove it, or put <!-- BEGIN truebook:… --> before it"
            errors.append(RegionError(message, path=path, line=marker.line))
        else:
            try:
                regions.append(_region(markdown, path, opened, marker))
            except RegionError as error:
                errors.append(error)
            opened = None
    if opened is not None:
        fence = f" (the code fence of line {open_fence} is not closed)" if open_fence else ""
        message = f"the region has no END{fence}; add <!-- END truebook --> after it"
        errors.append(RegionError(message, path=path, line=opened.line))
    return regions, errors


def raise_all(errors: list[RegionError]) -> None:
    """Raise one error that says all of them, a line each; nothing where there are none."""
    if not errors:
        return
    first, *others = sorted(errors, key=lambda error: error.line or 0)
    message = "\n".join([first.message, *map(str, others)])
    raise RegionError(message, path=first.path, line=first.line)


def fill(
    markdown: str,
    *,
    path: str,
    inventory: Inventory,
    page_url: Callable[[str], str | None],
    built_url: Callable[[str], str | None] | None = None,
    templates: Path | None = None,
    live: bool = True,
    first_line: int = 1,
    site_url: str = "",
    page: str = "",
    checked: Checked = Checked(),  # noqa: B008 - it is frozen
) -> str:
    """The page with its regions filled; the same object where it has none.

    `page_url` gives the link to write in this page's Markdown for a docs page, None where it does not exist;
    `built_url` the same for the built page, for places that MkDocs does not rewrite (diagrams). `live=False`
    writes only stable facts, as they are committed. `site_url` is where the built site is: what leads there from the
    cluster becomes a link between pages. `page` is the page's path below the docs folder, `checked` what this build
    found out about all pages. Raises RegionError that names all that is wrong.
    """
    if not mentions(markdown):
        return markdown
    regions, errors = _read(markdown, path, first_line)
    pieces: list[str] = []
    at = 0
    for region in regions:
        request = Request(
            arguments=region.arguments,
            body=region.body,
            inventory=inventory,
            page_url=page_url,
            built_url=built_url or page_url,
            templates=templates,
            live=live,
            site_url=site_url,
            page=page,
            checked=checked,
        )
        try:
            filled = _render(region, request)
        except RegionError as error:
            errors.append(error)
            continue
        pieces += [markdown[at : region.start], _placed(filled, region, markdown, live)]
        at = region.end
    raise_all(errors)
    return "".join([*pieces, markdown[at:]]) if regions else markdown


def with_checksum(marker: str, digest: str) -> str:
    """An END marker, with what stands before it on its line, that carries this checksum."""
    bare = re.sub(r"\s*checksum=[0-9a-f]+", "", marker)
    return re.sub(r"\s*-->$", f" checksum={digest} -->", bare)


def expected(
    region: Region,
    *,
    inventory: Inventory,
    page_url: Callable[[str], str | None],
    templates: Path | None = None,
    site_url: str = "",
) -> str:
    """What the engine alone would write into a region and commit: without the author's columns and rows.

    Raises RegionError as `fill` does.
    """
    # Something that is no table, so that a view knows the region for one that was filled before.
    body = region.body if region.inline else "-" if region.body.strip() else ""
    request = Request(region.arguments, body, inventory, page_url, page_url, templates, live=False, site_url=site_url)
    return _render(region, request)


def tidy(html: str) -> str:
    """A page's HTML without the paragraph that Markdown puts around `<details>` within tabs and lists, where it takes
    the tag for words: a paragraph must not hold it."""
    return _DETAILS_IN_PARAGRAPH.sub(r"\1", html) if "<p><details" in html else html


def _render(region: Region, request: Request) -> str:
    view = VIEWS[region.view]
    try:
        options = read_options(view, region.arguments, region.options)
        return view.render(request, options)
    except RegionError as error:
        raise RegionError(error.message, path=region.path, line=region.line) from error


def _placed(filled: str, region: Region, markdown: str, live: bool) -> str:
    """The text to put between the markers, with the region's line ends and prefix.

    In a build the text has blank lines around it: within tabs and lists a comment right before a table would
    be taken for its header.
    """
    if region.inline:
        return " ".join(filled.split())
    newline = "\r\n" if markdown[: region.start].endswith("\r\n") else "\n"
    lines = filled.strip("\n").split("\n") if filled.strip() else []
    if live and lines:
        lines = ["", *lines, ""]
    return "".join((region.prefix + line).rstrip() + newline for line in lines)


def _markers(markdown: str, path: str, first_line: int, errors: list[RegionError]) -> tuple[list[_Marker], int]:
    """All markers outside of code, and the line of a fence that is never closed (else 0)."""
    found: list[_Marker] = []
    scanner = Scanner(number=first_line - 1)
    offset = 0
    for line in markdown.split("\n"):
        if not scanner.feed(line.rstrip("\r")) and "truebook" in line:
            spans = list(code_spans(line))
            prefix, rest = split_prefix(line.rstrip())
            for match in _MARKER.finditer(line.rstrip("\r")):
                if any(start < match.start() < end for start, end in spans):
                    continue
                if not match["close"]:
                    message = f"the {match['word']} marker does not end in --> on its own line"
                    errors.append(RegionError(message, path=path, line=scanner.number))
                    continue
                alone = match[0] == rest
                start, end = offset + match.start(), offset + match.end()
                found.append(_Marker(match["word"].upper(), match["rest"], scanner.number, start, end, prefix, alone))
        offset += len(line) + 1
    return found, scanner.open_fence


def _region(markdown: str, path: str, begin: _Marker, end: _Marker) -> Region:
    """A region from its two markers, its view known and its place right for the view."""

    def fail(message: str, line: int = begin.line) -> RegionError:
        return RegionError(message, path=path, line=line)

    head = _HEAD.match(begin.rest.strip() if begin.rest.startswith(":") else begin.rest)
    if head is None:
        raise fail(f"the marker names no view; write BEGIN truebook:VIEW with one of {', '.join(VIEWS)}")
    name = head["view"]
    if name not in VIEWS:
        raise fail(f"unknown view '{name}'; {nearest(name, VIEWS)}")
    tail = _END_REST.match(end.rest)
    if tail is None or (tail["view"] and tail["view"] != name):
        raise fail(f"the END of the {name} region reads '{end.rest.strip()}'; write <!-- END truebook -->", end.line)
    inline = begin.line == end.line
    if VIEWS[name].inline and not inline:
        raise fail(f"a {name} stands within one line; put END on the same line as BEGIN")
    if not VIEWS[name].inline and not (begin.alone and end.alone):
        raise fail(f"a region of {name} is a block; put BEGIN and END on lines of their own")
    if not inline and begin.prefix != end.prefix:
        raise fail(f"END is not indented as BEGIN in line {begin.line}; indent both alike", end.line)
    start, stop = (begin.end, end.start) if inline else _lines_between(markdown, begin, end)
    arguments, options = _words(head["rest"], fail)
    return Region(
        path=path,
        line=begin.line,
        end_line=end.line,
        view=name,
        arguments=arguments,
        options=options,
        body=_unprefixed(markdown[start:stop], begin.prefix),
        start=start,
        end=stop,
        prefix="" if inline else begin.prefix,
        inline=inline,
        checksum=tail["checksum"] or "",
    )


def _lines_between(markdown: str, begin: _Marker, end: _Marker) -> tuple[int, int]:
    return markdown.index("\n", begin.end) + 1, markdown.rfind("\n", 0, end.start) + 1


def _unprefixed(body: str, prefix: str) -> str:
    lines = body.replace("\r\n", "\n").split("\n")
    return "\n".join(line.removeprefix(prefix) if line.startswith(prefix) else line.lstrip(" \t>") for line in lines)


def _words(rest: str, fail: Callable[[str], RegionError]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The marker's words: plain ones are arguments, `key=value` ones options; quotes group words."""
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise fail(f"cannot read the marker's options: {error}; check the quotes in '{rest.strip()}'") from error
    arguments: list[str] = []
    options: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            arguments.append(word)
        elif key in options:
            raise fail(f"option '{key}' is given twice; keep one")
        else:
            options[key] = value
    return tuple(arguments), options
