"""A bound on the processes of a sandbox that belongs to root, whose processes nothing else in the kernel bounds."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OLD_SECONDS = 60.0


def folder(root: Path = ROOT) -> Path | None:
    """Where groups that bound processes can be made, in either version of cgroups; None where they can't."""
    with suppress(OSError):
        if "pids" in (root / "cgroup.subtree_control").read_text(encoding="ascii").split():
            return root if _usable(root) else None
    first = root / "pids"
    return first if (first / "cgroup.procs").exists() and _usable(first) else None


def _usable(parent: Path) -> bool:
    _tidy(parent)
    try:
        with group(parent, os.getpid(), 1000, join=False):
            return True
    except OSError:
        return False


def _tidy(parent: Path) -> None:
    """Remove what runs left that were killed; a group with processes can't be removed."""
    for left in parent.glob("truebook-*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > OLD_SECONDS:
                left.rmdir()


@contextmanager
def group(parent: Path, pid: int, processes: int, *, join: bool = True) -> Iterator[None]:
    """Bound a process, and all that come of it, to so many. They have to be gone in the end. Raises OSError."""
    made = parent / f"truebook-{uuid.uuid4()}"
    made.mkdir()
    try:
        (made / "pids.max").write_text(str(processes), encoding="ascii")
        if join:
            (made / "cgroup.procs").write_text(str(pid), encoding="ascii")
        yield
    finally:
        with suppress(OSError):
            made.rmdir()
