"""`truebook:stack`: the components and the relations between them as a Mermaid flowchart.

    groups=GitOps,Security   only these groups, in this order of the inventory; default: all
    relations=sso,secrets    only arrows of these kinds, and what they join; default: all
    arrows=git>argocd,…      exactly these arrows, where there is evidence for them, and what they join
    direction=LR             LR, RL, TB or BT

Drawn are the components of named groups, and others that a relation leads from or to. Below the diagram stand a
legend and a list of all arrows with their evidence, for those who cannot see it and those who do not believe it.
An arrow that is asked for by name and for which there is no evidence is not drawn; a build says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from truebook.errors import RegionError
from truebook.inventory.relations import RELATIONS
from truebook.model import OTHER, Component, Relation
from truebook.pages import templating
from truebook.pages.views import arrows, status
from truebook.pages.views.diagram import MAX_ARROWS, MAX_CHARACTERS, Diagram, Drawing, by_group, node_ids, shape_of
from truebook.pages.views.status import Status
from truebook.pages.views.view import Request, View, check_groups, check_known, complete, nearest, one_of, words

Ends = tuple[str, str]
"""The names of the components that an arrow leads from and to."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A diagram and its Mermaid text."""

    title: str
    mermaid: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One arrow for the list below the diagram, in words. `ends` are the ids of its boxes, as the scripts look for it;
    empty where there is more than one diagram."""

    source: str
    target: str
    label: str
    evidence: str
    stated: bool
    ends: str


def _render(request: Request, options: Mapping[str, Any]) -> str:
    asked: tuple[Ends, ...] | None = options.get("arrows")
    components, relations = _shown(request, options.get("groups", ()), options.get("relations"), asked)
    missing = [ends for ends in asked or () if ends not in {(r.source, r.target) for r in relations}]
    if missing and not request.live and not complete(request.inventory):
        return request.body  # what could not be read may still be so
    drawing = Drawing(options.get("direction", "LR"), request.built_url, live=request.live)
    drawn, left_out = _fitting(request, drawing, components, relations)
    titles = {component.name: component.title for component in request.inventory.components}
    ids = node_ids(components) if len(drawn) == 1 and not drawn[0].title else {}
    proofs = [
        Proof(
            titles[r.source],
            titles[r.target],
            r.label,
            str(r.evidence),
            r.kind == "stated",
            f"{ids[r.source]}-{ids[r.target]}" if ids else "",
        )
        for r in relations
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
        unproved=[(titles.get(source, source), titles.get(target, target)) for source, target in missing],
        live=request.live,
    ).strip("\n")


def _shown(
    request: Request, groups: tuple[str, ...], kinds: tuple[str, ...] | None, asked: tuple[Ends, ...] | None
) -> tuple[list[Component], list[Relation]]:
    """What is drawn. Arrows chosen by kind or by name bring their ends with them; groups narrow that down."""
    inventory = request.inventory
    check_groups(request, "groups", groups)
    known = {component.name for component in inventory.components}
    check_known(request, "arrows", (name for ends in asked or () for name in ends), known, "component is called")
    relations = [
        r
        for r in inventory.relations
        if (kinds is None or r.kind in kinds) and (asked is None or (r.source, r.target) in asked)
    ]
    related = {name for r in relations for name in (r.source, r.target)} | {
        name for ends in asked or () for name in ends
    }
    chosen = kinds is not None or asked is not None
    wanted = {group.casefold() for group in groups}
    components = [
        component
        for component in inventory.components
        if (not wanted or component.group.casefold() in wanted)
        and (component.name in related or not chosen)
        and (component.group != OTHER or bool(wanted) or component.name in related)
    ]
    names = {component.name for component in components}
    return components, [r for r in relations if r.source in names and r.target in names]


def _kinds(written: str) -> tuple[str, ...]:
    """Kinds of arrows that there can be, whether or not there is one now."""
    found = words(written)
    for kind in found:
        if kind not in RELATIONS:
            raise RegionError(f"no arrow is of the kind '{kind}'; {nearest(kind, RELATIONS)}")
    return found


def _arrows(written: str) -> tuple[Ends, ...]:
    """`a>b,c>d` as pairs of names."""
    found = []
    for word in words(written):
        source, mark, target = (part.strip() for part in word.partition(">"))
        if not (source and mark and target):
            raise RegionError(f"'{word}' is no arrow; write FROM>TO")
        found.append((source, target))
    return tuple(found)


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


VIEW = View(
    _render,
    {"groups": words, "relations": _kinds, "arrows": _arrows, "direction": one_of("LR", "RL", "TB", "BT")},
    untold=arrows.untold,
)
