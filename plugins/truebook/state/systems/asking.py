"""One question to a system, and all its answers together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from truebook.errors import BadAnswer, Denied, NotServed, SourceError
from truebook.recording import HttpAnswer, HttpData, Part, Read, encode_http
from truebook.redact import excerpt, redact_json
from truebook.state.fetch import Answer, Fetcher, Forbidden
from truebook.state.source import Reading
from truebook.state.systems.shape import TEXT, Misshapen, Shape, keep

STAND_IN = "x-truebook-stand-in"
"""The header by which what answers says that it is not the system itself, and what it is."""
PARALLEL = 6
MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list goes on. `items` is the field of a page that holds its entries, empty where the page is the list.
    `following(page, number)` gives the parameters of the page after `page`, the `number`th from 1; None at the end.
    `first` are the parameters of the first page."""

    items: str
    following: Callable[[Any, int], Mapping[str, str] | None]
    first: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question. `keep` names the fields that are kept of the answer, TEXT a body that is no JSON.

    `closed`: only a credential may ask. `statuses` are answers beside 200. `require` are fields of the answer without
    which it is somebody else's. `path` may have a query. The answer is kept under `key`, else the path with the method
    before it where that is not GET.
    """

    path: str
    keep: Shape
    closed: bool = False
    statuses: frozenset[int] | set[int] = frozenset()
    require: tuple[str, ...] = ()
    paging: Paging | None = None
    method: Literal["GET", "HEAD"] = "GET"
    key: str = ""

    @property
    def what(self) -> str:
        """The key of the answer."""
        return self.key or (self.path if self.method == "GET" else f"{self.method} {self.path}")


class Gathered:
    """The answers of one system as they come in. One that fails does not lose the others. Safe for several threads."""

    def __init__(self, system: str, progress: Callable[[str, int], None] = lambda what, count: None) -> None:
        self.system = system
        self.reads: list[Read] = []
        self.answers: dict[str, HttpAnswer] = {}
        self.stand_in = ""
        self._progress = progress
        self._failed: dict[str, SourceError] = {}
        self._refused: dict[str, SourceError] = {}
        self._lock = threading.Lock()

    def ask(self, fetcher: Fetcher, *asks: Ask) -> None:
        """Put the questions at once, and take over what is said."""
        with ThreadPoolExecutor(max(1, min(PARALLEL, len(asks))), thread_name_prefix=self.system) as pool:
            results = list(pool.map(lambda ask: self._one(fetcher, ask), asks))
        self.reads += results

    def refuse(self, *asks: Ask, reason: str) -> None:
        """Say of questions that they were not put, for want of a permission."""
        self.reads += [Read(ask.what, "forbidden", reason=reason) for ask in asks]

    def add(self, read: Read, answer: HttpAnswer | None = None) -> None:
        """Take over what was read in another way."""
        self.reads.append(read)
        if answer is not None:
            self.answers[read.what] = answer

    def body(self, key: str) -> Any:
        """What is kept of the 200 answer to `key`, None where there is none."""
        found = self.answers.get(key)
        return msgspec.json.decode(found.body) if found is not None and found.status == 200 else None

    def reading(self, url: str, previous: Part | None) -> Reading:
        """All of it. What failed is kept from the part before, of the same URL; it is a problem all the same.

        Raises the first failure where nothing was answered, Denied or NotServed where all was refused or unknown.
        """
        if not self.answers:
            raise self._nothing(url)
        kept = _kept(previous, url, self._failed) if self._failed else {}
        problem = "; ".join(error.message for error in self._in_order(self._failed))
        data = HttpData(url=url, answers={**kept, **self.answers})
        return Reading(encode_http(data), tuple(self.reads), problem=problem, stand_in=self.stand_in)

    def _nothing(self, url: str) -> SourceError:
        first = next(iter((*self._in_order(self._failed), *self._in_order(self._refused))), None)
        if first is not None:
            return first
        if self.reads and all(read.state == "forbidden" for read in self.reads):
            return Denied(f"{self.system}: {self.reads[0].reason}")
        said = next((f" ({read.reason.removeprefix(f'{self.system}: ')})" for read in self.reads), "")
        return NotServed(f"{self.system}: nothing of its API is served at {url}{said}")

    def _in_order(self, errors: Mapping[str, SourceError]) -> list[SourceError]:
        """In the order of the questions, whichever thread was first: the same failures always read the same."""
        return [errors[read.what] for read in self.reads if read.what in errors]

    def _one(self, fetcher: Fetcher, ask: Ask) -> Read:
        try:
            status, body = self._body(fetcher, ask)
        except Forbidden as error:
            with self._lock:
                self._refused[ask.what] = error
            return Read(ask.what, "forbidden", reason=error.message)
        except NotServed as error:
            return Read(ask.what, "absent", reason=error.message)
        except SourceError as error:
            with self._lock:
                self._failed[ask.what] = error
            return Read(ask.what, "failed", reason=error.message)
        with self._lock:
            self.answers[ask.what] = HttpAnswer(status, msgspec.Raw(redact_json(msgspec.json.encode(body))))
        count = _count(body)
        self._progress(ask.what, count)
        return Read(ask.what, "read", count=count)

    def _body(self, fetcher: Fetcher, ask: Ask) -> tuple[int, Any]:
        """The status and what is kept of the body, all pages of it."""
        paging = ask.paging
        if paging is None:
            return self._page(fetcher, ask, {})[:2]
        entries: list[Any] = []
        params: Mapping[str, str] | None = paging.first
        seen: list[Mapping[str, str]] = []
        while params is not None:
            if params in seen or len(seen) == MOST_PAGES:
                raise self._wrong(ask, "the list does not end")
            seen.append(params)
            status, kept, page = self._page(fetcher, ask, params)
            entries += kept.get(paging.items, []) if paging.items else kept
            self._progress(ask.what, len(entries))
            try:
                params = paging.following(page, len(seen))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise self._wrong(ask, "a page that does not say how it goes on") from error
        return status, {paging.items: entries} if paging.items else entries

    def _page(self, fetcher: Fetcher, ask: Ask, params: Mapping[str, str]) -> tuple[int, Any, Any]:
        """The status, what is kept, and the whole decoded body of one answer."""
        text = ask.keep is TEXT
        accept = "text/plain, */*;q=0.5" if text else "application/json"
        answer = fetcher.get(ask.path, params=params, accept=accept, statuses=ask.statuses, method=ask.method)
        said = answer.headers.get(STAND_IN, "")
        if said:
            with self._lock:
                self.stand_in = self.stand_in or excerpt(said)
        if text:
            return answer.status, self._text(ask, answer), None
        try:
            whole = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._wrong(ask, f"{_status(answer)}the answer is not JSON") from error
        try:
            kept = keep(whole, ask.keep)
        except Misshapen:
            raise self._wrong(ask, f"{_status(answer)}the answer is not of the shape that was asked for") from None
        missing = [name for name in ask.require if name not in kept]
        if missing:
            raise self._wrong(ask, f"{_status(answer)}the answer has no `{missing[0]}`: {excerpt(answer.body, 80)}")
        return answer.status, kept, whole

    def _text(self, ask: Ask, answer: Answer) -> str:
        """A short text. A page or an object is the word of somebody who stands before the system."""
        kind = answer.content_type.partition(";")[0].strip().lower()
        start = answer.body[:64].lstrip()[:1]
        if kind in ("text/html", "application/xhtml+xml", "application/json") or start in (b"<", b"{", b"["):
            raise self._wrong(ask, f"{_status(answer)}not the system's own answer: {excerpt(answer.body, 80)}")
        return excerpt(answer.body)

    def _wrong(self, ask: Ask, said: str) -> BadAnswer:
        return BadAnswer(f"{self.system}: {ask.method} {ask.key or ask.path}: {said}")


def _status(answer: Answer) -> str:
    return "" if answer.status == 200 else f"{answer.status}: "


def _count(body: Any) -> int:
    """How many things an answer holds: the entries of its list, however it is wrapped; else it is one thing."""
    for _ in range(3):
        if isinstance(body, list):
            return len(body)
        nested = [value for value in body.values() if isinstance(value, list | dict)] if isinstance(body, dict) else []
        if len(nested) != 1:
            break
        body = nested[0]
    return 1


def _kept(previous: Part | None, url: str, keys: Mapping[str, object]) -> dict[str, HttpAnswer]:
    """The answers of the part before to what could not be read this time."""
    if previous is None:
        return {}
    before = msgspec.json.decode(previous.data, type=HttpData)
    return {key: before.answers[key] for key in keys if key in before.answers} if before.url == url else {}
