"""For programs, and for truebook itself: the whole report, which `load` reads back.

    {"schema": 1, "exit_code": 1, "report": {"cluster": …, "findings": […], "blocks": […], …}}

The fields of `report` are those of `truebook.model.Report`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from truebook.errors import ReportError
from truebook.findings import Report, RuleInfo

SCHEMA = 1


class _File(msgspec.Struct, frozen=True):
    """The file as it stands on disk."""

    schema: int
    exit_code: int
    report: Report


class _Outline(msgspec.Struct):
    """What files of all schemas have in common."""

    schema: int


def render(report: Report, rules: Mapping[str, RuleInfo]) -> str:
    """Indented JSON."""
    made = msgspec.json.encode(_File(SCHEMA, report.exit_code, report))
    return msgspec.json.format(made, indent=2).decode() + "\n"


def load(path: Path) -> Report:
    """Read a report back. Raises ReportError with the path and what is wrong."""
    try:
        body = path.read_bytes()
        schema = msgspec.json.decode(body, type=_Outline).schema
        if schema != SCHEMA:
            raise ReportError(f"schema {schema} is not the one this truebook reads; make it again", path=path)
        return msgspec.json.decode(body, type=_File).report
    except OSError as error:
        raise ReportError(f"cannot read the report: {error.strerror}", path=path) from error
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ReportError(f"not a truebook report: {error}", path=path) from error
