"""Write what a block printed in place of what its page expects of it.

Only a fence of output that follows the block is written, and only where it is all that is expected. Patterns (`(glob)`,
`(regex)`, `...`), prompts with output between them and comments are people's: what they have to change is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from truebook.model import BlockResult, Expectation, Planned
from truebook.runbooks.expect import compare

MOST = 200
"""Lines of output that are written at most."""

_PATTERN = re.compile(r" \((?:glob|regex)\)$|^\s*\.\.\.\s*$", re.MULTILINE)
_NO_TEXT = re.compile(r"```|~~~|-8<-|<!--")
"""What is more than text within a fence: it ends one, includes a file, or begins a mark or a comment of ours."""
_WRITTEN = frozenset({"literal", "json", "table"})


@dataclass(frozen=True, slots=True)
class Outdated:
    """An expectation that does not hold any more; `output` is what to write there, None where people have to."""

    planned: Planned
    expectation: Expectation
    output: str | None
    reason: str = ""


def outdated(planned: Planned, result: BlockResult) -> Outdated | None:
    """What is to be accepted of a block that ran to its end; None where all it expects holds."""
    expected = planned.block.expectations
    if result.exit_code != planned.block.options.returncode or not compare(expected, result.output):
        return None
    shown = [one for one in expected if one.kind != "comment"]
    mismatch = compare(expected, result.output)[0]
    wrong = next(one for one in expected if one.line == mismatch.line)
    output = result.output.strip("\n").rstrip()
    if len(shown) != 1 or wrong.kind not in _WRITTEN or wrong.line <= planned.block.end_line:
        return Outdated(planned, wrong, None, "it is not a fence of output of its own")
    if _PATTERN.search(wrong.text):
        return Outdated(planned, wrong, None, "it holds a pattern")
    if not output or output.count("\n") >= MOST or _NO_TEXT.search(output):
        return Outdated(planned, wrong, None, "the output does not fit into a fence")
    return Outdated(planned, wrong, output)


def write(text: str, changes: Sequence[Outdated]) -> str:
    """The file's text with new outputs. One that does not stand where it was found is left alone."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(newline)
    for change in sorted(changes, key=lambda one: one.expectation.line, reverse=True):
        old = change.expectation.text.split("\n")
        start = change.expectation.line - 1
        standing = lines[start : start + len(old)]
        if change.output is None or len(standing) < len(old):
            continue
        before = _before(standing[0], old[0])
        if before is None or [_bare(line, before) for line in standing] != [line.strip() for line in old]:
            continue
        lines[start : start + len(old)] = [f"{before}{line}".rstrip() for line in change.output.split("\n")]
    return newline.join(lines)


def _before(standing: str, old: str) -> str | None:
    """What stands before a fence's text on its lines: the indentation of a list or a tab, the signs of a quotation."""
    found = standing.rstrip().removesuffix(old.rstrip())
    return found if found + old.rstrip() == standing.rstrip() and not found.strip(" \t>") else None


def _bare(line: str, before: str) -> str:
    return (line.removeprefix(before) if line.startswith(before) else line.strip(" \t>")).strip()
