"""The history: the numbers of the last builds, in one small file.

    {"schema": 1, "builds": [{"at": "2026-11-24T05:30:00Z", "cluster": "homelab",
                              "findings": {"error": 1, "warning": 4}, "blocks": {"passed": 96, "failed": 2}}]}

The newest `RECENT` builds are all kept; of those before, one for each day, and none beyond `MOST`.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from truebook import files
from truebook.errors import ReportError
from truebook.findings import Report

SCHEMA = 1
RECENT = 30
MOST = 120
LARGEST = 1024 * 1024
"""Bytes of a file that is read: ours is a small part of that."""


class Build(msgspec.Struct, frozen=True):
    """The numbers of one build: findings by severity, blocks by result."""

    at: str
    cluster: str = ""
    findings: dict[str, int] = {}
    blocks: dict[str, int] = {}


class History(msgspec.Struct, frozen=True):
    """The builds, the oldest first."""

    schema: int = SCHEMA
    builds: list[Build] = []


def build_of(report: Report) -> Build:
    """The numbers of a report."""
    return Build(
        report.generated_at,
        report.cluster,
        dict(sorted(Counter(found.severity for found in report.findings).items())),
        dict(sorted(Counter(block.result.state for block in report.blocks).items())),
    )


def load(path: Path) -> History:
    """Read a history, an empty one where there is no file. Raises ReportError where it is something else."""
    try:
        body = path.read_bytes() if path.stat().st_size <= LARGEST else b""
        found = msgspec.json.decode(body, type=History)
    except FileNotFoundError:
        return History()
    except OSError as error:
        raise ReportError(f"cannot read the history: {error.strerror}", path=path) from error
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ReportError(
            "is not a history, and is not overwritten; name another file or remove it", path=path
        ) from error
    if found.schema != SCHEMA:
        raise ReportError(f"schema {found.schema} is not the one this truebook reads; remove the file", path=path)
    return found


def append(history: History, build: Build) -> History:
    """With one build more, and without those that are not kept any longer. A build of the same instant is replaced."""
    others = [one for one in history.builds if one.at != build.at]
    builds = sorted([*others, build], key=lambda one: one.at)
    recent, old = builds[-RECENT:], builds[:-RECENT]
    daily = {one.at[:10]: one for one in old}  # the last of each day
    return History(SCHEMA, [*daily.values(), *recent][-MOST:])


def save(history: History, path: Path) -> None:
    """Write atomically, one build on a line, so that a commit of it shows one line more."""
    lines = b",\n".join(map(msgspec.json.encode, history.builds))
    body = b'{"schema":%d,"builds":[\n%s\n]}\n' % (history.schema, lines)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, body)
    except OSError as error:
        raise ReportError(f"cannot write the history: {error.strerror}", path=path) from error
