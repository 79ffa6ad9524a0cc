"""Pipe tables as GitHub and Python-Markdown read them: what an author wrote, cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_DELIMITER = re.compile(r":?-+:?$")
_LINK = re.compile(r"\[(?P<text>(?:\\.|[^\]\\])*)\]\(\s*<?(?P<target>[^)\s>]*)")
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Table:
    """A table's cells as written. `delimiters` are the cells of its second line (`---`, `:--:`). `line` is that of its
    headers within the text, from 0; row i stands two lines further and i more."""

    headers: tuple[str, ...]
    delimiters: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    line: int = field(default=0, compare=False)

    def column(self, title: str) -> int | None:
        """The index of the column called `title`, None where there is none. Case does not matter."""
        wanted = title.casefold()
        return next((i for i, header in enumerate(self.headers) if header.casefold() == wanted), None)


def parse(markdown: str) -> Table | None:
    """The first table in a text, or None. Short rows are filled up, cells beyond the header are kept out."""
    return next(tables(markdown), None)


def tables(markdown: str) -> Iterator[Table]:
    """All tables in a text, in order."""
    lines = markdown.split("\n")
    end = 0  # of the table before
    for i in range(1, len(lines)):
        if i <= end or "|" not in lines[i - 1]:
            continue
        delimiters = split_row(lines[i])
        headers = split_row(lines[i - 1])
        if len(headers) == len(delimiters) and all(map(_DELIMITER.match, delimiters)):
            rows = []
            for end in range(i + 1, len(lines) + 1):
                if end == len(lines) or not lines[end].strip():
                    break
                cells = split_row(lines[end])[: len(headers)]
                rows.append(tuple(cells + [""] * (len(headers) - len(cells))))
            yield Table(tuple(headers), tuple(delimiters), tuple(rows), i - 1)


def split_row(line: str) -> list[str]:
    """The cells of one line. A pipe after a backslash or in a code span is text, as the site renders it."""
    cells: list[str] = [""]
    rest = line.strip().removeprefix("|")
    i = 0
    while i < len(rest):
        step = _step(rest, i)
        if step == "|":
            cells.append("")
        else:
            cells[-1] += step
        i += len(step)
    if len(cells) > 1 and not cells[-1].strip():
        cells.pop()  # the closing pipe
    return [cell.strip() for cell in cells]


def _step(text: str, i: int) -> str:
    """What to read at `i` in one go: an escaped character, a whole code span, or one character."""
    if text[i] == "\\" and i + 1 < len(text):
        return text[i : i + 2]
    if text[i] == "`":
        ticks = re.match(r"`+", text[i:])
        assert ticks is not None
        closing = re.compile(rf"(?<!`){ticks[0]}(?!`)").search(text, i + len(ticks[0]))
        return text[i : closing.end()] if closing else ticks[0]
    return text[i]


def key_of(cell: str) -> tuple[str, str]:
    """`(text, page)` of a cell that names a component: its plain text, and its link's target without anchor."""
    link = _LINK.search(cell)
    shown = link["text"] if link else cell
    plain = _TAG.sub("", shown).replace("\\", "").strip(" *_`")
    return plain, link["target"].partition("#")[0] if link else ""
