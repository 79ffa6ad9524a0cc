"""The stack diagram as data: what is drawn, before any Mermaid is written.

Mermaid refuses a text of more than 50,000 characters and more than 500 arrows; a diagram that large could not
be read anyway. What does not fit is drawn as an overview of the groups and one diagram for each group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from truebook.model import OTHER, Component, Relation
from truebook.pages import escape
from truebook.pages.views import status
from truebook.pages.views.status import Status

MAX_CHARACTERS = 45_000
"""Of one diagram's text; below Mermaid's limit, so that a site may add to it."""

MAX_ARROWS = 450
"""Of one diagram; below Mermaid's limit."""


@dataclass(frozen=True, slots=True)
class Node:
    """A box. `id` is generated; `shape` is `component`, `external` or `storage`; `status` is None when none is
    drawn; `url` is empty where there is no page."""

    id: str
    label: str
    shape: str
    status: Status | None
    url: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """Arrows with one source, one label and one style. `source` and `targets` are node ids."""

    source: str
    targets: tuple[str, ...]
    label: str
    dashed: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A subgraph; without a `title` its nodes stand free."""

    id: str
    title: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Diagram:
    """One Mermaid flowchart. `title` is empty where there is only one."""

    title: str
    direction: str
    groups: tuple[Group, ...]
    arrows: tuple[Arrow, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(node for group in self.groups for node in group.nodes)

    @property
    def classes(self) -> list[tuple[str, str]]:
        """`(kind, "n1,n2")` for each status that is drawn."""
        kinds = {kind: [n.id for n in self.nodes if n.status and n.status.kind == kind] for kind in status.KINDS}
        return [(kind, ",".join(ids)) for kind, ids in kinds.items() if ids]

    @property
    def arrow_count(self) -> int:
        return sum(len(arrow.targets) for arrow in self.arrows)


class Drawing:
    """Draws components and relations. `link` gives the built URL of a docs page, None where there is none."""

    def __init__(self, direction: str, link: Callable[[str], str | None], *, live: bool) -> None:
        self._direction = direction
        self._link = link
        self._live = live

    def whole(self, components: Sequence[Component], relations: Sequence[Relation], title: str = "") -> Diagram:
        """All components with a subgraph for each group, in the inventory's order."""
        ids = node_ids(components)
        groups = [
            Group(f"g{i}", "" if name == OTHER else name, tuple(self._node(c, ids[c.name]) for c in members))
            for i, (name, members) in enumerate(by_group(components).items(), 1)
        ]
        shown = (r for r in relations if r.source in ids and r.target in ids)
        arrows = bundled((ids[r.source], ids[r.target], r.label, r.kind == "stated") for r in shown)
        return Diagram(title, self._direction, tuple(groups), arrows)

    def overview(self, components: Sequence[Component], relations: Sequence[Relation]) -> Diagram:
        """One box for each group with the number of its components; arrows between groups."""
        groups = by_group(components)
        ids = {name: f"n{i}" for i, name in enumerate(groups, 1)}
        group_of = {component.name: component.group for component in components}
        nodes = tuple(
            Node(ids[name], f"{name} ({len(members)})", "component", self._worst(members), "")
            for name, members in groups.items()
        )
        between = {
            (ids[group_of[r.source]], ids[group_of[r.target]], r.label, r.kind == "stated"): None
            for r in relations
            if r.source in group_of and r.target in group_of and group_of[r.source] != group_of[r.target]
        }
        return Diagram("Overview", self._direction, (Group("g0", "", nodes),), bundled(between))

    def _node(self, component: Component, node_id: str) -> Node:
        page = component.text("page")
        where = self._link(page) if page else None
        shape = shape_of(component)
        shown = status.of(component) if self._live and shape != "external" else None
        return Node(node_id, component.title, shape, shown, escape.target(where) if where else "")

    def _worst(self, members: Sequence[Component]) -> Status | None:
        if not self._live:
            return None
        order = ("degraded", "missing", "outofsync", "progressing", "suspended", "unknown", "healthy")
        return min((status.of(c) for c in members), key=lambda found: order.index(found.kind))


def node_ids(components: Iterable[Component]) -> dict[str, str]:
    """The ids of the boxes of a whole diagram, by the names of its components."""
    return {component.name: f"n{i}" for i, component in enumerate(components, 1)}


def by_group(components: Iterable[Component]) -> dict[str, list[Component]]:
    """Components by group, both in the order in which they come."""
    found: dict[str, list[Component]] = {}
    for component in components:
        found.setdefault(component.group or OTHER, []).append(component)
    return found


def bundled(arrows: Iterable[tuple[str, str, str, bool]]) -> tuple[Arrow, ...]:
    """`(source, target, label, dashed)` with those that differ only in their target drawn as one."""
    bundles: dict[tuple[str, str, bool], dict[str, None]] = {}
    for source, target, label, dashed in arrows:
        bundles.setdefault((source, label, dashed), {})[target] = None
    return tuple(Arrow(source, tuple(targets), label, dashed) for (source, label, dashed), targets in bundles.items())


def shape_of(component: Component) -> str:
    """The catalog's `shape` where it states one; what is only a repository is external; else a component."""
    stated = component.text("shape")
    if stated in ("component", "external", "storage"):
        return stated
    runs = any(component.get(key) for key in ("workloads", "application", "namespace"))
    return "external" if component.get("repository") and not runs else "component"
