"""The way out: a client that holds the credentials, and the errors that it may meet."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from truebook.errors import TruebookError
from truebook.guard import address, target
from truebook.guard.request import GuardRequest, Pairs, UpstreamAnswer
from truebook.redact import excerpt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes that are streamed back of one answer."""
LARGEST_LOOK = 8 * 1024 * 1024
"""Bytes of an answer that the guard itself looks at."""
TIMEOUT = httpx.Timeout(60.0, connect=10.0)

# Of one connection, or the API's word to the guard alone: its credentials, its cookies.
_DROPPED = frozenset(
    (
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade", "set-cookie", "www-authenticate", "date", "server", "alt-svc"),
    )
)


class OutOfReach(Exception):
    """The API could not be reached or did not answer; the message says how, without credentials."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """How an API is reached. `client` has its base URL and certificates and is used by the guard's thread alone;
    `headers()` gives the credentials as they are now and may block to renew them. `near` are the hosts that may be this
    machine itself, of those that requests name (see `Facts.near`)."""

    client: httpx.AsyncClient
    headers: Callable[[], Mapping[str, str]] = dict
    extensions: Mapping[str, object] = field(default_factory=dict)
    near: frozenset[str] = frozenset()

    def send(self, request: GuardRequest, allowed: frozenset[str]) -> AbstractAsyncContextManager[httpx.Response]:
        """The streamed response to a request, of whose headers only the allowed go out. Raises OutOfReach."""
        return _send(self, request, allowed)

    async def look(self, request: GuardRequest, allowed: frozenset[str]) -> UpstreamAnswer:
        """The whole answer to a request of the guard's own; status 0 where there is none."""
        try:
            async with self.send(request, allowed) as response:
                return await whole(response)
        except OutOfReach as error:
            return UpstreamAnswer(0, (), str(error).encode())


def answer_headers(response: httpx.Response) -> Pairs:
    """The headers that go back to the block."""
    named = (option.strip().lower() for option in response.headers.get("connection", "").split(","))
    dropped = _DROPPED | set(named)
    pairs = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw)
    return tuple(pair for pair in pairs if pair[0] not in dropped)


async def whole(response: httpx.Response) -> UpstreamAnswer:
    """A response that is not large. Raises OutOfReach where it is."""
    body = b""
    async for part in parts(response):
        body += part
        if len(body) > LARGEST_LOOK:
            raise OutOfReach(f"the answer is larger than the {LARGEST_LOOK // 1024 // 1024} MB that are looked at")
    return UpstreamAnswer(response.status_code, answer_headers(response), body)


async def parts(response: httpx.Response) -> AsyncIterator[bytes]:
    """A response's body as it came. Raises OutOfReach where it ends too early."""
    try:
        async for part in response.aiter_raw():
            yield part
    except httpx.HTTPError as error:
        raise OutOfReach(f"the answer was cut off: {type(error).__name__}") from error


@asynccontextmanager
async def _send(upstream: Upstream, request: GuardRequest, allowed: frozenset[str]) -> AsyncIterator[httpx.Response]:
    client = upstream.client
    raw = target.encode(request.path, request.query)
    try:
        credentials = await asyncio.to_thread(upstream.headers) if upstream.headers is not dict else {}
    except TruebookError as error:
        raise OutOfReach(error.message) from error
    headers = {name: value for name, value in request.headers if name in allowed} | dict(credentials)
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        headers["content-length"] = str(len(request.body))
    if request.scheme:
        response = await _somewhere(upstream, request, raw, headers)
    else:
        url = client.base_url.copy_with(raw_path=client.base_url.raw_path.rstrip(b"/") + raw.encode())
        response = await _sent(upstream, request, url, {**headers, "host": url.netloc.decode()})
    try:
        yield response
    finally:
        await response.aclose()


async def _somewhere(upstream: Upstream, request: GuardRequest, raw: str, headers: Mapping[str, str]) -> httpx.Response:
    """The response of a host that the request names, at the first of its addresses that answers.

    The address is looked up and checked here and then connected to: a name that leads elsewhere a moment later does
    not. A connection is for one host, as others may share its address, and so is not kept.
    """
    try:
        url = httpx.URL(f"{request.scheme}://{request.authority}").copy_with(raw_path=raw.encode())
    except httpx.InvalidURL as error:
        raise OutOfReach(f"{request.authority} is no host") from error
    port = url.port or address.PORTS[request.scheme]
    host = f"[{url.host}]" if ":" in url.host else url.host.removesuffix(".")
    near = not upstream.near.isdisjoint(address.names(host, port, request.scheme))
    own = {**headers, "host": url.netloc.decode(), "connection": "close"}
    problem = OutOfReach(f"{request.authority} has no address")
    for found in await _addresses(url.host, port):
        refusal = address.forbidden(found, near=near)
        if refusal:
            raise OutOfReach(f"{request.authority} leads to {refusal}")
        try:
            return await _sent(upstream, request, url.copy_with(host=found), own, {"sni_hostname": url.host})
        except OutOfReach as error:
            problem = error
            if not isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout):
                break
    raise problem


async def _addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, in the order in which they are to be tried. Raises OutOfReach."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(TIMEOUT.connect):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        raise OutOfReach(f"{excerpt(host, 120)} has no address: {type(error).__name__}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def _sent(
    upstream: Upstream,
    request: GuardRequest,
    url: httpx.URL,
    headers: Mapping[str, str],
    extensions: Mapping[str, object] | None = None,
) -> httpx.Response:
    outgoing = httpx.Request(
        request.method,
        url,
        headers=dict(headers),
        content=request.body or None,
        extensions={**upstream.extensions, **(extensions or {}), "timeout": TIMEOUT.as_dict()},
    )
    try:
        return await upstream.client.send(outgoing, stream=True, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OutOfReach(f"{type(error).__name__}: {excerpt(str(error), 120)}".rstrip(": ")) from error
