"""How a record is made of what is known: what is empty is left out."""

from __future__ import annotations

from truebook.inventory.join.subject import Subject
from truebook.inventory.look import Step
from truebook.inventory.told import Place
from truebook.model import Record, Scalar, Value


def row(kind: str, name: str, subject: Subject | None, values: dict[str, Value | None]) -> Record:
    """A record of a component, or of none."""
    known = {key: value for key, value in values.items() if value is not None}
    return Record(kind, name, "" if subject is None else subject.name, known)


def kept(place: Place, value: Scalar | tuple[str, ...] | None, *path: Step) -> Value | None:
    """The value, None where it is empty; `False` and `0` are not."""
    return None if value is None or value == "" or value == () else place.value(value, *path)
