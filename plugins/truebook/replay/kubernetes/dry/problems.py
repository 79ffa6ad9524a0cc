"""The errors of writes, in the API server's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from truebook.replay.kubernetes.request import Target
from truebook.replay.kubernetes.status import Refused
from truebook.replay.quoting import quote


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field."""

    field: str
    reason: str
    message: str


class Mistyped(Exception):
    """A value of a type that its field can't have, in the words of the API server's decoder."""


def invalid_value(field: str, value: Any, why: str) -> Problem:
    """A value that its field can't have."""
    shown = quote(value) if isinstance(value, str) else msgspec.json.encode(value).decode()
    return Problem(field, "FieldValueInvalid", f"Invalid value: {shown}: {why}")


def required(field: str, why: str = "") -> Problem:
    """A field that has to be there."""
    return Problem(field, "FieldValueRequired", "Required value" + (why and f": {why}"))


def not_found(field: str, value: str) -> Problem:
    """A name that nothing has."""
    return Problem(field, "FieldValueNotFound", f"Not found: {quote(value)}")


def unsupported(field: str, value: str, known: Sequence[str]) -> Problem:
    """A word that is none of the known ones."""
    words = ", ".join(quote(word) for word in sorted(known))
    message = f"Unsupported value: {quote(value)}: supported values: {words}"
    return Problem(field, "FieldValueNotSupported", message)


def invalid(kind: str, group: str, name: str, problems: Sequence[Problem]) -> Refused:
    """An object that would not be stored."""
    single = [f"{problem.field}: {problem.message}" for problem in problems]
    text = single[0] if len(single) == 1 else f"[{', '.join(single)}]"
    causes = [{"reason": p.reason, "message": p.message, "field": p.field} for p in problems]
    details = {"name": name, "group": group, "kind": kind, "causes": causes}
    qualified = f"{kind}.{group}" if group else kind
    return Refused(
        422,
        "Invalid",
        f"{qualified} {quote(name)} is invalid: {text}",
        details={key: value for key, value in details.items() if value},
    )


def forbidden_value(field: str, why: str) -> Problem:
    """A field that may not be there."""
    return Problem(field, "FieldValueForbidden", f"Forbidden: {why}")


def mistyped_patch(error: Mistyped) -> Refused:
    """A patch after which the object can't be read. The API server repeats the whole object here."""
    message = f"Invalid value: the patched object: {error}"
    causes = [{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]
    return Refused(422, "Invalid", f' "" is invalid: patch: {message}', details={"causes": causes})


def conflict(target: Target, why: str, kind: str = "") -> Refused:
    """An object that is not what the caller takes it for. Where its `kind` is given it is called by that."""
    details = {"name": target.name, "group": target.group, "kind": kind or target.resource}
    qualified = f"{kind}.{target.group}" if kind and target.group else kind or target.qualified
    return Refused(
        409,
        "Conflict",
        f"Operation cannot be fulfilled on {qualified} {quote(target.name)}: {why}",
        details={key: value for key, value in details.items() if value},
    )


def already_exists(target: Target, name: str) -> Refused:
    """An object that is there already."""
    details = {"name": name, "group": target.group, "kind": target.resource}
    return Refused(
        409,
        "AlreadyExists",
        f"{target.qualified} {quote(name)} already exists",
        details={key: value for key, value in details.items() if value},
    )


def cannot_tell(why: str) -> Refused:
    """A dry run whose answer does not follow from a recording."""
    return Refused(501, "NotImplemented", f"this replay can't tell what the API server would answer: {why}")
