"""What happens to the requests of one connection: read, decided, done, recorded."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from typing import Literal

import h11
import httpx

from truebook.guard.request import (
    Answer,
    Ask,
    Decision,
    Forward,
    ForwardAsDryRun,
    GuardRequest,
    Refuse,
    System,
)
from truebook.guard.upstream import LARGEST_ANSWER, OutOfReach, Upstream, answer_headers, parts, whole
from truebook.guard.wire import Malformed, Wire
from truebook.model import Claim, RequestRecord
from truebook.redact import excerpt

ROUNDS = 4
"""How often a decision may ask the API before it is made."""
RECORDS = 10_000
"""Requests of one block that are kept; a block that makes more is counted on."""
MOST_WARNINGS = 5
"""Warnings of one answer that are kept."""
_WARNING = re.compile(r'\b299 \S+ "((?:[^"\\]|\\.)*)"')
SECONDS = 120.0
"""How long an answer may take that has no bound of its own."""


@dataclass(slots=True)
class Block:
    """What one block's requests leave behind. `gone` are the paths that its dry runs would have removed; `marks` are
    a system's name and what its decisions left; `more` is how many requests were not kept."""

    records: list[RequestRecord] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    marks: set[tuple[str, str]] = field(default_factory=set)
    more: int = 0

    def record(self, record: RequestRecord) -> None:
        """Keep a record, as long as there is room."""
        if len(self.records) < RECORDS:
            self.records.append(record)
        else:
            self.more += 1


async def converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, system: System, upstream: Upstream, block: Block
) -> None:
    """Serve one connection to its end."""
    wire = Wire(reader, writer, proxy=system.proxy, trailing_slash=system.trailing_slash)
    with contextlib.suppress(OSError, h11.LocalProtocolError):
        while await _one(wire, system, upstream, block):
            pass
        await wire.close()


async def _one(wire: Wire, system: System, upstream: Upstream, block: Block) -> bool:
    """Serve one request; whether there can be another."""
    try:
        request = await wire.request()
    except Malformed as error:
        refusal = Refuse(error.status, error.reason)
        answer = system.refuse(None, refusal)
        block.record(RequestRecord(system.name, error.method, error.path, "refuse", error.status, error.reason))
        await wire.answer(answer.status, answer.headers, answer.body, close=True)
        await wire.linger()
        return False
    if request is None:
        return False
    if request.method == "CONNECT":
        return await _connect(wire, system, block, request)
    decision = await _decide(request, system, upstream, block)
    if isinstance(decision, Answer | Forward):
        block.marks.update((system.name, mark) for mark in decision.marks)
    if isinstance(decision, Answer):
        block.claims.extend(claim for claim in decision.claims if claim not in block.claims)
        block.record(_record(system, request, "answer", decision.status, decision.reason))
        return await wire.answer(decision.status, decision.headers, decision.body)
    if isinstance(decision, Refuse):
        answer = system.refuse(request, decision)
        block.record(_record(system, request, "refuse", answer.status, decision.reason))
        return await wire.answer(answer.status, answer.headers, answer.body)
    return await _forward(wire, system, upstream, block, request, decision)


async def _decide(request: GuardRequest, system: System, upstream: Upstream, block: Block) -> Forward | Answer | Refuse:
    """The system's decision, after what it wants to know first. A failure of its own lets nothing out."""
    if system.gone is not None and request.method == "GET" and request.path in block.gone:
        return system.gone(request)
    try:
        marks = frozenset(mark for name, mark in block.marks if name == system.name)
        if marks and system.decide_marked is not None:
            decision: Decision = system.decide_marked(request, marks)
        else:
            decision = system.decide(request)
        for _ in range(ROUNDS):
            if not isinstance(decision, Ask):
                return decision
            decision = decision.conclude(tuple([await upstream.look(ask, system.headers) for ask in decision.requests]))
    except Exception as error:
        return Refuse(500, f"the guard could not decide on it ({type(error).__name__})")
    return Refuse(500, "the guard could not decide on it") if isinstance(decision, Ask) else decision


async def _forward(
    wire: Wire, system: System, upstream: Upstream, block: Block, request: GuardRequest, decision: Forward
) -> bool:
    """Send it on and the answer back. Whether the connection can be used again."""
    kind: Literal["forward", "dry-run"] = "dry-run" if isinstance(decision, ForwardAsDryRun) else "forward"
    started = False
    try:
        async with (
            asyncio.timeout(decision.seconds or SECONDS),
            upstream.send(decision.request, system.headers) as response,
        ):
            if isinstance(decision, ForwardAsDryRun) and decision.gone and response.is_success:
                block.gone.add(decision.gone)
            if decision.reply is not None:
                answer = decision.reply(await whole(response))
                warned = _warnings(response)
                block.record(_record(system, request, kind, answer.status, decision.reason, warned))
                started = True
                return await wire.answer(answer.status, answer.headers, answer.body)
            warned = _warnings(response)
            block.record(_record(system, request, kind, response.status_code, decision.reason, warned))
            started = True
            watched = decision.seconds is not None
            await wire.start(response.status_code, answer_headers(response), alone=watched)
            await _stream(wire, response, watched=watched)
            return await wire.finish()
    except (OutOfReach, TimeoutError) as error:
        if not started:
            said = str(error) or "it did not answer in time"
            refusal = Refuse(503, f"{system.name} can't be reached: {said}")
            block.record(_record(system, request, kind, 503, refusal.reason))
            answer_of_ours = system.refuse(request, refusal)
            return await wire.answer(answer_of_ours.status, answer_of_ours.headers, answer_of_ours.body)
        if isinstance(error, TimeoutError) and decision.seconds is not None:
            return await wire.finish()
        wire.abort()
        return False


async def _stream(wire: Wire, response: httpx.Response, *, watched: bool) -> None:
    """Pass a body on as it comes. A watch can be silent for long: it ends with the client that watches."""

    async def pump() -> None:
        size = 0
        async for part in parts(response):
            size += len(part)
            if size > LARGEST_ANSWER:
                raise OutOfReach("the answer is too large")
            await wire.part(part)

    if not watched:
        await pump()
        return
    tasks = {asyncio.ensure_future(pump()), asyncio.ensure_future(wire.client_left())}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _record(
    system: System,
    request: GuardRequest,
    decision: Literal["forward", "dry-run", "answer", "refuse"],
    status: int,
    reason: str,
    warnings: tuple[str, ...] = (),
) -> RequestRecord:
    where = f"{request.scheme}://{request.authority}" if request.scheme else ""
    return RequestRecord(system.name, request.method, where + request.path, decision, status, reason, warnings)


def _warnings(response: httpx.Response) -> tuple[str, ...]:
    """What an API server warns of, such as a version that will go: the texts of its headers `Warning: 299`."""
    texts = (found[1] for value in response.headers.get_list("warning") for found in _WARNING.finditer(value))
    return tuple(excerpt(re.sub(r"\\(.)", r"\1", text), 300) for text in texts)[:MOST_WARNINGS]


async def _connect(wire: Wire, system: System, block: Block, request: GuardRequest) -> bool:
    """Agree to be a host for a proxy's client, or refuse. The requests within are recorded, not the CONNECT."""
    context = system.connect(request.authority) if system.connect else Refuse(405, "CONNECT is not for this port")
    if isinstance(context, Refuse):
        answer = system.refuse(request, context)
        block.record(RequestRecord(system.name, "CONNECT", request.authority, "refuse", context.status, context.reason))
        await wire.answer(answer.status, answer.headers, answer.body, close=True)
        return False
    await wire.tunnel(request.authority, context)
    return True
