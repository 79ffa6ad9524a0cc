"""Drift: where documentation, cluster and Git disagree. Pure; what a page says comes as statements.

    findings = find(facts)

A rule is one file in `rules`, with a line in `CHECKS`.
"""

from __future__ import annotations

from truebook.drift.facts import Facts
from truebook.drift.find import Found, find
from truebook.drift.rules import RULES
from truebook.drift.rules.regions import untold

__all__ = ["RULES", "Facts", "Found", "find", "untold"]
