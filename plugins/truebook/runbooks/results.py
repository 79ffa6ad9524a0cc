"""Results, for people and for programs. Pure: nothing is printed here."""

from __future__ import annotations

from typing import Any

from truebook.model import BlockResult, Planned, ResultState
from truebook.redact import excerpt
from truebook.runbooks import show

HEAD = ("Where", "Result", "Plan", "Took", "Why", "Under")
"""The columns of `as_row`."""

WORDS: dict[ResultState, str] = {
    "passed": "passed",
    "failed": "FAILED",
    "unknown": "not known",
    "not-run": "not run",
}


def as_json(planned: Planned, result: BlockResult) -> dict[str, Any]:
    """What `truebook list --json` says of a block, and what happened to it."""
    return {
        **show.as_json([planned])[0],
        "plan": result.plan,
        "result": result.state,
        "reason": result.reason,
        "plan_reason": planned.reason,
        "started_at": result.started_at,
        "duration": result.duration,
        "cluster": result.cluster,
        "exit_code": result.exit_code,
        "failed_line": result.failed_line,
        "output": result.output,
        "claims": [{"text": one.text, "holds": one.holds, "source": one.source} for one in result.claims],
        "requests": [
            {
                "system": one.system,
                "method": one.method,
                "path": one.path,
                "decision": one.decision,
                "status": one.status,
                "reason": one.reason,
                "warnings": list(one.warnings),
            }
            for one in result.requests
        ],
        "tools": dict(result.tools),
        "cached": result.cached,
        "unrecorded": result.unrecorded,
    }


def as_row(planned: Planned, result: BlockResult) -> tuple[str, ...]:
    """A block in one row under `HEAD`: plain text without control characters, for a table that knows no markup."""
    block = planned.block
    where = f"{block.path}:{result.failed_line or block.line}"
    took = "as before" if result.cached else f"{result.duration:.2f} s" if result.started_at else ""
    under = " / ".join(part for part in (block.heading, block.tab) if part)
    reason = result.reason.removeprefix("not run: ")
    return tuple(excerpt(text, 120) for text in (where, WORDS[result.state], result.plan, took, reason, under))


def failure(planned: Planned, result: BlockResult) -> str:
    """All there is to say of a block that failed, several lines of plain text."""
    where = f"{planned.block.path}:{result.failed_line or planned.block.line}"
    lines = [f"{excerpt(where, 300)}: {excerpt(result.reason, 300)}"]
    values = [f"{excerpt(one.placeholder, 80)} = {excerpt(one.value, 80)}" for one in result.values]
    lines += [f"  with {', '.join(values)}"] if values else []
    lines += [f"  {_holds(one.holds)} {excerpt(one.text, 300)}" for one in result.claims if one.holds is not True]
    refused = (one for one in result.requests if one.decision == "refuse")
    lines += [f"  refused {excerpt(f'{one.method} {one.path}: {one.reason}', 300)}" for one in refused]
    said = [line for line in result.output.split("\n") if line.strip()][-5:]
    lines += [f"  | {excerpt(line, 300)}" for line in said]
    return "\n".join(lines)


def _holds(holds: bool | None) -> str:
    return "not known:" if holds is None else "does not hold:"
