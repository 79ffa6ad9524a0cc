"""The sandbox itself: bubblewrap around bash, with sockets for the guard."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self

from truebook.errors import TruebookError
from truebook.redact import excerpt
from truebook.runbooks.sandbox import command, host, shell
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
        self._bwrap = found
        self._limits = limits or Limits()
        self._aliases = dict(aliases or {})
        self._stack = ExitStack()
        try:
            self._directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="truebook-")))
            self._view = host.view(repository, self._directory, programs=programs)
            self._listeners = self._stack.enter_context(closing(Listeners()))
            self._watcher = self._stack.enter_context(closing(Watcher()))
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

    def close(self) -> None:
        """End what serves all blocks."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, job: Job) -> Outcome:
        """Run a job. Raises TruebookError where it can't be started."""
        return self._run(job, self._become)

    def _probe(self) -> list[str]:
        """How to become someone whose processes are counted: a command, empty where none is needed or possible."""
        test = "test -r /repository -a -x /repository\n" + "".join(
            f"test -x {command.BIN}/{name}\n" for name in self._view.programs
        )
        setpriv = shutil.which("setpriv")
        if os.geteuid() == 0 and setpriv is not None:
            become = [setpriv, "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--inh-caps=-all"]
            os.chown(self._directory, NOBODY, NOBODY)
            try:
                if self._tried(test, become) == "":
                    return become
            except Unavailable:
                pass
            os.chown(self._directory, 0, 0)
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

    def _run(self, job: Job, become: list[str], *, probe: bool = False) -> Outcome:
        guard = job.guard
        names = guard.systems if guard is not None else ("probe",) if probe else ()
        ports = {name: FIRST_PORT + index for index, name in enumerate(names)}
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self._directory)))
            output, output_end = pipe(stack)
            report, report_end = pipe(stack)
            info, info_end = pipe(stack)
            release_end, release = pipe(stack)
            environment = dict(command.ENVIRONMENT)
            files = {
                shell.START: shell.start(self._limits, self._aliases, report_end.fileno()).encode(),
                shell.SCRIPT: shell.script(job.script).encode("utf-8", "surrogateescape"),
                shell.STATE: job.state,
            }
            if guard is not None:
                environment.update(guard.environment(ports, Path(command.BLOCK)))
                files.update((name, text.encode()) for name, text in guard.files(ports).items())
            for name, content in files.items():
                (folder / name).write_bytes(content)
            if become:
                os.chown(folder, NOBODY, NOBODY)
            line = command.command(
                self._view,
                block=str(folder),
                cwd=job.cwd,
                tmp=self._limits.tmp,
                info=info_end.fileno(),
                release=release_end.fileno(),
                argv=shell.arguments(),
            )
            process = subprocess.Popen(  # noqa: S603
                [*become, self._bwrap, *line[1:]],
                stdin=subprocess.DEVNULL,
                stdout=output_end.fileno(),
                stderr=subprocess.STDOUT,
                env=environment,
                pass_fds=(report_end.fileno(), info_end.fileno(), release_end.fileno()),
            )
            stack.callback(_reap, process)
            for end in (output_end, report_end, info_end, release_end):
                end.close()
            first = _first_process(info.fileno(), output.fileno())
            try:
                ended = os.pidfd_open(first)
            except OSError as error:
                raise Unavailable(f"the sandbox's first process can't be watched: {error}") from error
            stack.callback(os.close, ended)
            killer = Killer(lambda: _kill(ended))
            stack.callback(killer, "it was left alone")
            handle = None
            sockets = self._listeners.open(first, ports)
            if guard is not None:
                handle = guard.serve(sockets)
                stack.callback(guard.end, handle)
            for socket in sockets.values() if guard is None else ():
                socket.close()
            limits = self._limits
            self._watcher.add(Watched(first, limits.processes + 2, limits.total * command.MEGABYTE, killer))
            stack.callback(self._watcher.remove, first)
            started = time.monotonic()
            os.write(release.fileno(), b".")
            said, reported = follow(
                ended=ended,
                output=output.fileno(),
                report=report.fileno(),
                limits=limits,
                timeout=job.timeout,
                kill=killer,
            )
            exit_code = process.wait(timeout=START_SECONDS)
            return Outcome(
                exit_code=exit_code,
                output=said.whole(),
                report=shell.read_report(reported),
                duration=time.monotonic() - started,
                killed=killer.reason,
                cut=said.cut,
                requests=() if guard is None else guard.requests(handle),
                claims=() if guard is None else guard.claims(handle),
            )


def _first_process(info: int, output: int) -> int:
    """The first process of the sandbox, as bubblewrap names it. Raises Unavailable with bubblewrap's own words."""
    said = b""
    deadline = time.monotonic() + START_SECONDS
    while b"}" not in said:
        ready, _, _ = select.select([info], [], [], max(0.0, deadline - time.monotonic()))
        data = os.read(info, 4096) if ready else b""
        if not data:
            os.set_blocking(output, False)
            try:
                words = os.read(output, 4096)
            except BlockingIOError:
                words = b""
            raise Unavailable(f"bubblewrap could not make a sandbox: {excerpt(words) or 'it did not say why'}")
        said += data
    return int(json.loads(said)["child-pid"])


def _kill(ended: int) -> None:
    try:
        signal.pidfd_send_signal(ended, signal.SIGKILL)
    except ProcessLookupError:
        return


def _reap(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
