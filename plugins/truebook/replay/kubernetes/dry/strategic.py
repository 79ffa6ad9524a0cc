"""Strategic merge patches, as the API server applies them to its built-in kinds.

What a list is, merged by a key or replaced whole, is in Go's types; `lists.py` has it for the kinds that are recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from truebook.replay.kubernetes.dry.lists import ATOMIC, RETAIN_KEYS, merge_key
from truebook.replay.kubernetes.dry.problems import cannot_tell
from truebook.replay.kubernetes.status import Refused, bad_request

Json = dict[str, Any]
PATCH, RETAIN, ORDER, DELETE = "$patch", "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/"


def apply(kind: str, found: Json, patch: Json) -> Json:
    """The patched object. Raises Refused."""
    patched: Json = _map(kind, "", deepcopy(found), deepcopy(patch))
    return patched


def _map(kind: str, path: str, old: Json, patch: Json) -> Json:
    directive = patch.pop(PATCH, None)
    if directive == "replace":
        replaced: Json = _plain(patch)
        return replaced
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise _unknown_directive(directive, {PATCH: directive, **patch})
    _retain(path, old, patch)
    _ordered(kind, path, old, patch)
    for name in [name for name in patch if name.startswith(DELETE)]:
        gone = patch.pop(name)
        field = name.removeprefix(DELETE)
        if isinstance(old.get(field), list) and isinstance(gone, list):
            old[field] = [value for value in old[field] if value not in gone]
    for name, value in patch.items():
        if name.startswith("$"):
            raise cannot_tell(f"the directive {name} of a strategic merge patch is not known here")
        if value is None:
            old.pop(name, None)
        elif name not in old or type(old[name]) is not type(value):
            old[name] = _plain(value)
        elif isinstance(value, dict):
            old[name] = _map(kind, _below(path, name), old[name], value)
        elif isinstance(value, list):
            old[name] = _list(kind, _below(path, name), old[name], value)
        else:
            old[name] = value
    return old


def _retain(path: str, old: Json, patch: Json) -> None:
    """`$retainKeys` names all keys that stay."""
    kept = patch.pop(RETAIN, None)
    if kept is None:
        return
    if not isinstance(kept, list) or not RETAIN_KEYS.fullmatch(path):
        raise cannot_tell(f"{RETAIN} of {path or 'the object'} is not known here")
    if any(value is not None and name not in kept for name, value in patch.items() if not name.startswith("$")):
        raise Refused(500, "", "unable to set keys that are missing from $retainKeys list")
    for name in old.keys() - set(kept):
        del old[name]


def _ordered(kind: str, path: str, old: Json, patch: Json) -> None:
    """`$setElementOrder/list` says the order of the elements that the patch's author knows."""
    for name in [name for name in patch if name.startswith(ORDER)]:
        order, field = patch.pop(name), name.removeprefix(ORDER)
        where = _below(path, field)
        if not isinstance(order, list):
            raise bad_request(f"{name} is not a list")
        changed = patch.pop(field, None)
        before = old.get(field)
        if changed is None and before is None:
            continue
        key = merge_key(kind, where)
        if key is None:
            raise _unknown_list(kind, where)
        if before is None:
            merged = _plain(changed)
        else:
            merged = _list(kind, where, before, changed) if changed is not None else before
        old[field] = _in_order(merged, order, before or [], _identity(key))


def _list(kind: str, path: str, old: list[Any], patch: list[Any]) -> list[Any]:
    key = merge_key(kind, path)
    if key is None:
        if not ATOMIC.fullmatch(path):
            raise _unknown_list(kind, path)
        return [_plain(value) for value in patch]
    identity = _identity(key)
    if not key:
        fresh = [value for index, value in enumerate(patch) if value not in patch[:index]]
        return _in_order([*old, *(value for value in fresh if value not in old)], fresh, old, identity)
    if any(not isinstance(value, dict) for value in (*old, *patch)):
        raise bad_request(f"{path} is not a list of objects")
    if any(value.get(PATCH) == "replace" for value in patch):
        return [_plain(value) for value in patch if value.get(PATCH) != "replace"]
    changed = []
    for value in patch:
        if key not in value:
            raise Refused(500, "", f"map: {_shown(value)} does not contain declared merge key: {key}")
        if value.get(PATCH) == "delete":
            old = [one for one in old if one.get(key) != value[key]]
        elif value.get(PATCH) is not None:
            raise _unknown_directive(value[PATCH], value)
        else:
            changed.append(value)
    before, merged = list(old), list(old)
    for value in changed:
        place = next((index for index, one in enumerate(merged) if one.get(key) == value[key]), None)
        if place is None:
            merged.append(_plain(value))
        else:
            merged[place] = _map(kind, f"{path}[]", deepcopy(merged[place]), value)
    return _in_order(merged, changed, before, identity)


def _in_order(
    merged: Sequence[Any], order: Sequence[Any], before: Sequence[Any], identity: Callable[[Any], Any]
) -> list[Any]:
    """The elements that `order` has in its order, between them the others where they were. What is new comes before
    those that only the server knows."""
    wanted = [identity(value) for value in order]
    places = [identity(value) for value in before]
    ours = sorted((v for v in merged if identity(v) in wanted), key=lambda value: wanted.index(identity(value)))
    theirs = [value for value in merged if identity(value) not in wanted]
    found = []
    while ours and theirs:
        left, right = identity(theirs[0]), identity(ours[0])
        first = left in places and right in places and places.index(left) < places.index(right)
        found.append((theirs if first else ours).pop(0))
    return [*found, *theirs, *ours]


def _identity(key: str) -> Callable[[Any], Any]:
    return (lambda value: value.get(key) if isinstance(value, dict) else value) if key else (lambda value: value)


def _plain(value: Any) -> Any:
    """A value that is taken as it is: without nulls and directives."""
    if isinstance(value, list):
        return [_plain(one) for one in value if not (isinstance(one, dict) and one.get(PATCH) in ("delete", "replace"))]
    if not isinstance(value, dict):
        return value
    return {name: _plain(one) for name, one in value.items() if one is not None and not name.startswith("$")}


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(value: Json) -> str:
    return "map[" + " ".join(f"{name}:{value[name]}" for name in sorted(value)) + "]"


def _unknown_directive(directive: Any, value: Json) -> Refused:
    return Refused(500, "", f"unknown patch type: {directive} in map: {_shown(value)}")


def _unknown_list(kind: str, path: str) -> Refused:
    return cannot_tell(f"whether {path} of a {kind} is merged by a key or replaced is not known here")
