"""`scripts/serve` as a person runs it: in a terminal, until Ctrl-C."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import signal
import socket
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
import yaml

from tests.site.building import ROOT

T = TypeVar("T")
SERVE = ROOT / "scripts" / "serve"


class Terminal:
    """A process with a terminal of its own. `said` is all that it wrote so far."""

    def __init__(self, *command: str) -> None:
        self._main, side = pty.openpty()
        os.set_blocking(self._main, False)
        self.process = subprocess.Popen(command, stdin=side, stdout=side, stderr=side, preexec_fn=_own_terminal)
        os.close(side)
        self.said = ""

    def read(self) -> str:
        with contextlib.suppress(OSError):  # nothing there now, or the other side is closed
            while more := os.read(self._main, 65536):
                self.said += more.decode(errors="replace")
        return self.said

    def press_control_c(self) -> None:
        os.write(self._main, b"\x03")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(30)
        os.close(self._main)


def _own_terminal() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs, such as this run, ignore it
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found


@pytest.fixture
def serving(port: int) -> Iterator[Terminal]:
    if not (ROOT / ".venv" / "truebook-setup").exists():
        pytest.skip("this checkout is not set up by scripts/setup")
    terminal = Terminal(str(SERVE), "--port", str(port))
    yield terminal
    terminal.close()


def test_serves_the_homelab_and_a_cluster_to_try_until_interrupted(serving: Terminal, port: int) -> None:
    landing = until(serving, lambda: httpx.get(f"http://127.0.0.1:{port}/", trust_env=False))
    assert "recording homelab.json" in landing.text
    assert "truebook-status--healthy" in landing.text
    assert "livereload" in landing.text
    runbook = httpx.get(f"http://127.0.0.1:{port}/runbooks/scale-workloads.html", trust_env=False).text
    assert re.search(r'truebook-result__said">(Dry-run|Proved)', runbook)  # tested, with or without kubectl here
    assert "nothing is run while pages are served" not in runbook

    said = until(serving, lambda: re.search(r"export KUBECONFIG=(\S+)", serving.read()))
    assert Path(said[1]).is_absolute()
    server = yaml.safe_load(Path(said[1]).read_text(encoding="utf-8"))["clusters"][0]["cluster"]["server"]
    namespaces = httpx.get(f"{server}/api/v1/namespaces", trust_env=False).json()
    assert "argocd" in [item["metadata"]["name"] for item in namespaces["items"]]

    serving.press_control_c()
    assert serving.process.wait(30) == 130
    for url in (f"http://127.0.0.1:{port}/", server):
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)


@pytest.mark.parametrize("arguments", [["--port", "many"], ["--port"], ["--nonsense"]])
def test_refuses_what_it_does_not_know(arguments: list[str]) -> None:
    ended = subprocess.run([SERVE, *arguments], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode != 0
    assert "--port" in ended.stderr


def until(terminal: Terminal, look: Callable[[], T | None]) -> T:
    """What `look` finds, as soon as it finds something; fails with what was said when that takes too long."""
    end = time.monotonic() + 240
    while time.monotonic() < end and terminal.process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if found := look():
                return found
        terminal.read()
        time.sleep(0.1)
    pytest.fail(f"it did not come up:\n{terminal.read()}")
