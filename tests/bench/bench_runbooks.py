"""Blocks through guard and sandbox, against the same kubectl bare. The API is a replay in a process of its own.

The bare kubectl keeps its home, and so its cache of what the API serves; a block has an empty one. While a block runs,
the next one's sandbox is made, as in a run: that is done, and paid for, before the bare kubectl's turn.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.bench import Row
from tests.unit import replay_sample
from tests.unit.runbooks_run.samples import planned
from truebook.guard.request import Facts
from truebook.guard.server import Guard, Route, plain
from truebook.guard.systems import SYSTEMS
from truebook.model import Planned
from truebook.replay.serve import start
from truebook.runbooks.cache import Cache
from truebook.runbooks.run import Runner
from truebook.runbooks.sandbox import Job, Outcome, Sandbox

COMMAND = "kubectl get pods --all-namespaces"
READS = 200
BLOCKS = 15
"""Of one round, of which the median counts."""


def measure(rounds: int) -> list[Row]:
    """A block, 200 reads in parallel, and an unchanged rebuild."""
    if shutil.which("kubectl") is None or shutil.which("bwrap") is None:
        raise SystemExit("this benchmark needs kubectl and bwrap")
    with _machine() as (environment, guard, sandbox):
        return [
            _one(rounds, environment, guard, sandbox),
            _parallel(rounds, guard, sandbox),
            _unchanged(rounds, guard, sandbox),
        ]


def _one(rounds: int, environment: Mapping[str, str], guard: Guard, sandbox: Sandbox) -> Row:
    ours, bare = [], []
    for _ in range(rounds):
        through, plainly = [], []
        for _ in range(BLOCKS):
            plainly.append(_seconds(lambda: _bare(environment)))
            through.append(_seconds(lambda: _boxed(guard, sandbox)))
        ours.append(sorted(through)[BLOCKS // 2])
        bare.append(sorted(plainly)[BLOCKS // 2])
    return Row("block through guard and sandbox, against kubectl bare", ours, bare, goal=1.25)


def _parallel(rounds: int, guard: Guard, sandbox: Sandbox) -> Row:
    blocks = _blocks()
    runner = Runner(sandbox, guard)
    ours, serial = [], []
    for _ in range(rounds):
        serial.append(_seconds(lambda: _passed(runner, blocks, jobs=1)))
        ours.append(_seconds(lambda: _passed(runner, blocks, jobs=2 * (os.cpu_count() or 1))))
    return Row(f"{READS} reads in parallel, against one after the other", ours, serial, goal=1.0)


def _unchanged(rounds: int, guard: Guard, sandbox: Sandbox) -> Row:
    blocks = _blocks()
    ours, first, started = [], [], 0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            counting = _Counting(sandbox)
            runner = Runner(counting, guard, cache=Cache(Path(folder), lambda requests: "unchanged"))
            first.append(_seconds(lambda: _passed(runner, blocks, jobs=4)))  # noqa: B023 - called at once
            counting.count = 0
            ours.append(_seconds(lambda: _passed(runner, blocks, jobs=4)))  # noqa: B023
            started += counting.count
    facts = {"processes started": float(started)}
    return Row(f"unchanged rebuild of {READS} blocks", ours, first, facts=facts, limits={"processes started": 0.0})


class _Counting:
    """A sandbox that counts what it starts."""

    description = "counted"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.count = 0

    def run(self, job: Job) -> Outcome:
        self.count += 1
        return self._sandbox.run(job)

    def close(self) -> None:
        """It is not its own."""


def _blocks() -> list[Planned]:
    return [
        planned(f"{COMMAND} # {number}", path=f"page-{number % 20}", session=str(number)) for number in range(READS)
    ]


def _passed(runner: Runner, blocks: list[Planned], jobs: int) -> None:
    failed = [result for result in runner.run(blocks, jobs=jobs) if result.state != "passed"]
    assert not failed, failed[0]


def _bare(environment: Mapping[str, str]) -> None:
    subprocess.run(COMMAND.split(), env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True)


def _boxed(guard: Guard, sandbox: Sandbox) -> None:
    outcome = sandbox.run(Job(COMMAND, guard=guard))
    assert outcome.exit_code == 0, outcome


def _seconds(work: object) -> float:
    started = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - started


@contextmanager
def _machine() -> Iterator[tuple[Mapping[str, str], Guard, Sandbox]]:
    """A replay in another process, the environment of a bare kubectl, a guard and a sandbox."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.bench.bench_runbooks", folder]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            environment = {
                "HOME": folder,
                "KUBECONFIG": str(next(Path(folder).glob("*kubeconfig*"))),
                "PATH": os.environ["PATH"],
            }
            repository = Path(folder) / "repository"
            repository.mkdir()
            # Else root's blocks stay root's, and are bounded by control groups, which take longer to join.
            Path(folder).chmod(0o755)
            routes = {"kubernetes": Route(SYSTEMS["kubernetes"](Facts()), plain(url))}
            with Guard(routes) as guard, Sandbox(repository) as sandbox:
                for _ in range(4):  # what is learnt in the first blocks of a run
                    _bare(environment)
                    _boxed(guard, sandbox)
                yield environment, guard, sandbox
            server.communicate()


def _serve(directory: Path) -> None:
    with start(replay_sample.recording(), directory=directory) as replay:
        print(replay.urls["kubernetes"], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
