"""The way out: a client that holds the credentials, and the errors that it may meet."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from truebook.errors import TruebookError
from truebook.guard import target
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


_METADATA_NAMES = frozenset(("metadata", "metadata.google.internal", "metadata.goog", "instance-data"))
_METADATA_ADDRESSES = frozenset(("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"))


class OutOfReach(Exception):
    """The API could not be reached or did not answer; the message says how, without credentials."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """How an API is reached. `client` has its base URL and certificates and is used by the guard's thread alone;
    `headers()` gives the credentials as they are now and may block to renew them."""

    client: httpx.AsyncClient
    headers: Callable[[], Mapping[str, str]] = dict
    extensions: Mapping[str, object] = field(default_factory=dict)

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


def is_metadata(host: str) -> bool:
    """Whether a host is link-local, or where a cloud gives its machines their credentials. URLs come from a cluster,
    in which many may name hosts; no service of its users is reached there."""
    if host in _METADATA_NAMES:
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_link_local or str(address) in _METADATA_ADDRESSES


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
    if request.scheme:
        url = httpx.URL(f"{request.scheme}://{request.authority}").copy_with(raw_path=raw.encode())
    else:
        url = client.base_url.copy_with(raw_path=client.base_url.raw_path.rstrip(b"/") + raw.encode())
    try:
        credentials = await asyncio.to_thread(upstream.headers) if upstream.headers is not dict else {}
    except TruebookError as error:
        raise OutOfReach(error.message) from error
    headers = {name: value for name, value in request.headers if name in allowed}
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        headers["content-length"] = str(len(request.body))
    outgoing = httpx.Request(
        request.method,
        url,
        headers={**headers, **credentials, "host": url.netloc.decode()},
        content=request.body or None,
        extensions={**upstream.extensions, "timeout": TIMEOUT.as_dict()},
    )
    try:
        response = await client.send(outgoing, stream=True, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OutOfReach(f"{type(error).__name__}: {excerpt(str(error), 120)}".rstrip(": ")) from error
    try:
        if request.scheme and is_metadata(_peer(response)):
            raise OutOfReach(f"{request.authority} leads to where a machine's credentials are")
        yield response
    finally:
        await response.aclose()


def _peer(response: httpx.Response) -> str:
    """The address that answered, empty where it is not known."""
    stream = response.extensions.get("network_stream")
    address = stream.get_extra_info("server_addr") if stream is not None else None
    return str(address[0]) if address else ""
