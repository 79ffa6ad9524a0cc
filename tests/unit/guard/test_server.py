"""The guard as a server: streams, bounds, records, ends."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from tests.unit.guard.fakes import Guarded, fake_api, guarded
from truebook.errors import Unreachable
from truebook.guard import exchange, kubernetes, upstream
from truebook.guard.request import Answer, Ask, Decision, Facts, Forward, GuardRequest, Refuse, System, UpstreamAnswer
from truebook.guard.server import Guard, Route, listen, plain
from truebook.guard.systems import SYSTEMS
from truebook.model import Claim

POD = "/api/v1/namespaces/shop/pods/web-0"


@pytest.fixture
def block() -> Iterator[Guarded]:
    with guarded() as found:
        yield found


def client(block: Guarded) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{block.port}", trust_env=False, timeout=20)


def test_a_large_answer_is_streamed(block: Guarded) -> None:
    waiting = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\nfirst\r\n")
        assert waiting.wait(10)
        for _ in range(64):
            handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    block.api.answer = answer
    with client(block) as http, http.stream("GET", "/api/v1/pods") as response:
        parts = response.iter_raw()
        assert next(parts) == b"first"  # before the rest is there
        waiting.set()
        assert sum(map(len, parts)) == 64 * 0x10000


def never_ending(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"2\r\n{}\r\n")
    with contextlib.suppress(OSError):
        handler.rfile.read(1)  # until the guard hangs up
    handler.close_connection = True


def test_a_watch_ends_though_the_server_goes_on() -> None:
    def decide(request: GuardRequest) -> Decision:
        return Forward(request, seconds=0.2)

    with guarded(replace(kubernetes.SYSTEM, decide=decide)) as block, client(block) as http:
        block.api.answer = never_ending
        assert http.get("/api/v1/pods?watch=true").content == b"{}"
        assert http.get("/api/v1/pods?watch=true").content == b"{}"


def test_a_watch_ends_with_its_client(block: Guarded) -> None:
    ended = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        never_ending(handler)
        ended.set()

    block.api.answer = answer
    with client(block) as http, http.stream("GET", "/api/v1/pods?watch=true") as response:
        assert next(response.iter_raw()) == b"{}"
    assert ended.wait(10)


def test_a_watch_that_is_silent_has_begun(block: Guarded) -> None:
    silent = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        assert silent.wait(10)
        handler.wfile.write(b"0\r\n\r\n")

    block.api.answer = answer
    with client(block) as http, http.stream("GET", "/api/v1/pods?watch=true") as response:
        assert response.status_code == 200  # before there is any event
        silent.set()
        assert response.read() == b""


def test_a_blocks_end_ends_its_requests(block: Guarded) -> None:
    block.api.answer = never_ending
    with client(block) as http, http.stream("GET", "/api/v1/pods?watch=true") as response:
        parts = response.iter_raw()
        assert next(parts) == b"{}"
        block.guard.end(block.handle)
        with pytest.raises(httpx.HTTPError):
            next(parts)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{block.port}/api", trust_env=False)
    assert [record.path for record in block.guard.requests(block.handle)] == ["/api/v1/pods"]
    block.guard.end(block.handle)


def test_an_answer_that_is_cut_off_is_cut_off_here_too(block: Guarded) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True

    block.api.answer = answer
    with client(block) as http, pytest.raises(httpx.HTTPError):
        http.get("/api/v1/pods")


def test_an_answer_that_is_too_large_is_cut_off(block: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "LARGEST_ANSWER", 10)
    with client(block) as http, pytest.raises(httpx.HTTPError):
        http.get("/api/v1/pods")


def test_an_answer_that_is_too_large_to_look_at(block: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "LARGEST_LOOK", 10)
    with client(block) as http:
        assert http.delete(POD).status_code == 503


def test_an_api_that_is_not_there() -> None:
    with Guard({"kubernetes": Route(kubernetes.SYSTEM, plain("http://127.0.0.1:1"))}) as guard:
        handle = guard.serve()
        answer = httpx.get(f"http://127.0.0.1:{handle.ports['kubernetes']}/api", trust_env=False)
        assert (answer.status_code, answer.json()["reason"]) == (503, "ServiceUnavailable")
        (record,) = guard.requests(handle)
        assert (record.decision, record.status) == ("forward", 503)


def test_credentials_that_cannot_be_had() -> None:
    def headers() -> dict[str, str]:
        raise Unreachable("kubernetes: credentials of context 'a': expired")

    with fake_api() as api:
        route = Route(kubernetes.SYSTEM, replace(plain(api.url), headers=headers))
        with Guard({"kubernetes": route}) as guard:
            handle = guard.serve()
            answer = httpx.get(f"http://127.0.0.1:{handle.ports['kubernetes']}/api", trust_env=False)
            assert answer.status_code == 503
            assert "expired" in answer.json()["message"]
        assert api.arrived == []


def test_each_request_is_recorded_without_its_query(block: Guarded) -> None:
    with client(block) as http:
        http.get("/api/v1/pods", params={"labelSelector": "secret=hunter2"})
        http.head("/version")
        http.delete(POD)
        http.get("/api/v1/secrets")
        http.get("/api", headers={"Upgrade": "websocket"})
    records = block.guard.requests(block.handle)
    assert [(r.system, r.method, r.path, r.decision, r.status) for r in records] == [
        ("kubernetes", "GET", "/api/v1/pods", "forward", 200),
        ("kubernetes", "HEAD", "/version", "forward", 200),
        ("kubernetes", "DELETE", POD, "dry-run", 200),
        ("kubernetes", "GET", "/api/v1/secrets", "refuse", 403),
        ("kubernetes", "GET", "/api", "refuse", 403),
    ]
    assert all(record.reason for record in records)
    assert "hunter2" not in repr(records)


def test_what_the_api_warns_of_is_recorded(block: Guarded) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Warning", '299 - "v1 Endpoints is \\"deprecated\\" in v1.33+"')
        handler.send_header("Warning", '299 - "one", 299 - "two\x1b[31m", 199 - "not this"')
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    block.api.answer = answer
    with client(block) as http:
        assert "deprecated" in http.get("/api/v1/endpoints").headers["warning"]
    (record,) = block.guard.requests(block.handle)
    assert record.warnings == ('v1 Endpoints is "deprecated" in v1.33+', "one", "two [31m")


def test_records_are_bounded(block: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "RECORDS", 2)
    with client(block) as http:
        for _ in range(5):
            http.get("/api")
    assert len(block.guard.requests(block.handle)) == 2
    assert block.handle.block.more == 3


def test_an_evicted_pod_is_gone_for_the_block_that_evicted_it(block: Guarded) -> None:
    other = block.guard.serve()
    with client(block) as http:
        assert http.get(POD).status_code == 200
        assert http.post(f"{POD}/eviction", json={"metadata": {"name": "web-0"}}).status_code == 200
        answer = http.get(POD)
        assert (answer.status_code, answer.json()["reason"]) == (404, "NotFound")
        assert http.get(f"{POD}-1").status_code == 200
    assert httpx.get(f"http://127.0.0.1:{other.ports['kubernetes']}{POD}", trust_env=False).status_code == 200
    assert block.decisions() == ["forward", "dry-run", "answer", "forward"]


def test_a_refused_eviction_leaves_the_pod(block: Guarded) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(429 if handler.command == "POST" else 200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    block.api.answer = answer
    with client(block) as http:
        assert http.post(f"{POD}/eviction", json={"metadata": {"name": "web-0"}}).status_code == 429
        assert http.get(POD).status_code == 200


def test_a_delete_is_answered_with_another_uid(block: Guarded) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        content = json.dumps({"kind": "Pod", "metadata": {"uid": "real"}}).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    block.api.answer = answer
    with client(block) as http:
        assert http.delete(POD).json()["metadata"]["uid"] != "real"
        assert http.delete(POD, params={"dryRun": "All"}).json()["metadata"]["uid"] == "real"


def system(decide: Decision | Exception) -> System:
    def decided(request: GuardRequest) -> Decision:
        if isinstance(decide, Exception):
            raise decide
        return decide

    return replace(kubernetes.SYSTEM, decide=decided)


def test_a_decision_that_fails_lets_nothing_out() -> None:
    with guarded(system(ValueError("secret"))) as block, client(block) as http:
        answer = http.get("/api")
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert block.api.arrived == []


def test_a_decision_that_asks_for_ever_lets_nothing_more_out() -> None:
    question = GuardRequest("GET", "", "/api")
    ask = Ask((question,), lambda answers: ask)
    with guarded(system(ask)) as block, client(block) as http:
        assert http.get("/apis").status_code == 500
        assert {arrived.target for arrived in block.api.arrived} == {"/api"}
        assert len(block.api.arrived) == exchange.ROUNDS


def test_a_decision_that_asks_gets_the_answers() -> None:
    seen: list[int] = []

    def conclude(answers: tuple[UpstreamAnswer, ...]) -> Decision:
        seen.extend(answer.status for answer in answers)
        return Refuse(403, answers[0].body.decode())

    question = GuardRequest("GET", "", "/api")
    with guarded(system(Ask((question, question), conclude))) as block, client(block) as http:
        assert "Status" in http.get("/apis").json()["message"]
        assert seen == [200, 200]


def test_claims_are_kept_once() -> None:
    claim = Claim("the application vault exists", True, "GET /api/v1/applications/vault")
    with guarded(system(Answer(200, (), b"done", (claim,)))) as block, client(block) as http:
        assert http.post("/sync").content == b"done"
        assert http.post("/sync").content == b"done"
        assert block.guard.claims(block.handle) == (claim,)
        assert block.decisions() == ["answer", "answer"]
        assert block.api.arrived == []


def test_connections_are_reused_and_served_side_by_side(block: Guarded) -> None:
    barrier = threading.Barrier(8, timeout=10)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        barrier.wait()
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    block.api.answer = answer
    with client(block) as http, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: http.get("/api").status_code, range(16)))
    assert answers == [200] * 16


def test_more_connections_than_are_served_are_closed(block: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truebook.guard.server.CONNECTIONS", 1)
    with client(block) as first:
        assert first.get("/api").status_code == 200
        with client(block) as second, pytest.raises(httpx.HTTPError):
            second.get("/api")
        assert first.get("/api").status_code == 200


def test_blocks_have_logs_of_their_own(block: Guarded) -> None:
    listener = listen()
    other = block.guard.serve({"kubernetes": listener})
    httpx.get(f"http://127.0.0.1:{other.ports['kubernetes']}/version", trust_env=False)
    assert [record.path for record in block.guard.requests(other)] == ["/version"]
    assert block.guard.requests(block.handle) == ()


def test_the_environment_points_at_the_guard(block: Guarded, tmp_path: Path) -> None:
    assert block.guard.systems == ("kubernetes",)
    environment = block.guard.environment(block.handle.ports, tmp_path)
    for name, text in block.guard.files(block.handle.ports).items():
        (tmp_path / name).write_text(text)
    config = json.loads(Path(environment["KUBECONFIG"]).read_text())
    assert config["clusters"][0]["cluster"]["server"] == f"http://127.0.0.1:{block.port}"


def test_closing_ends_the_thread_and_its_sockets() -> None:
    before = threading.active_count()
    with fake_api() as api:
        guard = Guard({"kubernetes": Route(kubernetes.SYSTEM, plain(api.url))})
        port = guard.serve().ports["kubernetes"]
        httpx.get(f"http://127.0.0.1:{port}/api", trust_env=False)
        guard.close()
        guard.close()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/api", trust_env=False)
    end = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_an_upstream_below_a_path() -> None:
    with fake_api() as api:
        route = Route(kubernetes.SYSTEM, plain(f"{api.url}/clusters/prod/"))
        with Guard({"kubernetes": route}) as guard:
            port = guard.serve().ports["kubernetes"]
            httpx.get(f"http://127.0.0.1:{port}/api/v1/pods?labelSelector=a%3Db", trust_env=False)
        assert [arrived.target for arrived in api.arrived] == ["/clusters/prod/api/v1/pods?labelSelector=a%3Db"]


def test_every_system_is_named_as_in_the_registry() -> None:
    for name, make in SYSTEMS.items():
        assert make(Facts()).name == name
