"""Sessions, retries, plans, the cache; and blocks that would rewrite their own result."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.runbooks_run.samples import FakePlace, outcome, planned
from truebook.errors import TruebookError
from truebook.model import BlockResult, Claim, PlanKind, Planned
from truebook.runbooks.cache import Cache
from truebook.runbooks.run import Runner
from truebook.runbooks.sandbox import Job, Outcome, Sandbox, Session
from truebook.runbooks.sandbox.session import Variable
from truebook.runbooks.sandbox.shell import Report


def keys(results: list[BlockResult]) -> list[tuple[str, str]]:
    return [(one.state, one.reason) for one in results]


@pytest.mark.parametrize("plan", ["parse", "skip", "refuse"])
def test_not_meant_to_be_run(plan: PlanKind) -> None:
    place = FakePlace()
    (result,) = Runner(place).run([planned("rm -rf /", plan=plan, reason="because")])
    assert (result.state, result.reason, result.plan, place.jobs) == ("not-run", "because", plan, [])


@pytest.mark.parametrize("plan", ["run", "dry-run", "prove"])
def test_unfilled_is_never_run_whatever_the_plan(plan: PlanKind) -> None:
    place = FakePlace()
    (result,) = Runner(place).run([planned("kubectl get <x>", plan=plan, missing=("<x>",))])
    assert (result.state, place.jobs) == ("not-run", [])


def test_without_a_sandbox_only_proofs() -> None:
    runner = Runner(None, no_place="bubblewrap is not installed", prove=lambda one: (Claim("it exists", True),))
    results = runner.run([planned("kubectl get x"), planned("argocd app sync x", plan="prove", reason="a sync")])
    assert keys(results) == [("unknown", "bubblewrap is not installed"), ("passed", "a sync")]
    assert results[1].claims == (Claim("it exists", True),)


@pytest.mark.parametrize(
    ("claims", "state", "reason"),
    [
        ((Claim("a", True), Claim("b", False)), "failed", "does not hold: b"),
        ((Claim("a", None),), "unknown", "could not be told: a"),
        ((), "unknown", "nothing could be checked; reads"),
    ],
)
def test_proofs(claims: tuple[Claim, ...], state: str, reason: str) -> None:
    place = FakePlace()
    (result,) = Runner(place, prove=lambda one: claims).run([planned("x", plan="prove")])
    assert (result.state, result.reason, place.jobs) == (state, reason, [])


def test_what_has_no_proof_of_its_own_is_run() -> None:
    place = FakePlace()
    (result,) = Runner(place, prove=lambda one: None).run([planned("x", plan="prove")])
    assert (result.state, len(place.jobs)) == ("passed", 1)


def test_options_reach_the_sandbox() -> None:
    place = FakePlace()
    Runner(place).run([planned("x", timeout=3.0, cwd="docs")])
    assert place.jobs == [Job("x", timeout=3.0, cwd="docs")]


def test_sandbox_that_fails_is_unknown() -> None:
    class Broken(FakePlace):
        def run(self, job: Job) -> Outcome:
            raise TruebookError("no memory")

    (result,) = Runner(Broken()).run([planned("x")])
    assert (result.state, result.reason) == ("unknown", "no memory")


def test_retries() -> None:
    waits: list[float] = []
    outcomes = [outcome(exit_code=1), outcome(exit_code=1), outcome(b"ok\n")]

    class Flaky(FakePlace):
        def run(self, job: Job) -> Outcome:
            return outcomes.pop(0)

    (result,) = Runner(Flaky(), sleep=waits.append).run([planned("x", retry=5)])
    assert (result.state, result.output, waits, outcomes) == ("passed", "ok\n", [1.0, 2.0], [])


def test_retries_end() -> None:
    waits: list[float] = []
    place = FakePlace({"x": outcome(exit_code=1)})
    (result,) = Runner(place, sleep=waits.append).run([planned("x", retry=6)])
    assert (result.state, len(place.jobs), waits) == ("failed", 7, [1.0, 2.0, 4.0, 8.0, 8.0, 8.0])


def test_variables_are_handed_on_within_a_session_only() -> None:
    a, b = Session({"X": Variable(b"1")}), Session({"X": Variable(b"2")})
    place = FakePlace(
        {
            "X=1": outcome(report=Report(ended=True, session=a)),
            "b": outcome(exit_code=1, report=Report(session=b)),
        }
    )
    blocks = [planned("X=1"), planned("b"), planned("c"), planned("d", path="other.md"), planned("e", session="own")]
    Runner(place).run(blocks, jobs=1)
    none = Session()
    assert {job.script: job.session for job in place.jobs} == {"X=1": none, "b": a, "c": a, "d": none, "e": none}


def test_only_variables_that_scripts_set_are_handed_on() -> None:
    said = Session({name: Variable(b"1") for name in ("X", "Y", "FORGED", "PROVED")})
    place = FakePlace({script: outcome(report=Report(ended=True, session=said)) for script in ("X=1", "Y=1")})
    blocks = [planned("X=1"), planned("PROVED=1", plan="prove"), planned("Y=1"), planned("last")]
    Runner(place, prove=lambda one: ()).run(blocks, jobs=1)
    assert [set(job.session.variables) for job in place.jobs] == [set(), {"X"}, {"X", "Y"}]


def test_pages_run_in_parallel_and_sessions_in_order() -> None:
    barrier = threading.Barrier(3, timeout=20)
    order: dict[str, list[str]] = {}

    class Meeting(FakePlace):
        def run(self, job: Job) -> Outcome:
            page, _, number = job.script.partition(" ")
            order.setdefault(page, []).append(number)
            barrier.wait()
            return outcome()

    blocks = [planned(f"page{page} {number}", path=f"page{page}") for number in range(4) for page in range(3)]
    told: list[BlockResult] = []
    results = Runner(Meeting()).run(blocks, jobs=3, progress=told.append)
    assert order == {f"page{page}": ["0", "1", "2", "3"] for page in range(3)}
    assert [one.path for one in results] == [one.block.path for one in blocks]
    assert len(told) == 12


def test_an_error_of_ours_ends_the_run() -> None:
    class Wrong(FakePlace):
        def run(self, job: Job) -> Outcome:
            raise AssertionError("a bug")

    with pytest.raises(AssertionError, match="a bug"):
        Runner(Wrong()).run([planned("x", path=str(number)) for number in range(20)], jobs=2)


def test_result_says_where_when_and_with_what() -> None:
    runner = Runner(FakePlace(), cluster="homelab", tools={"kubectl": "v1.36.3", "argocd": "v3.6.1"})
    (result,) = runner.run([planned("kubectl get pods")])
    assert (result.cluster, dict(result.tools), result.duration) == ("homelab", {"kubectl": "v1.36.3"}, 0.25)
    assert len(result.started_at) == len("2026-11-24T07:00:00Z")


def test_output_is_redacted() -> None:
    (result,) = Runner(FakePlace({"x": outcome(b"password: hunter2hunter2\n")})).run([planned("x")])
    assert "hunter2" not in result.output


def run_twice(
    tmp_path: Path, first: list[Planned], second: list[Planned], place: FakePlace
) -> tuple[list[str], list[bool]]:
    """The scripts that the second run starts, and which results it took over."""
    cache = Cache(tmp_path, lambda requests: "same")
    Runner(place, cache=cache).run(first)
    place.jobs.clear()
    results = Runner(place, cache=cache).run(second)
    return [job.script for job in place.jobs], [one.cached for one in results]


def test_unchanged_blocks_start_no_process(tmp_path: Path) -> None:
    blocks = [planned("a"), planned("b"), planned("skipped", plan="skip"), planned("c", path="other.md")]
    assert run_twice(tmp_path, blocks, blocks, FakePlace()) == ([], [True, True, False, True])


def test_changed_block_runs_its_whole_session_as_it_needs_the_variables(tmp_path: Path) -> None:
    first = [planned("a"), planned("b"), planned("c", path="other.md")]
    second = [planned("a"), planned("b2"), planned("c", path="other.md")]
    started, cached = run_twice(tmp_path, first, second, FakePlace())
    assert sorted(started) == ["a", "b2"]
    assert cached == [False, False, True]


def test_block_that_failed_is_run_again(tmp_path: Path) -> None:
    blocks = [planned("a"), planned("b", path="other.md")]
    started, _ = run_twice(tmp_path, blocks, blocks, FakePlace({"b": outcome(exit_code=1)}))
    assert started == ["b"]


@pytest.mark.parametrize(
    "script",
    [
        "false; exit 0",
        "exit 0\nfalse",
        "trap 'exit 0' EXIT\nfalse",
        "trap 'exit 0' ERR\nfalse\ntrue",
        "trap - ERR\nfalse\nexit 0",
        "trap 'builtin exit 0' ERR\nfalse\ntrue",
        "exec true\nfalse",
        "builtin exit 0\nfalse",
        "return 0\nfalse",
        "command exit 0; false",
        "kill -9 $$",
        "kill -TERM $$; false",
        "kill -9 $PPID; false",
        "false &\nwait $!",
        "__truebook_failed() { builtin exit 0; }; false\ntrue",
        "__truebook_end() { builtin exit 0; }; false\ntrue",
        "exit() { :; }; false\ntrue",
        "set -o pipefail; false | true; exit 0",
        "PATH=/nowhere; ls; exit 0",
        'for f in /proc/$$/fd/*; do eval "exec ${f##*/}>&-" || :; done; false',
        "echo 'exit 0' > /truebook/block/script; false",
        "{ false; } 2>/dev/null; true",
        "cat <<EOF\nfalse",
        "eval 'false'; true",
        "source /dev/stdin <<< 'false'; true",
    ],
)
def test_block_cannot_rewrite_its_result(sandbox: Sandbox, script: str) -> None:
    (result,) = Runner(sandbox).run([planned(script)])
    assert result.state == "failed", result
    assert result.reason


def test_block_that_is_well_passes(sandbox: Sandbox) -> None:
    script = "set -euo pipefail\ntrap 'rm -f /tmp/x' EXIT\necho a > /tmp/x\ngrep -q a /tmp/x || exit 1\nexit 0"
    (result,) = Runner(sandbox).run([planned(script)])
    assert (result.state, result.exit_code) == ("passed", 0)


def test_session_in_the_sandbox(sandbox: Sandbox) -> None:
    blocks = [
        planned("NAME=vault"),
        planned("echo $NAME\nfalse\necho never", line=20),
        planned("echo still $NAME", line=30),
    ]
    results = Runner(sandbox).run(blocks)
    assert [one.state for one in results] == ["passed", "failed", "passed"]
    assert (results[1].failed_line, results[1].exit_code, results[1].output) == (22, 1, "vault\n")
    assert results[2].output == "still vault\n"


def test_a_secret_that_was_filled_in_is_taken_out_of_what_a_block_prints() -> None:
    one = planned("vault login hvs.not-to-be-shown")
    one = replace(one, filling=replace(one.filling, secrets=("hvs.not-to-be-shown",)))
    said = outcome(b"+ vault login hvs.not-to-be-shown\n\xff bad token hvs.not-to-be-shown\n", exit_code=1)
    (result,) = Runner(FakePlace({one.filling.script: said})).run([one])
    assert result.state == "failed"
    assert "not-to-be-shown" not in repr(result)
    assert "+ vault login REDACTED\n" in result.output
