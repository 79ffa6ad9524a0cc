"""Pipes whose ends are closed once."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Self


class End:
    """One end of a pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """The file descriptor."""
        return self._descriptor

    def close(self) -> None:
        """Close it, if it is open."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def pipe(stack: ExitStack) -> tuple[End, End]:
    """The reading and the writing end; both are closed with the stack at the latest."""
    reading, writing = os.pipe()
    return stack.enter_context(End(reading)), stack.enter_context(End(writing))
