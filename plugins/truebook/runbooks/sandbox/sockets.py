"""The other end of `listener.py`: listening sockets that live in a sandbox's network namespace, for the guard."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from truebook.errors import TruebookError

SECONDS = 10.0
"""How long the process may take to answer."""


class Listeners:
    """The process that opens them, started once per run. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(SECONDS)
        self._lock = threading.Lock()
        script = str(Path(__file__).with_name("listener.py"))
        with theirs:
            # Isolated, so that no variable or folder of the caller's decides what it runs.
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-S", script, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={},
            )

    def open(self, pid: int, ports: Mapping[str, int]) -> dict[str, socket.socket]:
        """A listening socket on 127.0.0.1 for each port, in the network namespace of process `pid`.

        Raises TruebookError where they can't be had.
        """
        if not ports:
            return {}
        request = json.dumps({"pid": pid, "ports": list(ports.values())}).encode()
        try:
            with self._lock:
                self._control.send(request)
                answer, descriptors, _, _ = socket.recv_fds(self._control, 4096, len(ports))
        except OSError as error:
            raise TruebookError(f"no socket could be opened inside of the sandbox: {error}") from error
        opened = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        if answer != b"ok" or len(opened) != len(ports):
            for one in opened:
                one.close()
            raise TruebookError(f"no socket could be opened inside of the sandbox: {answer.decode('utf-8', 'replace')}")
        return dict(zip(ports, opened, strict=True))

    def close(self) -> None:
        """End the process."""
        self._control.close()
        self._process.wait()
