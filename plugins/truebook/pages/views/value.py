"""`truebook:value COMPONENT.KEY`: one value in a line of prose. An em dash where it is not known now.

A component that does not exist is an error, unless a source is down that might know it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from truebook.errors import RegionError
from truebook.model import Component
from truebook.pages import templating
from truebook.pages.views.cells import UNKNOWN, Column, plain
from truebook.pages.views.columns import column, names
from truebook.pages.views.view import Request, View, complete, nearest


def _render(request: Request, _options: Mapping[str, Any]) -> str:
    written = request.arguments[0]
    name, dot, key = written.rpartition(".")
    if not dot:
        raise RegionError(f"'{written}' names no value; write COMPONENT.KEY, such as argocd.version")
    inventory = request.inventory
    component = inventory.component(name)
    if component is None and not complete(inventory):
        component = Component(name, name, "")  # it may be there: nothing is known of it now
    if component is None:
        raise RegionError(f"unknown component '{name}'; {nearest(name, (c.name for c in inventory.components))}")
    if key == "title":
        found: Column[Component] | None = Column("Title", lambda c, _request: c.title)
    elif key in ("ready", "desired"):  # alone in a sentence, each is a number
        found = Column(key, plain(key), volatile=True)
    elif key == "version":  # what is deployed, without what a table says beside it
        found = Column(key, plain(key))
    else:
        found = column(key, inventory)
    if found is None:
        raise RegionError(f"unknown value '{key}'; {nearest(key, names(inventory))}")
    if found.volatile and not request.live and request.body.strip() in ("", UNKNOWN):
        return UNKNOWN  # it changes by itself: committed only where the author has done so
    return templating.render(
        "value.md.j2", request.templates, value=found.cell(component, request), component=component, key=key
    )


VIEW = View(_render, argument="COMPONENT.KEY", inline=True)
