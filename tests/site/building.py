"""Builds this repository's own site as CI does, and serves what was built."""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EMBEDDED = ROOT / "plugins" / "truebook" / "embedded" / "homelab.json"

# MkDocs in a process that ends at the first attempt to reach the network; code that swallows errors cannot hide it.
# The guard and the replay, which blocks are tested with, are reached on this machine's loopback, by its number.
OFFLINE = """
import os, sys
def here(event, address):
    if event == "socket.connect" and isinstance(address, (str, bytes)):
        return True
    host = address[0] if isinstance(address, tuple) else address
    return host in ("127.0.0.1", b"127.0.0.1")
def refuse(event, arguments):
    names = ("socket.getaddrinfo", "socket.gethostbyname")
    if event in names and here(event, arguments[0]):
        return
    if event in ("socket.connect", "socket.sendto") and here(event, arguments[-1]):
        return
    if event in ("socket.connect", "socket.sendto", *names):
        print("NETWORK", event, arguments[-1], file=sys.stderr, flush=True)
        os._exit(97)
sys.addaudithook(refuse)
from mkdocs.__main__ import cli
cli()
"""


def build(target: Path, *, recording: Path | None = None, strict: bool = True) -> subprocess.CompletedProcess[str]:
    """`mkdocs build` into `target` without a network; from the embedded homelab unless told otherwise."""
    environment = dict(os.environ, NO_MKDOCS_2_WARNING="1")
    if recording is not None:
        environment["TRUEBOOK_RECORDING"] = str(recording)
    return subprocess.run(
        [sys.executable, "-c", OFFLINE, "build", *(["--strict"] if strict else []), "--site-dir", str(target)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def serving(folder: Path, port: int = 0) -> Iterator[str]:
    """Serve `folder` on a port of this machine, a free one if 0; gives its URL, with a slash at the end."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()
