"""One question and its answer: which fields are kept, how lists go on, what counts as the system's own word."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.faults import Answer, FaultServer, Request, json_answer, status
from truebook.recording import Part
from truebook.state.fetch import Fetcher
from truebook.state.systems import SCALAR, TEXT, Ask, Each, Gathered, Paging, keep, scalars
from truebook.state.systems.shape import Misshapen


@pytest.mark.parametrize(
    ("body", "shape", "kept"),
    [
        ({"a": 1, "secret": 2}, {"a": SCALAR}, {"a": 1}),
        ({"a": {"b": None, "c": 1}, "d": [1]}, {"a": {"b": SCALAR}, "d": [SCALAR]}, {"a": {"b": None}, "d": [1]}),
        ({"a": {"b": 1}}, {"a": SCALAR}, {}),
        ({"a": [1], "b": 2}, {"a": {"c": SCALAR}, "b": SCALAR}, {"b": 2}),
        ({"x": {"t": "kv", "u": 1}, "y": 3}, Each({"t": SCALAR}), {"x": {"t": "kv"}}),
        ([{"a": 1}, 2, {"b": 3}], [{"a": SCALAR}], [{"a": 1}, {}]),
        ([], [{"a": SCALAR}], []),
        ({"a": "1"}, {"a": int}, {"a": 1}),
        ({"a": "x"}, {"a": int}, {}),
        ({"b": 1, "a": 2}, scalars("a", "b"), {"a": 2, "b": 1}),
    ],
)
def test_only_what_is_named_is_kept(body: Any, shape: Any, kept: Any) -> None:
    assert keep(body, shape) == kept


@pytest.mark.parametrize(
    ("body", "shape"),
    [(None, {"a": SCALAR}), ([1], {"a": SCALAR}), ({"a": 1}, [SCALAR]), ([1, 2], [{"a": SCALAR}]), ("x", Each(SCALAR))],
)
def test_another_shape_is_no_empty_answer(body: Any, shape: Any) -> None:
    with pytest.raises(Misshapen):
        keep(body, shape)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as found:
        yield found


def asked(server: FaultServer, *asks: Ask) -> Gathered:
    gathered = Gathered("test")
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        gathered.ask(Fetcher(client, system="test", timeout=20, sleep=lambda seconds: None), *asks)
    return gathered


def pages(*bodies: Any) -> Any:
    """Answers by the parameter `page`."""

    def answer(request: Request) -> Answer:
        number = int(parse_qs(urlsplit(request.target).query).get("page", ["1"])[0])
        return json_answer(bodies[number - 1])

    return answer


def by_next(page: Any, number: int) -> Mapping[str, str] | None:
    following = page["pagination"]["next"]
    return {"page": str(following)} if following else None


def test_pages_are_joined_under_the_first_ones_key(server: FaultServer) -> None:
    server.script["/list"] = pages(
        {"pagination": {"next": 2}, "results": [{"a": 1, "secret": 1}]},
        {"pagination": {"next": 0}, "results": [{"a": 2}]},
    )
    found = asked(server, Ask("/list?all=true", {"results": [{"a": SCALAR}]}, paging=Paging("results", by_next)))
    assert found.body("/list?all=true") == {"results": [{"a": 1}, {"a": 2}]}
    assert [request.target for request in server.requests] == ["/list?all=true", "/list?all=true&page=2"]
    assert [(read.what, read.count) for read in found.reads] == [("/list?all=true", 2)]


def test_pages_that_are_lists_are_joined_to_one(server: FaultServer) -> None:
    server.script["/list"] = pages([{"a": 1}], [{"a": 2}], [])
    paging = Paging("", lambda page, number: {"page": str(number + 1)} if page else None, {"page": "1"})
    assert asked(server, Ask("/list", [{"a": SCALAR}], paging=paging)).body("/list") == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"pagination": {"next": 1}, "results": []}, "the list does not end"),
        ({"results": []}, "does not say how it goes on"),
        ({"pagination": 7, "results": []}, "does not say how it goes on"),
    ],
)
def test_pages_that_lead_nowhere_are_a_failure(server: FaultServer, body: Any, said: str) -> None:
    server.script["/list"] = [json_answer(body)]
    paging = Paging("results", by_next)
    (read,) = asked(server, Ask("/list", {"results": [SCALAR]}, paging=paging)).reads
    assert (read.state, said in read.reason) == ("failed", True)
    assert len(server.requests) < 4


def test_a_list_without_end_ends(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truebook.state.systems.asking.MOST_PAGES", 5)
    server.script["/list"] = [json_answer([1])]
    paging = Paging("", lambda page, number: {"page": str(number + 1)})
    (read,) = asked(server, Ask("/list", [SCALAR], paging=paging)).reads
    assert (read.state, "does not end" in read.reason, len(server.requests)) == ("failed", True, 5)


def test_a_page_that_fails_fails_the_list(server: FaultServer) -> None:
    second = iter([status(500)] * 9)
    server.script["/list"] = lambda request: (
        next(second) if "page=2" in request.target else json_answer({"pagination": {"next": 2}, "results": [1]})
    )
    found = asked(server, Ask("/list", {"results": [SCALAR]}, paging=Paging("results", by_next)))
    assert (found.reads[0].state, found.answers) == ("failed", {})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(body=b"<html>Sign in</html>"), "not the system's own answer"),
        (Answer(body=b" \n<!doctype html>"), "not the system's own answer"),
        (Answer(body=b"ready", headers={"Content-Type": "text/html; charset=utf-8"}), "not the system's own answer"),
        (status(503, "no endpoints available"), "503: not the system's own answer"),
    ],
)
def test_a_page_of_somebody_else_is_no_text(server: FaultServer, answer: Answer, said: str) -> None:
    server.script["/ready"] = [answer]
    found = asked(server, Ask("/ready", TEXT, statuses={503}))
    assert (found.reads[0].state, said in found.reads[0].reason) == ("failed", True)
    assert len(server.requests) == 1


def test_a_status_that_is_an_answer_is_kept_and_not_asked_for_again(server: FaultServer) -> None:
    server.script["/ready"] = [Answer(503, b"Ingester not ready: waiting for 15s\n", {"Content-Type": "text/plain"})]
    found = asked(server, Ask("/ready", TEXT, statuses={503}))
    assert (found.answers["/ready"].status, json.loads(bytes(found.answers["/ready"].body))) == (
        503,
        "Ingester not ready: waiting for 15s",
    )
    assert found.body("/ready") is None
    assert len(server.requests) == 1


def test_an_answer_without_what_makes_it_the_systems_own_is_none(server: FaultServer) -> None:
    server.script["/health"] = [status(503, "upstream is down, password=pl4nted")]
    found = asked(server, Ask("/health", scalars("sealed"), statuses={503}, require=("sealed",)))
    assert found.reads[0].state == "failed"
    assert "503: the answer has no `sealed`" in found.reads[0].reason
    assert "pl4nted" not in found.reads[0].reason


def test_failures_read_the_same_whichever_came_first(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    class Backwards(ThreadPoolExecutor):
        """Answers come in from the last question to the first."""

        def map(self, call: Callable[[Any], Any], asks: Sequence[Any]) -> Iterator[Any]:  # type: ignore[override]
            return iter([call(ask) for ask in reversed(asks)][::-1])

    monkeypatch.setattr("truebook.state.systems.asking.ThreadPoolExecutor", Backwards)
    server.script |= {"/fine": [json_answer({"a": 1})], "/first": [json_answer("")], "/second": [json_answer("")]}
    gathered = asked(server, *(Ask(path, {"a": SCALAR}) for path in ("/fine", "/first", "/second")))
    problem = gathered.reading(server.url, None).problem
    assert problem.index("/first") < problem.index("/second")


def test_what_is_kept_from_before_is_of_the_same_server_only(server: FaultServer) -> None:
    server.script |= {"/a": [json_answer({"a": 1})], "/b": [json_answer({"a": 2})]}
    asks = Ask("/a", scalars("a")), Ask("/b", scalars("a"))
    good = asked(server, *asks).reading(server.url, None)
    before = Part("fresh", data=good.data)
    server.script["/b"] = [status(500)]
    again = asked(server, *asks)
    assert json.loads(bytes(again.reading(server.url, before).data))["answers"].keys() == {"/a", "/b"}
    assert json.loads(bytes(again.reading("https://other.local", before).data))["answers"].keys() == {"/a"}
    assert "GET /b: 500" in again.reading(server.url, before).problem
