"""What the stand-ins have in common: a server on loopback, and a token without which most is refused."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

from tests.real.servers.process import Closing

HOMELAB = Path(__file__).parents[3] / "homelab"
HEADER = "X-Truebook-Stand-In"


@dataclass(frozen=True)
class Request:
    """One GET: path, the parameters of its query, and the bearer token, empty where there is none."""

    path: str
    query: Mapping[str, str]
    token: str


@dataclass(frozen=True)
class Answer:
    """One answer; a text is sent as it is, anything else as JSON."""

    body: Any = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class StandIn(Closing):
    """A server from construction until `close`: `url` is where it listens, `token` what it wants to be shown.

    `says` is the header's line. `permissions` are those of the token; an answer that wants another one is a refusal.
    """

    says = ""
    every: frozenset[str] = frozenset()

    def __init__(self, permissions: frozenset[str] | None = None) -> None:
        self.token = f"stand-in-{secrets.token_urlsafe(24)}"
        self.permissions = self.every if permissions is None else permissions
        self.requests: list[Request] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name=self.says, daemon=True)
        self._thread.start()

    def answer(self, request: Request) -> Answer:
        """What the system would say."""
        raise NotImplementedError

    def known(self, request: Request) -> bool:
        """Whether the request has the right token."""
        return hmac.compare_digest(request.token.encode(), self.token.encode())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                scheme, _, token = self.headers.get("Authorization", "").partition(" ")
                query = dict(parse_qsl(parts.query, keep_blank_values=True))
                request = Request(parts.path, query, token if scheme == "Bearer" else "")
                outer.requests.append(request)
                answer = outer.answer(request)
                plain = isinstance(answer.body, str)
                body = (answer.body if plain else json.dumps(answer.body)).encode()
                kind = "text/plain; version=0.0.4; charset=utf-8" if plain else "application/json"
                self.send_response(answer.status)
                for name, value in {"Content-Type": kind, HEADER: outer.says, **answer.headers}.items():
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD" and answer.status != 204:
                    self.wfile.write(body)

            def do_HEAD(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Be quiet."""

        return Handler


@cache
def documents(*path: str) -> tuple[dict[str, Any], ...]:
    """The YAML documents of one of the homelab's files."""
    text = HOMELAB.joinpath(*path).read_text(encoding="utf-8")
    return tuple(found for found in yaml.safe_load_all(text) if found)


def config_maps(*path: str) -> dict[str, dict[str, str]]:
    """The ConfigMaps among the documents of a file: name → data."""
    return {found["metadata"]["name"]: found["data"] for found in documents(*path) if found.get("kind") == "ConfigMap"}
