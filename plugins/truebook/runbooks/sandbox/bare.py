"""No sandbox: for those who turned it off by name. A block sees this machine's files and network as they are.

What is left: a cleared environment and an empty home, so that the usual clients find no credentials but the guard's
stand-ins; a bound of time and of output; the end of the block's process group.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from truebook.runbooks.sandbox import command, shell
from truebook.runbooks.sandbox.follow import Killer, follow
from truebook.runbooks.sandbox.job import Job, Outcome
from truebook.runbooks.sandbox.limits import Limits
from truebook.runbooks.sandbox.pipes import pipe


class Bare:
    """Runs jobs on this machine as it is. `repository` is where they start."""

    def __init__(
        self, repository: Path, *, limits: Limits | None = None, aliases: Mapping[str, str] | None = None
    ) -> None:
        self._repository = repository.resolve()
        self._limits = limits or Limits()
        self._aliases = dict(aliases or {})

    @property
    def description(self) -> str:
        """For the report."""
        return "no sandbox"

    def close(self) -> None:
        """Nothing is kept open."""

    def run(self, job: Job) -> Outcome:
        """Run a job."""
        guard, limits = job.guard, self._limits
        command.working_directory(job.cwd)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="truebook-")))
            (folder / "home").mkdir()
            environment = dict(command.ENVIRONMENT) | {"PATH": os.environ.get("PATH", os.defpath)}
            environment |= {"HOME": str(folder / "home"), "TMPDIR": str(folder)}
            output, output_end = pipe(stack)
            report, report_end = pipe(stack)
            gate_end, gate = pipe(stack)
            files = {
                shell.START: shell.start(limits, self._aliases, report_end.fileno(), gate_end.fileno(), str(folder)),
                shell.SCRIPT: shell.script(job.script),
            }
            handle = None
            given: Mapping[str, str] = {}
            if guard is not None:
                handle = guard.serve()
                stack.callback(guard.end, handle)
                ports: Mapping[str, int] = handle.ports
                given = guard.environment(ports, folder)
                environment.update(given)
                files.update(guard.files(ports))
            for name, text in files.items():
                (folder / name).write_text(text, encoding="utf-8", errors="surrogateescape")
            (folder / shell.STATE).write_bytes(job.session.declarations(given, folder=not job.cwd))
            # It need not wait for anything.
            os.write(gate.fileno(), shell.GO)
            started = time.monotonic()
            process = subprocess.Popen(  # noqa: S603
                shell.arguments(str(folder)),
                stdin=subprocess.DEVNULL,
                stdout=output_end.fileno(),
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self._repository / job.cwd,
                pass_fds=(report_end.fileno(), gate_end.fileno()),
                start_new_session=True,
            )
            killer = Killer(lambda: _kill_group(process.pid))
            output_end.close()
            report_end.close()
            gate_end.close()
            ended = os.pidfd_open(process.pid)
            stack.callback(os.close, ended)
            try:
                said, reported = follow(
                    ended=ended,
                    output=output.fileno(),
                    report=report.fileno(),
                    limits=limits,
                    timeout=job.timeout,
                    kill=killer,
                )
            finally:
                # Before it is waited for: until then its number is not another's.
                _kill_group(process.pid)
                exit_code = process.wait()
            return Outcome(
                exit_code=exit_code if exit_code >= 0 else 128 - exit_code,
                output=said.whole(),
                report=shell.read_report(reported),
                duration=time.monotonic() - started,
                killed=killer.reason,
                cut=said.cut,
                requests=() if guard is None else guard.requests(handle),
                claims=() if guard is None else guard.claims(handle),
            )


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
