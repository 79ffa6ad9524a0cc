"""An API that writes down what reaches it, and a guard before it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from truebook.guard import kubernetes
from truebook.guard.request import System
from truebook.guard.server import Guard, Handle, Route, plain

TOKEN = "Bearer of-the-guard"  # the guard's own, which no block may see


@dataclass(frozen=True)
class Arrived:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeAPI:
    """Answers all with `answer`, and keeps what arrived."""

    url: str = ""
    arrived: list[Arrived] = field(default_factory=list)
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None


@contextmanager
def fake_api() -> Iterator[FakeAPI]:
    api = FakeAPI()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            api.arrived.append(Arrived(self.command, self.path, headers, body))
            if api.answer is not None:
                api.answer(self)
                return
            content = b'{"kind":"Status","metadata":{}}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Set-Cookie", "session=1")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_LIST = _any  # noqa: N815

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Guarded:
    """A guard before a fake API, as one block sees it."""

    api: FakeAPI
    guard: Guard
    handle: Handle
    name: str

    @property
    def port(self) -> int:
        return self.handle.ports[self.name]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def send(self, data: bytes, *, end: bool = True) -> bytes:
        """Send bytes as they are; all that came back until the guard closed the connection."""
        with self.connect() as connection:
            connection.sendall(data)
            if end:
                connection.shutdown(socket.SHUT_WR)
            parts = []
            try:
                while part := connection.recv(65536):
                    parts.append(part)
            except ConnectionResetError:
                pass
            return b"".join(parts)

    def decisions(self) -> list[str]:
        return [record.decision for record in self.guard.requests(self.handle)]


@contextmanager
def guarded(system: System = kubernetes.SYSTEM) -> Iterator[Guarded]:
    with fake_api() as api:
        route = Route(system, plain(api.url, {"Authorization": TOKEN}))
        with Guard({system.name: route}) as guard:
            yield Guarded(api, guard, guard.serve(), system.name)
