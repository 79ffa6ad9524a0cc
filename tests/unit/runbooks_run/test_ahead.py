"""The sandbox that is made ahead: for one block, of its shape, and gone with the run."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.runbooks_run.conftest import LIMITS
from tests.unit.runbooks_run.samples import EchoGuard
from tests.unit.runbooks_run.test_escapes import processes_of
from truebook.runbooks.sandbox import Job, Sandbox, bubblewrap
from truebook.runbooks.sandbox.ahead import Ahead
from truebook.runbooks.sandbox.box import Box, Kit, Shape, Unavailable
from truebook.runbooks.sandbox.command import View


class Noted(Box):
    """Says who made it and how often it was opened."""

    made: list[Noted]

    def __init__(self, kit: Kit, shape: Shape) -> None:
        self.by = threading.current_thread().name
        self.opened = 0
        self.closed = False
        super().__init__(kit, shape)
        self.made.append(self)

    def open(self, script: str, session: bytes) -> None:
        self.opened += 1
        super().open(script, session)

    def close(self) -> None:
        self.closed = True
        super().close()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Noted]:
    monkeypatch.setattr(Noted, "made", [], raising=False)
    monkeypatch.setattr(bubblewrap, "Box", Noted)
    return Noted.made


@pytest.fixture
def own(repository: Path, made: list[Noted]) -> Iterator[Sandbox]:
    """A sandbox of this test's own, after its trial run."""
    with Sandbox(repository, limits=LIMITS) as sandbox:
        made.clear()
        yield sandbox


def wait_until(condition: object) -> None:
    deadline = time.monotonic() + 30
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_each_is_for_one_block(own: Sandbox, made: list[Noted]) -> None:
    outcomes = [own.run(Job("ls -A /tmp; echo x > /tmp/mine; echo x > ~/mine; sleep 60 &")) for _ in range(4)]
    assert [one.output for one in outcomes] == [b"home\n"] * 4
    assert not made[0].by.startswith("sandbox-ahead")
    assert all(one.by.startswith("sandbox-ahead") for one in made[1:])
    own.close()
    assert len(made) == 5
    assert [one.opened for one in made] == [1, 1, 1, 1, 0]
    assert all(one.closed for one in made)


def test_many_at_once(own: Sandbox, made: list[Noted]) -> None:
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda number: own.run(Job(f"echo {number}")), range(24)))
    assert [one.output for one in outcomes] == [f"{number}\n".encode() for number in range(24)]
    own.close()
    assert sorted(one.opened for one in made) == [0, *[1] * 24]


def test_what_a_block_needs_is_what_it_gets(own: Sandbox) -> None:
    one, other = EchoGuard(systems=("one",)), EchoGuard(systems=("other", "third"))
    ask = "for port in ${PORTS-}; do cat < /dev/tcp/127.0.0.1/$port; done; pwd"
    jobs = [Job(ask, guard=one), Job(ask, guard=other), Job(ask), Job(ask, guard=one, cwd="docs"), Job(ask, guard=one)]
    assert [own.run(job).output for job in jobs for _ in range(2)] == [
        said
        for said in (
            b"guarded one\n/repository\n",
            b"guarded other\nguarded third\n/repository\n",
            b"/repository\n",
            b"guarded one\n/repository/docs\n",
            b"guarded one\n/repository\n",
        )
        for _ in range(2)
    ]


def test_unused_ends_with_the_run(repository: Path, made: list[Noted]) -> None:
    with Sandbox(repository, limits=LIMITS) as sandbox:
        sandbox.run(Job("true"))
        wait_until(lambda: made[-1].opened == 0)
        box = made[-1]
        ended = os.pidfd_open(box.first)
        folder = box._folder
        assert folder.exists()
    assert select.select([ended], [], [], 0)[0]
    os.close(ended)
    assert not folder.exists()


def test_runner_that_dies_takes_the_unused_along(repository: Path) -> None:
    code = (
        "from pathlib import Path; import sys; from truebook.runbooks.sandbox import Job, Sandbox\n"
        f"with Sandbox(Path({str(repository)!r})) as sandbox:\n  sandbox.run(Job('true'))\n"
        "  sandbox._ahead._next.result().await_gate()\n"  # before, it may not have been told whom to die with
        "  print(sandbox._kit.directory, flush=True)\n  sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        assert process.stdout is not None
        directory = process.stdout.readline().strip()
        wait_until(lambda: processes_of(f"{directory}/"))
        process.send_signal(signal.SIGKILL)
    wait_until(lambda: not processes_of(f"{directory}/"))


def test_its_gate_opens_for_one_word_only(own: Sandbox, made: list[Noted]) -> None:
    own.run(Job("true"))
    wait_until(lambda: made[-1].opened == 0)
    box = made[-1]
    box._write({"script": b"echo canary", "state": b""})
    os.write(box._gate.fileno(), b"x\n")
    assert select.select([box.ended], [], [], 20)[0]
    assert box.exit_code() == 1
    os.set_blocking(box.output, False)
    assert os.read(box.output, 100) == b""


@pytest.mark.parametrize("name", [".env", ".git/config"])
def test_a_hidden_file_that_is_replaced_stays_hidden(
    own: Sandbox, made: list[Noted], repository: Path, name: str
) -> None:
    own.run(Job("true"))
    wait_until(lambda: made[-1].opened == 0)
    waiting = made[-1]
    wait_until(lambda: f"/repository/{name} " in Path(f"/proc/{waiting.first}/mountinfo").read_text())
    path = repository / name
    replacement = path.with_name("replacement")
    replacement.write_text(f"{path.read_text()}# canary\n", encoding="utf-8")
    replacement.chmod(0o644)
    replacement.rename(path)
    assert b"canary" not in own.run(Job(f"cat {name}")).output
    assert waiting.opened == 0


def test_one_that_can_not_be_made_is_no_ones_error() -> None:
    def fail(shape: Shape) -> Box:
        raise Unavailable("no memory")

    ahead = Ahead(fail)
    shape = Shape(View((), {}, "/etc", "/empty", "/repository"))
    ahead.prepare(shape)
    assert ahead.take(shape) is None
    ahead.prepare(shape)
    ahead.close()
    ahead.prepare(shape)
    assert ahead.take(shape) is None
