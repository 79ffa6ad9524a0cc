"""Reading of objects that may be shaped in any way: a wrong type reads as nothing, never as a crash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

Step = str | int

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def at(obj: Any, *path: Step) -> Any:
    """What stands at `path` (keys and list indexes), None where there is nothing."""
    for step in path:
        if type(obj) is dict:  # decoded JSON has no subclasses, and this is where the time goes
            obj = obj.get(step)
        elif type(obj) is list and type(step) is int and -len(obj) <= step < len(obj):
            obj = obj[step]
        else:
            return None
    return obj


def text(obj: Any, *path: Step) -> str:
    """The string at `path`, empty where there is none."""
    found = at(obj, *path)
    return found if isinstance(found, str) else ""


def number(obj: Any, *path: Step) -> int | None:
    """The whole number at `path`, None where there is none."""
    found = at(obj, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def mapping(obj: Any, *path: Step) -> dict[str, Any]:
    """The mapping at `path`, empty where there is none."""
    found = at(obj, *path)
    return found if isinstance(found, dict) else {}


def strings(obj: Any, *path: Step) -> dict[str, str]:
    """The string values of the mapping at `path`: labels, annotations, selectors."""
    return {key: value for key, value in mapping(obj, *path).items() if isinstance(value, str)}


def entries(obj: Any, *path: Step) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings in the list at `path`, each with its index."""
    found = at(obj, *path)
    for index, entry in enumerate(found if isinstance(found, list) else ()):
        if isinstance(entry, dict):
            yield index, entry


def texts(obj: Any, *path: Step) -> Iterator[tuple[int, str]]:
    """The non-empty strings in the list at `path`, each with its index."""
    found = at(obj, *path)
    for index, entry in enumerate(found if isinstance(found, list) else ()):
        if isinstance(entry, str) and entry:
            yield index, entry


@lru_cache(maxsize=8192)
def field(*path: Step) -> str:
    """A path as evidence names it: `spec.rules[0].host`, `metadata.annotations["a.b/c"]`."""
    found = ""
    for step in path:
        if isinstance(step, int):
            found += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            found += f".{step}" if found else step
        else:
            found += f'["{step}"]'
    return found
