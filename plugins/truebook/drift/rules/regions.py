"""Regions, and the author's own tables and flowcharts: what they say against what is live and what Git declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from truebook.drift.facts import Check, Facts
from truebook.findings import (
    Compared,
    Finding,
    PageStatements,
    RegionStatements,
    RuleInfo,
    Severity,
    Side,
    Statement,
)

UPDATE = "run `truebook update`, or repair what is live"
UNKNOWN = "—"
"""What stands where a value is not known: nothing is compared with it."""


def _rule(name: str, title: str, text: str, severity: Severity = "warning") -> RuleInfo:
    return RuleInfo(name, title, text, severity)


_ABSENT = {
    "row": _rule(
        "row-not-live",
        "A table names what is not live",
        "The row's component was not found in the cluster, in ArgoCD or among the catalog's. Remove the row, or find "
        "out where the component went.",
        "error",
    ),
    "node": _rule(
        "node-not-live",
        "A diagram shows what is not live",
        "The diagram has a node for a component that was not found. Remove it, or find out where the component went.",
        "error",
    ),
    "arrow": _rule(
        "arrow-not-live",
        "A diagram has an arrow without evidence",
        "Nothing that was read says that the two are joined in this way. Remove the arrow, or repair what joins them.",
        "error",
    ),
}
_MISSING = {
    "row": _rule(
        "row-not-documented",
        "A table lacks what is live",
        f"A component of this table's groups has no row. To add it, {UPDATE}.",
    ),
    "node": _rule(
        "node-not-documented", "A diagram lacks what is live", f"A component has no node. To add it, {UPDATE}."
    ),
    "arrow": _rule(
        "arrow-not-documented",
        "A diagram lacks an arrow",
        f"What was read says that two components are joined, and the diagram does not. To add it, {UPDATE}.",
    ),
}
_DIFFERENT = {
    "row": _rule("row-differs", "A row links to another page", f"The row's link is not the component's. {UPDATE}."),
    "cell": _rule(
        "cell-differs",
        "A cell says something else than the cluster",
        f"The documented value is not the live one. Find out which is right, then {UPDATE}.",
    ),
    "node": _rule("node-differs", "A node stands in another group", f"To move it, {UPDATE}."),
    "arrow": _rule("arrow-differs", "An arrow has another label", f"To relabel it, {UPDATE}."),
    "value": _rule(
        "value-differs",
        "A value in prose is not the live one",
        f"The sentence names a value that is not the live one. Find out which is right, then {UPDATE}.",
    ),
    "text": _rule("text-differs", "A region says something else", f"Find out which is right, then {UPDATE}."),
}
COLUMN = _rule("column-missing", "A table lacks a column that its region asks for", f"To add it, {UPDATE}.", "warning")
UNDEPLOYED = _rule(
    "not-deployed",
    "Git declares something else than what is documented and live",
    "Documentation and cluster agree, and Git has moved on: somebody has to sync the Application, or take the commit "
    "back. Then update the documentation.",
    "note",
)
EDITED = _rule(
    "hand-edited",
    "Generated text was edited by hand",
    "What stands between the markers is not what was generated. The next update would undo it: put it into the "
    "catalog, in a column of your own or outside of the region.",
)
BROKEN = _rule(
    "region-error",
    "A region can't be filled",
    "Its marker names a view, an option or a component that there is not. A build stops here too.",
    "error",
)

_NOUNS = {"row": "row", "node": "node", "arrow": "arrow"}


def _find(facts: Facts) -> Iterator[Finding]:
    for page in facts.pages:
        for region in page.regions:
            if region.error:
                yield Finding(BROKEN.name, BROKEN.severity, page.path, region.line, region.name, region.error)
            elif region.own:
                yield from _own(page, region, facts)
            else:
                yield from _Comparison(page, region, facts).findings()


def untold(facts: Facts) -> Iterator[tuple[str, int, str]]:
    """Path, line and why of each region that says what nobody may know of."""
    for page in facts.pages:
        for region in page.regions:
            if not (region.error or region.own) and _Comparison(page, region, facts).held_back():
                why = " ".join(region.untold).removesuffix(".")
                yield page.path, region.line, f"{region.view} says what was not told this time: {why}"


class _Comparison:
    """One region's three sides."""

    def __init__(self, page: PageStatements, region: RegionStatements, facts: Facts) -> None:
        self._page = page
        self._region = region
        self._complete = facts.complete and not region.untold
        self._said = {one.identity: one for one in region.documented}
        self._live = {one.identity: one for one in region.live}
        wanted = region.live if region.declared is None else region.declared
        self._declared = {one.identity: one for one in wanted}
        self._in_git = region.declared is not None

    def findings(self) -> Iterator[Finding]:
        """All differences; a hand-edited region's are all of that rule."""
        found = list(self._differences())
        if not self._region.edited:
            yield from found
            return
        if not found:
            found = [self._finding(EDITED, self._region.line, self._region.name, "this region was edited by hand")]
        for one in found:
            message = f"edited by hand: {one.message}"
            yield Finding(
                EDITED.name, EDITED.severity, one.path, one.line, one.subject, message, one.documented, one.live,
                one.declared, one.odd, EDITED_HINT, one.evidence,
            )  # fmt: skip

    def held_back(self) -> bool:
        """Whether something is said here that is not live as far as was told, and may be all the same."""
        return bool(self._region.untold) and any(
            (live is None and said.kind in _ABSENT) or (live is not None and said.text != live.text)
            for said, live in ((said, self._live.get(identity)) for identity, said in self._said.items())
        )

    def _differences(self) -> Iterator[Finding]:
        missing_columns = self._columns()
        for identity in dict.fromkeys((*self._said, *self._live, *self._declared)):
            said, live, wanted = (side.get(identity) for side in (self._said, self._live, self._declared))
            kind = identity[0]
            if kind == "cell" and (identity[2] in missing_columns or not self._has_row(identity)):
                continue
            if said is None and live is not None and kind in _MISSING:
                yield self._missing(live, wanted)
            elif said is not None and live is None and kind in _ABSENT:
                if self._complete:
                    yield self._absent(said, wanted)
            elif said is not None and live is not None:
                yield from self._compared(said, live, wanted)
            elif said is None and live is None and wanted is not None and kind in _MISSING:
                yield self._undeployed(wanted, "", "")
        for column in missing_columns.values():
            yield self._finding(COLUMN, self._region.line, column, f"the column {column} is missing", hint=UPDATE)

    def _columns(self) -> Mapping[str, str]:
        """The columns that are asked for and are not there, where there is a table at all."""
        there = {one.key.casefold() for one in self._region.documented if one.kind == "cell"}
        rows = any(one.kind == "row" for one in self._region.documented)
        asked = {one.key.casefold(): one.key for one in self._region.live if one.kind == "cell"}
        return {key: name for key, name in asked.items() if rows and key not in there}

    def _has_row(self, identity: tuple[str, str, str]) -> bool:
        row = ("row", identity[1], "")
        return row in self._said and (row in self._live or row in self._declared)

    def _missing(self, live: Statement, wanted: Statement | None) -> Finding:
        odd: Side = "" if not self._in_git else "documented" if wanted is not None else "live"
        return self._finding(
            _MISSING[live.kind],
            self._region.line,
            live.subject,
            f"{live.subject} is live and has no {_NOUNS[live.kind]} here",
            live=live.subject,
            declared=live.subject if self._in_git and wanted is not None else "",
            odd=odd or "documented",
            hint=UPDATE,
        )

    def _absent(self, said: Statement, wanted: Statement | None) -> Finding:
        declared = self._in_git and wanted is not None
        what = "has no evidence" if said.kind == "arrow" else "is documented and not live"
        return self._finding(
            _ABSENT[said.kind],
            said.line,
            said.subject,
            f"{said.subject} {what}",
            documented=said.subject,
            declared=said.subject if declared else "",
            odd="live" if declared else "documented",
            hint=f"remove the {_NOUNS[said.kind]}, or bring it back",
        )

    def _compared(self, said: Statement, live: Statement, wanted: Statement | None) -> Iterator[Finding]:
        texts = said.text, live.text, live.text if wanted is None else wanted.text
        if texts[0] == texts[1]:
            if self._in_git and wanted is not None and texts[2] != texts[1] and UNKNOWN not in (texts[1], texts[2]):
                yield self._undeployed(wanted, said.text, live.text)
            return
        if not self._complete and (live.text in (UNKNOWN, "") or (said.kind == "cell" and self._region.untold)):
            return  # what could not be read may still be so
        odd: Side = "documented"
        if self._in_git:
            odd = "live" if texts[0] == texts[2] else "documented" if texts[1] == texts[2] else ""
        yield self._finding(
            _DIFFERENT[said.kind],
            said.line,
            _named(said),
            f"{_called(said)} differs",
            documented=said.text or "nothing",
            live=live.text or "nothing",
            declared=texts[2] if self._in_git else "",
            odd=odd,
            hint=UPDATE,
        )

    def _undeployed(self, wanted: Statement, said: str, live: str) -> Finding:
        line = self._said[wanted.identity].line if wanted.identity in self._said else self._region.line
        what = f"another {_called(wanted)}" if said else f"{wanted.subject}, which is not deployed yet"
        return self._finding(
            UNDEPLOYED,
            line,
            _named(wanted),
            f"Git declares {what}",
            documented=said,
            live=live,
            declared=wanted.text or wanted.subject,
            odd="declared",
            hint="sync the Application, or take the commit back",
        )

    def _finding(
        self,
        rule: RuleInfo,
        line: int,
        subject: str,
        message: str,
        *,
        documented: str = "",
        live: str = "",
        declared: str = "",
        odd: Side = "",
        hint: str = "",
    ) -> Finding:
        path = self._page.path
        return Finding(rule.name, rule.severity, path, line, subject, message, documented, live, declared, odd, hint)


EDITED_HINT = "put it into the catalog, a column of your own or outside of the region; `truebook update` undoes it"


def _named(one: Statement) -> str:
    """What a finding is about, the same wherever its line moves."""
    return f"{one.subject}.{one.key}" if one.key else one.subject


def _called(one: Statement) -> str:
    """What it is called in a sentence."""
    if one.kind == "cell":
        return f"{one.key} of {one.subject}"
    if one.kind == "node":
        return f"group of {one.subject}"
    if one.kind == "arrow":
        return f"label of {one.subject}"
    return "this text" if one.kind == "text" else one.subject


def _own(page: PageStatements, region: RegionStatements, facts: Facts) -> Iterator[Finding]:
    """A table or flowchart of the author's. It need not be complete, and speaks of other things as well: a table counts
    where most of its rows are components; of a flowchart, arrows between two components do."""
    components = _Names(facts)
    subjects = [one for one in region.documented if one.kind in ("row", "node")]
    known = [one for one in subjects if components.find(one) is not None]
    if len(known) * 2 < len(subjects) or not known:
        return
    joined = {(relation.source, relation.target) for relation in facts.live.relations}
    labels = {one.subject.casefold(): components.find(one) for one in subjects}
    for one in region.documented:
        if one.kind in ("row", "node") and components.find(one) is None and facts.complete:
            rule = _ABSENT[one.kind]
            message = f"{one.subject} is documented and not live"
            yield Finding(
                rule.name, rule.severity, page.path, one.line, one.subject, message, one.subject, odd="documented",
                hint=f"remove the {_NOUNS[one.kind]}, or add the component to the catalog",
            )  # fmt: skip
        elif one.kind == "arrow" and facts.complete and not region.untold:
            ends = [labels.get(end.casefold()) for end in one.subject.split(" -> ", 1)]
            if None not in ends and (ends[0], ends[-1]) not in joined:
                rule = _ABSENT["arrow"]
                message = f"{one.subject} has no evidence"
                yield Finding(
                    rule.name, rule.severity, page.path, one.line, one.subject, message, one.subject, odd="documented",
                    hint="remove the arrow, or repair what joins them",
                )  # fmt: skip
        elif one.kind == "cell":
            yield from _own_cell(page, one, components)


_KEYS = {
    "url": ("url", "urls"),
    "address": ("url", "urls"),
    "version": ("version",),
    "namespace": ("namespace",),
    "storage": ("storage",),
    "purpose": ("purpose",),
}
"""The header of an author's column → the values that it may say."""


def _own_cell(page: PageStatements, one: Statement, components: _Names) -> Iterator[Finding]:
    name = components.find(one)
    keys = _KEYS.get(one.key.casefold())
    if name is None or keys is None or one.text in ("", UNKNOWN, "-"):
        return
    live = components.values(name, keys)
    if live and not any(_alike(one.text, text) for text in live):
        rule = _DIFFERENT["cell"]
        yield Finding(
            rule.name, rule.severity, page.path, one.line, _named(one), f"{_called(one)} differs", one.text, live[0],
            odd="documented", hint="correct the cell, or repair what is live",
        )  # fmt: skip


def _alike(said: str, live: str) -> bool:
    """Whether an author's words say the live value: an address without its scheme, a version without its v."""
    said, live = (text.casefold().partition("://")[2] or text.casefold() for text in (said, live))
    return said.strip("/ ").removeprefix("v") == live.strip("/ ").removeprefix("v")


class _Names:
    """Components by name, title, page and host."""

    def __init__(self, facts: Facts) -> None:
        self._components = {component.name: component for component in facts.live.components}
        self._names: dict[str, str] = {}
        for component in facts.live.components:
            page = component.text("page").rpartition("/")[2]
            for word in (component.name, component.title, page):
                if word:
                    self._names.setdefault(word.casefold(), component.name)

    def find(self, one: Statement) -> str | None:
        """The component that a row, cell or node names: by its title or name, else by its link's page."""
        by_name = self._names.get(one.subject.casefold())
        page = one.text.partition("#")[0].rpartition("/")[2] if one.kind == "row" else ""
        return by_name or (self._names.get(page.casefold()) if page else None)

    def values(self, name: str, keys: tuple[str, ...]) -> list[str]:
        """What the live component says under any of these keys."""
        found = []
        for key in keys:
            value = self._components[name].get(key)
            found += [str(one) for one in (value if isinstance(value, tuple) else (value,)) if one is not None]
        return found


def _compared(facts: Facts) -> Iterator[Compared]:
    for page in facts.pages:
        for region in page.regions:
            kind = region.view if region.own else "region"
            yield Compared(kind, page.path, region.line, region.end_line, region.name)


CHECK = Check(
    (*_ABSENT.values(), *_MISSING.values(), *_DIFFERENT.values(), COLUMN, UNDEPLOYED, EDITED, BROKEN), _find, _compared
)
