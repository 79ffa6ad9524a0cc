"""One client's connection: requests are read strictly, answers written by h11.

h11 is lenient where servers differ (bare LF, folded headers), so that a head is looked at before h11 reads it. What
could be framed or routed in two ways is `Malformed`: it is answered and the connection ends, as its rest has no
certain meaning.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from http import HTTPStatus

import h11

from truebook.guard import target
from truebook.guard.request import GuardRequest, Pairs

LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 4 * 1024 * 1024
"""Bytes of a request's body; the Kubernetes API takes 3 MB."""
CHUNK = 64 * 1024
_TOO_LARGE = f"the body is larger than {LARGEST_BODY // 1024 // 1024} MB"
IDLE_SECONDS = 120.0
REQUEST_SECONDS = 30.0
LINGER_SECONDS = 2.0
"""How long the rest of a refused request is read away, so that its sender gets to see the answer."""

REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}

_REQUEST_LINE = re.compile(rb"([A-Z]{1,20}) ([!-~]+) HTTP/1\.1")
_HEADER_LINE = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[ \t]*(?:[!-~](?:[ \t!-~]*[!-~])?)?[ \t]*")
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_ONCE = frozenset(("host", "content-length", "transfer-encoding", "content-type", "connection", "expect", "accept"))


class Malformed(Exception):
    """A request that is not answered but by a refusal. `method` and `path` are as far as they were understood."""

    def __init__(self, reason: str, status: int = 400, method: str = "", path: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.method = method
        self.path = path


class Wire:
    """A client's connection. `proxy` also takes targets in absolute form, and CONNECT; `trailing_slash` paths that end
    in one."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        proxy: bool = False,
        trailing_slash: bool = False,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._proxy = proxy
        self._trailing_slash = trailing_slash
        self._buffer = b""
        self._h11 = h11.Connection(h11.SERVER)
        self._tunnel = ""
        self._is_head = False
        self._held = b""

    async def request(self) -> GuardRequest | None:
        """The next request with its whole body; None where the client has gone. Raises Malformed."""
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                if not self._buffer:
                    self._buffer = await self._reader.read(CHUNK)
            if not self._buffer:
                return None
            async with asyncio.timeout(REQUEST_SECONDS):
                return await self._request()
        except TimeoutError:
            if not self._buffer:
                return None
            raise Malformed("the request did not come in time") from None
        except OSError:
            return None

    async def _request(self) -> GuardRequest | None:
        # A new one each time: it also writes the answer to a request that it never sees.
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD * 2)
        self._is_head = False
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > LARGEST_HEAD:
                raise Malformed("the request's head is too long")
            more = await self._reader.read(CHUNK)
            if not more:
                raise Malformed("the request's head was cut off")
            self._buffer += more
        if end > LARGEST_HEAD:
            raise Malformed("the request's head is too long")
        head, rest = self._buffer[: end + 4], self._buffer[end + 4 :]
        self._buffer = b""
        method, raw_target = _check_lines(head[:-4])
        self._is_head = method == "HEAD"
        try:
            headers = await self._headers(head)
            scheme, authority, path, query = self._route(method, raw_target)
            body = await self._body(rest)
        except Malformed as error:
            error.method, error.path = method, raw_target.partition("?")[0][:200]
            raise
        return GuardRequest(method, raw_target, path, query, headers, body, scheme, authority)

    async def _headers(self, head: bytes) -> Pairs:
        """Let h11 read the head, and check what it leaves open."""
        try:
            self._h11.receive_data(head)
            event = self._h11.next_event()
        except h11.RemoteProtocolError as error:
            raise Malformed(f"not HTTP/1.1: {error}") from None
        if not isinstance(event, h11.Request):
            raise Malformed("not HTTP/1.1")
        headers = tuple((name.decode(), value.decode()) for name, value in event.headers)
        _check_headers(dict(headers))
        return headers

    def _route(self, method: str, raw: str) -> tuple[str, str, str, Pairs]:
        """Scheme, authority, path and query of the target."""
        if method == "CONNECT":
            if not self._proxy or self._tunnel:
                raise Malformed("CONNECT is not for this port", 405)
            if not _AUTHORITY.fullmatch(raw) or ":" not in raw:
                raise Malformed("CONNECT names a host and a port")
            return "", raw, "", ()
        scheme, authority = ("https", self._tunnel) if self._tunnel else ("", "")
        if not raw.startswith("/"):
            if not self._proxy or self._tunnel or not raw.startswith("http://"):
                raise Malformed("the target is not in origin form")
            host, slash, rest = raw.removeprefix("http://").partition("/")
            if not _AUTHORITY.fullmatch(host):
                raise Malformed("the target's host is not one")
            scheme, authority, raw = "http", host, slash + rest or "/"
        elif self._proxy and not self._tunnel:
            raise Malformed("this port is an HTTP proxy: the target has to be in absolute form")
        try:
            return scheme, authority, *target.parse(raw, trailing_slash=self._trailing_slash)
        except target.NotCanonical as error:
            raise Malformed(str(error), 403) from None

    async def _body(self, rest: bytes) -> bytes:
        body = b""
        try:
            if rest:
                self._h11.receive_data(rest)
            while True:
                event = self._h11.next_event()
                if event is h11.NEED_DATA:
                    if self._h11.they_are_waiting_for_100_continue:
                        await self._write(h11.InformationalResponse(status_code=100, headers=[]))
                    self._h11.receive_data(await self._reader.read(CHUNK))
                elif isinstance(event, h11.Data):
                    body += event.data
                    if len(body) > LARGEST_BODY:
                        raise Malformed(_TOO_LARGE, 413)
                elif isinstance(event, h11.EndOfMessage):
                    if list(event.headers):
                        raise Malformed("the body has trailers")
                    break
                else:
                    raise Malformed("the request was cut off")
        except h11.RemoteProtocolError as error:
            raise Malformed(f"the body is not framed as HTTP/1.1: {error}") from None
        if self._h11.trailing_data[0]:
            raise Malformed("a request was pipelined after this one")
        return body

    async def answer(self, status: int, headers: Pairs, body: bytes, *, close: bool = False) -> bool:
        """Send a whole answer; whether the connection can be used again."""
        kept = [pair for pair in headers if pair[0] != "content-length"]
        await self.start(status, (*kept, ("content-length", str(len(body)))), close=close, alone=False)
        return await self.finish(body)

    async def start(self, status: int, headers: Pairs, *, close: bool = False, alone: bool = True) -> None:
        """Send an answer's head; without a content-length its body is sent in chunks. One that is not `alone` is sent
        with what comes next, which is soon."""
        ending = (("connection", "close"),) if close else ()
        reason = REASONS.get(status, b"")
        head = self._h11.send(h11.Response(status_code=status, reason=reason, headers=[*headers, *ending])) or b""
        if alone:
            await self._send(head)
        else:
            self._held = head

    async def part(self, data: bytes) -> None:
        """Send a part of an answer's body, which one to HEAD has not."""
        if data and not self._is_head:
            await self._write(h11.Data(data=data))

    async def finish(self, body: bytes = b"") -> bool:
        """End an answer; whether the connection can be used again."""
        await self.part(body)
        await self._write(h11.EndOfMessage())
        return self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE

    async def client_left(self) -> None:
        """Return when the client has closed its end. What it sends meanwhile is kept."""
        while len(self._buffer) < LARGEST_HEAD:
            more = await self._reader.read(CHUNK)
            if not more:
                return
            self._buffer += more
        await asyncio.Event().wait()

    async def tunnel(self, authority: str, context: ssl.SSLContext) -> None:
        """Agree to a CONNECT and be that host from here on."""
        self._writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await self._writer.drain()
        await self._writer.start_tls(context, ssl_handshake_timeout=REQUEST_SECONDS)
        self._tunnel = authority

    async def _write(self, event: h11.Event) -> None:
        await self._send(self._h11.send(event) or b"")

    async def _send(self, data: bytes) -> None:
        data, self._held = self._held + data, b""
        if data:
            self._writer.write(data)
            await self._writer.drain()

    def abort(self) -> None:
        """Cut the connection, so that the client knows an answer for incomplete."""
        self._writer.transport.abort()

    async def linger(self) -> None:
        """Read away what still comes: closing on it would reset the connection, and the answer with it."""
        with contextlib.suppress(TimeoutError, OSError):
            if self._writer.can_write_eof():
                self._writer.write_eof()
            async with asyncio.timeout(LINGER_SECONDS):
                while await self._reader.read(CHUNK):
                    pass

    async def close(self) -> None:
        """Close the connection after all is written."""
        self._writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await self._writer.wait_closed()


def _check_lines(head: bytes) -> tuple[str, str]:
    """The method and target of a head of which every line can be read in one way only."""
    first, *lines = head.split(b"\r\n")
    found = _REQUEST_LINE.fullmatch(first)
    if found is None:
        raise Malformed("the request line is not 'METHOD target HTTP/1.1'")
    method, raw = found[1].decode(), found[2].decode()
    if not all(_HEADER_LINE.fullmatch(line) for line in lines):
        raise Malformed("a header is folded, not ASCII, or ends in a bare CR or LF", method=method)
    # Before h11, which makes one of two equal lengths.
    headers = [(name.lower().decode(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    names = [name for name, _ in headers]
    twice = next((name for name in sorted(_ONCE) if names.count(name) > 1), None)
    if twice is not None:
        raise Malformed(f"the header {twice} is there twice", method=method)
    length = dict(headers).get("content-length", b"0")
    if not (length.isdigit() and len(length) <= 12):
        raise Malformed("content-length is not a number", method=method)
    if int(length) > LARGEST_BODY:
        raise Malformed(_TOO_LARGE, 413, method)
    return method, raw


def _check_headers(headers: dict[str, str]) -> None:
    """What h11 would let pass or put together."""
    if "content-length" in headers and "transfer-encoding" in headers:
        raise Malformed("both content-length and transfer-encoding are there")
    if headers.get("transfer-encoding", "chunked").lower() != "chunked":
        raise Malformed("transfer-encoding is not just 'chunked'")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Malformed("the body is compressed", 415)
    options = [option.strip().lower() for option in headers.get("connection", "").split(",")]
    if "upgrade" in headers or "upgrade" in options or "http2-settings" in headers:
        raise Malformed("an upgrade to another protocol is never let through", 403)
