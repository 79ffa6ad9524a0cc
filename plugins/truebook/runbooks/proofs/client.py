"""How a proof asks an API, and the client that asks through the guard."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

import httpx

from truebook.claims import Reply

Query = tuple[tuple[str, str], ...]


class Client(Protocol):
    """Asks one of the systems `kubernetes`, `argocd`, `vault`. Never raises: see `Reply.status`."""

    def ask(self, system: str, path: str, query: Query = (), *, body: object = None) -> Reply:
        """A GET of a decoded path, or with a body a POST of it as JSON, which has to be a question as well."""
        ...


class GuardClient:
    """A client of a guard's ports: what it asks is decided and recorded as a block's own requests are.

    :param addresses: `http://127.0.0.1:PORT` per system; a system that is not there cannot be reached.
    """

    def __init__(self, addresses: Mapping[str, str], *, timeout: float = 20.0) -> None:
        self._addresses = dict(addresses)
        self._http = httpx.Client(timeout=timeout, trust_env=False)
        self._known: dict[tuple[str, str, Query, str], Reply] = {}

    def ask(self, system: str, path: str, query: Query = (), *, body: object = None) -> Reply:
        """See `Client`. The same question is asked once."""
        key = (system, path, query, repr(body))
        if key not in self._known:
            self._known[key] = self._ask(system, path, query, body)
        return self._known[key]

    def _ask(self, system: str, path: str, query: Query, body: object) -> Reply:
        method = "GET" if body is None else "POST"
        source = f"{method} {path}"
        address = self._addresses.get(system)
        if address is None:
            return Reply(0, None, source)
        try:
            url = httpx.URL(address).copy_with(path=path)
            answer = self._http.request(method, url, params=list(query), json=body)
        except (httpx.HTTPError, httpx.InvalidURL):
            return Reply(0, None, source)
        return Reply.of(answer.status_code, answer.content, source)

    def close(self) -> None:
        """End its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
