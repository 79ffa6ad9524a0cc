"""What is known of an object's fields: their defaults, and what may stand in them.

Fields that a write leaves alone are not looked at: the API server has stored them. What it changes has to be known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from truebook.replay.kubernetes.dry.problems import Problem, cannot_tell, required

Json = dict[str, Any]
Check = Callable[[str, Any], Iterator[Problem]]
"""What is wrong with a value at a path."""

MISSING: Any = type("Missing", (), {"__repr__": lambda _: "MISSING"})()


@dataclass(frozen=True, slots=True)
class Node:
    """A field. Objects have `fields`; maps and lists have `each`, and lists whose elements have a name its `key`.

    `default` is what stands in its place where it is missing (of an object, told the object that misses it). `why` is
    said of one that is required and missing. `omitted`: a zero value is as good as none. `prune`: fields that are not
    known are dropped, as of custom resources.
    `opaque` says why a change can't be judged.
    """

    fields: Mapping[str, Node] | None = None
    each: Node | None = None
    is_list: bool = False
    key: str = ""
    checks: tuple[Check, ...] = ()
    default: Any = None
    required: bool = False
    why: str = ""
    omitted: bool = False
    prune: bool = False
    opaque: str = ""
    anything: bool = False

    def but(self, **changes: Any) -> Node:
        """The same with some things changed."""
        return replace(self, **changes)


def obj(fields: Mapping[str, Node], **more: Any) -> Node:
    """An object with these fields."""
    return Node(fields=fields, **more)


def list_of(each: Node, key: str = "", **more: Any) -> Node:
    """A list. Without a key it is replaced whole."""
    return Node(each=each, is_list=True, key=key, **{"omitted": True, **more})


def map_of(each: Node, **more: Any) -> Node:
    """Names to values."""
    return Node(each=each, **{"omitted": True, **more})


def leaf(*checks: Check, **more: Any) -> Node:
    """A plain value."""
    return Node(checks=checks, **more)


@dataclass(slots=True)
class Findings:
    """What came of comparing: what is wrong, and the fields that were dropped as unknown."""

    problems: list[Problem] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def normalise(node: Node, value: Any, path: str, findings: Findings) -> Any:
    """The value with its defaults, without what is omitted."""
    if node.fields is not None and isinstance(value, dict):
        found = {}
        for name, one in value.items():
            known = node.fields.get(name)
            if known is None and node.prune and not node.anything:
                findings.unknown.append(below(path, name))
                continue
            kept = one if known is None else normalise(known, one, below(path, name), findings)
            if kept is None or (known is not None and known.omitted and not kept):
                continue
            found[name] = kept
        for name, known in node.fields.items():
            if name not in found and known.default is not None:
                default = known.default(found) if callable(known.default) else deepcopy(known.default)
                if default is not None:
                    found[name] = normalise(known, default, below(path, name), findings)
        return found
    if node.each is not None and node.is_list and isinstance(value, list):
        return [normalise(node.each, one, f"{path}[{index}]", findings) for index, one in enumerate(value)]
    if node.each is not None and not node.is_list and isinstance(value, dict):
        return {name: normalise(node.each, one, below(path, name), findings) for name, one in value.items()}
    return value


def compare(node: Node | None, path: str, old: Any, new: Any, findings: Findings) -> None:
    """Look at what is new. Raises Refused where that is not known here."""
    if new is not MISSING and old is not MISSING and old == new and type(old) is type(new):
        return
    if node is None or node.opaque:
        raise cannot_tell(f"{path} can't be checked{': ' if node else ''}{node.opaque if node else ' here'}")
    if new is MISSING:
        if node.required:
            findings.problems.append(required(path, node.why))
        return
    count = len(findings.problems)
    for check in node.checks:
        findings.problems += check(path, new)
    if len(findings.problems) > count or (node.anything and node.fields is None):
        return
    if node.fields is not None and isinstance(new, dict):
        _fields(node, path, old if isinstance(old, dict) else {}, new, findings)
    elif node.each is not None and node.is_list and isinstance(new, list):
        _elements(node, path, old, new, findings)
    elif node.each is not None and not node.is_list and isinstance(new, dict):
        _values(node, path, old, new, findings)
    elif node.fields is not None or node.each is not None:
        raise cannot_tell(f"{path} is of another type")


def _fields(node: Node, path: str, old: Json, new: Json, findings: Findings) -> None:
    fields = node.fields or {}
    for name in dict.fromkeys((*fields, *old, *new)):
        known = fields.get(name)
        if known is None and node.anything:
            continue
        if name in old or name in new:
            compare(known, below(path, name), old.get(name, MISSING), new.get(name, MISSING), findings)
        elif known is not None and known.required:
            findings.problems.append(required(below(path, name), known.why))


def _values(node: Node, path: str, old: Any, new: Json, findings: Findings) -> None:
    before = old if isinstance(old, dict) else {}
    for name, value in new.items():
        compare(node.each, below(path, name), before.get(name, MISSING), value, findings)


def _elements(node: Node, path: str, old: Any, new: Sequence[Any], findings: Findings) -> None:
    if not node.key:
        for index, value in enumerate(new):
            compare(node.each, f"{path}[{index}]", MISSING, value, findings)
        return
    names = [value.get(node.key) if isinstance(value, dict) else None for value in new]
    if len(names) > len({repr(name) for name in names}):
        raise cannot_tell(f"{path} has two elements of one {node.key}")
    before = {one[node.key]: one for one in old if node.key in one} if isinstance(old, list) else {}
    for index, value in enumerate(new):
        compare(node.each, f"{path}[{index}]", before.get(names[index], MISSING), value, findings)


def below(path: str, name: str) -> str:
    """The path of a field."""
    return f"{path}.{name}" if path else name
