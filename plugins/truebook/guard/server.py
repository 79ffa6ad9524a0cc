"""The guard: a proxy in a thread of its own, between blocks and the APIs.

    with Guard(routes) as guard:
        handle = guard.serve({"kubernetes": listening_socket})
        …                        # run the block with guard.environment(ports, directory)
        guard.end(handle)
        guard.requests(handle)

Each block has listening sockets of its own, one per system, and so a log of its own. Credentials are added here, on
the way out; of the block's own headers only those pass that its system lists. What goes out is built from what was
understood and decided, never from the bytes that came.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from truebook.guard.exchange import Block, converse
from truebook.guard.request import System
from truebook.guard.upstream import Upstream
from truebook.model import Claim, RequestRecord

HOST = "127.0.0.1"
CONNECTIONS = 128
"""How many connections of one block and system are served at once; more are closed."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Route:
    """A system and where it is reached."""

    system: System
    upstream: Upstream


@dataclass(slots=True)
class Handle:
    """One block's listening sockets and what came through them. To be used through the guard."""

    ports: Mapping[str, int]
    block: Block
    servers: list[asyncio.Server] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


class Guard:
    """A running guard; a context manager. Its methods may be called from any thread."""

    def __init__(self, routes: Mapping[str, Route]) -> None:
        self._routes = dict(routes)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="guard", daemon=True)
        self._handles: list[Handle] = []
        self._thread.start()

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems that are served; each needs a listening socket per block."""
        return tuple(self._routes)

    def serve(self, sockets: Mapping[str, socket.socket] | None = None) -> Handle:
        """Serve one block on listening sockets, one per system, which are the guard's from here on. A system that
        has none given is not served; without any given, all are, on free ports of this machine's loopback."""
        given = {name: listen() for name in self._routes} if sockets is None else dict(sockets)
        return self._do(self._serve(given))

    def environment(self, ports: Mapping[str, int], directory: Path) -> dict[str, str]:
        """The variables that point a block's clients at the guard, which listens on `ports` as the block sees them.
        The files that they name are in `directory`: see `files`."""
        merged: dict[str, str] = {}
        for name, port in ports.items():
            merged.update(self._routes[name].system.environment(port, directory))
        return merged

    def files(self, ports: Mapping[str, int]) -> dict[str, str]:
        """What has to be in the directory of `environment`: name → text. No credentials."""
        merged: dict[str, str] = {}
        for name, port in ports.items():
            merged.update(self._routes[name].system.files(port))
        return merged

    def requests(self, handle: Handle) -> tuple[RequestRecord, ...]:
        """What a block asked for so far, and what was done with it, in the order of the answers."""
        return tuple(handle.block.records)

    def claims(self, handle: Handle) -> tuple[Claim, ...]:
        """What was proved in place of a block's writes so far."""
        return tuple(handle.block.claims)

    def end(self, handle: Handle) -> None:
        """End a block's connections and close its sockets. Its log stays."""
        self._do(self._end(handle))

    def close(self) -> None:
        """End all. Closing twice does no harm."""
        if not self._thread.is_alive():
            return
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- in the guard's own thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _serve(self, sockets: Mapping[str, socket.socket]) -> Handle:
        handle = Handle({name: found.getsockname()[1] for name, found in sockets.items()}, Block())
        acceptors = {name: self._acceptor(self._routes[name], handle) for name in sockets}
        for name, accept in acceptors.items():
            listener = sockets[name]
            listener.setblocking(False)
            handle.servers.append(await asyncio.start_server(accept, sock=listener))
        self._handles.append(handle)
        return handle

    def _acceptor(
        self, route: Route, handle: Handle
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]:
        count = 0

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal count
            task = asyncio.current_task()
            if task is None or count >= CONNECTIONS:
                writer.transport.abort()
                return
            # asyncio does so only for sockets whose protocol is spelled out; without it each answer waits 40 ms.
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            handle.tasks.add(task)
            count += 1
            try:
                # Ended with its block: asyncio's own callback would report a cancelled connection as an error.
                with contextlib.suppress(asyncio.CancelledError):
                    await converse(reader, writer, route.system, route.upstream, handle.block)
            finally:
                count -= 1
                handle.tasks.discard(task)
                writer.transport.abort()

        return accept

    async def _end(self, handle: Handle) -> None:
        if handle not in self._handles:
            return
        self._handles.remove(handle)
        for server in handle.servers:
            server.close()
        tasks = tuple(handle.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _close(self) -> None:
        for handle in tuple(self._handles):
            await self._end(handle)
        for route in self._routes.values():
            await route.upstream.client.aclose()
        await self._loop.shutdown_default_executor()


def listen() -> socket.socket:
    """A listening socket on a free port of this machine's loopback."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind((HOST, 0))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def plain(url: str, headers: Mapping[str, str] | None = None) -> Upstream:
    """An upstream that is reached without more than these headers, such as a replay."""
    client = httpx.AsyncClient(base_url=url, trust_env=False)
    if not headers:
        return Upstream(client)
    fixed = dict(headers)
    return Upstream(client, lambda: fixed)
