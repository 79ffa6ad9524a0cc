"""Benchmarks: each `bench_*.py` has `measure(rounds) -> list[Row]`. Run them with `scripts/bench`.

Speed is told as a ratio of two things measured in turn within one run, so that a slow machine is no slow truebook.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: seconds of ours and of the baseline, a round each, and the ratio that is the goal.

    `facts` are further numbers worth a line, by name: `{"peak MB": 412}`; `limits` bounds them: `{"peak MB": 600}`.
    """

    name: str
    ours: Sequence[float]
    baseline: Sequence[float]
    goal: float | None = None
    facts: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Median of the ratios of each round."""
        return statistics.median(ours / base for ours, base in zip(self.ours, self.baseline, strict=True))

    @property
    def reached(self) -> bool:
        """Whether the goal and all limits are kept."""
        within = all(self.facts[name] <= limit for name, limit in self.limits.items())
        return within and (self.goal is None or self.ratio <= self.goal)
