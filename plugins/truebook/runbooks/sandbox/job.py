"""What a sandbox is asked to run, what it gives back, and what it asks of a guard."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from truebook.model import Claim, RequestRecord
from truebook.runbooks.sandbox.session import Session
from truebook.runbooks.sandbox.shell import Report

FIRST_PORT = 8001
"""The guard's first port inside of a sandbox; further systems follow. Each sandbox has all ports to itself."""


class GuardLike(Protocol):
    """The proxy between a block and the APIs. `serve` gives a handle of the guard's own kind."""

    @property
    def systems(self) -> tuple[str, ...]:
        """Each needs a listening socket."""

    def serve(self, sockets: Mapping[str, socket.socket] | None = None) -> Any:
        """Serve one block on listening sockets, which are the guard's from here on; without any, on its own."""

    def environment(self, ports: Mapping[str, int], directory: Path) -> Mapping[str, str]:
        """The block's variables, for files in `directory`."""

    def files(self, ports: Mapping[str, int]) -> Mapping[str, str]:
        """The files that the variables name: name → text."""

    def requests(self, handle: Any) -> tuple[RequestRecord, ...]:
        """What the block asked for."""

    def claims(self, handle: Any) -> tuple[Claim, ...]:
        """What was proved in place of its writes."""

    def end(self, handle: Any) -> None:
        """End the block's connections."""


@dataclass(frozen=True, slots=True)
class Job:
    """A script to run. `timeout` is in seconds of wall time, `cwd` relative to the repository, and else where
    the last job of the `session` ended. Without a guard there is no network at all."""

    script: str
    timeout: float = 30.0
    cwd: str = ""
    session: Session = field(default_factory=Session)
    guard: GuardLike | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job. `killed` says why it was ended, empty where it ended by itself; `cut` whether output is
    missing from the middle; `duration` is in seconds, without the sandbox's own start."""

    exit_code: int
    output: bytes
    report: Report
    duration: float
    killed: str = ""
    cut: bool = False
    requests: tuple[RequestRecord, ...] = ()
    claims: tuple[Claim, ...] = field(default=())


class Place(Protocol):
    """Where jobs run: the sandbox, or this machine as it is where the user turned the sandbox off by name."""

    @property
    def description(self) -> str:
        """For the report."""

    def run(self, job: Job) -> Outcome:
        """Run a job; may be called from several threads. Raises TruebookError where it can't be started."""

    def close(self) -> None:
        """End what serves all jobs."""
