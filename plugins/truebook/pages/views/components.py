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
from typing import Any

from truebook.model import Component
from truebook.pages import escape, tables, templating
from truebook.pages.views import status
from truebook.pages.views.columns import column, names, sources_of
from truebook.pages.views.table import Cells, Merge, choose, words_of
from truebook.pages.views.view import Request, View, check_groups, words

DEFAULT_COLUMNS = ("component", "purpose", "url")


def _render(request: Request, options: Mapping[str, Any]) -> str:
    components = _chosen(request, options.get("group", ()))
    chosen = choose(
        request,
        key="component",
        stable=options.get("columns", DEFAULT_COLUMNS),
        live=options.get("live", ()),
        column=lambda name: column(name, request.inventory),
        known=names(request.inventory),
    )

    def is_of(cells: Cells, component: Component) -> bool:
        shown, page = tables.key_of(cells["component"])
        if page and component.text("page"):
            linked = request.page_url(component.text("page"))
            if linked is not None and posixpath.normpath(linked.partition("#")[0]) == posixpath.normpath(page):
                return True
        return words_of(shown) in (words_of(str(escape.cell(component.title))), component.name.casefold())

    shown = (*chosen.stable, *chosen.live)
    table = Merge(request, chosen, is_of, lambda component: sources_of(component, shown))
    rows = [table.row(component) for component in components]
    rows += table.unknown_rows(request.inventory.components, status.NOT_FOUND.markup)
    return templating.render(
        "components.md.j2", request.templates, headers=table.headers, rows=rows, rule=table.rule, live=request.live
    ).strip("\n")


def _chosen(request: Request, groups: tuple[str, ...]) -> list[Component]:
    check_groups(request, "group", groups)
    wanted = {group.casefold() for group in groups}
    return [c for c in request.inventory.components if not wanted or c.group.casefold() in wanted]


VIEW = View(_render, {"group": words, "columns": words, "live": words})
