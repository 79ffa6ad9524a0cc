"""Reading nested JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def dig(value: Any, steps: Iterable[str]) -> Any:
    """The value below `steps` of nested objects, or None where one is missing."""
    for step in steps:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value
