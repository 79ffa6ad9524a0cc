"""What is sent to a system that was found: its credential where the operator said so, and nowhere else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults import FaultServer, json_answer, status
from tests.unit.inventory_objects import ingress, service, workload
from tests.unit.kube_api import kubeconfig
from tests.unit.recordings import recording
from tests.unit.systems_sample import SAMPLES, TOKEN
from truebook.errors import BadAnswer, Denied
from truebook.settings import CatalogComponent, Find, Settings, SystemSettings
from truebook.state.source import Context
from truebook.state.sources import vault
from truebook.state.systems import finding

PROXY = "/api/v1/namespaces/vault/services/http:vault:8200/proxy"
CATALOG = (CatalogComponent("vault", 1, find=Find(workload="Deployment vault/vault")),)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truebook.state.fetch.FIRST_PAUSE", 0.001)
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)


def context(settings: Settings, *routes: Any) -> Context:
    found = service("vault", "vault")
    found["spec"]["ports"] = [{"name": "http", "port": 8200}]
    objects = {
        "apps/deployments Deployment": [workload("vault", "vault", called="vault", image="hashicorp/vault:1.21.1")],
        "services Service": [found],
        "networking.k8s.io/ingresses Ingress": list(routes),
    }
    return Context(settings, recording(objects).parts)


def test_through_the_api_server_goes_the_clusters_credential_and_never_the_systems_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = {f"{PROXY}{path}": found for path, found in SAMPLES["vault"].script().items()}
    settings = Settings(components=CATALOG, systems={"vault": SystemSettings(proxy=True)})
    with FaultServer(script) as server:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, server.url)))
        reading = vault.read(context(settings))
        asked = server.requests
    assert {request.path.removeprefix(PROXY) for request in asked} == {ask.what for ask in vault.OPEN}
    assert {request.headers["authorization"] for request in asked} == {"Bearer t0ken-of-the-reader"}
    assert TOKEN not in str(asked)
    data = json.loads(bytes(reading.data))
    assert (data["url"], set(data["answers"])) == (
        "http://vault.vault.svc:8200",
        {ask.what for ask in vault.OPEN},
    )
    (reason,) = {read.reason for read in reading.reads if read.state == "forbidden"}
    assert reason == "its own credential is not sent through the API server; set systems.vault.url"


def test_what_the_api_server_says_is_not_the_systems_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(systems={"vault": SystemSettings(proxy=True)})
    with FaultServer(default=status(503, 'no endpoints available for service "vault"')) as server:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, server.url)))
        with pytest.raises(BadAnswer, match=r"vault: GET /v1/sys/[a-z-]+: 503: the answer "):
            vault.read(context(settings))
        server.default = status(403, 'services "http:vault:8200" is forbidden')
        with pytest.raises(Denied, match="is forbidden"):
            vault.read(context(settings))


def test_a_vault_that_was_only_discovered_gets_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    route = ingress("vault", "vault.homelab.local", namespace="vault")
    real = finding.find
    with FaultServer(SAMPLES["vault"].script()) as server:
        monkeypatch.setattr("truebook.state.systems.session.find", lambda *asked: replace(real(*asked), url=server.url))
        reading = vault.read(context(Settings(), route))
        assert TOKEN not in str(server.requests)
        (reason,) = {read.reason for read in reading.reads if read.state == "forbidden"}
        assert reason.startswith(
            "it was discovered, and a credential goes only where the settings say; set systems.vault"
        )
        vault.read(context(Settings(components=CATALOG), route))
        assert server.requests[-1].headers["x-vault-token"] == TOKEN


def test_a_token_that_vault_refuses_costs_only_what_it_opens() -> None:
    with FaultServer(SAMPLES["vault"].script()) as server:
        for path in ("/v1/sys/mounts", "/v1/sys/auth"):
            server.script[path] = [json_answer({"errors": ["permission denied"]}, 403)]
        reading = vault.read(Context(Settings(systems={"vault": SystemSettings(url=server.url)})))
    assert reading.problem == ""
    assert [read.state for read in reading.reads] == ["read", "read", "read", "forbidden", "forbidden"]
