"""What a page says, as data that can be compared: regions, the author's own tables and flowcharts, claims in prose."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from truebook.errors import RegionError
from truebook.findings import PageStatements, RegionStatements, Statement
from truebook.model import Inventory
from truebook.pages import mermaid, regions, tables
from truebook.pages.claims import anchors, claims
from truebook.pages.ignores import ignores
from truebook.pages.regions import Region
from truebook.pages.scan import Scanner, split_prefix
from truebook.pages.views import VIEWS, arrows

_FENCE = re.compile(r"(`{3,}|~{3,})\s*(?:\{\s*\.)?mermaid\b.*$")
_LINK = re.compile(r"!?\[(?P<text>(?:\\.|[^\]\\])*)\]\(\s*<?(?P<target>[^)\s>]*)>?(?:\s[^)]*)?\)")
_TAG = re.compile(r"<[^<>]*>")
_MARKS = re.compile(r"(?<!\w)[*_~`]+|[*_~`]+(?!\w)")
_ASKS = re.compile(r"^[ \t]*<!--\s*truebook:check\s*-->[ \t]*$", re.MULTILINE)
"""A page that asks for its own tables and flowcharts to be compared says so on a line of its own."""
CHECKSUM = 12
"""Hexadecimal digits of a region's checksum."""


def page(
    markdown: str,
    *,
    path: str,
    name: str,
    live: Inventory,
    declared: Inventory | None,
    page_url: Callable[[str], str | None],
    domains: Sequence[str] = (),
    own: bool = False,
    templates: Path | None = None,
    site_url: str = "",
) -> PageStatements:
    """All that a page says. `declared` is the inventory as Git wants it, None where that is the live one. The author's
    own tables and flowcharts are read too where they are meant to be (`own`), and where the page asks for it by
    `<!-- truebook:check -->`. Raises RegionError where markers can't be read."""
    found = regions.parse(markdown, path=path) if regions.mentions(markdown) else []
    made = [
        _region(region, live=live, declared=declared, page_url=page_url, templates=templates, site_url=site_url)
        for region in found
    ]
    if own or _asks(markdown):
        made += _own(markdown, found, tuple(arrows.untold(live)))
    inside = [(region.line, region.end_line) for region in found]
    said = [claim for claim in claims(markdown, domains) if not any(a <= claim.line <= b for a, b in inside)]
    return PageStatements(path, name, tuple(made), tuple(said), anchors(markdown), tuple(ignores(markdown, path=path)))


def sealed(
    markdown: str,
    *,
    path: str,
    inventory: Inventory,
    page_url: Callable[[str], str | None],
    templates: Path | None = None,
    site_url: str = "",
) -> str:
    """A page with its regions filled with stable facts, and with a checksum on each END by which a later edit by hand
    shows. All else stays as it is. Raises RegionError that names all that is wrong."""
    filled = regions.fill(
        markdown,
        path=path,
        inventory=inventory,
        page_url=page_url,
        templates=templates,
        live=False,
        site_url=site_url,
    )
    if filled is markdown:
        return markdown
    pieces: list[str] = []
    at = 0
    for region in regions.parse(filled, path=path):
        end = filled.index("-->", region.end) + 3
        marker = filled[region.end : end]
        if not region.inline:
            body = regions.expected(
                region, inventory=inventory, page_url=page_url, templates=templates, site_url=site_url
            )
            digest = checksum(of_text(region, region.body, 1), of_text(region, body, 1))
            marker = regions.with_checksum(marker, digest)
        pieces += [filled[at : region.end], marker]
        at = end
    return "".join([*pieces, filled[at:]])


def _region(
    region: Region,
    *,
    live: Inventory,
    declared: Inventory | None,
    page_url: Callable[[str], str | None],
    templates: Path | None,
    site_url: str,
) -> RegionStatements:
    words = [*region.arguments, *(f"{key}={value}" for key, value in region.options.items())]
    name = " ".join([region.view, *words])

    def says(inventory: Inventory) -> tuple[Statement, ...]:
        body = regions.expected(region, inventory=inventory, page_url=page_url, templates=templates, site_url=site_url)
        return of_text(region, body, region.line)

    try:
        now = says(live)
        wanted = None if declared is None else says(declared)
    except RegionError as error:
        return RegionStatements(region.view, name, region.line, region.end_line, error=error.message)
    documented = of_text(region, region.body, region.line if region.inline else region.line + 1)
    edited = bool(region.checksum) and _edited(region.checksum, documented, now)
    untold = tuple(VIEWS[region.view].untold(live))
    return RegionStatements(
        region.view, name, region.line, region.end_line, documented, now, wanted, edited, untold=untold
    )


def of_text(region: Region, body: str, first_line: int) -> tuple[Statement, ...]:
    """What the text of a region says, its first line being `first_line` of the file."""
    if region.inline:
        return (Statement("value", first_line, " ".join(region.arguments), text=plain(body)),)
    return tuple(_statements(body, first_line))


def _statements(text: str, first_line: int) -> Iterator[Statement]:
    drawn = [(start, chart) for start, source in _charts(text) if (chart := mermaid.parse(source)) is not None]
    found = list(tables.tables(text))
    for table in found:
        yield from _rows(table, first_line + table.line)
    for start, chart in drawn:
        for node in chart.nodes:
            yield Statement("node", first_line + start + node.line, node.label, text=node.group)
        for arrow in chart.arrows:
            name = f"{arrow.source} -> {arrow.target}"
            yield Statement("arrow", first_line + start + arrow.line, name, text=arrow.label)
    said = plain(text)
    if not found and not drawn and said and said != "-":
        yield Statement("text", first_line, "text", text=said)


def _rows(table: tables.Table, line: int) -> Iterator[Statement]:
    """Each row and its cells, the first of which names it."""
    for number, row in enumerate(table.rows):
        subject, target = tables.key_of(row[0])
        subject = html.unescape(subject)
        yield Statement("row", line + 2 + number, subject, text=target)
        for header, cell in zip(table.headers[1:], row[1:], strict=True):
            yield Statement("cell", line + 2 + number, subject, html.unescape(header), _cell(cell))


def _charts(text: str) -> Iterator[tuple[int, str]]:
    """The Mermaid fences of a text: the line of the first line within, from 0, and their text."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        prefix, rest = split_prefix(lines[number])
        if found := _FENCE.match(rest):
            start = number + 1
            number = start
            while number < len(lines) and not split_prefix(lines[number])[1].startswith(found[1]):
                number += 1
            yield start, "\n".join(line.removeprefix(prefix) for line in lines[start:number])
        number += 1


def _asks(markdown: str) -> bool:
    """Whether a page asks for its own tables and flowcharts to be compared; in code, that is an example."""
    if _ASKS.search(markdown) is None:
        return False
    scanner = Scanner()
    return any(not scanner.feed(line) and _ASKS.fullmatch(line) for line in markdown.split("\n"))


def _own(markdown: str, known: Sequence[Region], untold: tuple[str, ...]) -> Iterator[RegionStatements]:
    """The author's own tables and flowcharts, outside of regions and examples; `untold` is what is kept of arrows."""
    inside = {line for region in known for line in range(region.line, region.end_line + 1)}
    for kind, start, end, text in _pieces(markdown.replace("\r\n", "\n")):
        if not inside.isdisjoint(range(start, end + 1)):
            continue
        found = tuple(_statements(text, start))
        if found and found[0].kind in ("row", "node", "arrow"):
            name = f"{kind} of line {start}"
            yield RegionStatements(kind, name, start, end, documented=found, own=True, untold=untold)


def _pieces(markdown: str) -> Iterator[tuple[str, int, int, str]]:
    """Tables and flowcharts: kind, first and last line, text without the prefix of what it stands in."""
    scanner = Scanner()
    lines = markdown.split("\n")
    code = [scanner.feed(line) for line in lines]
    number = 0
    while number < len(lines):
        prefix, rest = split_prefix(lines[number])
        if code[number]:
            start = number
            fence = _FENCE.match(rest)
            number += 1
            while fence and number < len(lines) and not split_prefix(lines[number])[1].startswith(fence[1]):
                number += 1
            if fence:
                text = "\n".join(line.removeprefix(prefix) for line in lines[start : number + 1])
                yield "diagram", start + 1, number + 1, text
                number += 1
        elif rest.startswith("|") or ("|" in rest and number + 1 < len(lines) and "|" in lines[number + 1]):
            start = number
            while number < len(lines) and split_prefix(lines[number])[1].strip() and not code[number]:
                number += 1
            yield "table", start + 1, number, "\n".join(line.removeprefix(prefix) for line in lines[start:number])
        else:
            number += 1


def checksum(said: Sequence[Statement], ours: Sequence[Statement]) -> str:
    """A digest of what a region says, as far as the engine writes it: the author's columns don't count.

    `ours` are the engine's own statements, which say which columns those are.
    """
    columns = {found.key.casefold() for found in ours if found.kind == "cell"}
    kept = [
        (found.kind, found.subject, found.key, found.text)
        for found in said
        if found.kind != "cell" or found.key.casefold() in columns
    ]
    return hashlib.sha256(repr(sorted(kept)).encode()).hexdigest()[:CHECKSUM]


def _edited(digest: str, said: Sequence[Statement], ours: Sequence[Statement]) -> bool:
    """Whether a region does not say what was generated. Where nothing that is live says which columns are the engine's,
    a table that has others may be just as it was."""
    if digest in (checksum(said, said), checksum(said, ours)):
        return False
    return any(one.kind == "cell" for one in ours) or not any(one.kind == "cell" for one in said)


def plain(markdown: str) -> str:
    """Markdown as it reads: no marks, no tags, one line."""
    text = _LINK.sub(lambda found: found["text"], markdown)
    return _bare(text)


def _cell(cell: str) -> str:
    """A cell as it reads, with the targets of links where the text does not say them."""

    def shown(found: re.Match[str]) -> str:
        text, target = found["text"], html.unescape(found["target"])
        said = html.unescape(text)
        known = target == said or target.partition("://")[2].rstrip("/") == said.rstrip("/")
        return text if known or not target.startswith(("http://", "https://")) else f"{text} ({target})"

    return _bare(_LINK.sub(shown, cell))


def _bare(text: str) -> str:
    text = _MARKS.sub("", _TAG.sub(" ", text).replace("\\", ""))
    return " ".join(html.unescape(text).split())
