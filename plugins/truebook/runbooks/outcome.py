"""What a process that has ended says about its block: a pure function."""

from __future__ import annotations

import re
from dataclasses import dataclass

from truebook.claims import refused, worst
from truebook.model import Block, Claim, Planned, RequestRecord, ResultState
from truebook.redact import excerpt, redact_text
from truebook.runbooks.expect import compare
from truebook.runbooks.sandbox.job import Outcome

# Colours, cursor movements, titles; then all that is no text.
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_NO_COMMAND = re.compile(r"\s*(?:#.*)?")


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a block passed, and why not. `line` is the file's line of what failed, 0 for none."""

    state: ResultState
    reason: str
    line: int = 0


def text(output: bytes) -> str:
    """Output as text, without what only a terminal understands. Not redacted yet."""
    decoded = output.decode("utf-8", "replace").replace("\r\n", "\n")
    return _CONTROL.sub("", _ESCAPE.sub("", decoded))


def redacted(output: bytes) -> str:
    """Output as it may be shown."""
    return redact_text(text(output))


def look(planned: Planned, outcome: Outcome) -> Finding:
    """What became of a block that was run."""
    block = planned.block
    for check in (_killed, _refused, _status, _expected):
        if finding := check(block, outcome):
            return finding
    return of_claims(outcome.claims) or Finding("passed", planned.reason)


def of_claims(claims: tuple[Claim, ...]) -> Finding | None:
    """What is wrong with claims, if anything is: one does not hold, or none of them could be told."""
    false = refused(claims)
    if false is not None:
        return Finding("failed", f"does not hold: {false.text}")
    if claims and worst(claims) is None:
        return Finding("unknown", f"could not be told: {claims[0].text}")
    return None


def _killed(block: Block, outcome: Outcome) -> Finding | None:
    return Finding("failed", f"ended: {outcome.killed}") if outcome.killed else None


def _refused(block: Block, outcome: Outcome) -> Finding | None:
    refused = next((record for record in outcome.requests if record.decision == "refuse"), None)
    if refused is None:
        return None
    return Finding("failed", f"the guard refused {_named(refused)}: {refused.reason}", _failed_line(block, outcome))


def _named(record: RequestRecord) -> str:
    return excerpt(f"{record.method} {record.path}", 160)


def _status(block: Block, outcome: Outcome) -> Finding | None:
    """The process's own status; what the block says of itself can only make it worse."""
    wanted, report = block.options.returncode, outcome.report
    line = _failed_line(block, outcome)
    if outcome.exit_code != wanted:
        expected = f", not {wanted}" if wanted else ""
        return Finding("failed", f"exit code {outcome.exit_code}{expected}{_last_words(outcome)}", line)
    if wanted:
        return None
    if report.failed:
        return Finding("failed", "a command failed, though the block ended with 0", line)
    if report.ended:
        return None
    if report.exited and not _commands_after(block, report.exited):
        return None
    if report.exited:
        return Finding("failed", "exit ended the block before its last command", file_line(block, report.exited))
    return Finding("failed", "the block did not come to its end")


def _expected(block: Block, outcome: Outcome) -> Finding | None:
    if not block.expectations:
        return None
    mismatch = next(iter(compare(block.expectations, text(outcome.output))), None)
    return Finding("failed", redact_text(mismatch.why), mismatch.line) if mismatch else None


def _last_words(outcome: Outcome) -> str:
    lines = [line for line in redacted(outcome.output[-4096:]).split("\n") if line.strip()]
    return f": {excerpt(lines[-1], 160)}" if lines else ""


def _failed_line(block: Block, outcome: Outcome) -> int:
    if outcome.report.failed:
        return file_line(block, outcome.report.failed)
    if outcome.exit_code != block.options.returncode and outcome.report.exited:
        return file_line(block, outcome.report.exited)
    return 0


def file_line(block: Block, line: int) -> int:
    """The file's line of the script's line `line`, which counts from 1."""
    return block.lines[min(line, len(block.lines)) - 1] if block.lines and line > 0 else block.line


def _commands_after(block: Block, line: int) -> bool:
    return any(not _NO_COMMAND.fullmatch(rest) for rest in block.script.split("\n")[line:])
