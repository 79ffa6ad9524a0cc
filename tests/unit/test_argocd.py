"""The source `argocd` against a server of our own making, which fails on demand."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.faults import CUT, NOT_JSON, RESET, SLOW, Answer, FaultServer, json_answer, refused, status
from truebook.recording import Part, Recording, dump
from truebook.settings import ArgoCDSettings, GitSettings, KubernetesSettings, Settings
from truebook.state.collect import collect
from truebook.state.sources.argocd import CLOSED, OPEN

APPLICATIONS = "/api/v1/applications"


def application(name: str, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "argocd", "resourceVersion": "12", "managedFields": [{"manager": "argocd"}]}
    return {"metadata": metadata, "spec": {"project": "default"}, **more}


def script() -> dict[str, Any]:
    helm = {
        "parameters": [{"name": "admin.password", "value": "pl4nted"}],
        "values": "auth:\n  clientSecret: pl4nted\n",
    }
    items = [application("web"), application("auth", spec={"source": {"helm": helm}})]
    oidc = {
        "name": "Authentik",
        "issuer": "https://auth.homelab.local/",
        "clientID": "argocd",
        "clientSecret": "pl4nted",
    }
    return {
        "/api/version": [json_answer({"Version": "v3.6.1"})],
        "/api/v1/settings": [json_answer({"url": "https://argocd.homelab.local", "oidcConfig": oidc})],
        APPLICATIONS: [json_answer({"metadata": {"resourceVersion": "900"}, "items": items})],
        "/api/v1/projects": [json_answer({"metadata": {}, "items": [application("default")]})],
        "/api/v1/applicationsets": [json_answer({"metadata": {}, "items": []})],
        "/api/v1/clusters": [status(403, "permission denied: clusters, get")],
    }


def settings(url: str | None, **more: Any) -> Settings:
    return Settings(
        kubernetes=KubernetesSettings(enabled=False),
        argocd=ArgoCDSettings(url=url, **more),
        git=GitSettings(enabled=False),
    )


def part(recording: Recording) -> Part:
    return recording.parts["argocd"]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truebook.state.fetch.FIRST_PAUSE", 0.001)
    monkeypatch.setenv("ARGOCD_AUTH_TOKEN", "t0ken-of-the-docs")


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(script()) as found:
        yield found


def test_what_is_permitted_is_read_and_the_rest_is_said_once(server: FaultServer) -> None:
    recording = collect(settings(server.url + "/"))
    assert (part(recording).state, part(recording).reason) == ("fresh", "")
    reads = {read.what: (read.state, read.count) for read in part(recording).reads}
    assert reads[APPLICATIONS] == ("read", 2)
    assert reads["/api/v1/clusters"] == ("forbidden", 0)
    assert sorted(server.paths()) == sorted((*OPEN, *CLOSED))
    data = recording.http("argocd")
    assert data.url == server.url
    assert [found["metadata"]["name"] for found in data.json(APPLICATIONS)["items"]] == ["auth", "web"]
    assert data.json(APPLICATIONS)["metadata"] == {"resourceVersion": "12"}
    assert data.json("/api/v1/settings")["oidcConfig"]["issuer"] == "https://auth.homelab.local/"
    assert data.json("/api/v1/clusters") is None


def test_nothing_secret_is_recorded(server: FaultServer) -> None:
    found = dump(collect(settings(server.url)))
    assert b"pl4nted" not in found
    assert b"t0ken-of-the-docs" not in found
    assert b"managedFields" not in found


def test_version_sign_in_and_sync_windows_are_kept(server: FaultServer) -> None:
    window = {"kind": "deny", "schedule": "0 22 * * *", "duration": "8h", "applications": ["*"], "manualSync": True}
    project = application("default", spec={"sourceRepos": ["*"], "syncWindows": [window]})
    server.script["/api/v1/projects"] = [json_answer({"metadata": {}, "items": [project]})]
    data = collect(settings(server.url)).http("argocd")
    assert data.json("/api/version") == {"Version": "v3.6.1"}
    oidc = data.json("/api/v1/settings")["oidcConfig"]
    assert (oidc["name"], oidc["clientID"]) == ("Authentik", "argocd")
    assert data.json("/api/v1/projects")["items"][0]["spec"]["syncWindows"] == [window]


def test_without_a_url_it_is_absent_and_says_what_is_used() -> None:
    found = part(collect(settings(None)))
    assert (found.state, "Application objects are used" in found.reason) == ("absent", True)


def test_without_a_token_only_what_is_open_is_asked_for(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARGOCD_AUTH_TOKEN")
    found = part(collect(settings(server.url)))
    assert found.state == "fresh"
    assert server.paths() == list(OPEN)
    assert {read.reason for read in found.reads if read.state == "forbidden"} == {"no token in $ARGOCD_AUTH_TOKEN"}


def test_the_token_comes_from_the_file_or_the_variable_that_is_named(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text("t0ken-of-the-file\n")
    collect(settings(server.url, token_file=file))
    assert server.requests[-1].headers["authorization"] == "Bearer t0ken-of-the-file"
    monkeypatch.setenv("OTHER", "t0ken-of-the-other")
    collect(settings(server.url, token_env="OTHER"))
    assert server.requests[-1].headers["authorization"] == "Bearer t0ken-of-the-other"
    found = part(collect(settings(server.url, token_file=tmp_path / "none")))
    assert (found.state, "argocd.token_file can't be read: No such file" in found.reason) == ("failed", True)


@pytest.mark.parametrize("text", ["two words", "two\nlines", "t0kén", "a\x1bb"])
def test_what_is_no_token_is_said_and_not_sent(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    file = tmp_path / "token"
    file.write_text(text)
    found = part(collect(settings(server.url, token_file=file)))
    assert (found.state, found.reason) == ("failed", f"argocd.token_file {file} holds no token: it must be one word")
    monkeypatch.setenv("ARGOCD_AUTH_TOKEN", text)
    assert "$ARGOCD_AUTH_TOKEN holds no token" in part(collect(settings(server.url))).reason
    assert server.requests == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("argocd.homelab.local", "not an http"),
        ("ftp://argocd.homelab.local", "not an http"),
        ("https://user:pl4nted@argocd.homelab.local", "holds credentials"),
    ],
)
def test_a_wrong_url_is_said_without_its_credentials(url: str, said: str) -> None:
    found = part(collect(settings(url)))
    assert found.state == "failed"
    assert said in found.reason
    assert "pl4nted" not in found.reason


def test_a_server_that_is_not_argocd_is_said(server: FaultServer) -> None:
    server.script.clear()
    assert "nothing of ArgoCD's API is served" in part(collect(settings(server.url))).reason


FAULTS: dict[str, Answer] = {
    "reset": RESET,
    "401": status(401, "invalid session: token is expired"),
    "429": status(429, "slow down", Retry_After="99"),
    "500": status(500, "rpc error"),
    "slow": SLOW,
    "cut": CUT,
    "not JSON": NOT_JSON,
    "redirect": Answer(302, headers={"Location": "https://sso.homelab.local/login"}),
}


@pytest.mark.parametrize("where", ["everywhere", "applications"])
@pytest.mark.parametrize("fault", [*FAULTS, "refused"])
def test_a_fault_leaves_the_last_good_part_marked_stale(server: FaultServer, fault: str, where: str) -> None:
    asked = settings(server.url)
    good = collect(asked)
    if fault == "refused":
        asked = settings(refused())
    else:
        for path in [APPLICATIONS] if where == "applications" else list(server.script):
            server.script[path] = [FAULTS[fault]]
    asked = replace(asked, argocd=replace(asked.argocd, timeout=0.4 if fault == "slow" else 20))
    found = part(collect(asked, previous=good))
    assert found.state == "stale"
    assert found.reason.startswith("argocd: GET /api/v")
    assert found.read_at == part(good).read_at
    assert bytes(found.data) == bytes(part(good).data)
    assert "t0ken" not in found.reason
    assert part(collect(asked)).state == "failed"


def test_its_own_authority_is_trusted_and_an_expired_certificate_is_not(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for options, state in (
        ({}, "fresh"),
        ({"not_before": datetime(2020, 1, 1), "not_after": datetime(2020, 2, 1)}, "failed"),
    ):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", **options).configure_cert(context)  # type: ignore[arg-type]
        with FaultServer(script(), tls=context) as server:
            found = part(collect(settings(server.url, ca_file=tmp_path / "ca.pem")))
            assert found.state == state
            assert ("certificate has expired" in found.reason) == (state == "failed")
    with FaultServer(script()) as server:
        reason = part(collect(settings(server.url, ca_file=tmp_path / "none"))).reason
        assert "ca_file can't be read: No such file" in reason
        (tmp_path / "no.pem").write_text("none")
        reason = part(collect(settings(server.url, ca_file=tmp_path / "no.pem"))).reason
        assert "ca_file can't be read: no PEM certificates" in reason


def state(name: str, **more: Any) -> str:
    import json

    return json.dumps({"kind": "Deployment", "metadata": {"name": name}} | more)


def test_what_git_wants_is_asked_for_where_it_differs(server: FaultServer) -> None:
    sync = {"status": {"sync": {"status": "OutOfSync"}}}
    items = [application("web", **sync), application("a/../b", **sync), application("well")]
    server.script[APPLICATIONS] = [json_answer({"metadata": {}, "items": items})]
    same = state("same")
    entries = [
        {"kind": "Deployment", "name": "same", "normalizedLiveState": same, "predictedLiveState": same},
        {
            "group": "apps",
            "kind": "Deployment",
            "namespace": "web",
            "name": "other",
            "normalizedLiveState": state("other", spec={"replicas": 1}),
            "predictedLiveState": state(
                "other",
                spec={"replicas": 2, "env": [{"name": "PASSWORD", "value": "pl4nted"}]},
                metadata={
                    "name": "other",
                    "managedFields": [{"manager": "argocd"}],
                    "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"},
                },
            ),
            "targetState": state("other"),
        },
        {
            "kind": "Service",
            "name": "gone",
            "normalizedLiveState": state("gone"),
            "predictedLiveState": "null",
            "targetState": "null",
        },
        {
            "kind": "Secret",
            "name": "s",
            "normalizedLiveState": "null",
            "predictedLiveState": state("s"),
            "targetState": "x",
        },
        "junk",
    ]
    web, other = (f"{APPLICATIONS}/{name}/managed-resources" for name in ("web", "a%2F..%2Fb"))
    server.script[web] = [json_answer({"items": entries})]
    server.script[other] = [status(500)]
    recording = collect(settings(server.url))
    data = recording.http("argocd")
    found = data.json(f"{web}?appNamespace=argocd")["items"]
    assert [(one["name"], (one["targetState"] or {}).get("spec", {}).get("replicas")) for one in found] == [
        ("other", 2),
        ("gone", None),
    ]
    assert found[0]["targetState"]["metadata"] == {"name": "other", "annotations": {"a": "b"}}
    assert "pl4nted" not in dump(recording).decode()
    assert part(recording).state == "fresh"
    states = {read.what.partition("?")[0]: read.state for read in part(recording).reads}
    assert (states[web], states[other]) == ("read", "failed")
    assert not [path for path in server.paths() if "well" in path]
