"""How verdicts compare."""

from __future__ import annotations

from collections.abc import Iterable

from truebook.model import VerdictKind

ORDER: tuple[VerdictKind, ...] = (
    "read",  # runs
    "local",  # runs, and what it writes is thrown away
    "write",  # only as a dry run or a proof
    "destructive",  # the same, and the page warns
    "secret",  # not run: its output may not be seen
    "exec",  # not run: only what allows it is proved
    "interactive",  # not run: it would wait or never end
    "unknown",  # never run, at any setting
)
"""From mild to bad: each kind lets less of a block be tried than the one before it."""

_RANK = {kind: rank for rank, kind in enumerate(ORDER)}


def rank(verdict: VerdictKind) -> int:
    """The place of `verdict` in `ORDER`."""
    return _RANK[verdict]


def worst(verdicts: Iterable[VerdictKind]) -> VerdictKind:
    """The worst of `verdicts`, `read` where there is none."""
    return ORDER[max(map(_RANK.__getitem__, verdicts), default=0)]
