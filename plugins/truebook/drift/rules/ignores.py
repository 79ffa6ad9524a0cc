"""Ignores that have ended or have nothing left to ignore. What finds them is `drift.find`, which applies them."""

from __future__ import annotations

from truebook.drift.facts import Check
from truebook.findings import RuleInfo

ENDED = RuleInfo(
    "ended-ignore",
    "An ignore has ended",
    "Its last day is over, and what it left alone counts again. Repair that and remove the ignore, or give it a new "
    "end if there is a reason to.",
)
UNUSED = RuleInfo(
    "unused-ignore",
    "An ignore has nothing to ignore",
    "Nothing is found any more that it would leave alone. Remove it, so that it does not hide the next finding.",
    "note",
)

CHECK = Check((ENDED, UNUSED), lambda facts: ())
