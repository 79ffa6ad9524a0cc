"""The sandbox itself: bubblewrap around bash, with sockets for the guard."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Self

from truebook.errors import TruebookError
from truebook.redact import excerpt
from truebook.runbooks.sandbox import cgroup, command, discovery, host, seccomp, shell
from truebook.runbooks.sandbox.ahead import Ahead
from truebook.runbooks.sandbox.box import NOBODY, START_SECONDS, Box, Kit, Shape, Unavailable, hand_over
from truebook.runbooks.sandbox.command import View
from truebook.runbooks.sandbox.follow import follow
from truebook.runbooks.sandbox.job import FIRST_PORT, Job, Outcome
from truebook.runbooks.sandbox.limits import Limits
from truebook.runbooks.sandbox.sockets import Listeners
from truebook.runbooks.sandbox.watch import Watched, Watcher

__all__ = ["Sandbox", "Unavailable"]


class Sandbox:
    """One view of this machine for all blocks of a run; a context manager. `run` may be called from several threads.

    Raises Unavailable where bubblewrap is missing or may not do its work: it is tried once.
    """

    def __init__(
        self,
        repository: Path,
        *,
        limits: Limits | None = None,
        aliases: Mapping[str, str] | None = None,
        programs: Iterable[str] = host.PROGRAMS,
    ) -> None:
        found = shutil.which("bwrap")
        if found is None:
            raise Unavailable("bubblewrap (bwrap) is not installed")
        calls = seccomp.program()
        if calls is None:
            raise Unavailable(f"no filter of system calls is known for {platform.machine()}")
        self._limits = limits or Limits()
        self._stack = ExitStack()
        try:
            directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="truebook-")))
            filtered = directory / "seccomp"
            filtered.write_bytes(calls)
            self._repository, self._programs = repository, tuple(programs)
            self._kit = Kit(
                bwrap=found,
                directory=directory,
                calls=filtered,
                limits=self._limits,
                aliases=dict(aliases or {}),
                listeners=self._stack.enter_context(closing(Listeners())),
                groups=cgroup.folder() if os.geteuid() == 0 else None,
            )
            self._view = self._look()
            self._watcher = self._stack.enter_context(closing(Watcher()))
            self._lock = threading.Lock()
            self._asking = 0
            self._cache: Path | None = None
            self._ahead: Ahead | None = None
            self._probe()
            self._ahead = self._stack.enter_context(closing(Ahead(lambda shape: Box(self._kit, shape))))
        except BaseException:
            self._stack.close()
            raise

    @property
    def description(self) -> str:
        """For the report."""
        return "bubblewrap"

    @property
    def programs(self) -> Mapping[str, str]:
        """The programs that are shown singly: name → file."""
        return self._view.programs

    @property
    def repository(self) -> Path:
        """What is shown as the repository."""
        return self._repository

    @property
    def unprivileged(self) -> bool:
        """Whether the blocks belong to somebody whose processes the kernel counts; else a control group does."""
        return bool(self._kit.become) or os.geteuid() != 0

    def close(self) -> None:
        """End what serves all blocks."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, job: Job) -> Outcome:
        """Run a job. Raises TruebookError where it can't be started."""
        self._learn(job)
        try:
            return self._run(job)
        except Unavailable:
            # What Git ignored when the run began may be gone by now, and there is nothing to hide any more.
            self._view = self._look()
            return self._run(job)

    def _learn(self, job: Job) -> None:
        """Keep what kubectl asks of the API each time, once there are several blocks with it."""
        if job.guard is None or "kubectl" not in job.script:
            return
        with self._lock:
            self._asking += 1
            if self._asking != discovery.AFTER:
                return
        limits = replace(self._limits, kept=discovery.LARGEST)
        outcome = self._run(Job(discovery.SCRIPT, guard=job.guard), limits=limits)
        folder = Path(tempfile.mkdtemp(dir=self._kit.directory))
        if outcome.exit_code == 0 and not outcome.cut and discovery.unpack(outcome.output, folder):
            hand_over(folder, self._kit.become)
            self._cache = folder

    def _look(self) -> View:
        folder = Path(tempfile.mkdtemp(dir=self._kit.directory))
        found = host.view(self._repository, folder, programs=self._programs)
        hand_over(folder, self._kit.become)
        return found

    def _probe(self) -> None:
        """See whether it works, as someone whose processes are counted where that is possible."""
        test = "test -r /repository -a -x /repository\n" + "".join(
            f"test -x {command.BIN}/{name}\n" for name in self._view.programs
        )
        plain, setpriv = self._kit, shutil.which("setpriv")
        if os.geteuid() == 0 and setpriv is not None:
            become = (setpriv, "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--inh-caps=-all")
            self._kit = replace(plain, become=become)
            hand_over(plain.directory, become)
            try:
                if self._tried(test) == "":
                    return
            except Unavailable:
                pass
            self._kit = plain
            hand_over(plain.directory, ())
            if plain.groups is None:
                raise Unavailable(
                    "root's processes can't be bounded here: run as another user, or let others read the repository"
                )
        if reason := self._tried(test):
            raise Unavailable(reason)

    def _tried(self, test: str) -> str:
        """Why a block would not do here, empty where it does."""
        try:
            outcome = self._run(Job(test, timeout=START_SECONDS), probe=True)
        except Unavailable:
            raise
        except TruebookError as error:
            return error.message
        if outcome.exit_code == 0 and outcome.report.ended:
            return ""
        return f"a trial run in the sandbox failed: {excerpt(outcome.output) or outcome.killed or outcome.exit_code}"

    def _run(self, job: Job, *, probe: bool = False, limits: Limits | None = None) -> Outcome:
        guard, limits = job.guard, limits or self._limits
        shape = self._shape(job, ("probe",) if probe else ())
        with ExitStack() as stack:
            box = self._box(shape)
            stack.callback(box.close)
            self._watcher.add(Watched(box.first, limits.processes + 2, limits.total * command.MEGABYTE, box.kill))
            stack.callback(self._watcher.remove, box.first)
            started = time.monotonic()
            box.open(job.script, job.session.declarations(shape.environment, folder=not job.cwd))
            handle = None
            if guard is not None:
                # The sockets listen already: whoever is early waits for the guard to take them over.
                handle = guard.serve(box.sockets)
                stack.callback(guard.end, handle)
            if self._ahead is not None and not job.cwd:
                self._ahead.prepare(shape)
            said, reported = follow(
                ended=box.ended,
                output=box.output,
                report=box.report,
                limits=limits,
                timeout=job.timeout,
                kill=box.kill,
            )
            return Outcome(
                duration=time.monotonic() - started,
                exit_code=box.exit_code(),
                output=said.whole(),
                report=shell.read_report(reported),
                killed=box.kill.reason,
                cut=said.cut,
                requests=() if guard is None else guard.requests(handle),
                claims=() if guard is None else guard.claims(handle),
            )

    def _box(self, shape: Shape) -> Box:
        """A sandbox for one block: the one that was made ahead, or a new one."""
        if self._ahead is not None and (made := self._ahead.take(shape)) is not None:
            return made
        box = Box(self._kit, shape)
        try:
            box.await_gate()
        except BaseException:
            box.close()
            raise
        return box

    def _shape(self, job: Job, names: Iterable[str]) -> Shape:
        """What a job's sandbox has to be like. `names` are systems that get a port, without a guard to name them."""
        guard = job.guard
        systems = names if guard is None else guard.systems
        ports = {name: FIRST_PORT + index for index, name in enumerate(systems)}
        if guard is None:
            return Shape(self._view, job.cwd, ports)
        view, environment = self._view, dict(guard.environment(ports, Path(command.BLOCK)))
        if self._cache is not None:
            view = replace(view, files={**view.files, discovery.PLACE: str(self._cache)})
            environment["KUBECACHEDIR"] = discovery.PLACE
        return Shape(view, job.cwd, ports, environment, guard.files(ports))
