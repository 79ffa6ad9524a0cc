"""Follow a process to its end: bounded output, a bound of time, and nothing of it left behind."""

from __future__ import annotations

import os
import selectors
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from truebook.runbooks.sandbox.limits import Limits

GRACE = 10.0
"""Seconds that a killed process may take to be gone."""
_CHUNK = 65536


@dataclass(slots=True)
class Output:
    """The head and the tail of a stream of any length, each of about `kept` bytes."""

    kept: int
    head: bytearray = field(default_factory=bytearray)
    tail: deque[bytes] = field(default_factory=deque)
    tail_size: int = 0
    total: int = 0

    def add(self, data: bytes) -> None:
        """Take in what came next."""
        self.total += len(data)
        room = self.kept - len(self.head)
        if room > 0:
            self.head += data[:room]
            data = data[room:]
        if data:
            self.tail.append(data)
            self.tail_size += len(data)
        while self.tail and self.tail_size - len(self.tail[0]) >= self.kept:
            self.tail_size -= len(self.tail.popleft())

    @property
    def cut(self) -> bool:
        """Whether something is missing between head and tail."""
        return self.total > len(self.head) + self.tail_size

    def whole(self) -> bytes:
        """The text, with a line in place of what is missing."""
        missing = self.total - len(self.head) - self.tail_size
        gap = f"\n[… {missing} bytes …]\n".encode() if missing else b""
        return bytes(self.head) + gap + b"".join(self.tail)


@dataclass(slots=True)
class Killer:
    """Ends a process once; the first reason counts. May be called from any thread."""

    kill: Callable[[], None]
    reason: str = ""

    def __call__(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.kill()


def follow(
    *, ended: int, output: int, report: int, limits: Limits, timeout: float, kill: Killer
) -> tuple[Output, bytes]:
    """Read `output` and `report` (file descriptors of pipes) until `ended` (a pidfd) says that the process is gone.

    It is killed where it takes longer than `timeout` seconds or says more than it may.
    """
    said = Output(limits.kept)
    reported = bytearray()
    started = time.monotonic()
    deadline = started + timeout
    for descriptor in (output, report):
        os.set_blocking(descriptor, False)
    with selectors.DefaultSelector() as selector:
        for descriptor in (ended, output, report):
            selector.register(descriptor, selectors.EVENT_READ)
        gone = False
        while not gone:
            ready = {key.fd for key, _ in selector.select(max(0.0, deadline - time.monotonic()))}
            if not ready:
                if kill.reason and time.monotonic() > deadline:
                    break
                kill(f"it took longer than {timeout:g} s")
                deadline = time.monotonic() + GRACE
                continue
            # All that was written before the end is read after it.
            gone = ended in ready
            for descriptor, take in ((output, said.add), (report, reported.extend)):
                awaited = (descriptor in ready or gone) and descriptor in selector.get_map()
                if awaited and _drain(descriptor, take, everything=gone):
                    selector.unregister(descriptor)
            if said.total > limits.output and not kill.reason:
                kill(f"it printed more than {limits.output // 1024 // 1024} MB")
                deadline = time.monotonic() + GRACE
            if len(reported) > limits.report and not kill.reason:
                kill(f"its variables take more than {limits.report // 1024} KB")
                deadline = time.monotonic() + GRACE
    return said, bytes(reported)


def _drain(descriptor: int, take: Callable[[bytes], object], *, everything: bool) -> bool:
    """Read once, or all that there is; whether the stream has ended."""
    while True:
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            return True
        take(data)
        if not everything:
            return False
