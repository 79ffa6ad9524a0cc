"""The replay of the systems answers as the real servers do that the recording was read from, or says that it can't.

A recording keeps the fields that truebook uses: what the replay answers must be part of what the server answers, with
the same status. What it refuses, with 501, needs no equal.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.real.servers import binaries
from tests.real.servers.alertmanager import Alertmanager
from tests.real.servers.loki import Loki
from tests.real.servers.minio import Minio
from tests.real.servers.prometheus import Prometheus
from tests.real.servers.vault import Vault
from tests.unit.systems_sample import read, settings
from truebook.guard.request import Facts
from truebook.guard.server import Guard, Route, plain
from truebook.guard.systems import SYSTEMS
from truebook.recording import Recording
from truebook.replay.recorded import Key
from truebook.replay.serve import start
from truebook.replay.systems import RECORDED

pytestmark = pytest.mark.real

CHANGING = frozenset(
    ("lastScrape", "lastScrapeDuration", "uptime", "updatedAt", "startsAt", "endsAt", "evaluationTime")
)
"""Fields that are another a moment later."""


@dataclass
class Sides:
    """A real server and the replay of a recording of it. `headers` are the credential that the server wants."""

    name: str
    real: httpx.Client
    replay: httpx.Client
    recording: Recording
    headers: Mapping[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, *, credential: bool = True) -> tuple[httpx.Response, httpx.Response]:
        real = self.real.request(method, path, headers=self.headers if credential else {})
        replay = self.replay.request(method, path, headers={"X-Vault-Token": "any"} if credential else {})
        return real, replay


def sides(name: str, url: str, folder: Path, **options: Any) -> Iterator[Sides]:
    headers = options.pop("headers", {})
    found = read(settings(name, url, **options))
    assert [part.state for part in found.parts.values()] == ["fresh"], found.parts
    with (
        start(found, directory=folder) as replay,
        httpx.Client(base_url=url, trust_env=False, timeout=30) as real,
        httpx.Client(base_url=replay.urls[name], trust_env=False, timeout=30) as other,
    ):
        yield Sides(name, real, other, found, headers)


@pytest.fixture(scope="module")
def vault(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    from tests.real.conftest import _start

    with _start(request, Vault) as server, pytest.MonkeyPatch.context() as patch:
        for path, body in (
            ("sys/mounts/secretly", {"type": "kv", "options": {"version": "1"}}),
            ("sys/mounts/team/a", {"type": "kv", "options": {"version": "2"}}),
            ("sys/mounts/transit", {"type": "transit"}),
            ("sys/auth/approle", {"type": "approle"}),
            ("sys/auth/people/oidc", {"type": "oidc"}),
        ):
            server.request("POST", path, json=body).raise_for_status()
        patch.setenv("VAULT_TOKEN", server.token)
        folder = tmp_path_factory.mktemp("vault")
        yield from sides("vault", server.url, folder, headers={"X-Vault-Token": server.token})


@pytest.fixture(scope="module")
def prometheus_sides(prometheus: Prometheus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    yield from sides("prometheus", prometheus.url, tmp_path_factory.mktemp("prometheus"))


@pytest.fixture(scope="module")
def alertmanager_sides(alertmanager: Alertmanager, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    alertmanager.post_alerts(
        [{"labels": {"alertname": "Differs", "namespace": "web"}, "annotations": {"summary": "s"}}]
    )
    yield from sides("alertmanager", alertmanager.url, tmp_path_factory.mktemp("alertmanager"))


@pytest.fixture(scope="module")
def loki_sides(loki: Loki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    yield from sides("loki", loki.url, tmp_path_factory.mktemp("loki"))


@pytest.fixture(scope="module")
def minio_sides(minio: Minio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    yield from sides("minio", minio.url, tmp_path_factory.mktemp("minio"), options={})


FIXTURES = {
    "vault": "vault",
    "prometheus": "prometheus_sides",
    "alertmanager": "alertmanager_sides",
    "loki": "loki_sides",
    "minio": "minio_sides",
}


@pytest.mark.parametrize("name", FIXTURES)
def test_all_that_was_recorded_is_answered_alike(name: str, request: pytest.FixtureRequest) -> None:
    both: Sides = request.getfixturevalue(FIXTURES[name])
    keys = list(both.recording.http(name).answers)
    assert keys
    for written in keys:
        method, _, path = written.rpartition(" ")
        alike(*both.ask(method or "GET", path), written)


@pytest.mark.parametrize("name", FIXTURES)
def test_head_is_answered_as_the_server_does_or_not_at_all(name: str, request: pytest.FixtureRequest) -> None:
    both: Sides = request.getfixturevalue(FIXTURES[name])
    answered = 0
    for written in both.recording.http(name).answers:
        key = Key.of(written)
        if key.method == "GET":
            real, replay = both.ask("HEAD", written)
            assert replay.status_code in (real.status_code, 501), written
            assert replay.content == b""
            answered += replay.status_code != 501
    assert bool(answered) == any(
        RECORDED[name].rules.head.fullmatch(Key.of(one).path) for one in both.recording.http(name).answers
    )


@pytest.mark.parametrize("name", FIXTURES)
def test_strangers_are_told_what_the_server_tells_them_or_nothing(name: str, request: pytest.FixtureRequest) -> None:
    both: Sides = request.getfixturevalue(FIXTURES[name])
    for written in both.recording.http(name).answers:
        method, _, path = written.rpartition(" ")
        real, replay = both.ask(method or "GET", path, credential=False)
        assert replay.status_code in (real.status_code, 501), written
        # What is open there is open here: else a recording would answer less than it could.
        assert (replay.status_code == 501) == (real.status_code in (401, 403)), written


DERIVED = [
    *(f"/v1/sys/internal/ui/mounts/{path}" for path in ("secret/app/db", "secret", "secretly/x", "team/a/b", "team/a")),
    *(f"/v1/sys/internal/ui/mounts/{path}" for path in ("transit/keys/x", "cubbyhole/a", "sys/health", "identity/x")),
    *(
        f"/v1/sys/internal/ui/mounts/{path}"
        for path in ("auth/approle/role/x", "auth/people/oidc/config", "auth/token/x")
    ),
    *(f"/v1/sys/internal/ui/mounts/{path}" for path in ("nothing/app", "team/other", "auth/nothing/role")),
    *(f"/v1/sys/health?{query}" for query in ("standbyok=true", "standbyok=false", "activecode=299", "sealedcode=200")),
    *("/v1/sys/health?perfstandbyok=true", "/v1/sys/health?activecode=204&standbycode=200"),
]


@pytest.mark.parametrize("path", DERIVED)
def test_what_follows_from_vaults_answers_is_what_vault_answers(vault: Sides, path: str) -> None:
    real, replay = vault.ask("GET", path)
    assert replay.status_code != 501
    alike(real, replay, path)


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("kv put secret/app/db password=x", 0, "secret/data/app/db"),
        ("kv put -mount=team/a db password=x", 0, "team/a/data/db"),
        ("kv put nothing/app password=x", 2, "grant access to path"),
        ("kv put transit/app password=x", 2, "transit"),
        ("secrets list", 0, "secretly/"),
        ("status", 0, "HA Enabled"),
        ("kv metadata get secret/app/db", 2, "does not hold GET /v1/secret/metadata/app/db"),
        ("kv get secret/app/db", 2, "a secret's value is never read"),
    ],
)
def test_the_real_command_before_guard_and_replay(
    vault: Sides, line: str, code: int, words: str, tmp_path: Path
) -> None:
    upstream = plain(str(vault.replay.base_url), {"Authorization": "Bearer any"})
    with Guard({"vault": Route(SYSTEMS["vault"](Facts()), upstream)}) as guard:
        handle = guard.serve()
        environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **guard.environment(handle.ports, tmp_path)}
        command = [str(binaries.find("vault")), *line.split()]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        claims = {claim.text: claim.holds for claim in guard.claims(handle)}
    assert (done.returncode, words in done.stdout + done.stderr) == (code, True), done
    if code == 0 and line.startswith("kv put"):
        assert [text for text, holds in claims.items() if holds] != []
        assert [text for text, holds in claims.items() if holds is None and "the account may" in text] != []


UNRECORDED = [
    ("vault", "GET", "/v1/secret/metadata/app/db"),
    ("vault", "GET", "/v1/secret/data/app/db"),
    ("vault", "LIST", "/v1/secret/metadata"),
    ("vault", "GET", "/v1/sys/internal/ui/mounts"),
    ("vault", "GET", "/v1/sys/health?standbyok=perhaps"),
    ("prometheus", "GET", "/api/v1/query?query=up"),
    ("prometheus", "GET", "/api/v1/targets"),
    ("prometheus", "GET", "/metrics"),
    ("alertmanager", "GET", "/api/v2/alerts?active=false"),
    ("alertmanager", "GET", "/"),
    ("loki", "GET", "/config"),
    ("minio", "GET", "/"),
]


@pytest.mark.parametrize(("name", "method", "path"), UNRECORDED)
def test_nothing_is_made_up(name: str, method: str, path: str, request: pytest.FixtureRequest) -> None:
    both: Sides = request.getfixturevalue(FIXTURES[name])
    _, replay = both.ask(method, path)
    assert replay.status_code == 501
    assert "recording" in replay.json()["error"]


def alike(real: httpx.Response, replay: httpx.Response, what: str) -> None:
    """The replay's answer is part of the server's."""
    assert replay.status_code == real.status_code, (what, real.text, replay.text)
    kind = replay.headers.get("content-type", "").partition(";")[0]
    if kind == "application/json" and replay.content:
        assert real.headers["content-type"].partition(";")[0] == kind
        missing = differs(msgspec.json.decode(real.content), replay.json())
        assert missing == "", f"{what}: {missing}"
    elif replay.content:
        assert replay.text == " ".join(real.text.split()), what


def differs(real: Any, replay: Any, where: str = "") -> str:
    """Where the replay's value is not part of the server's, empty where it is."""
    if isinstance(real, dict) and isinstance(replay, dict):
        for name, value in replay.items():
            if name in CHANGING:
                continue
            if name not in real:
                return f"{where}.{name} is not there"
            if found := differs(real[name], value, f"{where}.{name}"):
                return found
        return ""
    if isinstance(real, list) and isinstance(replay, list):
        if len(real) != len(replay):
            return f"{where} has {len(real)} entries, not {len(replay)}"
        pairs = enumerate(zip(real, replay, strict=True))
        return next(filter(None, (differs(*pair, f"{where}[{number}]") for number, pair in pairs)), "")
    return "" if real == replay else f"{where}: {real!r} is not {replay!r}"
