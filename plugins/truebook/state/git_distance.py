"""How many commits are between what is deployed and what a branch points to.

The commits of the branch, and nothing that is in them, are fetched into a folder that is gone afterwards (a partial
fetch, `--filter=tree:0`), bounded in time and in what may be written. A large history, a commit that is nowhere any
more, a server that is too slow: then nothing is said. It never makes the source fail.
"""

from __future__ import annotations

import contextlib
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from truebook.state.git_commands import environment, run

MOST = 20
"""Pairs of commits of one repository that are compared."""
LARGEST = 64 * 1024 * 1024
"""Bytes of a file that Git may write: some 200,000 commits."""

_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
_QUIET = (
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
    "-c",
    "fetch.unpackLimit=1",
    "-c",
    "core.hooksPath=/dev/null",
)
_FETCH = ("fetch", "--quiet", "--filter=tree:0", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")

Pair = tuple[str, str, str]
"""The deployed commit, the ref that is followed, and the commit that it points to."""


def distances(url: str, pairs: Sequence[Pair], timeout: float) -> dict[str, dict[str, int]]:
    """`<deployed>..<head>` → `{"ahead": …, "behind": …}` (see `GitRemote`), for those that can be told within `timeout`
    seconds. The object ids and refs must be checked ones."""
    with contextlib.suppress(OSError, subprocess.SubprocessError), tempfile.TemporaryDirectory() as folder:
        work = _Work(url, Path(folder), timeout)
        if not work.begin():
            return {}
        chosen = pairs[:MOST]
        work.fetch(dict.fromkeys(ref for _, ref, _ in chosen))
        found = {}
        for deployed, _, head in chosen:
            with contextlib.suppress(subprocess.SubprocessError):
                # What was taken off the branch is to be had by its id, if at all.
                counted = work.count(deployed, head) or (work.fetch([deployed]) and work.count(deployed, head))
                if counted:
                    found[f"{deployed}..{head}"] = counted
        return found
    return {}


class _Work:
    """A bare repository in a folder of its own, and a deadline."""

    def __init__(self, url: str, folder: Path, timeout: float) -> None:
        self._url, self._folder = url, folder / "repository.git"
        self._environment = environment(url)
        self._end = time.monotonic() + timeout

    def begin(self) -> bool:
        """Make the repository, with nothing of the user's templates in it."""
        return self._git("init", "--quiet", "--bare", "--template=", str(self._folder), inside=False)[0] == 0

    def fetch(self, refs: Iterable[str]) -> bool:
        """Fetch the commits of the refs, or of object ids. Whether that was possible."""
        code, _, _ = self._git(*_FETCH, "--", self._url, *refs)
        # Else Git would go back for what is missing, one object at a time.
        (self._folder / "config").write_text(_CONFIG, encoding="utf-8")
        return code == 0

    def count(self, deployed: str, head: str) -> dict[str, int] | None:
        """The commits on one side only; None where one of the two is not there."""
        code, output, _ = self._git("rev-list", "--left-right", "--count", f"{deployed}...{head}", "--")
        sides = output.split()
        if code != 0 or len(sides) != 2:
            return None
        return {"ahead": int(sides[1]), "behind": int(sides[0])}

    def _git(self, *arguments: str, inside: bool = True) -> tuple[int, str, str]:
        where = (f"--git-dir={self._folder}",) if inside else ()
        left = max(0.05, self._end - time.monotonic())
        return run(["git", *_QUIET, *where, *arguments], self._environment, left, started=_bound)


def _bound(process: int) -> None:
    """Let a process, and those that it starts, write no file that is larger. Only Linux can be told so."""
    if hasattr(resource, "prlimit"):
        with contextlib.suppress(OSError):
            resource.prlimit(process, resource.RLIMIT_FSIZE, (LARGEST, LARGEST))
