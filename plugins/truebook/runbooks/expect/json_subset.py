"""JSON: all that is expected has to be there; there may be more."""

from __future__ import annotations

import json
import re
from typing import Any

from truebook.redact import excerpt

ANY = "..."
VALUES = 100
"""Of one output that are looked at."""

_BLANK = re.compile(r"\s*")


def mismatch(expected: str, output: str, whole: bool) -> str:
    """Why the output does not hold the expected JSON, empty where it does. What is printed around it doesn't count."""
    try:
        wanted = json.loads(expected)
        found = _values(output)
        if not found:
            return "the output holds no JSON"
        differences = [_difference(wanted, value, "") for value in found]
    except (ValueError, RecursionError):
        return "the JSON can't be compared"
    return "" if "" in differences else differences[0]


def _values(output: str) -> list[Any]:
    """The objects and arrays in a text, each from the start of a line."""
    decoder = json.JSONDecoder()
    found: list[Any] = []
    at = 0
    while at < len(output) and len(found) < VALUES:
        begin = _BLANK.match(output, at).end()  # type: ignore[union-attr]
        if output[begin : begin + 1] in ("{", "["):
            try:
                value, at = decoder.raw_decode(output, begin)
            except ValueError:
                pass
            else:
                found.append(value)
                continue
        line_end = output.find("\n", begin)
        at = line_end + 1 if line_end >= 0 else len(output)
    return found


def _difference(wanted: Any, found: Any, path: str) -> str:
    """Where `found` lacks something of `wanted`, empty where it does not."""
    here = path or "the value"
    if wanted == ANY:
        return ""
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return f"{here} is no object"
        for key, value in wanted.items():
            if key == ANY:
                continue
            if key not in found:
                return f"the output lacks {path}.{key}"
            if difference := _difference(value, found[key], f"{path}.{key}"):
                return difference
        return ""
    if isinstance(wanted, list):
        return _list_difference(wanted, found, path)
    if wanted == found and isinstance(wanted, bool) is isinstance(found, bool):  # to Python, 1 is True
        return ""
    return f"{here} is {excerpt(json.dumps(found), 80)}, not {json.dumps(wanted)}"


def _list_difference(wanted: list[Any], found: Any, path: str) -> str:
    """Each expected item has to be there, in this order; others may stand between."""
    if not isinstance(found, list):
        return f"{path or 'the value'} is no list"
    rest = iter(found)
    for index, value in enumerate(wanted):
        if value != ANY and not any(_difference(value, item, "") == "" for item in rest):
            return f"the output lacks {path}[{index}]"
    return ""
