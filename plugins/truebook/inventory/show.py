"""The inventory as JSON and as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from truebook.errors import ConfigError
from truebook.model import Component, Evidence, Inventory, SourceStatus, Value
from truebook.redact import printable

_WIDEST = 60


def as_json(inventory: Inventory) -> dict[str, Any]:
    """JSON-shaped: `{cluster, recorded_at, components: [{name, title, group, values: {key: {value, evidence}}}],
    relations: [{from, to, label, evidence}], records: [{kind, name, component, values}], sources: [{name, state,
    reason}]}`, evidence as `{source, object, field}`; beside these `cluster_version`, `origin`, a relation's `kind` and
    a source's `read_at`, `stand_in` and `unread` (`[{what, state, reason}]`)."""
    return {
        "cluster": inventory.cluster,
        "cluster_version": inventory.cluster_version,
        "recorded_at": inventory.recorded_at,
        "origin": inventory.origin,
        "components": [_component(component) for component in inventory.components],
        "relations": [
            {
                "from": relation.source,
                "to": relation.target,
                "label": relation.label,
                "kind": relation.kind,
                "evidence": _evidence(relation.evidence),
            }
            for relation in inventory.relations
        ],
        "records": [
            {
                "kind": record.kind,
                "name": record.name,
                "component": record.component,
                "values": _values(record.values),
            }
            for record in inventory.records
        ],
        "sources": [
            {
                "name": source.name,
                "state": source.state,
                "reason": source.reason,
                "read_at": source.read_at,
                "stand_in": source.stand_in,
                "unread": [{"what": one.what, "state": one.state, "reason": one.reason} for one in source.unread],
            }
            for source in inventory.sources
        ],
    }


def _component(component: Component) -> dict[str, Any]:
    return {
        "name": component.name,
        "title": component.title,
        "group": component.group,
        "values": _values(component.values),
    }


def _values(values: Mapping[str, Value]) -> dict[str, Any]:
    return {
        key: {
            "value": list(found.value) if isinstance(found.value, tuple) else found.value,
            "evidence": _evidence(found.evidence),
        }
        for key, found in values.items()
    }


def _evidence(evidence: Evidence) -> dict[str, str]:
    return {"source": evidence.source, "object": evidence.object, "field": evidence.field}


def as_text(inventory: Inventory, component: str | None = None) -> str:
    """Each component with its values and their evidence, as a table, its arrows and its records; with `component` that
    one only. Last the records of no component.

    Control and bidi characters are shown as `\\xNN` or `\\uNNNN`: a terminal must not obey what a cluster says.
    Raises ConfigError for an unknown component, with the nearest known one.
    """
    chosen = inventory.components if component is None else (_one(inventory, component),)
    lines = [f"cluster {printable(inventory.cluster) or '(no name)'}, recorded {printable(inventory.recorded_at)}"]
    lines += [
        f"{printable(source.name)} is {source.state}: {printable(source.reason) or 'no reason given'}"
        for source in inventory.sources
        if source.state != "fresh"
    ]
    lines += [
        printable(f"{source.name} does not tell {', '.join(what)}: {reason.removeprefix(f'{source.name}: ')}")
        for source in inventory.sources
        for reason, what in _withheld(source).items()
    ]
    lines += [
        f"{printable(source.name)} was a stand-in: {printable(source.stand_in)}"
        for source in inventory.sources
        if source.stand_in
    ]
    for found in chosen:
        lines += ["", *_block(found)]
        lines += _arrows(inventory, found.name)
        lines += _records(inventory, found.name)
    rest = _records(inventory, "") if component is None else []
    if rest:
        lines += ["", "of no component", *rest]
    return "\n".join(lines) + "\n"


def _withheld(source: SourceStatus) -> dict[str, list[str]]:
    """Reason → what a source was asked for and keeps to itself; what is not installed is not there to be told."""
    found: dict[str, list[str]] = {}
    for one in source.unread:
        if one.state != "absent":
            found.setdefault(one.reason or "no reason given", []).append(one.what)
    return found


def _one(inventory: Inventory, name: str) -> Component:
    found = inventory.component(name)
    if found is None:
        names = [component.name for component in inventory.components]
        near = get_close_matches(name[:200], names, n=1)
        known = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
        fix = f"did you mean '{near[0]}'?" if near else f"known: {known or 'none'}"
        raise ConfigError(printable(f"no component is called '{name[:200]}' ({fix})"))
    return found


def _block(component: Component) -> list[str]:
    head = component.name if component.title == component.name else f"{component.name}: {component.title}"
    rows = []
    for key, found in component.values.items():
        values = found.value if isinstance(found.value, tuple) else (found.value,)
        shown = [printable(value) for value in values] or [""]
        rows.append((printable(key), shown[0], printable(f"{found.evidence.source}: {found.evidence}")))
        rows += [("", value, "") for value in shown[1:]]
    keys = max((len(key) for key, _, _ in rows), default=0)
    width = min(max((len(value) for _, value, _ in rows), default=0), _WIDEST)
    lines = [f"{printable(head)} ({printable(component.group)})"]
    lines += [f"  {key:<{keys}}  {value:<{width}}  {evidence}".rstrip() for key, value, evidence in rows]
    return lines


def _arrows(inventory: Inventory, name: str) -> list[str]:
    return [
        printable(f"  ─{relation.label}→ {relation.target}  {relation.evidence.source}: {relation.evidence}")
        for relation in inventory.relations
        if relation.source == name
    ]


def _records(inventory: Inventory, component: str) -> list[str]:
    """A line for each record: its values, and where the first of them was read."""
    lines = []
    for record in inventory.records:
        if record.component == component:
            told = "  ".join(f"{key}={record.text(key)}" for key in record.values)
            first = next((value.evidence for value in record.values.values()), None)
            where = "" if first is None else f"  {first.source}: {first}"
            lines.append(printable(f"  [{record.kind}] {record.name}  {told}{where}"))
    return lines
