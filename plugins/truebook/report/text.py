"""For a terminal: a line each, `path:line: severity: message (rule)`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from truebook.findings import Finding, Report, RuleInfo
from truebook.redact import excerpt
from truebook.report import words

LONGEST = 300


def render(report: Report, rules: Mapping[str, RuleInfo]) -> str:
    """Plain text without control characters."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    for found in report.findings:
        yield from _finding(found)
    for block in report.blocks:
        if block.result.state in ("failed", "unknown"):
            word = "failed" if block.result.state == "failed" else "not known"
            yield _cut(f"{words.block_where(block)}: {word}: {block.result.reason}")
    for problem in report.problems:
        yield _cut(f"could not be told: {problem}")
    if report.known:
        yield f"{words.count(len(report.known), 'finding')} of the baseline left out"
    if report.ignored:
        yield f"{words.count(len(report.ignored), 'finding')} ignored:"
        for one in report.ignored:
            yield _cut(f"  {one.finding.where}: {one.finding.message} ({one.where}: {one.reason})")
    if told := words.compared(report):
        yield f"compared {told} with {excerpt(report.origin, LONGEST)}"
    if told := words.blocks(report):
        yield f"shell blocks: {told}"
    yield words.conclusion(report)


def _finding(found: Finding) -> Iterator[str]:
    yield _cut(f"{found.where}: {found.severity}: {found.message} ({found.rule})")
    for side, said in words.sides(found):
        yield _cut(f"    {side}: {said}")
    if told := words.odd(found):
        yield f"    {told}"
    for evidence in found.evidence:
        yield _cut(f"    read from {evidence}")
    if found.hint:
        yield _cut(f"    {found.hint}")


def _cut(line: str) -> str:
    """On one line; indentation is kept."""
    indented = len(line) - len(line.lstrip(" "))
    return " " * indented + excerpt(line.strip(), LONGEST)
