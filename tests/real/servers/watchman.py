"""The end of a room: what kills its processes and removes its folder once its owner is gone.

Run as a process of its own for each room (`python -m tests.real.servers.watchman FOLDER`), it waits for the owner's
lock. Only the standard library is imported, so that it costs little. Linux only: it reads /proc.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from pathlib import Path

MARK = "TRUEBOOK_ROOM"
"""The variable that carries a room's folder in the environment of each of its processes."""


def processes_of(folder: Path) -> list[int]:
    """The processes that carry this room's mark, living ones only."""
    mark = f"{MARK}={folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        # A process may end while we look, and others' may not be looked at. A dead one has no environment left.
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def end_all(folder: Path) -> None:
    """Kill every process of a room until there is none, then remove its folder and its lock file."""
    while pids := processes_of(folder):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    shutil.rmtree(folder, ignore_errors=True)
    lock_file(folder).unlink(missing_ok=True)


def lock_file(folder: Path) -> Path:
    """The file that a room's owner keeps locked as long as it lives."""
    return folder.with_name(f"{folder.name}.owner")


def watch(folder: Path) -> None:
    """Wait until the owner gives up its lock, by closing the room or by dying; then end what is left."""
    with contextlib.suppress(FileNotFoundError), lock_file(folder).open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        end_all(folder)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
