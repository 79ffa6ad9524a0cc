"""What a system is to the replay, and the guard at its door."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from truebook.recording import Recording


@dataclass(frozen=True, slots=True)
class System:
    """One replayed system.

    `app` makes its ASGI app from a recording, None where that holds nothing of the system. `environment` is told the
    app's URL and the folder for the files that its clients need (which it writes), and gives the variables that point
    clients to it.
    """

    app: Callable[[Recording], ASGIApp | None]
    environment: Callable[[str, Path], Mapping[str, str]]


NOT_KEPT = {"Cache-Control": "no-cache, private"}
"""Headers for answers that no client or proxy keeps."""


def json_answer(body: object, code: int = 200) -> Response:
    """An answer with a JSON body."""
    return Response(msgspec.json.encode(body), code, headers=NOT_KEPT, media_type="application/json")


class Pieces(Response):
    """A JSON answer whose body comes in pieces, which are not copied into one."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = pieces
        length = str(sum(map(len, pieces)))
        super().__init__(None, headers={**NOT_KEPT, "Content-Length": length}, media_type="application/json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for piece in self.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine's loopback."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class LoopbackOnly:
    """Refuses requests that were sent to another host's name.

    A page in a browser can make any name resolve to 127.0.0.1 and then read what listens there as its own
    origin (DNS rebinding); the Host header still says the foreign name.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 where the Host is foreign or missing, else pass the request on."""
        if scope["type"] != "http":
            return
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) == 1 and is_loopback(hosts[0]):
            await self.app(scope, receive, send)
            return
        message = "this replay answers to its loopback address only"
        await json_answer({"error": message, "message": message, "code": 421}, 421)(scope, receive, send)
