"""What is made of a process that has ended."""

from __future__ import annotations

import pytest

from tests.unit.runbooks_run.samples import outcome, planned
from truebook.model import Claim, Expectation, RequestRecord
from truebook.runbooks.outcome import Finding, look, redacted
from truebook.runbooks.sandbox import Outcome
from truebook.runbooks.sandbox.shell import Report

REFUSED = RequestRecord("kubernetes", "POST", "/api/v1/namespaces/x/pods/y/exec", "refuse", 403, "it runs a command")
READ = RequestRecord("kubernetes", "GET", "/api/v1/pods", "forward", 200)


@pytest.mark.parametrize(
    ("found", "finding"),
    [
        (outcome(), Finding("passed", "reads")),
        (outcome(exit_code=2, report=Report(failed=2)), Finding("failed", "exit code 2", 12)),
        (
            outcome(b"a\nError: no such pod\n", exit_code=1, report=Report(failed=1)),
            Finding("failed", "exit code 1: Error: no such pod", 11),
        ),
        (outcome(exit_code=3, report=Report(exited=3)), Finding("failed", "exit code 3", 13)),
        (
            outcome(report=Report(failed=2, exited=1)),
            Finding("failed", "a command failed, though the block ended with 0", 12),
        ),
        (outcome(report=Report()), Finding("failed", "the block did not come to its end")),
        (outcome(report=Report(exited=2)), Finding("failed", "exit ended the block before its last command", 12)),
        (outcome(report=Report(exited=3)), Finding("passed", "reads")),
        (outcome(killed="it took longer than 3 s", exit_code=137), Finding("failed", "ended: it took longer than 3 s")),
        (
            outcome(requests=(READ, REFUSED), exit_code=1, report=Report(failed=1)),
            Finding("failed", "the guard refused POST /api/v1/namespaces/x/pods/y/exec: it runs a command", 11),
        ),
        (outcome(requests=(READ,)), Finding("passed", "reads")),
        (outcome(claims=(Claim("the app exists", True),)), Finding("passed", "reads")),
        (
            outcome(claims=(Claim("a", None), Claim("b", False))),
            Finding("failed", "does not hold: b"),
        ),
        (outcome(claims=(Claim("a", None), Claim("b", None))), Finding("unknown", "could not be told: a")),
        (outcome(claims=(Claim("a", True), Claim("b", None))), Finding("passed", "reads")),
    ],
)
def test_findings(found: Outcome, finding: Finding) -> None:
    assert look(planned("one\ntwo\nthree\n# done"), found) == finding


@pytest.mark.parametrize(
    ("exit_code", "report", "state"),
    [(1, Report(failed=2), "passed"), (1, Report(exited=1), "passed"), (0, Report(ended=True), "failed")],
)
def test_other_return_code(exit_code: int, report: Report, state: str) -> None:
    found = look(planned("one\ntwo", returncode=1), outcome(exit_code=exit_code, report=report))
    assert found.state == state
    assert state == "passed" or found.reason == "exit code 0, not 1"


def test_expectation_names_its_own_line() -> None:
    block = planned("one", expectations=(Expectation("literal", "Running", 15),))
    assert look(block, outcome(b"Running\n")).state == "passed"
    assert look(block, outcome(b"Pending\n")) == Finding("failed", "the output lacks the line 'Running'", 15)


def test_last_words_are_redacted() -> None:
    found = look(planned("one"), outcome(b"password: hunter2hunter2\n", exit_code=1, report=Report(failed=1)))
    assert "hunter2" not in found.reason


def test_output_is_plain_text() -> None:
    raw = b"\x1b[31mred\x1b[0m \x1b]0;title\x07x\x1b(B\ty\r\n\x00\x08\xff\xe2\x80\xaez\npassword: hunter2hunter2\n"
    shown = redacted(raw)
    assert shown.startswith("red x")
    assert shown.isprintable() is False  # its lines are ended, and tabs kept
    assert all(character.isprintable() or character in "\n\t" for character in shown)
    assert "hunter2" not in shown
    assert "\u202e" not in shown
