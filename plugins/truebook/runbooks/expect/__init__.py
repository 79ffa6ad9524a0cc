"""Whether a block printed what its page says. One module per kind of expectation, one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from truebook.model import Expectation, ExpectationKind
from truebook.runbooks.expect import comment, json_subset, lines, table

KINDS: dict[ExpectationKind, Callable[[str, str, bool], str]] = {
    "comment": comment.mismatch,
    "glob": lines.glob_mismatch,
    "json": json_subset.mismatch,
    "literal": lines.mismatch,
    "regex": lines.regex_mismatch,
    "table": table.mismatch,
}
"""(expected text, output, whole) → why they differ, empty where they do not. `whole`: the text stands for all of the
output, as there is no other; else it is a part of it."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An expectation that does not hold: the file's line that says it, and why."""

    line: int
    why: str


def compare(expectations: Sequence[Expectation], output: str) -> tuple[Mismatch, ...]:
    """The expectations that `output` does not meet."""
    shown = [one for one in expectations if one.kind != "comment"]
    differences = ((one.line, KINDS[one.kind](one.text, output, len(shown) == 1)) for one in expectations)
    return tuple(Mismatch(line, why) for line, why in differences if why)
