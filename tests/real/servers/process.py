"""Server processes that never outlive their owner.

A `Room` is a folder with the processes that were started for it. Every process carries the folder's path in its
environment, so that all of them, children of children too, can be found and ended. Three things do that: `Room.close`;
a watchman process, which waits for the owner's death (however it comes: the kernel gives back the owner's file
lock); and the next room's start, which sweeps away what a machine that lost its watchman left behind.
`watchman` has what the last two share.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.real.servers.binaries import ENVIRONMENT
from tests.real.servers.watchman import MARK, end_all, lock_file

PORTS = range(20_000, 32_000)  # below the kernel's own range, so that no outgoing connection sits on one
PATIENCE = 120.0
"""How many seconds a condition is waited for that a busy machine may be slow to fulfil. What holds is seen at once."""


class NotReady(Exception):
    """A server ended or did not become ready in time; the message holds the end of its log."""


def rooms_folder() -> Path:
    """The folder of all rooms of this user, on this machine."""
    return Path(ENVIRONMENT.get("TMPDIR") or "/tmp") / f"truebook-real-{os.getuid()}"


class Closing:
    """A context manager whose end is its `close`."""

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Room(Closing):
    """A folder of its own, and the server processes that live in it."""

    def __init__(self, name: str) -> None:
        base = rooms_folder()
        base.mkdir(mode=0o700, exist_ok=True)
        if base.stat().st_uid != os.getuid():
            raise NotReady(f"{base} is another user's")
        with _exclusive(base / ".lock"):
            _sweep(base)
            self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
            self._owner = lock_file(self.folder).open("w")
            fcntl.flock(self._owner, fcntl.LOCK_EX)
        for part in ("logs", "home", "tmp"):
            (self.folder / part).mkdir()
        self._servers: list[Server] = []
        # In a session of its own, with nothing of ours open: it must survive whatever ends us.
        self._watchman = subprocess.Popen(
            [sys.executable, "-m", "tests.real.servers.watchman", str(self.folder)],
            cwd=Path(__file__).parents[3],
            env={"PATH": ENVIRONMENT.get("PATH", ""), "TMPDIR": str(base.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """What a process of this room sees: nothing of the user's but PATH."""
        return {
            "PATH": ENVIRONMENT.get("PATH", ""),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            **(extra or {}),
            MARK: str(self.folder),
        }

    def start(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Server:
        """Start a server; its output goes to logs/NAME.log."""
        server = Server(name, self.folder, [str(word) for word in command], self.environment(environment))
        self._servers.append(server)
        return server

    def close(self) -> None:
        """End every process at once, youngest first, and remove the folder. Nothing in it is worth a slow goodbye."""
        for server in reversed(self._servers):
            server.kill()
        end_all(self.folder)
        self._owner.close()
        self._watchman.wait(timeout=30)


class Server:
    """One running process, leader of a process group of its own."""

    def __init__(self, name: str, folder: Path, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self.log = folder / "logs" / f"{name}.log"
        self._command, self._folder, self._environment = command, folder, environment
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_ready(self, ready: Callable[[], bool], within: float = PATIENCE) -> None:
        """Wait until `ready()` is true, for at most `within` seconds.

        :raises NotReady: it ended before, or took longer.
        """
        if not wait_until(lambda: not self.running or ready(), within) or not self.running:
            state = "is not ready" if self.running else f"ended with {self._process.returncode}"
            raise NotReady(f"{self.name} {state}; the end of its log:\n{self.log_tail()}")

    def log_tail(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, within: float = 10) -> None:
        """Ask it to end; kill it when it has not after `within` seconds."""
        if self.running:
            os.killpg(self.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=within)
        self.kill()

    def restart(self) -> None:
        """Start it again with the same command, after it was stopped or ended by itself."""
        self.stop()
        self._process = self._start()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def wait_until(condition: Callable[[], bool], within: float = PATIENCE, every: float = 0.05) -> bool:
    """Ask until the condition holds; false where it does not within that many seconds."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


def healthy(url: str) -> Callable[[], bool]:
    """A question for `wait_ready`: does this URL answer 200?"""

    def ask() -> bool:
        try:
            return httpx.get(url, trust_env=False, verify=False, timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    return ask


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now, and that neither this process nor another has been given."""
    file, given = _given()
    for port in random.sample(PORTS, min(200, len(PORTS))):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            if port not in given:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
                given.add(port)
                return port
    raise NotReady("no free port on 127.0.0.1")


@functools.cache
def _given() -> tuple[int, set[int]]:
    """A file of which each process locks the byte of each port that it was given, as long as it lives, and these."""
    rooms_folder().mkdir(mode=0o700, exist_ok=True)
    return os.open(rooms_folder() / ".ports", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), set()


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sweep(base: Path) -> None:
    """End the rooms whose owner is gone: their lock can be had. Called with the lock on the base folder."""
    for path in base.glob("*.owner"):
        with contextlib.suppress(OSError), path.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            end_all(path.with_suffix(""))
