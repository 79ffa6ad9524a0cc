"""Which fields of an answer are kept: an allow-list of the answer's own shape, so that nothing enters a recording
because somebody added it to an API.

    {"versionInfo": {"version": SCALAR}, **scalars("uptime", "name")}     these fields of an object
    [{"id": SCALAR}]                                                      these of each object of a list
    Each({"type": SCALAR})                                                these of each value, whatever its key
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias


class _Scalar:
    """A text, a number, true, false or null."""


SCALAR: Final = _Scalar()


class _Text:
    """A body that is not JSON: one short line of text, redacted."""


TEXT: Final = _Text()


@dataclass(frozen=True, slots=True)
class Each:
    """A mapping with keys of its owner's choice, such as labels; the values have one shape."""

    value: Shape


Shape: TypeAlias = "_Scalar | _Text | Each | Mapping[str, Shape] | Sequence[Shape] | Callable[[Any], Any]"
"""What is kept. A function makes of a decoded value what is kept of it; it raises ValueError for one that is wrong."""


def scalars(*names: str) -> dict[str, Shape]:
    """The fields of these names, each a scalar."""
    return dict.fromkeys(names, SCALAR)


class Misshapen(ValueError):
    """The answer as a whole is not what was asked for."""


def keep(body: Any, shape: Shape) -> Any:
    """`body` (decoded JSON) with nothing in it but what `shape` names. A field of another shape is left out.

    Raises Misshapen where the whole is of another shape.
    """
    found, fits = _kept(body, shape)
    if not fits:
        raise Misshapen
    return found


def _kept(value: Any, shape: Shape) -> tuple[Any, bool]:
    """What is kept of a value, and whether it is of the shape at all."""
    if isinstance(shape, _Scalar):
        return value, value is None or isinstance(value, str | int | float | bool)
    if isinstance(shape, Each):
        if not isinstance(value, dict):
            return None, False
        return _fitting((key, _kept(entry, shape.value)) for key, entry in value.items()), True
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return None, False
        return _fitting((key, _kept(value[key], shape[key])) for key in shape if key in value), True
    if isinstance(shape, Sequence):
        if not isinstance(value, list):
            return None, False
        entries = [found for found, fits in (_kept(entry, shape[0]) for entry in value) if fits]
        # A list of other things is no empty list: "no alerts" must not come of it.
        return entries, bool(entries) or not value
    if callable(shape):
        try:
            return shape(value), True
        except ValueError:
            return None, False
    raise TypeError(f"a text within JSON has the shape SCALAR: {shape}")


def _fitting(fields: Any) -> dict[str, Any]:
    return {key: found for key, (found, fits) in fields if fits}
