"""Rooms end with their owner, however it ends. No real server is needed to see that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.servers import process
from tests.real.servers.process import NotReady, Room, free_port, healthy, wait_until
from tests.real.servers.watchman import MARK, lock_file, processes_of

ROOT = Path(__file__).parents[2]

# A room with a process that has a child in another session: what a server that calls other programs looks like.
OWNER = """
import sys, time
from tests.real.servers.process import Room
room = Room("owned")
room.start("nested", ["sh", "-c", "setsid sleep 600 & exec sleep 600"])
print(room.folder, room._watchman.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def owner() -> Iterator[tuple[subprocess.Popen[str], Path, int]]:
    """Another process that owns a room, the room's folder and its watchman's process."""
    with subprocess.Popen([sys.executable, "-c", OWNER], cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        folder, watchman = started.stdout.readline().split()
        assert wait_until(lambda: len(processes_of(Path(folder))) == 2)
        yield started, Path(folder), int(watchman)
        started.kill()


def gone(folder: Path) -> bool:
    return not processes_of(folder) and not folder.exists() and not lock_file(folder).exists()


def test_closing_a_room_ends_its_processes_and_removes_its_folder() -> None:
    with Room("closing") as room:
        room.start("nested", ["sh", "-c", "setsid sleep 600 & exec sleep 600"])
        assert wait_until(lambda: len(processes_of(room.folder)) == 2)
        assert room.folder.is_dir()
    assert gone(room.folder)
    assert room._watchman.returncode == 0


def test_a_killed_owner_leaves_nothing(owner: tuple[subprocess.Popen[str], Path, int]) -> None:
    started, folder, _ = owner
    os.kill(started.pid, signal.SIGKILL)
    assert wait_until(lambda: gone(folder))


def test_what_a_lost_watchman_left_is_swept_by_the_next_room(owner: tuple[subprocess.Popen[str], Path, int]) -> None:
    started, folder, watchman = owner
    os.kill(watchman, signal.SIGKILL)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    assert not gone(folder)
    with Room("next"):
        assert gone(folder)


def test_a_room_leaves_the_rooms_of_the_living_alone(owner: tuple[subprocess.Popen[str], Path, int]) -> None:
    _, folder, _ = owner
    with Room("neighbour") as room:
        assert room.folder != folder
    assert len(processes_of(folder)) == 2


def test_a_server_is_waited_for_stopped_and_started_again() -> None:
    port = free_port()
    with Room("web") as room:
        web = room.start("web", [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"])
        web.wait_ready(healthy(f"http://127.0.0.1:{port}/"))
        first = web.pid
        web.stop()
        assert not web.running
        assert not healthy(f"http://127.0.0.1:{port}/")()
        web.restart()
        web.wait_ready(healthy(f"http://127.0.0.1:{port}/"))
        assert web.pid != first


def test_a_server_that_ends_early_is_reported_with_its_log() -> None:
    with Room("early") as room:
        server = room.start("early", ["sh", "-c", "echo the port is taken >&2; exit 3"])
        with pytest.raises(NotReady, match=r"early ended with 3; .*\nthe port is taken"):
            server.wait_ready(lambda: False)


def test_a_server_that_never_is_ready_is_reported() -> None:
    with Room("never") as room, pytest.raises(NotReady, match="never is not ready"):
        room.start("never", ["sleep", "600"]).wait_ready(lambda: False, within=0.2)


GIVEN = """
import sys, time
from tests.real.servers import process
process.PORTS = range(19_500, 19_504)
print(process.free_port(), process.free_port(), flush=True)
time.sleep(600)
"""


def test_no_port_is_given_twice_not_to_another_process_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between being given and being listened on a port looks free to everyone."""
    monkeypatch.setattr(process, "PORTS", range(19_500, 19_504))
    with subprocess.Popen([sys.executable, "-c", GIVEN], cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        theirs = {int(port) for port in other.stdout.readline().split()}
        ours = {free_port(), free_port()}
        assert theirs | ours == set(process.PORTS)
        with pytest.raises(NotReady, match="no free port"):
            free_port()
        other.kill()
    assert {free_port(), free_port()} == theirs


def test_processes_see_nothing_of_the_users_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "not for servers")
    with Room("environment") as room:
        server = room.start("env", ["env"], {"EXTRA": "given"})
        assert wait_until(lambda: not server.running)
        seen = dict(line.split("=", 1) for line in server.log.read_text().splitlines())
    assert set(seen) == {"PATH", "LANG", "HOME", "TMPDIR", "EXTRA", MARK}
    assert seen["HOME"].startswith(str(room.folder))
