"""Workflow commands of GitHub Actions, which shows ten errors and ten warnings of a step: the rest is summed up.

Those with the most weight come first; the last one of a kind that has more says how many more, page by page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from truebook.findings import Report, RuleInfo
from truebook.redact import excerpt
from truebook.report import words

MOST = 10
"""Annotations of one level that a step shows."""
LONGEST = 500


@dataclass(frozen=True, slots=True)
class _Note:
    level: str
    path: str
    line: int
    title: str
    message: str


def render(report: Report, rules: Mapping[str, RuleInfo]) -> str:
    """One `::error file=…` line each, then the conclusion in plain words."""
    notes = list(_notes(report))
    lines = []
    for level in ("error", "warning", "notice"):
        ours = [note for note in notes if note.level == level]
        shown = ours if len(ours) <= MOST else ours[: MOST - 1]
        lines += [_command(note) for note in shown]
        if rest := ours[len(shown) :]:
            pages = Counter(note.path for note in rest)
            told = ", ".join(f"{path} ({number})" for path, number in pages.most_common(8))
            more = ", …" if len(pages) > 8 else ""
            lines.append(_command(_Note(level, "", 0, f"{len(rest)} more", f"{told}{more}; see the step's log")))
    return "\n".join([*lines, words.conclusion(report)]) + "\n"


def _notes(report: Report) -> Iterator[_Note]:
    for problem in report.problems:
        yield _Note("error", "", 0, "could not be told", problem)
    for block in report.blocks:
        if block.result.state in ("failed", "unknown"):
            title = "failed block" if block.result.state == "failed" else "could not be told"
            line = block.result.failed_line or block.result.line
            yield _Note("error", block.result.path, line, title, block.result.reason)
    for found in report.findings:
        if found.severity != "off":
            said = "; ".join([found.message, *(f"{side}: {text}" for side, text in words.sides(found))])
            level = "notice" if found.severity == "note" else found.severity
            hint = f". {found.hint}" if found.hint else ""
            yield _Note(level, found.path, found.line, found.rule, f"{said}{hint}")


def _command(note: _Note) -> str:
    fields = {"file": note.path, "line": str(note.line) if note.line else "", "title": note.title}
    told = ",".join(f"{name}={_property(value)}" for name, value in fields.items() if value)
    return f"::{note.level}{f' {told}' if told else ''}::{_data(excerpt(note.message, LONGEST))}"


def _data(text: str) -> str:
    """The message of a command: what would end or begin one is written as its code."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(excerpt(text, LONGEST)).replace(":", "%3A").replace(",", "%2C")
