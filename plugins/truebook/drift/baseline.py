"""A baseline: the findings that were there when a project began to check. They are known, and fail nothing.

{"schema": 1, "findings": {"0123…": {"rule": "cell-differs", "path": "docs/index.md", "subject": "Vault.URL"}}}
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from truebook import files
from truebook.errors import ReportError
from truebook.findings import Finding

SCHEMA = 1


class _Entry(msgspec.Struct, frozen=True):
    """What a fingerprint stands for, for people."""

    rule: str
    path: str
    subject: str


class _Baseline(msgspec.Struct, frozen=True):
    schema: int
    findings: dict[str, _Entry]


def load(path: Path) -> frozenset[str]:
    """The fingerprints that are known. Raises ReportError where the file can't be read."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Baseline)
    except OSError as error:
        raise ReportError(f"cannot read the baseline: {error.strerror}", path=path) from error
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ReportError(f"is not a baseline: {error}", path=path) from error
    if found.schema != SCHEMA:
        raise ReportError(f"schema {found.schema} is not the one this truebook reads; write it again", path=path)
    return frozenset(found.findings)


def save(findings: Iterable[Finding], path: Path) -> None:
    """Write the fingerprints of `findings` atomically, sorted, one on a line."""
    entries = {one.fingerprint: _Entry(one.rule, one.path, one.subject) for one in findings}
    lines = [
        msgspec.json.encode(key) + b": " + msgspec.json.encode(entries[key])
        for key in sorted(entries, key=lambda key: (entries[key].path, entries[key].rule, entries[key].subject))
    ]
    body = b'{"schema": %d, "findings": {\n%s\n}}\n' % (SCHEMA, b",\n".join(lines))
    try:
        files.replace(path, body)
    except OSError as error:
        raise ReportError(f"cannot write the baseline: {error.strerror}", path=path) from error
