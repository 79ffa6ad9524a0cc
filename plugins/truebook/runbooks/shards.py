"""Shares of a run: the same blocks whatever the number of shares, those of a session together.

The shares are balanced by how long blocks took before; one that is new counts as long as the middle one of those that
are known. All shards must be given the same durations: they decide by themselves, and no scheduler does.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence

from truebook.model import Planned

Place = tuple[str, int]
"""A block's path and line."""


def share(
    planned: Sequence[Planned], number: int, of: int, durations: Mapping[Place, float] | None = None
) -> list[Planned]:
    """The blocks of share `number` (from 1) of `of`, in their order. `durations` are seconds."""
    known = dict(durations or {})
    usual = statistics.median(known.values()) if known else 1.0
    sessions: dict[tuple[str, str], float] = defaultdict(float)
    for one in planned:
        # What is not run takes no time worth speaking of, but a little, so that it is spread as well.
        runs = one.plan in ("run", "dry-run", "prove")
        sessions[_session(one)] += known.get((one.block.path, one.block.line), usual) if runs else usual / 100
    loads = [0.0] * of
    place: dict[tuple[str, str], int] = {}
    for session in sorted(sessions, key=lambda key: (-sessions[key], key)):
        lightest = min(range(of), key=lambda shard: (loads[shard], shard))
        loads[lightest] += sessions[session]
        place[session] = lightest
    return [one for one in planned if place[_session(one)] == number - 1]


def _session(one: Planned) -> tuple[str, str]:
    return one.block.path, one.block.session
