"""`truebook:stack`: the components and the relations between them as a Mermaid flowchart.

    groups=GitOps,Security   only these groups, in this order of the inventory; default: all
    direction=LR             LR, RL, TB or BT

Drawn are the components of named groups, and others that a relation leads from or to. Below the diagram stand a
legend and a list of all arrows with their evidence, for those who cannot see it and those who do not believe it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from truebook.inventory.keys import OTHER
from truebook.model import Component, Relation
from truebook.pages import templating
from truebook.pages.views import status
from truebook.pages.views.diagram import MAX_ARROWS, MAX_CHARACTERS, Diagram, Drawing, by_group, shape_of
from truebook.pages.views.status import Status
from truebook.pages.views.view import Request, View, check_groups, one_of, words


@dataclass(frozen=True, slots=True)
class Drawn:
    """A diagram and its Mermaid text."""

    title: str
    mermaid: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One arrow for the list below the diagram, in words."""

    source: str
    target: str
    label: str
    evidence: str
    stated: bool


def _render(request: Request, options: Mapping[str, Any]) -> str:
    components, relations = _shown(request, options.get("groups", ()))
    drawing = Drawing(options.get("direction", "LR"), request.built_url, live=request.live)
    drawn, left_out = _fitting(request, drawing, components, relations)
    titles = {component.name: component.title for component in components}
    proofs = [
        Proof(titles[r.source], titles[r.target], r.label, str(r.evidence), r.kind == "stated") for r in relations
    ]
    return templating.render(
        "stack.md.j2",
        request.templates,
        diagrams=drawn,
        left_out=left_out,
        legend=_legend(components) if request.live else [],
        stated=any(proof.stated for proof in proofs),
        external=any(shape_of(component) == "external" for component in components),
        storage=any(shape_of(component) == "storage" for component in components),
        arrows=proofs,
        live=request.live,
    ).strip("\n")


def _shown(request: Request, groups: tuple[str, ...]) -> tuple[list[Component], list[Relation]]:
    inventory = request.inventory
    check_groups(request, "groups", groups)
    wanted = {group.casefold() for group in groups}
    related = {name for relation in inventory.relations for name in (relation.source, relation.target)}
    components = [
        component
        for component in inventory.components
        if (component.group.casefold() in wanted if wanted else component.group != OTHER or component.name in related)
    ]
    names = {component.name for component in components}
    return components, [r for r in inventory.relations if r.source in names and r.target in names]


def _fitting(
    request: Request, drawing: Drawing, components: Sequence[Component], relations: Sequence[Relation]
) -> tuple[list[Drawn], list[str]]:
    """The diagrams to draw, and the groups that are too large for one."""
    if not components:
        return [], []
    whole = drawing.whole(components, relations)
    text = _mermaid(request, whole)
    if _fits(whole, text):
        return [Drawn("", text)], []
    drawn, left_out = [], []
    overview = drawing.overview(components, relations)
    text = _mermaid(request, overview)
    if _fits(overview, text):
        drawn.append(Drawn(overview.title, text))
    for name, members in by_group(components).items():
        diagram = drawing.whole(members, relations, title=name)
        text = _mermaid(request, diagram)
        if _fits(diagram, text):
            drawn.append(Drawn(name, text))
        else:
            left_out.append(f"{name} ({len(members)})")
    return drawn, left_out


def _fits(diagram: Diagram, text: str) -> bool:
    return len(text) <= MAX_CHARACTERS and diagram.arrow_count <= MAX_ARROWS


def _mermaid(request: Request, diagram: Diagram) -> str:
    return templating.render("stack.mmd.j2", request.templates, diagram=diagram, live=request.live).strip("\n")


def _legend(components: Sequence[Component]) -> list[Status]:
    """The statuses that occur, each once, in a fixed order."""
    found = {status.of(c).word: status.of(c) for c in components if shape_of(c) != "external"}
    return sorted(found.values(), key=lambda s: (status.KINDS.index(s.kind), s.word))


VIEW = View(_render, {"groups": words, "direction": one_of("LR", "RL", "TB", "BT")})
