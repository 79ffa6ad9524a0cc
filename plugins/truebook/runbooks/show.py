"""Planned blocks, for people and for programs. Pure: nothing is printed here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from truebook.model import FilledValue, Planned
from truebook.redact import excerpt, hide
from truebook.runbooks.plan import ORDER

HEAD = ("Where", "Verdict", "Plan", "Why", "Under")
"""The columns of `as_row`."""


def as_json(planned: Sequence[Planned]) -> list[dict[str, Any]]:
    """One object for each block; lines count from 1 in the source file."""
    return [_as_json(one) for one in planned]


def _as_json(one: Planned) -> dict[str, Any]:
    block = one.block
    return {
        "path": block.path,
        "line": block.line,
        "end_line": block.end_line,
        "heading": block.heading,
        "tab": block.tab,
        "language": block.language,
        "plan": one.plan,
        "verdict": one.judgement.verdict,
        "reason": one.reason,
        "missing": list(one.filling.missing),
        "commands": [
            {
                "line": file_line(one, command.line),
                "text": hide(command.text, one.filling.secrets),
                "verdict": command.verdict,
                "reason": command.reason,
            }
            for command in one.judgement.commands
        ],
        "name": block.options.name,
        "session": block.session,
        "script": hide(one.filling.script, one.filling.secrets),
        "values": [_value(value) for value in one.filling.values],
        "notes": list(one.filling.notes),
    }


def _value(value: FilledValue) -> dict[str, str]:
    evidence = "" if value.evidence is None else str(value.evidence)
    return {"placeholder": value.placeholder, "value": value.value, "origin": value.origin, "evidence": evidence}


def file_line(one: Planned, line: int) -> int:
    """The file's line of the script's line `line`, which counts from 1."""
    lines = one.block.lines
    return lines[min(max(line, 1), len(lines)) - 1] if lines else one.block.line


def as_row(one: Planned) -> tuple[str, ...]:
    """A block in one row under `HEAD`: plain text without control characters, for a table that knows no markup."""
    block = one.block
    under = " / ".join(part for part in (block.heading, block.tab) if part)
    return tuple(excerpt(text, 120) for text in (block.where, one.judgement.verdict, one.plan, one.reason, under))


def summary(planned: Sequence[Planned], pages: int) -> str:
    """`12 blocks on 3 pages: 7 run, 5 dry-run`."""
    counts = Counter(one.plan for one in planned)
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in ORDER if counts[kind])
    head = f"{_count(len(planned), 'block')} on {_count(pages, 'page')}"
    return f"{head}: {kinds}" if kinds else head


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def explain(one: Planned) -> str:
    """All there is to say of a block, several lines of plain text."""
    block = one.block
    under = " / ".join(part for part in (block.heading, block.tab) if part)
    head = f"{block.where} to {block.end_line}" + (f", under {under}" if under else "")
    lines = [excerpt(head, 300), f"plan     {one.plan}: {excerpt(one.reason, 300)}"]
    lines.append(f"verdict  {one.judgement.verdict}: {excerpt(one.judgement.reason, 300)}")
    for command in one.judgement.commands:
        lines.append(f"  {file_line(one, command.line)}  {command.verdict}: {excerpt(command.reason, 300)}")
        lines.append(f"      {excerpt(hide(command.text, one.filling.secrets), 300)}")
    if one.filling.values or one.filling.missing:
        lines.append("values")
    for value in one.filling.values:
        source = value.origin + (f", {value.evidence}" if value.evidence else "")
        lines.append(f"  {excerpt(value.placeholder)} = {excerpt(value.value)} ({excerpt(source)})")
    lines += [f"  {excerpt(text)} has no value" for text in one.filling.missing]
    lines += [f"note     {excerpt(note, 300)}" for note in one.filling.notes]
    lines += [
        f"expects  {expected.kind}, line {expected.line}: {excerpt(expected.text)}" for expected in block.expectations
    ]
    return "\n".join(lines) + "\n"
