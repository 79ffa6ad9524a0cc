"""The sandbox itself: bubblewrap around bash, with sockets for the guard."""

from __future__ import annotations

import json
import os
import platform
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from truebook.errors import TruebookError
from truebook.redact import excerpt
from truebook.runbooks.sandbox import cgroup, command, discovery, host, seccomp, shell
from truebook.runbooks.sandbox.command import View
from truebook.runbooks.sandbox.follow import Killer, follow
from truebook.runbooks.sandbox.job import FIRST_PORT, Job, Outcome
from truebook.runbooks.sandbox.limits import Limits
from truebook.runbooks.sandbox.pipes import pipe
from truebook.runbooks.sandbox.sockets import Listeners
from truebook.runbooks.sandbox.watch import Watched, Watcher

NOBODY = 65534
"""Whom root becomes first: the kernel does not count root's processes."""
START_SECONDS = 20.0


class Unavailable(TruebookError):
    """There is no sandbox to be had here; the message says why."""


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
        self._bwrap = found
        self._limits = limits or Limits()
        self._aliases = dict(aliases or {})
        self._stack = ExitStack()
        try:
            self._directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="truebook-")))
            self._calls = self._directory / "seccomp"
            self._calls.write_bytes(calls)
            self._repository, self._programs = repository, tuple(programs)
            self._view = self._look([])
            self._listeners = self._stack.enter_context(closing(Listeners()))
            self._watcher = self._stack.enter_context(closing(Watcher()))
            self._lock = threading.Lock()
            self._asking = 0
            self._cache: Path | None = None
            self._groups = cgroup.folder() if os.geteuid() == 0 else None
            self._become = self._probe()
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
        return bool(self._become) or os.geteuid() != 0

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
            return self._run(job, self._become)
        except Unavailable:
            # What Git ignored when the run began may be gone by now, and there is nothing to hide any more.
            self._view = self._look(self._become)
            return self._run(job, self._become)

    def _learn(self, job: Job) -> None:
        """Keep what kubectl asks of the API each time, once there are several blocks with it."""
        if job.guard is None or "kubectl" not in job.script:
            return
        with self._lock:
            self._asking += 1
            if self._asking != discovery.AFTER:
                return
        limits = replace(self._limits, kept=discovery.LARGEST)
        outcome = self._run(Job(discovery.SCRIPT, guard=job.guard), self._become, limits=limits)
        folder = Path(tempfile.mkdtemp(dir=self._directory))
        if outcome.exit_code == 0 and not outcome.cut and discovery.unpack(outcome.output, folder):
            self._hand_over(folder, self._become)
            self._cache = folder

    def _look(self, become: list[str]) -> View:
        folder = Path(tempfile.mkdtemp(dir=self._directory))
        found = host.view(self._repository, folder, programs=self._programs)
        self._hand_over(folder, become)
        return found

    def _hand_over(self, folder: Path, become: list[str]) -> None:
        """Let whom bubblewrap runs as read our own files, and nobody else."""
        if os.geteuid() == 0:
            owner = NOBODY if become else 0
            for path in (folder, *folder.rglob("*")):
                os.chown(path, owner, owner, follow_symlinks=False)

    def _probe(self) -> list[str]:
        """How to become someone whose processes are counted: a command, empty where none is needed or possible."""
        test = "test -r /repository -a -x /repository\n" + "".join(
            f"test -x {command.BIN}/{name}\n" for name in self._view.programs
        )
        setpriv = shutil.which("setpriv")
        if os.geteuid() == 0 and setpriv is not None:
            become = [setpriv, "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--inh-caps=-all"]
            self._hand_over(self._directory, become)
            try:
                if self._tried(test, become) == "":
                    return become
            except Unavailable:
                pass
            self._hand_over(self._directory, [])
            if self._groups is None:
                raise Unavailable(
                    "root's processes can't be bounded here: run as another user, or let others read the repository"
                )
        if reason := self._tried(test, []):
            raise Unavailable(reason)
        return []

    def _tried(self, test: str, become: list[str]) -> str:
        """Why a block would not do here, empty where it does."""
        try:
            outcome = self._run(Job(test, timeout=START_SECONDS), become, probe=True)
        except Unavailable:
            raise
        except TruebookError as error:
            return error.message
        if outcome.exit_code == 0 and outcome.report.ended:
            return ""
        return f"a trial run in the sandbox failed: {excerpt(outcome.output) or outcome.killed or outcome.exit_code}"

    def _run(self, job: Job, become: list[str], *, probe: bool = False, limits: Limits | None = None) -> Outcome:
        guard, limits = job.guard, limits or self._limits
        names = guard.systems if guard is not None else ("probe",) if probe else ()
        ports = {name: FIRST_PORT + index for index, name in enumerate(names)}
        with ExitStack() as stack:
            box = self._start(stack, job, ports, become)
            sockets = self._listeners.open(box.first, ports)
            handle = None
            if guard is not None:
                handle = guard.serve(sockets)
                stack.callback(guard.end, handle)
            else:
                for socket in sockets.values():
                    socket.close()
            self._watcher.add(Watched(box.first, limits.processes + 2, limits.total * command.MEGABYTE, box.kill))
            stack.callback(self._watcher.remove, box.first)
            started = time.monotonic()
            _release(box.release, box.output)
            said, reported = follow(
                ended=box.ended,
                output=box.output,
                report=box.report,
                limits=limits,
                timeout=job.timeout,
                kill=box.kill,
            )
            duration = time.monotonic() - started
            exit_code = _exit_code(box.process)
            facts = shell.read_report(reported)
            if not facts.started and not box.kill.reason:
                raise _unmade(said.whole())
            return Outcome(
                exit_code=exit_code,
                output=said.whole(),
                report=facts,
                duration=duration,
                killed=box.kill.reason,
                cut=said.cut,
                requests=() if guard is None else guard.requests(handle),
                claims=() if guard is None else guard.claims(handle),
            )

    def _start(self, stack: ExitStack, job: Job, ports: Mapping[str, int], become: list[str]) -> _Box:
        """Make a sandbox that waits before its first command; the stack ends it."""
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self._directory)))
        output, output_end = pipe(stack)
        report, report_end = pipe(stack)
        info, info_end = pipe(stack)
        release_end, release = pipe(stack)
        calls = stack.enter_context(self._calls.open("rb"))
        environment = dict(command.ENVIRONMENT)
        if job.guard is not None:
            environment.update(job.guard.environment(ports, Path(command.BLOCK)))
        view = self._view
        if job.guard is not None and self._cache is not None:
            view = replace(view, files={**view.files, discovery.PLACE: str(self._cache)})
            environment["KUBECACHEDIR"] = discovery.PLACE
        self._write(folder, job, ports, report_end.fileno())
        self._hand_over(folder, become)
        line = command.command(
            view,
            block=str(folder),
            cwd=job.cwd,
            tmp=self._limits.tmp,
            info=info_end.fileno(),
            release=release_end.fileno(),
            seccomp=calls.fileno(),
            argv=shell.arguments(),
        )
        process = subprocess.Popen(  # noqa: S603
            [*become, self._bwrap, *line[1:]],
            stdin=subprocess.DEVNULL,
            stdout=output_end.fileno(),
            stderr=subprocess.STDOUT,
            env=environment,
            pass_fds=(report_end.fileno(), info_end.fileno(), release_end.fileno(), calls.fileno()),
        )
        stack.callback(_reap, process)
        for end in (output_end, report_end, info_end, release_end):
            end.close()
        first = _first_process(info.fileno(), output.fileno())
        try:
            ended = os.pidfd_open(first)
            stack.callback(os.close, ended)
            if self._groups is not None and not become:
                stack.enter_context(cgroup.group(self._groups, first, self._limits.processes + 2))
        except OSError as error:
            raise Unavailable(f"the sandbox's first process can't be watched: {error}") from error
        kill = Killer(lambda: _kill(ended))
        stack.callback(kill, "it was left alone")
        return _Box(process, first, ended, output.fileno(), report.fileno(), release.fileno(), kill)

    def _write(self, folder: Path, job: Job, ports: Mapping[str, int], report: int) -> None:
        """A block's own files."""
        given = {} if job.guard is None else job.guard.environment(ports, Path(command.BLOCK))
        files = {
            shell.START: shell.start(self._limits, self._aliases, report).encode(),
            shell.SCRIPT: shell.script(job.script).encode("utf-8", "surrogateescape"),
            shell.STATE: job.session.declarations(given, folder=not job.cwd),
        }
        if job.guard is not None:
            files.update((name, text.encode()) for name, text in job.guard.files(ports).items())
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


@dataclass(frozen=True)
class _Box:
    """A sandbox that was made. `first` is its first process, `ended` a pidfd of it; the rest are ends of pipes."""

    process: subprocess.Popen[bytes]
    first: int
    ended: int
    output: int
    report: int
    release: int
    kill: Killer


def _first_process(info: int, output: int) -> int:
    """The first process of the sandbox, as bubblewrap names it. Raises Unavailable with bubblewrap's own words."""
    said = b""
    deadline = time.monotonic() + START_SECONDS
    while b"}" not in said:
        ready, _, _ = select.select([info], [], [], max(0.0, deadline - time.monotonic()))
        data = os.read(info, 4096) if ready else b""
        if not data:
            raise _unmade(_words(output))
        said += data
    return int(json.loads(said)["child-pid"])


def _release(release: int, output: int) -> None:
    """Let the block start. Raises Unavailable where there is nobody to start it."""
    try:
        os.write(release, b".")
    except BrokenPipeError:
        raise _unmade(_words(output)) from None


def _words(output: int) -> bytes:
    os.set_blocking(output, False)
    try:
        return os.read(output, 4096)
    except BlockingIOError:
        return b""


def _unmade(words: bytes) -> Unavailable:
    return Unavailable(f"bubblewrap could not make a sandbox: {excerpt(words) or 'it did not say why'}")


def _kill(ended: int) -> None:
    try:
        signal.pidfd_send_signal(ended, signal.SIGKILL)
    except ProcessLookupError:
        return


def _exit_code(process: subprocess.Popen[bytes]) -> int:
    """bubblewrap's own exit code, which is its command's. Popen's wait would look for it in ever longer pauses."""
    ended = os.pidfd_open(process.pid)
    try:
        if not select.select([ended], [], [], START_SECONDS)[0]:
            raise TruebookError("a block's processes could not be ended in time")
    finally:
        os.close(ended)
    return process.wait()


def _reap(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
