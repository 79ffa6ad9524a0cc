"""The next block's sandbox, made while this one's runs, so that a block does not wait for its namespaces.

There is one at most, and it is for one block like any other. It is made by a thread that lives as long as the run, as a
sandbox ends with the thread that started it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from truebook.errors import TruebookError
from truebook.runbooks.sandbox.box import Box, Shape


class Ahead:
    """`make` gives a new sandbox. The methods may be called from any thread."""

    def __init__(self, make: Callable[[Shape], Box]) -> None:
        self._make = make
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="sandbox-ahead")
        self._lock = threading.Lock()
        self._shape: Shape | None = None
        self._next: Future[Box] | None = None
        self._closed = False

    def prepare(self, shape: Shape) -> None:
        """Have a sandbox of this shape made, if there is none yet. One of another shape is not needed any more."""
        with self._lock:
            if self._closed or (self._next is not None and self._shape == shape):
                return
            if self._next is not None:
                self._maker.submit(_end, self._next)
            self._shape, self._next = shape, self._maker.submit(self._make, shape)

    def take(self, shape: Shape) -> Box | None:
        """The one that was made, or is being made; it is the caller's from here on. None where there is none of this
        shape, or where it could not be made or shows no longer what it should."""
        with self._lock:
            if self._next is None or self._shape != shape:
                return None
            taken, self._next = self._next, None
        try:
            box = taken.result()
        except (TruebookError, OSError):
            return None
        try:
            box.await_gate()
        except TruebookError:
            box.close()
            return None
        except BaseException:
            box.close()
            raise
        return box

    def close(self) -> None:
        """End the one that nobody took."""
        with self._lock:
            self._closed = True
            left, self._next = self._next, None
        if left is not None:
            _end(left)
        self._maker.shutdown()


def _end(made: Future[Box]) -> None:
    with suppress(TruebookError, OSError):
        made.result().close()
