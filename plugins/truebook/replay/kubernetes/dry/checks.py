"""What may stand in a field, checked as the API server does it. What it says is known; where it is not, the whole
dry run is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from truebook.replay.kubernetes.dry.problems import Mistyped, Problem, cannot_tell, invalid_value, required, unsupported
from truebook.replay.kubernetes.dry.schema import Check
from truebook.replay.labels import key_problems, value_problems

WORDS = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
MAX_ANNOTATIONS = 256 * 1024


def text(path: str, value: Any) -> Iterator[Problem]:
    """A string."""
    _typed(path, value, str)
    return iter(())


def filled(path: str, value: Any) -> Iterator[Problem]:
    """A string that is not empty."""
    _typed(path, value, str)
    if not value:
        yield required(path)


def boolean(path: str, value: Any) -> Iterator[Problem]:
    """A truth."""
    _typed(path, value, bool)
    return iter(())


def whole(path: str, value: Any) -> Iterator[Problem]:
    """A number that is not negative and fits into 32 bits."""
    _typed(path, value, int)
    if value >= 1 << 31:
        raise Mistyped(f"json: cannot unmarshal number {value} into Go struct field {path} of type int32")
    if value < 0:
        yield invalid_value(path, value, "must be greater than or equal to 0")


def positive(path: str, value: Any) -> Iterator[Problem]:
    """A number above zero, of which the API server's own words for others are not known here."""
    _typed(path, value, int)
    if not 0 < value < 1 << 31:
        raise cannot_tell(f"{path} is {value}")
    return iter(())


def port(path: str, value: Any) -> Iterator[Problem]:
    """A port's number."""
    _typed(path, value, int)
    if value == 0:
        yield required(path)
    elif not 0 < value < 65536:
        yield invalid_value(path, value, "must be between 1 and 65535, inclusive")


def word(*known: str) -> Check:
    """One of these words."""

    def check(path: str, value: Any) -> Iterator[Problem]:
        _typed(path, value, str)
        if value not in known:
            yield unsupported(path, value, known)

    return check


def only(pattern: str) -> Check:
    """A text of this form; what the API server says of others is not known here."""

    def check(path: str, value: Any) -> Iterator[Problem]:
        _typed(path, value, str)
        if not re.fullmatch(pattern, value):
            raise cannot_tell(f"{path} is of a form that is not known here")
        return iter(())

    return check


def share(path: str, value: Any) -> Iterator[Problem]:
    """A number or a percentage."""
    if isinstance(value, bool) or not (
        (isinstance(value, int) and 0 <= value < 1 << 31)
        or (isinstance(value, str) and re.fullmatch(r"\d{1,3}%", value))
    ):
        raise cannot_tell(f"{path} is neither a number nor a percentage")
    return iter(())


def port_name(path: str, value: Any) -> Iterator[Problem]:
    """A port's number or name."""
    if isinstance(value, bool) or not (
        (isinstance(value, int) and 0 < value < 65536)
        or (isinstance(value, str) and re.fullmatch("[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?", value))
    ):
        raise cannot_tell(f"{path} is neither a port nor its name")
    return iter(())


def quantity(path: str, value: Any) -> Iterator[Problem]:
    """An amount in the form in which the API server gives it back; it would write others anew."""
    found = re.fullmatch(r"(0|[1-9]\d{0,14})(m|k|M|G|T|Ki|Mi|Gi|Ti|)", value) if isinstance(value, str) else None
    number = int(found.group(1)) if found else 0
    step = 1024 if found and found.group(2).endswith("i") else 1000
    if found is None or (number == 0 and found.group(2)) or (number and number % step == 0):
        raise cannot_tell(f"{path} is an amount in a form that the API server may write anew")
    return iter(())


def dns_label(path: str, value: Any) -> Iterator[Problem]:
    """A name such as a container's."""
    _typed(path, value, str)
    if not value:
        yield required(path)
    elif not re.fullmatch(LABEL, value):
        yield invalid_value(
            path,
            value,
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
            f"end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
            f"'{LABEL}')",
        )
    elif len(value) > 63:
        raise cannot_tell(f"{path} is longer than 63 characters")


def label_map(path: str, value: Any) -> Iterator[Problem]:
    """Labels."""
    _strings(path, value)
    for name, one in sorted(value.items()):
        yield from (invalid_value(path, name, why) for why in key_problems(name))
        yield from (invalid_value(path, one, why) for why in value_problems(one))


def annotation_map(path: str, value: Any) -> Iterator[Problem]:
    """Annotations."""
    _strings(path, value)
    for name in sorted(value):
        yield from (invalid_value(path, name, why) for why in key_problems(name.lower()))
    if sum(len(name.encode()) + len(one.encode()) for name, one in value.items()) > MAX_ANNOTATIONS:
        message = f"Too long: may not be more than {MAX_ANNOTATIONS} bytes"
        yield Problem(path, "FieldValueTooLong", message)


def _strings(path: str, value: Any) -> None:
    _typed(path, value, dict)
    for one in value.values():
        _typed(path, one, str)


def _typed(path: str, value: Any, wanted: type) -> None:
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        go = {str: "string", int: "int32", bool: "bool", dict: "map[string]string"}[wanted]
        given = "number" if isinstance(value, int | float) and not isinstance(value, bool) else WORDS[type(value)]
        given = {"boolean": "bool"}.get(given, given)
        raise Mistyped(f"json: cannot unmarshal {given} into Go struct field {path} of type {go}")
