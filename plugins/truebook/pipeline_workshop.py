"""What blocks are run with: systems, guard, sandbox, a client for proofs. Nothing of it is started before it is needed.

Where a run takes over all results from an earlier one, no server and no process is started.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self

from truebook import pipeline_systems
from truebook.claims import UNTOLD, permission
from truebook.errors import TruebookError
from truebook.guard.server import Guard
from truebook.model import Claim, Inventory, Planned, RequestRecord
from truebook.pipeline import State
from truebook.runbooks import proofs
from truebook.runbooks.plan import PROVED
from truebook.runbooks.proofs.client import GuardClient
from truebook.runbooks.sandbox import Bare, Sandbox, Unavailable
from truebook.runbooks.sandbox.job import Job, Outcome, Place
from truebook.settings import Settings

WAITING = "nothing is run while pages are served, unless it is asked for (TRUEBOOK_RUN=1)"

SandboxKind = Literal["bubblewrap", "none"]


@dataclass(frozen=True, slots=True)
class _Started:
    """All of it, running. `place` is None where there is no sandbox; `reason` says why."""

    guard: Guard
    client: GuardClient
    handle: Any
    place: Place | None
    reason: str = ""


class Workshop:
    """A place that blocks are run in (`Place`), and where claims are checked; a context manager.

    `repository` is what blocks see of this machine. `start` false: nothing is ever started. Its methods may be called
    from several threads.
    """

    def __init__(
        self,
        state: State,
        inventory: Inventory,
        settings: Settings,
        *,
        repository: Path,
        sandbox: SandboxKind = "bubblewrap",
        start: bool = True,
        tools: frozenset[str] = frozenset(),
    ) -> None:
        self._state = state
        self._inventory = inventory
        self._settings = settings
        self._repository = repository
        self._sandbox: SandboxKind = sandbox
        self._start = start
        self._tools = tools
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._began: _Started | TruebookError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def started(self) -> bool:
        """Whether anything was."""
        return isinstance(self._began, _Started)

    @property
    def failed(self) -> bool:
        """Whether it could not be started."""
        return isinstance(self._began, TruebookError)

    @property
    def description(self) -> str:
        """Where blocks ran, for the report; empty where none did."""
        began = self._began
        return began.place.description if isinstance(began, _Started) and began.place is not None else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What everybody has to be told."""
        if isinstance(self._began, TruebookError):
            return (f"nothing was run: {self._began.message}",)
        if isinstance(self._began, _Started) and self._began.place is None:
            return (f"{self._began.reason}: nothing was run, only what can be proved was checked",)
        if self._sandbox == "none":
            return ("the sandbox is turned off: blocks saw this machine's files and network",)
        return ()

    def run(self, job: Job) -> Outcome:
        """Run a block behind the guard. Raises TruebookError where that can't be."""
        began = self._begin()
        if began.place is None:
            raise Unavailable(began.reason)
        guarded = replace(job, guard=began.guard)
        try:
            return began.place.run(guarded)
        except TruebookError:
            # A machine that was too busy for a sandbox a moment ago may not be now.
            return began.place.run(guarded)

    def prove(self, planned: Planned) -> tuple[Claim, ...] | None:
        """The claims of a block that is not to be run, None for one that is."""
        if not self._start:
            return None
        try:
            began = self._begin()
        except TruebookError as error:
            return (Claim(f"nothing could be checked: {error.message}", None),)
        if planned.plan == "dry-run" and began.place is not None:
            return None
        return self._claims(planned, began)

    def prove_instead(self, planned: Planned) -> tuple[Claim, ...]:
        """The claims of a block that was run and could not be told; none where nothing was started."""
        return self._claims(planned, self._began) if isinstance(self._began, _Started) else ()

    def _claims(self, planned: Planned, began: _Started) -> tuple[Claim, ...]:
        missing = PROVED - self._tools
        claims = proofs.prove(
            planned.filling.script, began.client, aliases=self._settings.runbooks.aliases, missing=missing
        )
        return tuple(map(_of_replay, claims)) if self._state.replayed else claims

    def requests_of_proofs(self) -> tuple[RequestRecord, ...]:
        """What was asked in the course of proofs."""
        return self._began.guard.requests(self._began.handle) if isinstance(self._began, _Started) else ()

    def close(self) -> None:
        """End all of it."""
        self._stack.close()

    def _begin(self) -> _Started:
        if not self._start:
            raise TruebookError(WAITING)
        with self._lock:
            if self._began is None:
                try:
                    self._began = self._open()
                except TruebookError as error:
                    self._began = error
            if isinstance(self._began, TruebookError):
                raise TruebookError(self._began.message)
            return self._began

    def _open(self) -> _Started:
        stack = self._stack
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="truebook-run-")))
        systems = stack.enter_context(pipeline_systems.routes(self._state, self._inventory, self._settings, directory))
        guard = stack.enter_context(Guard(systems))
        handle = guard.serve()
        ports: Mapping[str, int] = handle.ports
        client = stack.enter_context(
            GuardClient({name: f"http://127.0.0.1:{port}" for name, port in ports.items() if name != "http"})
        )
        place: Place | None = None
        reason = ""
        try:
            place = self._place()
            stack.callback(place.close)
        except Unavailable as error:
            reason = error.message
        return _Started(guard, client, handle, place, reason)

    def _place(self) -> Place:
        aliases = self._settings.runbooks.aliases
        if self._sandbox == "none":
            return Bare(self._repository, aliases=aliases)
        return Sandbox(self._repository, aliases=aliases)


def _of_replay(claim: Claim) -> Claim:
    """A replay's account may read and nothing else: what it may not do says nothing of anybody else. What it does not
    answer is not in the recording."""
    if claim.holds is None and claim.text.endswith(UNTOLD):
        return replace(claim, text=f"{claim.text.removesuffix(UNTOLD)}a recording does not tell")
    if claim.holds is False and permission(claim):
        return replace(claim, text=f"{claim.text}: but it is a replay's, who may only read", holds=None)
    return claim
