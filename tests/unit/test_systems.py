"""Each system's source against a server of our own making, which fails on demand in every way there is."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.faults import CUT, NOT_JSON, RESET, SLOW, TRICKLE, Answer, FaultServer, json_answer, refused, status
from tests.unit import goldens
from tests.unit.systems_sample import SAMPLES, TOKEN, part, read, settings
from truebook.recording import Part, dump


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truebook.state.fetch.FIRST_PAUSE", 0.001)


@pytest.fixture(params=SAMPLES)
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    for variable, value in SAMPLES[request.param].environment.items():
        monkeypatch.setenv(variable, value)
    return str(request.param)


@pytest.fixture
def server(name: str) -> Iterator[FaultServer]:
    with FaultServer(SAMPLES[name].script()) as found:
        yield found


def test_what_is_read_is_the_golden(name: str, server: FaultServer) -> None:
    found = part(read(settings(name, server.url + "/")))
    assert (found.state, found.reason, found.stand_in) == ("fresh", "", "")
    assert {(read.state) for read in found.reads} == {"read"}
    whole = {"reads": [f"{read.what}: {read.count}" for read in found.reads], "data": _data(found)}
    text = json.dumps(whole, indent=2, ensure_ascii=False).replace(server.url, f"http://{name}.homelab.local")
    goldens.check(f"sources/{name}.json", text + "\n")
    assert {request.method for request in server.requests} <= {"GET", "HEAD"}


def _data(found: Part) -> Any:
    return json.loads(bytes(found.data))


FAULTS: dict[str, Answer] = {
    "reset": RESET,
    "cut": CUT,
    "slow": SLOW,
    "trickle": TRICKLE,
    "401": status(401, "invalid token"),
    "403": status(403, "permission denied"),
    "404": status(404),
    "429": json_answer({"errors": ["slow down"]}, 429, Retry_After="99"),
    "500": status(500, "internal error"),
    "503 of a gateway": Answer(503, b"<html>503 Service Unavailable</html>", {"Content-Type": "text/html"}),
    "503 of the API server": status(503, 'no endpoints available for service "vault"'),
    "not JSON": NOT_JSON,
    "something else": json_answer([[1]]),
    "null": json_answer(None),
    "deep": Answer(body=b"[" * 200_000, headers={"Content-Type": "application/json"}),
    "too large": Answer(body=b" " * 30_000, headers={"Content-Type": "application/json"}),
    "redirect": Answer(302, headers={"Location": "https://sso.homelab.local/login"}),
    "no text": Answer(body=b"\xff\xfe\x00<", headers={"Content-Type": "application/json"}),
}
HEADLESS = {"cut", "trickle", "not JSON", "something else", "null", "deep", "too large", "no text"}
"""Faults of a body, which an answer to HEAD has not."""


@pytest.mark.parametrize("fault", [*FAULTS, "refused"])
def test_a_fault_of_the_whole_leaves_the_last_good_part_marked_stale(
    name: str, server: FaultServer, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    asked = settings(name, server.url)
    good = read(asked)
    if fault == "refused":
        asked = settings(name, refused())
    else:
        for path in list(server.script):
            server.script[path] = lambda request: FAULTS["500" if _headless(request.method, fault) else fault]
    if fault == "too large":
        monkeypatch.setattr("truebook.state.fetch.LARGEST", 20_000)
    if fault in ("slow", "trickle"):
        asked = replace(asked, systems={name: replace(asked.systems[name], timeout=0.4)})
    found = part(read(asked, good))
    assert found.state == "stale"
    assert found.reason.startswith(f"{name}: ")
    assert found.read_at == part(good).read_at
    assert bytes(found.data) == bytes(part(good).data)
    assert TOKEN not in found.reason
    failed = part(read(asked))
    assert (failed.state, bytes(failed.data)) == ("failed", b"{}")


def _headless(method: str, fault: str) -> bool:
    return method == "HEAD" and fault in HEADLESS


@pytest.mark.parametrize("fault", ["401", "500", "503 of a gateway", "redirect", "reset"])
def test_one_answer_that_fails_is_kept_from_before_and_the_rest_is_new(
    name: str, server: FaultServer, fault: str
) -> None:
    asked = settings(name, server.url)
    good = read(asked)
    before = _data(part(good))["answers"]
    for path in list(server.script):
        working = server.script[path]
        server.script[path] = [FAULTS[fault]]
        found = part(read(asked, good))
        assert found.state == "stale"
        assert path in found.reason
        failed = [read.what for read in found.reads if read.state == "failed"]
        assert [what for what in failed if path in what]
        answers = _data(found)["answers"]
        assert {what: answers[what] for what in failed} == {what: before[what] for what in failed}
        without = part(read(asked))
        assert without.state == "stale"
        assert not set(failed) & set(_data(without)["answers"])
        server.script[path] = working
    assert part(read(asked, good)).state == "fresh"


@pytest.mark.parametrize(("code", "state"), [(403, "forbidden"), (404, "absent")])
def test_what_is_not_permitted_or_not_there_is_said_and_the_rest_is_fresh(
    name: str, server: FaultServer, code: int, state: str
) -> None:
    path = list(server.script)[-1]
    server.script[path] = [status(code, "no")]
    found = part(read(settings(name, server.url)))
    assert found.state == "fresh"
    (refused_read,) = [read for read in found.reads if read.state != "read"]
    assert (refused_read.state, path in refused_read.what) == (state, True)
    assert f"{code}" in refused_read.reason


def test_a_busy_server_is_asked_again_after_the_time_that_it_names(name: str, server: FaultServer) -> None:
    for path, working in list(server.script.items()):
        server.script[path] = [json_answer({"busy": True}, 502, Retry_After="0"), *working]  # type: ignore[misc]
    assert part(read(settings(name, server.url))).state == "fresh"


def _planted(body: Any) -> Any:
    """A body with a secret in each place that nobody expects, and in each text."""
    if isinstance(body, dict):
        return {
            "secretThing": "pl4nted",
            "zzz": {"a": "pl4nted"},
            **{key: _planted(value) for key, value in body.items()},
        }
    if isinstance(body, list):
        return [*map(_planted, body), {"zzz": "pl4nted"}]
    return f"{body} password=pl4nted https://me:pl4nted@homelab.local/" if isinstance(body, str) else body


def test_no_secret_in_an_answer_is_recorded(name: str, server: FaultServer) -> None:
    for path, body in SAMPLES[name].answers.items():
        if isinstance(body, dict | list):
            server.script[path] = [json_answer(_planted(body), Set_Cookie="session=pl4nted")]
        elif isinstance(body, str):
            server.script[path] = [Answer(body=f"{body} token=pl4nted".encode(), headers={"X-Secret": "pl4nted"})]
    found = dump(read(settings(name, server.url)))
    assert b"fresh" in found
    assert b"pl4nted" not in found
    assert TOKEN.encode() not in found


def test_hostile_text_becomes_one_plain_line(name: str, server: FaultServer) -> None:
    hostile = "\x1b[31mready\r\n::error::\u202e`rm -rf`" + "x" * 5000
    texts = [path for path, body in SAMPLES[name].answers.items() if isinstance(body, str)]
    for path in texts:
        server.script[path] = [Answer(body=hostile.encode())]
    answers = _data(part(read(settings(name, server.url))))["answers"]
    for path in texts:
        for text in [answers[what]["body"] for what in answers if what == path]:
            assert text.isprintable()
            assert len(text) <= 200


def test_a_stand_in_says_so(name: str, server: FaultServer) -> None:
    path = next(iter(server.script))
    (working,) = server.script[path]  # type: ignore[misc]
    said = {"X-Truebook-Stand-In": "tests/real: not\tthe real one, token=pl4nted"}
    server.script[path] = [replace(working, headers={**working.headers, **said})]
    assert part(read(settings(name, server.url))).stand_in == "tests/real: not the real one, token=REDACTED"


def test_its_credential_goes_to_it_and_nowhere_else(
    name: str, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer() as elsewhere:
        path = next(iter(server.script))
        server.script[path] = [Answer(302, headers={"Location": f"{elsewhere.url}{path}"})]
        read(settings(name, server.url))
        assert elsewhere.requests == []
    assert any(TOKEN in value or "AWS4-HMAC-SHA256" in value for value in server.requests[-1].headers.values())
    for variable in SAMPLES[name].environment:
        monkeypatch.delenv(variable)
    server.requests.clear()
    found = part(read(settings(name, server.url)))
    assert not any(
        "authorization" in request.headers or "x-vault-token" in request.headers for request in server.requests
    )
    for read_ in found.reads:
        if read_.state == "forbidden":
            assert read_.reason.startswith("no credential in $")


def test_its_own_authority_is_trusted_and_no_other_certificate(name: str, server: FaultServer, tmp_path: Path) -> None:
    good = read(settings(name, server.url))
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    past = {"not_before": datetime(2020, 1, 1), "not_after": datetime(2020, 2, 1)}
    for issuer, options, state, said in (
        (authority, {}, "fresh", ""),
        (authority, past, "stale", "certificate has expired"),
        (stranger, {}, "stale", "certificate is not trusted"),
    ):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issuer.issue_cert("127.0.0.1", **options).configure_cert(context)  # type: ignore[arg-type]
        with FaultServer(SAMPLES[name].script(), tls=context) as encrypted:
            found = part(read(settings(name, encrypted.url, ca_file=tmp_path / "ca.pem"), good))
            assert found.state == state
            assert said in found.reason
            assert bool(encrypted.requests) == (state == "fresh")
    (tmp_path / "no.pem").write_text("none")
    for file, said in (("none", "No such file"), ("no.pem", "no PEM certificates")):
        reason = part(read(settings(name, server.url, ca_file=tmp_path / file))).reason
        assert f"systems.{name}.ca_file can't be read: {said}" in reason


def test_a_file_that_is_no_credential_is_said_and_not_sent(name: str, server: FaultServer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    reason = part(read(settings(name, server.url, token_file=file))).reason
    assert f"systems.{name}.token_file can't be read: No such file" in reason
    for text in ("two words", "two\nlines", "t0kén", "a\x1bb"):
        file.write_text(text)
        found = part(read(settings(name, server.url, token_file=file)))
        assert found.state == "failed"
        assert f"systems.{name}.token_file {file} holds no" in found.reason
    assert server.requests == []


@pytest.mark.parametrize(
    "url", ["https://me:pl4nted@homelab.local", "ftp://homelab.local", "https://homelab.local/?a=b"]
)
def test_a_wrong_url_is_said_without_its_credentials(name: str, url: str) -> None:
    found = part(read(settings(name, url, line=7)))
    assert found.state == "failed"
    assert f"systems.{name}.url" in found.reason
    assert "pl4nted" not in found.reason
