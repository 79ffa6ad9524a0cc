"""Words that several formats share."""

from __future__ import annotations

from collections import Counter

from truebook.findings import SEVERITIES, Finding, Report, TestedBlock
from truebook.model import ResultState

STATES: dict[ResultState, str] = {
    "passed": "passed",
    "failed": "failed",
    "unknown": "could not be told",
    "not-run": "not run",
}

_SIDES = {"documented": "documentation", "live": "cluster", "declared": "Git"}


def count(number: int, one: str, many: str = "") -> str:
    """`1 finding`, `2 findings`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def conclusion(report: Report) -> str:
    """The whole report in a sentence."""
    if report.exit_code == 0 and not report.findings:
        left = count(len(report.known) + len(report.ignored), "finding")
        but = f", but for {left} that somebody knows of" if report.known or report.ignored else ""
        return f"Documentation and cluster agree{but}."
    if report.exit_code == 0:
        return f"{findings(report)}, none of which counts as a failure."
    parts = [findings(report)] if report.findings else []
    failed = sum(block.result.state == "failed" for block in report.blocks)
    parts += [f"{count(failed, 'failed block')}"] if failed else []
    if report.exit_code == 2:
        empty = not report.compared and not report.blocks
        parts.append("nothing was compared" if empty else "not all could be told")
    said = ", ".join(parts)
    return f"{said[:1].upper()}{said[1:]}."


def findings(report: Report) -> str:
    """`2 errors, 1 warning`."""
    counts = Counter(found.severity for found in report.findings)
    return ", ".join(count(counts[severity], severity) for severity in SEVERITIES if counts[severity]) or "no findings"


def compared(report: Report) -> str:
    """`21 claims, 14 regions`, empty where nothing was."""
    counts = Counter(one.kind for one in report.compared)
    return ", ".join(count(number, kind) for kind, number in sorted(counts.items()))


def blocks(report: Report) -> str:
    """`96 passed, 2 failed`, empty where there are none."""
    counts = Counter(block.result.state for block in report.blocks)
    return ", ".join(f"{counts[state]} {word}" for state, word in STATES.items() if counts[state])


def sides(found: Finding) -> list[tuple[str, str]]:
    """What each side says, where it says anything: (`documented`, text)."""
    told = [("documented", found.documented), ("live", found.live), ("declared in Git", found.declared)]
    return [(side, words) for side, words in told if words]


def odd(found: Finding) -> str:
    """Which side is alone with what it says, empty where that can't be said."""
    return f"the {_SIDES[found.odd]} disagrees with the other two" if found.odd else ""


def block_where(block: TestedBlock) -> str:
    """`path:line` of what went wrong, else of the block."""
    return f"{block.result.path}:{block.result.failed_line or block.result.line}"


def under(block: TestedBlock) -> str:
    """`Heading / Tab` of a block, or its name."""
    return " / ".join(part for part in (block.heading, block.tab, block.name) if part)
