"""Tables of records: what every view of alerts, backups, dashboards … has in common.

    component=vault,loki    only what belongs to these components; default: all
    group=Security          only what belongs to components of these groups; default: all
    columns=path,consumer   stable facts: committed, checked for drift
    live=status             added when the site is built, never committed

A view is a `Records`: which records, which columns, and what to say where there are none. Rows and columns of the
author's are kept, as in a table of components. What comes and goes by itself (an alert, a silence) is never
committed: a page on the Git host says in one sentence what is filled in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from truebook.model import Inventory, Record
from truebook.pages import templating
from truebook.pages.views import cells, sources, status
from truebook.pages.views.cells import Column
from truebook.pages.views.table import Cells, Merge, choose, words_of
from truebook.pages.views.view import Request, View, check_groups, check_known, words

TEMPLATE = "records.md.j2"


@dataclass(frozen=True, slots=True)
class Records:
    """A table of the records of one kind.

    `key` names the columns that tell one row from another, the first of them the one that must be there. `stable`
    and `live` are the columns of a marker that says nothing. `sources` are those that the records come from, the first
    that tells, or all of them `joined`. `filters` are options that choose by a value of the record. `nothing` is said
    where there are none; `passing`, where records come and go by themselves, is what is committed in their place.
    `template` is this view's own.
    """

    kind: str
    columns: Mapping[str, Column[Record]]
    key: tuple[str, ...]
    stable: tuple[str, ...]
    live: tuple[str, ...]
    sources: tuple[str, ...]
    nothing: str
    passing: str = ""
    filters: tuple[str, ...] = ()
    template: str = TEMPLATE
    joined: bool = False
    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def view(self) -> View:
        """The view to register."""
        options = dict.fromkeys(("component", "group", "columns", "live", *self.filters), words)
        return View(self._render, options, untold=self._untold)

    def _untold(self, inventory: Inventory) -> list[str]:
        return [] if self.passing else sources.untold(inventory, self.sources, joined=self.joined)

    def of(self, request: Request) -> list[Record]:
        """The records to show, in their order: those of `order`'s first words before the others."""
        return sorted(request.inventory.records_of(self.kind), key=self._rank)

    def _rank(self, record: Record) -> tuple[int, ...]:
        return tuple(
            first.index(word) if (word := record.text(key).casefold()) in first else len(first)
            for key, first in self.order.items()
        )

    def _render(self, request: Request, options: Mapping[str, Any]) -> str:
        read = sources.was_read(request.inventory, self.sources)
        if not read and not request.live:
            return request.body if request.body.strip() else self.passing  # nobody can say whether it still holds
        chosen = choose(
            request,
            key=self.key[0],
            stable=options.get("columns", self.stable),
            live=options.get("live", self.live) if read else (),
            column=self.columns.get,
            known=self.columns,
        )
        keys = [self.columns[name] for name in self.key if name in chosen.stable]

        def is_of(written: Cells, record: Record) -> bool:
            return all(
                column.title.casefold() not in written
                or words_of(written[column.title.casefold()]) == words_of(str(column.cell(record, request)))
                for column in keys
            )

        everything = self.of(request) if request.live or not self.passing else []
        shown = self._chosen(request, options, everything)
        table = Merge(request, chosen, is_of, lambda record: {one.evidence.source for one in record.values.values()})
        sure = sources.all_read(request.inventory, self.sources) and not self.passing
        rows = [table.row(record) for record in shown]
        rows += table.unknown_rows(everything, status.NOT_FOUND.markup if sure else None)
        return templating.render(
            self.template,
            request.templates,
            headers=table.headers,
            rows=rows,
            rule=table.rule,
            notes=sources.notes(request.inventory, self.sources, joined=self.joined) if request.live else [],
            empty=self._empty(request, read=read),
            live=request.live,
        ).strip("\n")

    def _chosen(self, request: Request, options: Mapping[str, Any], records: list[Record]) -> list[Record]:
        """Those that the marker's options leave."""
        names, groups = options.get("component", ()), options.get("group", ())
        known = request.inventory.components
        check_known(request, "component", names, {component.name for component in known}, "component is called")
        check_groups(request, "group", groups)
        folded = {group.casefold() for group in groups}
        within = {component.name for component in known if component.group.casefold() in folded}
        return [
            record
            for record in records
            if (not names or record.component in names)
            and (not groups or record.component in within)
            and all(
                record.text(key).casefold() in map(str.casefold, options.get(key, (record.text(key),)))
                for key in self.filters
            )
        ]

    def _empty(self, request: Request, *, read: bool) -> str:
        """What stands there in place of a table without rows; nothing where a note says why there is none."""
        if not request.live and self.passing:
            return self.passing
        kept_back = self.joined and sources.withheld(request.inventory, self.sources)
        return self.nothing if read and not kept_back else ""


def of_component(record: Record, request: Request) -> Any:
    """The component that a record belongs to, as a link to its page."""
    return cells.component(record.component, request) if record.component else ""


COMPONENT: Column[Record] = Column("Component", of_component)
