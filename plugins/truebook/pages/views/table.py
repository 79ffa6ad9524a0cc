"""Tables of the engine's columns and the author's, side by side: the machinery of every view that is a table.

A row belongs to the subject that it names. Columns that the engine does not write are the author's: their cells
stay with their row. A row that names nothing known stays too, last.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from markupsafe import Markup

from truebook.errors import RegionError
from truebook.pages import escape, tables
from truebook.pages.views.cells import UNKNOWN, Column, read_time
from truebook.pages.views.view import Request, nearest

Subject = TypeVar("Subject")
Cells = Mapping[str, str]
"""A row as the author wrote it: the cells by their header, case folded."""


@dataclass(frozen=True, slots=True)
class Row(Generic[Subject]):
    """One row for the template: `subject` is None where the author's row names none that is known."""

    subject: Subject | None
    cells: tuple[Markup, ...]


@dataclass(frozen=True, slots=True)
class Chosen(Generic[Subject]):
    """The columns of a table. `key` is the name of the one that rows are matched by."""

    key: str
    stable: Mapping[str, Column[Subject]]
    live: Mapping[str, Column[Subject]]


def choose(
    request: Request,
    *,
    key: str,
    stable: Iterable[str],
    live: Iterable[str],
    column: Callable[[str], Column[Subject] | None],
    known: Iterable[str],
) -> Chosen[Subject]:
    """The columns that a marker asks for, of those that `column` knows by name; live ones only in a build."""
    known = tuple(known)

    def found(option: str, names: Iterable[str]) -> dict[str, Column[Subject]]:
        columns = {}
        for name in names:
            one = column(name)
            if one is None:
                raise RegionError(f"option '{option}': unknown column '{name}'; {nearest(name, known)}")
            columns[name] = one
        return columns

    chosen = Chosen(key, found("columns", stable), found("live", live) if request.live else {})
    if key not in chosen.stable:
        raise RegionError(f"option 'columns': rows are matched by their {key}; add '{key}'")
    for name, one in chosen.stable.items():
        if one.volatile:
            raise RegionError(f"option 'columns': '{name}' changes by itself and is not committed; put it in live=")
    return chosen


class Merge(Generic[Subject]):
    """The engine's columns and those of the table that stands in the region now.

    `names(cells, subject)` says whether a row of the author's is that subject's; `sources(subject)` where what its row
    says was read: one that did not answer this time is said of in the row.
    """

    def __init__(
        self,
        request: Request,
        chosen: Chosen[Subject],
        names: Callable[[Cells, Subject], bool],
        sources: Callable[[Subject], Iterable[str]] = lambda _subject: (),
    ) -> None:
        self._request = request
        self._names = names
        self._sources = sources
        self._title = chosen.stable[chosen.key].title
        self._written = tables.parse(request.body) or tables.Table((), (), ())
        self._key = self._written.column(chosen.stable[chosen.key].title)
        self._cells = [dict(zip(self._folded, row, strict=True)) for row in self._written.rows]
        ours = [*chosen.stable.values(), *(one for name, one in chosen.live.items() if name not in chosen.stable)]
        order: list[Column[Subject] | int] = list(ours)
        for at, header in enumerate(self._written.headers):
            if all(header.casefold() != one.title.casefold() for one in ours):
                order.insert(self._place(order, at, len(chosen.stable)), at)
        self._order = order
        self._taken: set[int] = set()

    @property
    def _folded(self) -> list[str]:
        return [header.casefold() for header in self._written.headers]

    def _place(self, order: list[Column[Subject] | int], at: int, stable: int) -> int:
        """Where a column of the author's goes: right of the one it was right of."""
        if at == 0:
            return 0
        left = self._written.headers[at - 1].casefold()
        for i, one in enumerate(order):
            title = self._written.headers[one] if isinstance(one, int) else one.title
            if title.casefold() == left:
                return i + 1
        return stable

    @property
    def headers(self) -> list[Markup]:
        """The cells of the first line: the author's as written, ours by their titles."""
        return [
            Markup(self._written.headers[c]) if isinstance(c, int) else escape.cell(c.title)  # noqa: S704 - the author's
            for c in self._order
        ]

    @property
    def rule(self) -> list[Markup]:
        """The cells of the table's second line: as written where the column was there, else by its header."""
        marks = []
        for header in self.headers:
            at = self._written.column(header)
            mark = "-" * (len(header) + 2) if at is None else self._written.delimiters[at]
            marks.append(Markup(mark))  # noqa: S704 - dashes and colons
        return marks

    def row(self, subject: Subject) -> Row[Subject]:
        """A subject's row: our cells from what is known of it, the author's from the row that names it."""
        at = next(
            (i for i in range(len(self._cells)) if i not in self._taken and self._is_of(i, subject)),
            None,
        )
        if at is not None:
            self._taken.add(at)
        cells = tuple(
            Markup(self._written.rows[at][c] if at is not None else "")  # noqa: S704 - the author's own Markdown
            if isinstance(c, int)
            else self._own(c, subject)
            for c in self._order
        )
        return Row(subject, cells)

    def _own(self, column: Column[Subject], subject: Subject) -> Markup:
        """Our cell; in a build that of the key says until when what the row shows is known."""
        cell = column.cell(subject, self._request)
        old = self._old(subject) if self._request.live and column.title == self._title else ""
        return cell if not old else Markup('{}<br><span class="truebook-old">{}</span>').format(cell, escape.html(old))

    def _old(self, subject: Subject) -> str:
        """As of when the oldest of a subject's sources was read, where one of them is stale."""
        stale = [s for s in self._request.inventory.sources if s.state == "stale"]
        if not stale:
            return ""
        of = set(self._sources(subject))
        times = [status.read_at for status in stale if status.name in of]
        if not times:
            return ""
        at = read_time(min(times))
        return f"as of {at.day} {at:%b, %H:%M} UTC" if at is not None else "of an earlier reading"

    def _is_of(self, row: int, subject: Subject) -> bool:
        return self._key is not None and self._names(self._cells[row], subject)

    def unknown_rows(self, known: Iterable[Subject], mark: Markup | None) -> list[Row[Subject]]:
        """The author's rows that name none of `known`, as they are written; in a build with `mark` by their key.

        A subject that is known, but not one of this table, has its row elsewhere.
        """
        known = tuple(known)
        found: list[Row[Subject]] = []
        for i, written in enumerate(self._written.rows):
            if i in self._taken or self._key is None or any(self._is_of(i, subject) for subject in known):
                continue
            found.append(Row(None, tuple(self._unknown_cell(written, c, mark) for c in self._order)))
        return found

    def _unknown_cell(self, written: tuple[str, ...], c: Column[Subject] | int, mark: Markup | None) -> Markup:
        at = c if isinstance(c, int) else self._written.column(c.title)
        cell = Markup(written[at]) if at is not None else UNKNOWN  # noqa: S704 - the author's own Markdown
        if self._request.live and mark is not None and at == self._key:
            return Markup(f"{cell} {mark}")  # noqa: S704 - as above
        return cell


def words_of(cell: str) -> str:
    """What a cell says, however it is written: without its link and marks, references read, case folded."""
    return " ".join(html.unescape(tables.key_of(cell)[0]).split()).casefold()
