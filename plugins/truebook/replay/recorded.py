"""The systems that a recording holds as answers to single questions: Vault, Authentik, Prometheus and the others.

What was recorded is answered as it was, with its status and with the fields that were kept; a query must be the
recorded one, in any order. An answer that only a credential was given is given to any credential, and to nobody without
one. What was not recorded is refused with 501, which says so: nothing is made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from truebook.recording import HttpAnswer, HttpData, Recording
from truebook.replay.system import NOT_KEPT, System, json_answer

READS = frozenset(("GET", "HEAD"))
CREDENTIALS = ("authorization", "x-vault-token")
STAND_IN = "X-Truebook-Stand-In"
"""The header that says that what answers is not the system itself, and what it is."""
WORD = "replay"
"""What clients that insist on a credential are given; it is not looked at."""

Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Key:
    """What was asked: the method, the origin where a recording holds several (`https://host`), the decoded path, and
    the query's pairs, sorted."""

    method: str
    origin: str
    path: str
    query: Query = ()

    @classmethod
    def of(cls, written: str) -> Key:
        """A key of `HttpData.answers`: `/path?query`, `HEAD /path` or a whole URL."""
        first, space, rest = written.partition(" ")
        method, target = (first, rest) if space and first.isalpha() else ("GET", written)
        parts = urlsplit(target)
        origin = f"{parts.scheme}://{parts.netloc.lower()}" if parts.scheme else ""
        return cls(method, origin, unquote(parts.path), pairs(parts.query))


@dataclass(frozen=True, slots=True)
class Rules:
    """What is particular to a system: the paths that answer without a credential, those that answer HEAD as they do
    GET, and what else follows from its answers (None where nothing does)."""

    open: re.Pattern[str]
    head: re.Pattern[str]
    derive: Callable[[RecordedApi, Key], Response | None] = lambda api, key: None


def pairs(query: str) -> Query:
    """A query's decoded pairs, sorted."""
    return tuple(sorted(parse_qsl(query, keep_blank_values=True)))


class RecordedApi:
    """Answers requests from one part of a recording. `answer` is the whole API; `held` only what the recording says.

    `origin` is the one of several that is meant, else empty.
    """

    def __init__(self, data: HttpData, rules: Rules, stand_in: str = "", origin: str = "") -> None:
        self.rules = rules
        self.stand_in = stand_in or "the replay of a recording"
        self._answers = {Key.of(written): found for written, found in data.answers.items()}
        self.origin = origin

    def answer(self, request: Request) -> Response:
        """The answer to any request."""
        key = Key(
            request.method, self.origin, request.scope["path"], pairs(request.scope["query_string"].decode("latin-1"))
        )
        found = self.held(key, credential=any(name in request.headers for name in CREDENTIALS))
        if isinstance(found, str):
            # All the names by which the systems' clients look for an error.
            found = json_answer({"errors": [found], "error": found, "message": found}, 501)
        return found

    def held(self, key: Key, *, credential: bool = True) -> Response | str:
        """The answer, or why there is none."""
        asked = f"{key.method} {key.path}"
        if key.method not in READS:
            return f"a recording is only read, it does not tell what becomes of {asked}"
        found = self._find(key)
        if found is None:
            return f"this recording does not hold {asked}{self._others(key)}"
        if not credential and not self.rules.open.fullmatch(key.path):
            return f"this recording holds {asked} as an account saw it, and no credential was sent"
        found.headers[STAND_IN] = self.stand_in
        return found

    def json(self, path: str) -> Any:
        """The decoded body of the 200 answer to a GET, or None."""
        found = self._answers.get(Key("GET", self.origin, path))
        return msgspec.json.decode(found.body) if found is not None and found.status == 200 else None

    def status(self, path: str) -> int:
        """The status that a GET was answered with, 0 where it was not recorded."""
        found = self._answers.get(Key("GET", self.origin, path))
        return 0 if found is None else found.status

    def recorded(self, key: Key) -> Response | None:
        """The answer as it was recorded, None where it was not."""
        found = self._answers.get(key)
        return None if found is None else _response(found)

    def _find(self, key: Key) -> Response | None:
        found = self.recorded(key) or self.rules.derive(self, key)
        if found is None and key.method == "HEAD" and self.rules.head.fullmatch(key.path):
            get = Key("GET", key.origin, key.path, key.query)
            found = self.recorded(get) or self.rules.derive(self, get)
        return found

    def _others(self, key: Key) -> str:
        """With which other queries the path was asked."""
        others = [
            "&".join(f"{name}={value}" for name, value in known.query) or "none"
            for known in self._answers
            if (known.method, known.origin, known.path) == ("GET", key.origin, key.path) and known.query != key.query
        ]
        return f" with this query, only with {' or '.join(sorted(others))}" if others else ""


def _response(found: HttpAnswer) -> Response:
    body = msgspec.json.decode(found.body)
    if body is None:
        return Response(b"", found.status, headers=NOT_KEPT)
    if isinstance(body, str):
        return Response(body, found.status, headers=NOT_KEPT, media_type="text/plain")
    return Response(bytes(found.body), found.status, headers=NOT_KEPT, media_type="application/json")


def asgi(api: RecordedApi) -> ASGIApp:
    """The ASGI app of an API."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await api.answer(Request(scope))(scope, receive, send)

    return serve


def recorded_api(name: str, recording: Recording, rules: Rules, origin: str = "") -> RecordedApi | None:
    """The API of a part, None where the recording holds no answer of it."""
    data = recording.http(name)
    part = recording.parts.get(name)
    return RecordedApi(data, rules, part.stand_in if part else "", origin) if data.answers else None


def system(name: str, rules: Rules, environment: Callable[[str], Mapping[str, str]]) -> System:
    """A replayed system that is nothing but its recorded answers. `environment(url)` are the clients' variables."""

    def app(recording: Recording) -> ASGIApp | None:
        api = recorded_api(name, recording, rules)
        return None if api is None else asgi(api)

    def variables(url: str, directory: Path) -> Mapping[str, str]:
        return environment(url)

    return System(app, variables)
