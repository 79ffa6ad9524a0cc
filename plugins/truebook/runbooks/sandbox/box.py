"""One sandbox: made, waiting at its gate, then gone with its block. None is used twice.

At the gate nothing of a block is there yet: bash has set its limits and reads one line from a pipe. So a sandbox can be
made ahead of its block, as long as it shows what the block is to see. Whoever made it has to outlive it: it dies with
the thread that it was started from, and where its gate is closed without a word.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from truebook.errors import TruebookError
from truebook.redact import excerpt
from truebook.runbooks.sandbox import cgroup, command, shell
from truebook.runbooks.sandbox.command import View
from truebook.runbooks.sandbox.follow import Killer
from truebook.runbooks.sandbox.limits import Limits
from truebook.runbooks.sandbox.pipes import End, pipe
from truebook.runbooks.sandbox.sockets import Listeners

START_SECONDS = 20.0
NOBODY = 65534
"""Whom root becomes first: the kernel does not count root's processes."""


class Unavailable(TruebookError):
    """There is no sandbox to be had here; the message says why."""


@dataclass(frozen=True, slots=True)
class Shape:
    """All that is settled when a sandbox is made. Two blocks of one shape can have either's.

    `ports` are those that the guard listens on inside, `environment` and `files` (name → text) what it wants there.
    """

    view: View
    cwd: str = ""
    ports: Mapping[str, int] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kit:
    """What all sandboxes of a run are made with. `become` is the command that gives up root's rights, `groups` where
    control groups are made in its place."""

    bwrap: str
    directory: Path
    calls: Path
    limits: Limits
    aliases: Mapping[str, str]
    listeners: Listeners
    become: tuple[str, ...] = ()
    groups: Path | None = None


class Box:
    """A sandbox that waits at its gate. `close` ends it, whatever it does."""

    def __init__(self, kit: Kit, shape: Shape) -> None:
        """Make one. Raises Unavailable with bubblewrap's own words, and ConfigError for `cwd`."""
        self.shape = shape
        self._kit = kit
        self._stack = ExitStack()
        try:
            self._make()
        except BaseException:
            self._stack.close()
            raise

    def _make(self) -> None:
        kit, shape, stack = self._kit, self.shape, self._stack
        self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=kit.directory)))
        self._output, output_end = pipe(stack)
        self._report, report_end = pipe(stack)
        gate_end, self._gate = pipe(stack)
        start = shell.start(kit.limits, kit.aliases, report_end.fileno(), gate_end.fileno())
        self._write({shell.START: start.encode(), **{name: text.encode() for name, text in shape.files.items()}})
        hand_over(self._folder, kit.become)
        self.first = self._spawn(output_end, report_end, gate_end)
        try:
            self.ended = os.pidfd_open(self.first)
        except OSError as error:
            raise Unavailable(f"the sandbox's first process can't be watched: {error}") from error
        stack.callback(os.close, self.ended)
        self.kill = Killer(lambda: _kill(self.ended))
        stack.callback(self.kill, "it was left alone")
        self.sockets: dict[str, socket.socket] = kit.listeners.open(self.first, shape.ports)
        stack.callback(self._close_sockets)

    def _spawn(self, output_end: End, report_end: End, gate_end: End) -> int:
        """Start it; its first process."""
        kit, shape, stack = self._kit, self.shape, self._stack
        info, info_end = pipe(stack)
        release_end, release = pipe(stack)
        with kit.calls.open("rb") as calls:
            line = command.command(
                shape.view,
                block=str(self._folder),
                cwd=shape.cwd,
                tmp=kit.limits.tmp,
                info=info_end.fileno(),
                release=release_end.fileno(),
                seccomp=calls.fileno(),
                argv=shell.arguments(),
            )
            passed = (report_end, gate_end, info_end, release_end, calls)
            self._process = subprocess.Popen(  # noqa: S603
                [*kit.become, kit.bwrap, *line[1:]],
                stdin=subprocess.DEVNULL,
                stdout=output_end.fileno(),
                stderr=subprocess.STDOUT,
                env={**command.ENVIRONMENT, **shape.environment},
                pass_fds=[end.fileno() for end in passed],
            )
        stack.callback(_reap, self._process)
        for end in (output_end, report_end, gate_end, info_end, release_end):
            end.close()
        first = _first_process(info.fileno(), self.output)
        if kit.groups is not None and not kit.become:
            # Before bash is there, which would have to join as well.
            try:
                stack.enter_context(cgroup.group(kit.groups, first, kit.limits.processes + 2))
            except OSError as error:
                raise Unavailable(f"the sandbox's processes can't be bounded: {error}") from error
        _tell(release, b".", self.output)
        for end in (info, release):
            end.close()
        return first

    @property
    def output(self) -> int:
        """The descriptor of what it prints."""
        return self._output.fileno()

    @property
    def report(self) -> int:
        """The descriptor of what it reports from the gate on."""
        return self._report.fileno()

    def await_gate(self) -> None:
        """Return when it waits there and shows what it should. Raises Unavailable where it does not come so far."""
        deadline, said = time.monotonic() + START_SECONDS, b""
        while not said.endswith(b"\n"):
            ready, _, _ = select.select([self.report], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(self.report, len(shell.AT_GATE) - len(said)) if ready else b""
            if not data:
                raise _unmade(_words(self.output))
            said += data
        if missing := self._uncovered():
            raise Unavailable(f"{missing} of the repository can't be hidden: it was replaced meanwhile")

    def _uncovered(self) -> str:
        """What should be covered inside and is not. Whoever replaces a file or folder outside takes away what was put
        over it here."""
        view = self.shape.view
        covered = {*view.hidden_folders, *view.hidden_files, *view.replaced}
        if not covered:
            return ""
        try:
            mounts = Path(f"/proc/{self.first}/mountinfo").read_bytes()
        except OSError:
            return "what is ignored"
        places = {_unescaped(line.split(b" ", 5)[4]) for line in mounts.splitlines()}
        return min((name for name in covered if f"{command.REPOSITORY}/{name}" not in places), default="")

    def open(self, script: str, session: bytes) -> None:
        """Let the block begin. Raises Unavailable where there is nobody to begin it."""
        self._write(
            {shell.SCRIPT: shell.script(script).encode("utf-8", "surrogateescape"), shell.STATE: session},
        )
        _tell(self._gate, shell.GO, self.output)
        self._gate.close()

    def exit_code(self) -> int:
        """bubblewrap's own exit code, which is its command's. Popen's wait would look for it in ever longer pauses."""
        ended = os.pidfd_open(self._process.pid)
        try:
            if not select.select([ended], [], [], START_SECONDS)[0]:
                raise TruebookError("a block's processes could not be ended in time")
        finally:
            os.close(ended)
        return self._process.wait()

    def close(self) -> None:
        """End it and remove its files. Closing twice does no harm."""
        self._stack.close()

    def _close_sockets(self) -> None:
        for one in self.sockets.values():
            one.close()

    def _write(self, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            # The folder itself is closed to others.
            path.chmod(0o644)


def hand_over(folder: Path, become: tuple[str, ...]) -> None:
    """Let whom bubblewrap runs as read our own files, and nobody else."""
    if os.geteuid() == 0:
        owner = NOBODY if become else 0
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)


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


def _tell(end: End, what: bytes, output: int) -> None:
    try:
        os.write(end.fileno(), what)
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


def _unescaped(path: bytes) -> str:
    """A path as mountinfo writes it."""
    return os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), path))


def _kill(ended: int) -> None:
    try:
        signal.pidfd_send_signal(ended, signal.SIGKILL)
    except ProcessLookupError:
        return


def _reap(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
