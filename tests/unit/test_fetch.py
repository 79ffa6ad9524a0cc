"""The HTTP layer: each fault becomes the right error, and what may pass is tried again."""

from __future__ import annotations

import gzip
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from tests.faults import CUT, RESET, SLOW, TRICKLE, Answer, FaultServer, json_answer, refused, status
from truebook.errors import BadAnswer, Denied, NotServed, SourceError, Unreachable
from truebook.state.fetch import ATTEMPTS, Expired, Fetcher, Forbidden

GOOD = json_answer({"good": True})
PATH = "/api/v1/pods"


class Fetching:
    """A Fetcher for a URL whose pauses are noted rather than slept."""

    def __init__(self, url: str, *, timeout: float = 20, verify: Any = True, **options: Any) -> None:
        self.pauses: list[float] = []
        self.client = httpx.Client(base_url=url, trust_env=False, verify=verify)
        self.fetcher = Fetcher(self.client, system="test", timeout=timeout, sleep=self.pauses.append, **options)

    def get(self, path: str = PATH, **options: Any) -> bytes:
        with self.client:
            return self.fetcher.get(path, **options).body


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as found:
        yield found


@pytest.mark.parametrize(
    "passing", [RESET, CUT, status(429), status(500), status(502), status(503), status(504)], ids=str
)
def test_what_may_pass_is_tried_again(server: FaultServer, passing: Answer) -> None:
    server.script[PATH] = [passing, passing, GOOD]
    fetching = Fetching(server.url)
    assert fetching.get() == GOOD.body
    assert len(server.requests) == 3
    assert len(fetching.pauses) == 2
    assert 0 < fetching.pauses[0] < fetching.pauses[1] * 4


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (status(401, "Unauthorized"), Denied, r"test: GET /api/v1/pods: 401 Unauthorized: Unauthorized"),
        (status(403, "pods is forbidden"), Forbidden, "403 Forbidden: pods is forbidden"),
        (status(404), NotServed, "404 Not Found"),
        (status(410, "continue is too old"), Expired, "410 Gone: continue is too old"),
        (status(418), BadAnswer, "418"),
        (Answer(204, b""), BadAnswer, "204 No Content"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_will_not_pass_is_said_at_once(
    server: FaultServer, answer: Answer, error: type[SourceError], said: str
) -> None:
    server.script[PATH] = [answer]
    fetching = Fetching(server.url)
    with pytest.raises(error, match=said):
        fetching.get()
    assert len(server.requests) == 1
    assert fetching.pauses == []


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (RESET, Unreachable, "reset|cut off"),
        (CUT, Unreachable, "cut off"),
        (status(429), BadAnswer, "429 Too Many Requests"),
        (status(500, "etcd is unwell"), BadAnswer, "500 Internal Server Error: etcd is unwell"),
        (Answer(headers={"Content-Encoding": "gzip"}, body=b"no gzip"), BadAnswer, "unpacked"),
    ],
    ids=["reset", "cut", "429", "500", "gzip"],
)
def test_patience_ends(server: FaultServer, answer: Answer, error: type[SourceError], said: str) -> None:
    server.script[PATH] = [answer]
    with pytest.raises(error, match=said):
        Fetching(server.url).get()
    assert len(server.requests) == ATTEMPTS


def test_refused() -> None:
    fetching = Fetching(refused())
    with pytest.raises(Unreachable, match="connection refused"):
        fetching.get()
    assert len(fetching.pauses) == ATTEMPTS - 1


def test_retry_after_is_honoured_in_both_its_forms(server: FaultServer) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=9), usegmt=True)
    server.script[PATH] = [
        status(429, Retry_After="7"),
        status(503, Retry_After=date),
        status(503, Retry_After="soon"),
        GOOD,
    ]
    fetching = Fetching(server.url)
    assert fetching.get() == GOOD.body
    assert fetching.pauses[0] == 7
    assert 6 < fetching.pauses[1] <= 9
    assert fetching.pauses[2] < 2


def test_no_pause_goes_beyond_the_deadline(server: FaultServer) -> None:
    server.script[PATH] = [status(429, Retry_After="120")]
    fetching = Fetching(server.url, timeout=20)
    with pytest.raises(BadAnswer, match=r"429 .*no more attempts within 20 s"):
        fetching.get()
    assert fetching.pauses == []


@pytest.mark.parametrize("answer", [SLOW, TRICKLE], ids=["slow", "trickle"])
def test_the_deadline_holds_for_a_silent_and_for_a_slow_server(server: FaultServer, answer: Answer) -> None:
    server.script[PATH] = [answer]
    with pytest.raises(Unreachable, match=r"timed out|not done within 0\.3 s|no time left"):
        Fetching(server.url, timeout=0.3).get()


def test_a_body_is_bounded_also_when_it_is_packed(server: FaultServer) -> None:
    server.script[PATH] = [Answer(body=b"x" * 3_000_000)]
    server.script["/packed"] = [Answer(body=gzip.compress(b"x" * 3_000_000), headers={"Content-Encoding": "gzip"})]
    for path in (PATH, "/packed"):
        with pytest.raises(BadAnswer, match="more than 2 MB"):
            Fetching(server.url, largest=2 * 1024 * 1024).get(path)
    assert len(server.requests) == 2


def test_redirects_stay_on_the_origin_and_credentials_with_them(server: FaultServer) -> None:
    with FaultServer(default=GOOD) as other:
        server.script[PATH] = [Answer(302, headers={"Location": "/elsewhere"})]
        server.script["/elsewhere"] = [Answer(307, headers={"Location": f"{other.url}/steal"})]
        server.script["/here"] = [Answer(302, headers={"Location": "/good"})]
        server.script["/good"] = [GOOD]
        server.script["/loop"] = [Answer(302, headers={"Location": "/loop"})]

        def token() -> dict[str, str]:
            return {"Authorization": "Bearer t0ken"}

        assert Fetching(server.url, headers=token).get("/here") == GOOD.body
        with pytest.raises(BadAnswer, match=r"redirects to http://127\.0\.0\.1, which is not followed"):
            Fetching(server.url, headers=token).get()
        with pytest.raises(BadAnswer, match="more than 5 redirects"):
            Fetching(server.url, headers=token).get("/loop")
        assert other.requests == []


def test_a_foreign_body_is_cut_and_redacted_before_it_is_quoted(server: FaultServer) -> None:
    body = b"denied for https://user:pl4nted@host with \x1b[31mpassword=pl4nted " + b"x" * 5000
    server.script[PATH] = [Answer(403, body)]
    with pytest.raises(Forbidden) as caught:
        Fetching(server.url, headers=lambda: {"Authorization": "Bearer pl4nted"}).get()
    message = str(caught.value)
    assert "pl4nted" not in message
    assert "\x1b" not in message
    assert len(message) < 300


def test_the_header_is_asked_anew_for_each_attempt(server: FaultServer) -> None:
    tokens = iter(["first", "second"])
    server.script[PATH] = [status(500), GOOD]
    Fetching(server.url, headers=lambda: {"Authorization": next(tokens)}).get()
    assert [request.headers["authorization"] for request in server.requests] == ["first", "second"]


def test_a_base_path_and_parameters_are_kept(server: FaultServer) -> None:
    server.script["/k8s/clusters/c-1/api/v1/pods"] = [GOOD]
    fetching = Fetching(f"{server.url}/k8s/clusters/c-1/")
    assert fetching.get(params={"limit": "5", "continue": "a b&c"}) == GOOD.body
    assert server.requests[0].target.endswith("/api/v1/pods?limit=5&continue=a+b%26c")


def _tls(authority: trustme.CA, **options: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", **options).configure_cert(context)
    return context


def test_certificates(tmp_path: Path) -> None:
    authority = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with FaultServer(default=GOOD, tls=_tls(authority)) as server:
        assert Fetching(server.url, verify=trusting).get() == GOOD.body
        stranger = Fetching(server.url, verify=ssl.create_default_context())
        with pytest.raises(Unreachable, match="certificate is not trusted: unable to get local issuer certificate"):
            stranger.get()
        assert stranger.pauses == []
    expired = _tls(authority, not_before=datetime(2020, 1, 1), not_after=datetime(2020, 2, 1))
    with (
        FaultServer(default=GOOD, tls=expired) as server,
        pytest.raises(Unreachable, match="certificate is not trusted: certificate has expired"),
    ):
        Fetching(server.url, verify=trusting).get()
    with FaultServer(default=GOOD) as server, pytest.raises(Unreachable, match=r"TLS failed|reset|cut off"):
        Fetching(server.url.replace("http:", "https:"), verify=trusting).get()
