"""The replay of systems that a recording holds as single answers: what is answered, what follows, what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from starlette.responses import Response

from tests.unit.recordings import recording
from truebook.recording import Recording
from truebook.replay.recorded import Key, pairs
from truebook.replay.serve import APPS, start
from truebook.replay.systems import HOSTS, RECORDED, api
from truebook.replay.web import Web

HEALTH = {"initialized": True, "sealed": False, "standby": False, "version": "1.21.1"}
MOUNTS = {
    "secret/": {"type": "kv", "description": "application secrets", "options": {"version": "2"}},
    "secret/old/": {"type": "kv", "description": "", "options": {"version": "1"}},
    "database/": {"type": "database", "description": "", "options": None},
}
ISSUER = "https://auth.homelab.local/application/o/grafana/"
DISCOVERY = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}jwks/"}
SYSTEMS: dict[str, dict[str, Any]] = {
    "vault": {
        "url": "https://vault.homelab.local",
        "answers": {
            "/v1/sys/health": HEALTH,
            "/v1/sys/seal-status": {"initialized": True, "sealed": False},
            "/v1/sys/mounts": {"data": MOUNTS},
            "/v1/sys/auth": {"data": {"oidc/": {"type": "oidc", "description": "", "options": None}}},
        },
    },
    "authentik": {
        "url": "https://auth.homelab.local",
        "answers": {
            "/-/health/live/": {"status": 204, "body": ""},
            "/-/health/ready/": "",
            "/api/v3/core/applications/?superuser_full_list=true": {"results": []},
        },
    },
    "prometheus": {
        "url": "http://prometheus.monitoring.svc:9090",
        "answers": {
            "/-/ready": "Prometheus Server is Ready.",
            "/api/v1/targets?state=active": {"status": "success", "data": {"activeTargets": []}},
            "/api/v1/rules?type=alert": {"status": "success", "data": {"groups": []}},
        },
    },
    "grafana": {"url": "https://homelab.local/grafana", "answers": {"/api/health": {"database": "ok"}}},
    "loki": {"url": "http://loki:3100", "answers": {"/ready": "ready"}},
    "minio": {
        "url": "https://minio.homelab.local",
        "answers": {"/minio/health/live": "", "HEAD /velero": "", "/minio/health/cluster": {"status": 503, "body": ""}},
    },
    "oidc": {
        "answers": {
            f"{ISSUER}.well-known/openid-configuration": DISCOVERY,
            f"{ISSUER}jwks/": {"keys": [{"kid": "a"}]},
            "https://id.example:8443/.well-known/openid-configuration": {"issuer": "https://id.example:8443"},
        },
    },
}


def made(**changes: Mapping[str, Any]) -> Recording:
    systems = {name: {**found, **changes.get(name, {})} for name, found in SYSTEMS.items()}
    return recording(
        {"argoproj.io/applications Application": []},
        argocd={"/api/v1/applications": {"items": []}, "/api/version": {"Version": "v3.6.1"}},
        systems=systems,
    )


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with start(made(), directory=tmp_path_factory.mktemp("replay")) as replay:
        yield replay.urls


def ask(url: str, path: str, method: str = "GET", token: str = "any") -> httpx.Response:
    headers = {"X-Vault-Token": token} if token else {}
    return httpx.request(method, url + path, headers=headers, trust_env=False)


def test_each_part_has_its_line_or_is_of_several_hosts() -> None:
    assert {"vault", "authentik", "prometheus", "alertmanager", "grafana", "loki", "minio"} == set(RECORDED)
    assert set(HOSTS) == {"oidc"}
    assert list(APPS) == ["kubernetes", "argocd", *RECORDED]


def test_what_a_recording_does_not_hold_has_no_server(tmp_path: Path) -> None:
    systems = {"vault": SYSTEMS["vault"], "loki": {"url": "http://loki:3100", "answers": {}}}
    with start(recording(systems=systems), directory=tmp_path) as replay:
        assert list(replay.urls) == ["kubernetes", "argocd", "vault"]
        wanted = {"ADDR": replay.urls["vault"], "TOKEN": "replay", "MAX_RETRIES": "0"}
        assert {f"{product}_{key}": value for product in ("VAULT", "BAO") for key, value in wanted.items()}.items() <= (
            replay.environment.items()
        )
    assert "LOKI_ADDR" not in replay.environment


def test_each_systems_clients_are_led_to_it(tmp_path: Path) -> None:
    with start(made(), directory=tmp_path) as replay:
        led = {
            name: {key for key, value in replay.environment.items() if value == url}
            for name, url in replay.urls.items()
        }
    assert led["prometheus"] == {"PROMETHEUS_URL"}
    assert led["grafana"] == {"GRAFANA_URL"}
    assert led["loki"] == {"LOKI_ADDR"}
    assert led["vault"] == {"VAULT_ADDR", "BAO_ADDR"}
    assert "oidc" not in replay.urls


@pytest.mark.parametrize(
    ("system", "request_line", "status", "kind", "text"),
    [
        ("vault", "GET /v1/sys/seal-status", 200, "application/json", '{"initialized":true,"sealed":false}'),
        ("vault", "HEAD /v1/sys/health", 200, "application/json", ""),
        ("authentik", "GET /-/health/live/", 204, None, ""),
        ("authentik", "GET /-/health/ready/", 200, "text/plain; charset=utf-8", ""),
        (
            "authentik",
            "GET /api/v3/core/applications/?superuser_full_list=true",
            200,
            "application/json",
            '{"results":[]}',
        ),
        ("prometheus", "GET /-/ready", 200, "text/plain; charset=utf-8", "Prometheus Server is Ready."),
        ("prometheus", "HEAD /-/ready", 200, "text/plain; charset=utf-8", ""),
        ("prometheus", "GET /api/v1/targets?state=active", 200, "application/json", None),
        ("minio", "HEAD /velero", 200, "text/plain; charset=utf-8", ""),
        ("minio", "GET /minio/health/cluster", 503, "text/plain; charset=utf-8", ""),
        ("minio", "HEAD /minio/health/cluster", 503, "text/plain; charset=utf-8", ""),
    ],
)
def test_what_was_recorded_is_answered_as_it_was(
    urls: Mapping[str, str], system: str, request_line: str, status: int, kind: str | None, text: str | None
) -> None:
    method, _, path = request_line.partition(" ")
    found = ask(urls[system], path, method)
    assert (found.status_code, found.headers.get("content-type") if status != 204 else None) == (status, kind)
    assert text is None or found.text == text
    assert found.headers["x-truebook-stand-in"] == "the replay of a recording"


@pytest.mark.parametrize(
    ("system", "request_line", "words"),
    [
        ("vault", "GET /v1/secret/metadata/app/db", "does not hold GET /v1/secret/metadata/app/db"),
        ("vault", "PUT /v1/secret/data/app/db", "only read"),
        ("vault", "POST /v1/sys/capabilities-self", "only read"),
        ("vault", "LIST /v1/secret/metadata", "only read"),
        ("vault", "HEAD /v1/sys/mounts", "does not hold"),
        ("vault", "GET /v1/sys/health/", "does not hold"),
        (
            "prometheus",
            "GET /api/v1/targets",
            "does not hold GET /api/v1/targets with this query, only with state=active",
        ),
        ("prometheus", "GET /api/v1/targets?state=active&scrapePool=a", "only with state=active"),
        ("prometheus", "GET /-/ready?x=1", "only with none"),
        ("prometheus", "HEAD /api/v1/rules?type=alert", "does not hold HEAD"),
        ("prometheus", "POST /-/quit", "only read"),
        ("loki", "HEAD /ready", "does not hold"),
        ("minio", "GET /velero", "does not hold"),
        ("minio", "PUT /velero/a", "only read"),
    ],
)
def test_what_was_not_recorded_is_refused_and_says_so(
    urls: Mapping[str, str], system: str, request_line: str, words: str
) -> None:
    method, _, path = request_line.partition(" ")
    found = ask(urls[system], path, method)
    assert found.status_code == 501
    if method != "HEAD":
        said = found.json()
        assert words in said["error"]
        assert said["errors"] == [said["error"]] == [said["message"]]


@pytest.mark.parametrize(
    ("system", "path", "is_open"),
    [
        ("vault", "/v1/sys/health", True),
        ("vault", "/v1/sys/seal-status", True),
        ("vault", "/v1/sys/mounts", False),
        ("vault", "/v1/sys/internal/ui/mounts/secret/app", False),
        ("authentik", "/-/health/ready/", True),
        ("authentik", "/api/v3/core/applications/?superuser_full_list=true", False),
        ("prometheus", "/api/v1/rules?type=alert", True),
        ("grafana", "/api/health", True),
        ("minio", "/minio/health/live", True),
    ],
)
def test_what_only_an_account_was_told_is_not_told_to_strangers(
    urls: Mapping[str, str], system: str, path: str, is_open: bool
) -> None:
    assert ask(urls[system], path).status_code == 200
    stranger = ask(urls[system], path, token="")
    assert stranger.status_code == (200 if is_open else 501)
    assert is_open or "no credential was sent" in stranger.text


def test_who_stood_in_for_a_system_is_said(tmp_path: Path) -> None:
    found = made()
    part = replace(found.parts["grafana"], stand_in="a small server of the tests")
    with start(replace(found, parts={**found.parts, "grafana": part}), directory=tmp_path) as replay:
        answer = ask(replay.urls["grafana"], "/api/health")
    assert answer.headers["x-truebook-stand-in"] == "a small server of the tests"


@pytest.mark.parametrize(
    ("path", "mount", "kind", "version"),
    [
        ("secret/app/db", "secret/", "kv", "2"),
        ("secret", "secret/", "kv", "2"),
        ("secret/", "secret/", "kv", "2"),
        ("secret/old/app", "secret/old/", "kv", "1"),
        ("secret/older", "secret/", "kv", "2"),
        ("database/creds/app", "database/", "database", None),
        ("auth/oidc/role/app", "oidc/", "oidc", None),
    ],
)
def test_the_engine_of_a_path_follows_from_the_mounts(
    urls: Mapping[str, str], path: str, mount: str, kind: str, version: str | None
) -> None:
    data = ask(urls["vault"], f"/v1/sys/internal/ui/mounts/{path}").raise_for_status().json()["data"]
    assert (data["path"], data["type"], (data["options"] or {}).get("version")) == (mount, kind, version)


@pytest.mark.parametrize("path", ["nothing/app", "secrets/app", "auth/github/map", "auth/secret/x"])
def test_a_path_that_nothing_serves_is_refused_as_vault_does(urls: Mapping[str, str], path: str) -> None:
    found = ask(urls["vault"], f"/v1/sys/internal/ui/mounts/{path}")
    assert found.status_code == 403
    assert f'access to path "{path}/"' in found.json()["errors"][0]


def test_without_recorded_mounts_no_engine_is_known() -> None:
    answers = {key: found for key, found in SYSTEMS["vault"]["answers"].items() if key != "/v1/sys/mounts"}
    assert isinstance(held(made(vault={"answers": answers}), "/v1/sys/internal/ui/mounts/secret/app"), str)


@pytest.mark.parametrize(
    ("recorded", "query", "status"),
    [
        (200, "standbyok=true", 200),
        (200, "activecode=204", 204),
        (200, "sealedcode=200", 200),
        (429, "", 429),
        (429, "standbyok=true", 200),
        (429, "standbyok=false", 429),
        (429, "standbycode=200&sealedcode=299", 200),
        (429, "standbyok=true&activecode=204", 204),
        (473, "perfstandbyok=true", 200),
        (472, "drsecondarycode=200", 200),
        (503, "sealedcode=200", 200),
        (503, "standbyok=true", 503),
        (501, "uninitcode=200", 200),
        (503, "sealedcode=20", 501),
        (503, "sealedcode=200&sealedcode=201", 501),
        (200, "list=true", 501),
        (200, "standbyok", 501),
    ],
)
def test_health_has_the_status_that_is_asked_for(recorded: int, query: str, status: int) -> None:
    answers = {"/v1/sys/health": {"status": recorded, "body": HEALTH}}
    found = held(made(vault={"answers": answers}), "/v1/sys/health", query)
    if status == 501:
        assert isinstance(found, str)
        return
    assert not isinstance(found, str)
    assert found.status_code == status
    assert bytes(found.body) == b"" if status == 204 else json.loads(bytes(found.body)) == HEALTH


def test_a_sealed_vault_answers_nothing_else() -> None:
    sealed = {**HEALTH, "sealed": True}
    answers = {"/v1/sys/health": {"status": 503, "body": sealed}, "/v1/sys/seal-status": sealed}
    found = made(vault={"answers": answers})
    paths = ("/v1/sys/leader", "/v1/sys/internal/ui/mounts/secret/app", "/v1/secret/data/app")
    said = [held(found, path) for path in ("/v1/sys/health", "/v1/sys/seal-status", *paths)]
    assert [None if isinstance(one, str) else one.status_code for one in said] == [503, 200, 503, 503, 503]
    assert {bytes(one.body) for one in said[2:] if not isinstance(one, str)} == {b'{"errors":["Vault is sealed"]}'}
    assert isinstance(held(found, "/ui/"), str)
    # One that is alone knows that it is, sealed or not.
    alone = {**answers, "/v1/sys/leader": {"ha_enabled": False, "is_self": False}}
    leader = held(made(vault={"answers": alone}), "/v1/sys/leader")
    assert not isinstance(leader, str)
    assert (leader.status_code, json.loads(bytes(leader.body))["ha_enabled"]) == (200, False)


def held(found: Recording, path: str, query: str = "") -> Response | str:
    vault = api("vault", found)
    assert vault is not None
    return vault.held(Key("GET", "", path, pairs(query)))


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("/a/b", Key("GET", "", "/a/b")),
        ("HEAD /a", Key("HEAD", "", "/a")),
        ("/a?b=2&a=1", Key("GET", "", "/a", (("a", "1"), ("b", "2")))),
        ("/a%20b?c=%26&d=", Key("GET", "", "/a b", (("c", "&"), ("d", "")))),
        ("https://A.local:8443/x?y=z", Key("GET", "https://a.local:8443", "/x", (("y", "z"),))),
    ],
)
def test_keys_are_read_as_they_are_written(written: str, key: Key) -> None:
    assert Key.of(written) == key


# --- by URL -----------------------------------------------------------------------------------------------------------

URLS = {
    "https://vault.homelab.local": ("vault",),
    "https://auth.homelab.local": ("authentik",),
    "https://prometheus.homelab.local/": ("prometheus",),
    "https://homelab.local/grafana": ("grafana",),
    "https://homelab.local/loki/": ("loki",),
    "https://argocd.homelab.local": ("argocd",),
    "https://alertmanager.homelab.local": ("alertmanager",),
    "https://all.homelab.local:8443": ("grafana", "loki"),
}


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://vault.homelab.local/v1/sys/health", 200),
        ("https://VAULT.homelab.local:443/v1/sys/health", 200),
        ("https://vault.homelab.local./v1/sys/health?standbyok=true", 200),
        ("https://prometheus.homelab.local/api/v1/rules?type=alert", 200),
        ("https://auth.homelab.local/-/health/live/", 204),
        (f"{ISSUER}.well-known/openid-configuration", 200),
        ("https://id.example:8443/.well-known/openid-configuration", 200),
        ("https://homelab.local/grafana/api/health", 200),
        ("https://homelab.local/loki/ready", 200),
        ("https://argocd.homelab.local/api/version", 200),
        ("https://argocd.homelab.local/healthz", 200),
        ("https://all.homelab.local:8443/ready", 200),
        ("https://all.homelab.local:8443/api/health", 200),
    ],
)
def test_recorded_answers_are_found_by_their_url(url: str, status: int) -> None:
    found = answer("GET", url)
    assert not isinstance(found, str), found
    assert found.status_code == status


@pytest.mark.parametrize(
    ("method", "url", "words"),
    [
        ("GET", "http://vault.homelab.local/v1/sys/health", "holds no web pages"),
        ("GET", "https://vault.homelab.local:8200/v1/sys/health", "holds no web pages"),
        ("GET", "https://vault.homelab.local/ui/", "does not hold GET /ui/"),
        ("GET", "https://vault.homelab.local/v1/sys/mounts", "no credential was sent"),
        ("POST", "https://vault.homelab.local/v1/sys/health", "only read"),
        ("GET", "https://homelab.local/api/health", "holds no web pages"),
        ("GET", "https://homelab.local/grafana2/api/health", "holds no web pages"),
        ("GET", "https://elsewhere.homelab.local/", "holds no web pages"),
        ("GET", "https://argocd.homelab.local/api/v1/applications", "holds no web pages"),
        ("GET", "https://argocd.homelab.local/", "holds no web pages"),
        ("GET", "https://alertmanager.homelab.local/-/ready", "holds no web pages"),
        ("GET", "https://id.example/.well-known/openid-configuration", "holds no web pages"),
    ],
)
def test_of_all_else_there_are_no_pages(method: str, url: str, words: str) -> None:
    found = answer(method, url)
    assert isinstance(found, str)
    assert words in found


def answer(method: str, url: str) -> Any:
    scheme, _, rest = url.partition("://")
    authority, _, target = rest.partition("/")
    path, _, query = target.partition("?")
    return Web(made(), URLS).answer(method, f"{scheme}://{authority}", f"/{path}", query)
