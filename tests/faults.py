"""A real HTTP server in a thread that answers by a script, faults included.

    with FaultServer({"/version": [fault(500), json_answer({...})]}) as server: …

Each request takes the next answer of its path (without the query); the last one stays. A path that is not in the
script is answered by `default`. What was asked is kept in `requests`.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

Fault = Literal["reset", "cut", "slow", "trickle"]


@dataclass(frozen=True)
class Answer:
    """One answer. `fault` says how it goes wrong: the connection is reset before a byte, the body is cut off, nothing
    comes at all, or a byte at a time without end."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None


@dataclass(frozen=True)
class Request:
    """What was asked. `target` is path and query; header names are lower case."""

    path: str
    target: str
    headers: Mapping[str, str]
    method: str = "GET"


Script = Mapping[str, Sequence[Answer] | Callable[[Request], Answer]]


def json_answer(body: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer. Underscores in header names are dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json", **named})


def status(code: int, message: str = "", **headers: str) -> Answer:
    """A refusal as the Kubernetes API words it."""
    return json_answer({"kind": "Status", "status": "Failure", "message": message, "code": code}, code, **headers)


RESET = Answer(fault="reset")
CUT = Answer(body=b'{"kind":', fault="cut")
SLOW = Answer(fault="slow")
TRICKLE = Answer(fault="trickle")
NOT_JSON = Answer(body=b"<html>Welcome to nginx</html>", headers={"Content-Type": "text/html"})


def refused() -> str:
    """A URL where nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{found.getsockname()[1]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what some of the tests are about."""


class FaultServer:
    """The server. `url` is its base; `script` may be changed while it runs. `port` may be that of an earlier one, which
    makes it the same server, later."""

    def __init__(
        self,
        script: Script | None = None,
        *,
        default: Answer | None = None,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        self.script: dict[str, Sequence[Answer] | Callable[[Request], Answer]] = dict(script or {})
        self.default = default or status(404, "the server could not find the requested resource")
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._asked: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), self._handler())
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path for request in self.requests]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _next(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            scripted = self.script.get(request.path)
            if scripted is None:
                return self.default
            if callable(scripted):
                return scripted(request)
            place = min(self._asked[request.path], len(scripted) - 1)
            self._asked[request.path] += 1
            return scripted[place]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = outer._next(Request(self.path.partition("?")[0], self.path, headers, self.command))
                if answer.fault == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    self.close_connection = True
                    return
                if answer.fault == "slow":
                    outer.closing.wait()
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                promised = len(answer.body) + (1000 if answer.fault in ("cut", "trickle") else 0)
                self.send_header("Content-Length", str(promised))
                self.end_headers()
                if self.command == "HEAD":
                    return
                self.wfile.write(answer.body)
                if answer.fault == "trickle":
                    while not outer.closing.wait(0.02):
                        self.wfile.write(b" ")
                if answer.fault is not None:
                    self.close_connection = True

            do_HEAD = do_GET  # noqa: N815 - the base class asks for it by this name

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Be quiet."""

        return Handler
