"""Kills sandboxes that grow over a number of processes or of memory, where the kernel does not by itself."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

INTERVAL = 0.1
"""Seconds from its start to the first look at a sandbox, and between two. All its processes die at once, however many a
fork bomb made until then. A look is at all processes of this machine, and most blocks end before it is due."""

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Watched:
    """A sandbox by its first process; `kill` is given the reason."""

    pid: int
    processes: int
    bytes: int
    kill: Callable[[str], None]


class Watcher:
    """One thread for all sandboxes of a run; it sleeps where there are none."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._watched: dict[int, Watched] = {}
        self._due: dict[int, float] = {}
        self._wake = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="sandbox-watch", daemon=True)
        self._thread.start()

    def add(self, watched: Watched) -> None:
        """Watch a sandbox from here on."""
        with self._wake:
            idle = not self._watched
            self._watched[watched.pid] = watched
            self._due[watched.pid] = time.monotonic() + self._interval
            if idle:
                self._wake.notify()

    def remove(self, pid: int) -> None:
        """Watch it no more."""
        with self._wake:
            self._watched.pop(pid, None)
            self._due.pop(pid, None)

    def close(self) -> None:
        """End the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closed or self._watched)
                if self._closed:
                    return
                wait = min(self._due.values()) - time.monotonic()
                if wait > 0:
                    self._wake.wait(wait)
                    continue
                watched = tuple(self._watched.values())
            self._look(watched)
            with self._wake:
                self._due.update(dict.fromkeys(self._due, time.monotonic() + self._interval))

    def _look(self, watched: tuple[Watched, ...]) -> None:
        children, pages, threads = processes()
        for one in watched:
            family = descendants(one.pid, children)
            if sum(threads.get(pid, 0) for pid in family) > one.processes:
                one.kill(f"more than {one.processes} processes")
            elif sum(pages.get(pid, 0) for pid in family) * _PAGE > one.bytes:
                one.kill(f"more than {one.bytes // 1024 // 1024} MB of memory")


def processes() -> tuple[dict[int, list[int]], dict[int, int], dict[int, int]]:
    """All processes of this machine: their children, their pages in memory, their threads."""
    children: dict[int, list[int]] = defaultdict(list)
    pages: dict[int, int] = {}
    threads: dict[int, int] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - this is looked at many times a second
        if not name.isdigit():
            continue
        try:
            stat = Path(f"/proc/{name}/stat").read_bytes()
        except OSError:
            continue
        # After the program's name, which may hold anything: state ppid … num_threads is the 18th, rss the 22nd.
        fields = stat[stat.rindex(b")") + 2 :].split(b" ")
        pid = int(name)
        children[int(fields[1])].append(pid)
        threads[pid] = int(fields[17])
        pages[pid] = int(fields[21])
    return children, pages, threads


def descendants(pid: int, children: dict[int, list[int]]) -> list[int]:
    """A process and all that came of it. In a sandbox, who loses its parent becomes its first process's child."""
    found = [pid]
    for one in found:
        found += children.get(one, ())
    return found
