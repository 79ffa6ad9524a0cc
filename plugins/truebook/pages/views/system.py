"""`truebook:system COMPONENT`: all that the systems around it say of one component, for its own page.

A table of facts: how it is by its own word, its targets and alerts with their runbooks, its dashboards, the secrets it
uses, how people sign in, the backups that cover it, and the arrows that lead to and from it. Facts that change by
themselves are added when the site is built. Rows and columns of the author's are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from truebook.errors import RegionError
from truebook.model import Component, Inventory, Relation
from truebook.pages import escape, templating
from truebook.pages.views import arrows, sources, status
from truebook.pages.views.cells import Column
from truebook.pages.views.facts import FACTS, Fact
from truebook.pages.views.table import Cells, Chosen, Merge, words_of
from truebook.pages.views.view import Request, View, complete, nearest


@dataclass(frozen=True, slots=True)
class Line:
    """A fact as it is written."""

    title: str
    shown: Markup


COLUMNS: dict[str, Column[Line]] = {
    "what": Column("What", lambda line, _request: line.title),
    "now": Column("Now", lambda line, _request: line.shown),
}


def _render(request: Request, _options: Mapping[str, Any]) -> str:
    component = named_component(request)
    lines = [line for fact in FACTS if (line := _line(fact, component, request)) is not None]
    known = [Line(fact.title, Markup()) for fact in FACTS if fact.volatile or _is_told(fact, request)]

    def is_of(written: Cells, line: Line) -> bool:
        return words_of(written["what"]) == line.title.casefold()

    table = Merge(request, Chosen("what", COLUMNS, {}), is_of)
    rows = [table.row(line) for line in lines]
    rows += table.unknown_rows([*lines, *known], None)
    systems = component.get("systems") or ()
    return templating.render(
        "system.md.j2",
        request.templates,
        component=component,
        headers=table.headers,
        rows=rows,
        rule=table.rule,
        notes=_notes(request, systems if isinstance(systems, tuple) else ()) if request.live else [],
        arrows=[_proof(r, request) for r in _of(component, request)] if request.live else [],
        empty=f"Nothing more is known of {component.title}.",
        live=request.live,
    ).strip("\n")


def named_component(request: Request) -> Component:
    """The component that the marker names. Raises RegionError where there is none, unless it may just not be known."""
    name = request.arguments[0]
    found = request.inventory.component(name)
    if found is not None:
        return found
    if not complete(request.inventory):
        return Component(name, name, "")  # it may be there: nothing is known of it now
    raise RegionError(f"unknown component '{name}'; {nearest(name, (c.name for c in request.inventory.components))}")


def _is_told(fact: Fact, request: Request) -> bool:
    """Whether a fact that is not there any more is really gone: somebody said so, and nobody kept it back."""
    inventory = request.inventory
    return sources.was_read(inventory, fact.sources) and not sources.withheld(inventory, fact.sources)


def _line(fact: Fact, component: Component, request: Request) -> Line | None:
    if fact.volatile and not request.live:
        return None
    written = fact.write(component, request)
    if written:
        return Line(fact.title, written if isinstance(written, Markup) else escape.cell(written))
    failed = sources.failed(request.inventory, fact.sources)
    if request.live and (failed or fact.insists) and not sources.was_read(request.inventory, fact.sources):
        why = sources.why_unread(request.inventory, fact.sources)
        return Line(fact.title, Markup("{} {}").format(status.UNKNOWN.markup, escape.cell(why)))
    return None


def _notes(request: Request, systems: Iterable[str]) -> list[sources.Note]:
    """What is to be said of the sources that speak for the component itself."""
    told = {source.name for source in request.inventory.sources}
    return [note for name in systems if name in told for note in sources.notes(request.inventory, (name,))]


def _of(component: Component, request: Request) -> list[Relation]:
    return [r for r in request.inventory.relations if component.name in (r.source, r.target)]


def _proof(relation: Relation, request: Request) -> dict[str, Any]:
    """An arrow in words, as the stack's list has it."""

    def title(name: str) -> str:
        found = request.inventory.component(name)
        return name if found is None else found.title

    return {
        "source": title(relation.source),
        "target": title(relation.target),
        "label": relation.label,
        "evidence": str(relation.evidence),
        "stated": relation.kind == "stated",
        "ends": "",
    }


def _untold(inventory: Inventory) -> list[str]:
    committed = [fact for fact in FACTS if not fact.volatile]
    found = [one for fact in committed for one in sources.untold(inventory, fact.sources, joined=fact.joined)]
    return list(dict.fromkeys((*found, *arrows.untold(inventory))))


VIEW = View(_render, argument="COMPONENT", untold=_untold)
