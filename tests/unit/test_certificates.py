"""The source `certificates` against servers with certificates of all kinds, and the record that comes of it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme
from msgspec.structs import replace

from tests.faults import FaultServer, json_answer, refused
from truebook.inventory import build
from truebook.recording import HttpData, Recording, encode_http
from truebook.settings import ArgoCDSettings, CatalogComponent, GitSettings, KubernetesSettings, Settings
from truebook.state.collect import collect
from truebook.state.sources import SOURCES

SOON = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
PAST = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def homelab_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names below homelab.local lead to this machine's loopback."""
    real = socket.getaddrinfo

    def resolved(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return real("127.0.0.1" if str(name).endswith(".homelab.local") else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


@pytest.fixture
def ports() -> Iterator[dict[str, int]]:
    """Servers by the certificate that they have."""
    issuer = trustme.CA()
    dates = {"good": SOON, "ended": PAST}
    with ExitStack() as stack:
        found = {}
        for name, ends in dates.items():
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            begin = ends - timedelta(days=400)
            issuer.issue_cert("a.homelab.local", not_before=begin, not_after=ends).configure_cert(context)
            server = stack.enter_context(FaultServer({"/": [json_answer({})]}, tls=context))
            found[name] = int(server.url.rpartition(":")[2])
        found["plain"] = int(stack.enter_context(FaultServer()).url.rpartition(":")[2])
        found["refused"] = int(refused().rpartition(":")[2])
        yield found


def settings(**urls: str) -> Settings:
    return Settings(
        kubernetes=KubernetesSettings(enabled=False),
        argocd=ArgoCDSettings(enabled=False),
        git=GitSettings(enabled=False),
        components=tuple(CatalogComponent(name, 1, values={"url": url}) for name, url in urls.items()),
    )


def read(asked: Settings, previous: Recording | None = None) -> Recording:
    return collect(asked, previous=previous, sources={"certificates": SOURCES["certificates"]})


def test_the_end_is_read_whoever_signed_it(ports: dict[str, int]) -> None:
    urls = {name: f"https://{name}.homelab.local:{port}" for name, port in ports.items()}  # of other names, too
    asked = settings(**urls)
    recording = read(asked)
    states = {found.what: found.state for found in recording.parts["certificates"].reads}
    assert states == {
        urls["good"]: "read", urls["ended"]: "read", urls["plain"]: "failed", urls["refused"]: "failed",
    }  # fmt: skip
    assert recording.parts["certificates"].state == "fresh"  # what does not answer is no failure
    records = build(recording, asked, origin="a test").records_of("certificate")
    assert {record.component: record.text("not_after") for record in records} == {
        "good": "2027-01-02T03:04:05Z",
        "ended": "2024-01-02T03:04:05Z",
    }
    assert str(records[0].values["not_after"].evidence).endswith(" not_after")


def test_one_that_does_not_answer_today_keeps_what_was_known(ports: dict[str, int]) -> None:
    url = f"https://a.homelab.local:{ports['good']}"
    before = read(settings(good=url, other=f"https://a.homelab.local:{ports['ended']}"))
    renamed = before.http("certificates").answers[url]
    gone = f"https://a.homelab.local:{ports['refused']}"
    kept = {**before.http("certificates").answers, gone: renamed}
    part = replace(before.parts["certificates"], data=encode_http(HttpData("", kept)))
    after = read(settings(good=url, gone=gone), replace(before, parts={"certificates": part}))
    assert after.http("certificates").answers.keys() == {url, gone}


def test_where_none_answers_any_more_the_source_fails_and_keeps_the_last_part(ports: dict[str, int]) -> None:
    gone = f"https://a.homelab.local:{ports['refused']}"
    before = read(settings(good=f"https://a.homelab.local:{ports['good']}"))
    known = encode_http(HttpData("", {gone: next(iter(before.http("certificates").answers.values()))}))
    before = replace(before, parts={"certificates": replace(before.parts["certificates"], data=known)})
    after = read(settings(gone=gone), before)
    assert after.parts["certificates"].state == "stale"
    assert gone in after.parts["certificates"].reason
    assert bytes(after.parts["certificates"].data) == bytes(before.parts["certificates"].data)


def test_addresses_of_which_none_was_ever_reached_are_no_failure(ports: dict[str, int]) -> None:
    gone = f"https://a.homelab.local:{ports['refused']}"
    part = read(settings(gone=gone)).parts["certificates"]
    assert part.state == "absent"
    assert part.reason.startswith(f"no address of a component answers from here, of 1: {gone}: ")


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1", "https://localhost", "https://169.254.169.254", "http://a.homelab.local", "https://[::1]"],
)
def test_what_may_mean_this_machine_is_not_asked(url: str) -> None:
    part = read(settings(x=url)).parts["certificates"]
    assert (part.state, part.reason) == ("absent", "no component has an https address")
