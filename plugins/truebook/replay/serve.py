"""Serve a recording on this machine's loopback, each system on a port of its own.

with start(recording, directory=folder) as replay:
    subprocess.run(["kubectl", "get", "pods", "-A"], env={**os.environ, **replay.environment})
"""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from truebook.errors import ConfigError
from truebook.recording import Recording
from truebook.replay import argocd, kubernetes, systems
from truebook.replay.system import LoopbackOnly, System

HOST = "127.0.0.1"

APPS: dict[str, System] = {"kubernetes": kubernetes.SYSTEM, "argocd": argocd.SYSTEM, **systems.SYSTEMS}
"""What is served where the recording holds it, in the order of the ports."""


class Server:
    """One system's HTTP server, in a thread of its own."""

    def __init__(self, name: str, app: ASGIApp, listener: socket.socket) -> None:
        config = uvicorn.Config(
            LoopbackOnly(app),
            access_log=False,
            lifespan="off",
            log_config=None,  # each server would set up the logging of all anew, and those that run would be heard
            log_level="critical",
            loop="asyncio",
            server_header=False,
            timeout_graceful_shutdown=1,
            ws="none",
        )
        self.url = f"http://{HOST}:{listener.getsockname()[1]}"
        self._listener = listener
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name=f"replay-{name}", daemon=True)
        # The socket listens already: who connects before the loop runs waits in its queue.
        self._thread.start()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listener]))

    def close(self) -> None:
        """End the server and wait for its thread."""
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()


class Replay:
    """A running replay. `urls` are keyed by system; `environment` are the variables that point the systems'
    clients to it; `kubeconfig` is the file that they use."""

    def __init__(self, servers: Mapping[str, Server], directory: Path) -> None:
        self._servers = servers
        self._closed = threading.Event()
        self.urls: dict[str, str] = {name: server.url for name, server in servers.items()}
        self.environment: dict[str, str] = {}
        for name, url in self.urls.items():
            self.environment.update(APPS[name].environment(url, directory))
        self.kubeconfig = Path(self.environment["KUBECONFIG"])

    def wait(self) -> None:
        """Block until the replay is closed."""
        self._closed.wait()

    def close(self) -> None:
        """End all servers. Closing twice does no harm."""
        if not self._closed.is_set():
            for server in self._servers.values():
                server.close()
            self._closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start(recording: Recording, *, port: int = 0, directory: Path) -> Replay:
    """Serve the recording. The first system gets `port`, the others those after it; 0, or a following one that
    is taken, stands for any that is free. `directory` (made where it is missing) takes the clients' files.

    Raises ConfigError where `port` can't be had, RecordingError where the recording can't be read.
    """
    # The apps first: a recording that can't be read leaves no socket open.
    apps = {name: app for name, system in APPS.items() if (app := system.app(recording)) is not None}
    directory.mkdir(parents=True, exist_ok=True)
    servers: dict[str, Server] = {}
    try:
        for offset, (name, app) in enumerate(apps.items()):
            servers[name] = Server(name, app, listen(port and port + offset, strict=offset == 0))
        return Replay(servers, directory)
    except BaseException:
        for server in servers.values():
            server.close()
        raise


def listen(port: int, *, strict: bool = True) -> socket.socket:
    """A listening socket on loopback. Raises ConfigError where `port` can't be had and is `strict`ly asked for."""
    # The protocol spelled out: asyncio sets TCP_NODELAY only then, and without it each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # Else a port is not free for a minute after its last connection.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if not strict:
            return listen(0, strict=True)
        why = "is taken" if error.errno == errno.EADDRINUSE else f"can't be had ({error.strerror})"
        raise ConfigError(f"port {port} {why}; choose another, or 0 for a free one") from error
    except OverflowError:
        listener.close()
        if not strict:
            return listen(0, strict=True)
        raise ConfigError(f"no such port: {port}; choose one below 65536, or 0 for a free one") from None
    return listener
