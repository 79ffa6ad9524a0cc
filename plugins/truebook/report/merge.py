"""Reports of shards as one.

Each shard of a run has its share of the blocks, and the first one compares the pages. A shard that is missing has
tested nothing: the merged report names it, and can't tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from truebook.errors import ReportError
from truebook.findings import Report

T = TypeVar("T")


def merge(reports: Sequence[tuple[Path, Report]]) -> Report:
    """One report of several, each with the file it is from. The order of the files does not matter.

    Raises ReportError where they are not of one run: another cluster, another number of shards, a shard twice.
    """
    if not reports:
        raise ReportError("there is no report to merge; name the files that the shards wrote")
    ordered = sorted(reports, key=lambda one: (_shard(*one), str(one[0])))
    path, first = ordered[0]
    seen: dict[int, Path] = {}
    total = _shard(path, first)[1]
    for other, report in ordered:
        number, of = _shard(other, report)
        if of != total:
            raise ReportError(
                f"is shard {number} of {of}, and {path} is one of {total}; merge those of one run", path=other
            )
        if number in seen:
            raise ReportError(f"is shard {number} of {of}, as {seen[number]} is; name each once", path=other)
        if report.cluster != first.cluster:
            raise ReportError(f"is of the cluster {report.cluster!r}, and {path} of {first.cluster!r}", path=other)
        seen[number] = other
    parts = [report for _, report in ordered]
    missing = [f"shard {number} of {total} is missing" for number in range(1, total + 1) if number not in seen]
    if not missing:
        missing = _lost(parts)
    return replace(
        first,
        generated_at=max(part.generated_at for part in parts),
        recorded_at=min(part.recorded_at for part in parts),  # what is oldest vouches for all of it
        findings=_once(found for part in parts for found in part.findings),
        ignored=_once(found for part in parts for found in part.ignored),
        known=_once(found for part in parts for found in part.known),
        blocks=tuple(
            sorted(
                (block for part in parts for block in part.blocks),
                key=lambda block: (block.result.path, block.result.line, block.result.ordinal),
            )
        ),
        compared=_once(one for part in parts for one in part.compared),
        problems=_once((*(problem for part in parts for problem in part.problems), *missing)),
        shard="",
        shard_blocks=0,
        allow_unrecorded=all(part.allow_unrecorded for part in parts),
    )


def _lost(parts: Sequence[Report]) -> list[str]:
    """Why the shards together are not the whole: they were cut by different durations or pages."""
    places = [(block.result.path, block.result.line) for part in parts for block in part.blocks]
    totals = {part.shard_blocks for part in parts}
    if len(totals) > 1 or max(totals) != len(set(places)):
        counts = " and ".join(map(str, sorted(totals)))
        return [f"the shards tested {len(set(places))} blocks, and there are {counts}: give all the same --durations"]
    return []


def _shard(path: Path, report: Report) -> tuple[int, int]:
    """`2/5` as numbers; a report that is no shard's is the first of one."""
    number, _, total = (report.shard or "1/1").partition("/")
    if not (number.isdecimal() and total.isdecimal() and 1 <= int(number) <= int(total)):
        raise ReportError(f"says that it is shard {report.shard!r}, which is none", path=path)
    return int(number), int(total)


def _once(found: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(found))
