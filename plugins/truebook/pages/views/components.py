"""`truebook:components`: a table of components.

    group=Security,Backup      only these groups; default: all
    columns=component,purpose  stable facts: committed, checked for drift; default: component,purpose,url
    live=status,version        added when the site is built, never committed

A row belongs to the component that its first column names, by link or by title. Columns that are not asked for
here are the author's: their cells stay with their row. A row of a component that is not in the inventory stays
too, last, and says in a build that it was not found; `truebook check` reports it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from truebook.errors import RegionError
from truebook.model import Component
from truebook.pages import escape, tables, templating
from truebook.pages.views import status
from truebook.pages.views.columns import UNKNOWN, Column, column, names
from truebook.pages.views.view import Request, View, check_groups, nearest, words

DEFAULT_COLUMNS = ("component", "purpose", "url")


@dataclass(frozen=True, slots=True)
class Row:
    """One row for the template: `component` is None where the author's row names none that is known."""

    component: Component | None
    cells: tuple[Markup, ...]


def _render(request: Request, options: Mapping[str, Any]) -> str:
    groups = options.get("group", ())
    components = _chosen(request, groups)
    stable = _columns(request, "columns", options.get("columns", DEFAULT_COLUMNS))
    live = _columns(request, "live", options.get("live", ())) if request.live else {}
    if "component" not in stable:
        raise RegionError("option 'columns': rows are matched by their component; add 'component'")
    volatile = [name for name, found in stable.items() if found.volatile]
    if volatile:
        raise RegionError(f"option 'columns': '{volatile[0]}' changes by itself and is not committed; put it in live=")

    written = tables.parse(request.body)
    table = _Merge(request, written, stable, live)
    rows = [table.row(component) for component in components]
    rows += table.unknown_rows()
    return templating.render(
        "components.md.j2", request.templates, headers=table.headers, rows=rows, rule=table.rule, live=request.live
    ).strip("\n")


def _chosen(request: Request, groups: tuple[str, ...]) -> list[Component]:
    check_groups(request, "group", groups)
    wanted = {group.casefold() for group in groups}
    return [c for c in request.inventory.components if not wanted or c.group.casefold() in wanted]


def _columns(request: Request, option: str, chosen: tuple[str, ...]) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for name in chosen:
        known = column(name, request.inventory)
        if known is None:
            raise RegionError(f"option '{option}': unknown column '{name}'; {nearest(name, names(request.inventory))}")
        found[name] = known
    return found


class _Merge:
    """The engine's columns and the author's, side by side."""

    def __init__(
        self, request: Request, written: tables.Table | None, stable: dict[str, Column], live: dict[str, Column]
    ) -> None:
        self._request = request
        self._written = written or tables.Table((), (), ())
        self._key = self._written.column("Component")
        ours = [*stable.values(), *(found for name, found in live.items() if name not in stable)]
        order: list[Column | int] = list(ours)
        for at, header in enumerate(self._written.headers):
            if all(header.casefold() != found.title.casefold() for found in ours):
                order.insert(self._place(order, at, len(stable)), at)
        self._order = order
        self._taken: set[int] = set()

    def _place(self, order: list[Column | int], at: int, stable: int) -> int:
        """Where a column of the author's goes: right of the one it was right of."""
        if at == 0:
            return 0
        left = self._written.headers[at - 1].casefold()
        for i, found in enumerate(order):
            title = self._written.headers[found] if isinstance(found, int) else found.title
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

    def row(self, component: Component) -> Row:
        """A component's row: our cells from the inventory, the author's from the row that names it."""
        at = next(
            (i for i in range(len(self._written.rows)) if i not in self._taken and self._names(i, component)), None
        )
        if at is not None:
            self._taken.add(at)
        cells = tuple(
            Markup(self._written.rows[at][c] if at is not None else "")  # noqa: S704 - the author's own Markdown
            if isinstance(c, int)
            else c.cell(component, self._request)
            for c in self._order
        )
        return Row(component, cells)

    def _names(self, row: int, component: Component) -> bool:
        if self._key is None:
            return False
        shown, page = tables.key_of(self._written.rows[row][self._key])
        if page and component.text("page"):
            linked = self._request.page_url(component.text("page"))
            if linked is not None and posixpath.normpath(linked.partition("#")[0]) == posixpath.normpath(page):
                return True
        return shown.casefold() in (component.title.casefold(), component.name.casefold())

    def unknown_rows(self) -> list[Row]:
        """The author's rows that no component was found for, as they are written; marked in a build.

        A component that is known, but of another group, has its row in that group's table.
        """
        found = []
        for i, written in enumerate(self._written.rows):
            if i in self._taken or self._key is None:
                continue
            if any(self._names(i, component) for component in self._request.inventory.components):
                continue
            found.append(Row(None, tuple(self._unknown_cell(written, c) for c in self._order)))
        return found

    def _unknown_cell(self, written: tuple[str, ...], c: Column | int) -> Markup:
        at = c if isinstance(c, int) else self._written.column(c.title)
        cell = Markup(written[at]) if at is not None else UNKNOWN  # noqa: S704 - the author's own Markdown
        if self._request.live and at == self._key:
            return Markup(f"{cell} {status.NOT_FOUND.markup}")  # noqa: S704 - as above
        return cell


VIEW = View(_render, {"group": words, "columns": words, "live": words})
