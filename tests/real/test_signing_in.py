"""The sources for Authentik, OIDC and Grafana against their stand-ins at the homelab's own addresses, with the least
that their tokens may do; ArgoCD's sign-in and sync windows, and Grafana's ConfigMaps, against the real ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.real.forge import Forge
from tests.real.servers.access import READER_RULES
from tests.real.servers.argocd import ArgoCD
from tests.real.servers.cluster import Cluster
from tests.real.servers.process import wait_until
from tests.real.standins.authentik import CLIENTS, VIEW_APPLICATIONS, VIEW_PROVIDERS, AuthentikStandIn, issuer
from tests.real.standins.grafana import GrafanaStandIn
from tests.real.standins.serving import HOMELAB, documents
from truebook.recording import Recording, dump
from truebook.settings import ArgoCDSettings, GitSettings, KubernetesSettings, Settings, SystemSettings
from truebook.state.collect import collect
from truebook.state.sources import SOURCES
from truebook.state.sources import grafana as grafana_source

PLANTED = "pl4nted-s3cret-2b7e1f"
SYSTEMS = {
    "authentik": SystemSettings(url="https://auth.homelab.local"),
    "grafana": SystemSettings(url="https://grafana.homelab.local"),
}
ALONE = Settings(
    kubernetes=KubernetesSettings(enabled=False),
    argocd=ArgoCDSettings(enabled=False),
    git=GitSettings(enabled=False),
    systems=SYSTEMS,
)
APPLICATIONS = "/api/v3/core/applications/?superuser_full_list=true"
PROVIDERS = "/api/v3/providers/oauth2/"
WELL_KNOWN = ".well-known/openid-configuration"


class Outside:
    """The homelab's addresses of the two, and truebook's tokens for them."""

    def __init__(self, forge: Forge, patch: pytest.MonkeyPatch, stack: ExitStack) -> None:
        self._forge, self._patch, self._stack = forge, patch, stack
        for name, value in forge.environment.items():
            patch.setenv(name, value)

    def serve(self, authentik: AuthentikStandIn, grafana: GrafanaStandIn) -> None:
        self.authentik, self.grafana = self._stack.enter_context(authentik), self._stack.enter_context(grafana)
        self._forge.serve_upstream("auth.homelab.local", authentik.url)
        self._forge.serve_upstream("grafana.homelab.local", grafana.url)
        self._patch.setenv("AUTHENTIK_TOKEN", authentik.token)
        self._patch.setenv("GRAFANA_TOKEN", grafana.token)


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    with ExitStack() as stack:
        forge = stack.enter_context(Forge(tmp_path / "forge"))
        yield Outside(forge, monkeypatch, stack)


def read(*names: str, settings: Settings = ALONE) -> Recording:
    return collect(settings, sources={name: SOURCES[name] for name in names})


def states(found: Recording, part: str) -> dict[str, str]:
    return {read.what: read.state for read in found.parts[part].reads}


def test_the_least_suffices_and_everything_says_who_answered(outside: Outside) -> None:
    outside.serve(AuthentikStandIn(), GrafanaStandIn())
    found = read("authentik", "grafana", "oidc")
    assert {name: (part.state, part.reason) for name, part in found.parts.items()} == {
        "authentik": ("fresh", ""),
        "grafana": ("fresh", ""),
        "oidc": ("fresh", ""),
    }
    assert found.parts["authentik"].stand_in == outside.authentik.says
    assert found.parts["oidc"].stand_in == outside.authentik.says
    assert found.parts["grafana"].stand_in == outside.grafana.says
    assert {status.name: bool(status.stand_in) for status in found.statuses()} == dict.fromkeys(found.parts, True)

    slugs = {client.slug for client in CLIENTS}
    authentik = found.http("authentik")
    assert authentik.json("/api/v3/admin/version/") == {"version_current": outside.authentik.version}
    assert {each["slug"] for each in authentik.json(APPLICATIONS)["results"]} == slugs
    providers = {each["client_id"]: each for each in authentik.json(PROVIDERS)["results"]}
    assert providers["grafana"]["redirect_uris"] == [
        {"matching_mode": "strict", "url": "https://grafana.homelab.local/login/generic_oauth"}
    ]

    oidc = found.http("oidc")
    for slug in slugs:
        told = oidc.json(f"{issuer(slug)}{WELL_KNOWN}")
        assert told["issuer"] == issuer(slug)
        assert oidc.json(told["jwks_uri"])["keys"][0]["kty"] == "RSA"

    grafana = found.http("grafana")
    assert grafana.json("/api/health") == {"database": "ok", "version": outside.grafana.version}
    assert {each["uid"] for each in grafana.json("/api/datasources")} == {
        each["uid"] for each in outside.grafana.datasources
    }
    assert len(grafana.json("/api/search?type=dash-db")) == len(outside.grafana.dashboards)

    said = dump(found)
    for secret in (outside.authentik.token, outside.grafana.token, *outside.authentik.client_secrets.values()):
        assert secret.encode() not in said


def test_pages_are_joined(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    outside.serve(AuthentikStandIn(most=2), GrafanaStandIn())
    monkeypatch.setattr(grafana_source, "PAGE", 2)
    found = read("authentik", "grafana")
    assert len(found.http("authentik").json(APPLICATIONS)["results"]) == len(CLIENTS)
    assert len(found.http("authentik").json(PROVIDERS)["results"]) == len(CLIENTS)
    uids = [each["uid"] for each in found.http("grafana").json("/api/search?type=dash-db")]
    assert uids == [each["uid"] for each in outside.grafana.dashboards]
    asked = [request.query for request in outside.authentik.requests if "applications" in request.path]
    assert [query.get("page", "1") for query in asked] == ["1", "2", "3"]
    assert {query["superuser_full_list"] for query in asked} == {"true"}


@pytest.mark.parametrize("missing", [VIEW_APPLICATIONS, VIEW_PROVIDERS])
def test_less_than_the_least_is_said_and_the_rest_is_read(outside: Outside, missing: str) -> None:
    held = frozenset((VIEW_APPLICATIONS, VIEW_PROVIDERS)) - {missing}
    outside.serve(AuthentikStandIn(permissions=held), GrafanaStandIn(permissions=frozenset()))
    found = read("authentik", "grafana")
    assert {part.state for part in found.parts.values()} == {"fresh"}
    refused = APPLICATIONS if missing == VIEW_APPLICATIONS else PROVIDERS
    assert [what for what, state in states(found, "authentik").items() if state != "read"] == [refused]
    assert states(found, "grafana")["/api/datasources"] == "forbidden"
    reason = next(each.reason for each in found.parts["grafana"].reads if each.state == "forbidden")
    assert "Permissions needed: datasources:read" in reason


def test_without_tokens_only_what_is_open_is_read(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    outside.serve(AuthentikStandIn(), GrafanaStandIn())
    monkeypatch.delenv("AUTHENTIK_TOKEN")
    monkeypatch.delenv("GRAFANA_TOKEN")
    found = read("authentik", "grafana")
    assert {what for what, state in states(found, "authentik").items() if state == "read"} == {
        "/-/health/live/",
        "/-/health/ready/",
    }
    assert {what for what, state in states(found, "grafana").items() if state == "read"} == {"/api/health"}
    assert not any("/api/v3" in request.path for request in outside.authentik.requests)


def test_a_wrong_token_is_said_and_never_shown(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    outside.serve(AuthentikStandIn(), GrafanaStandIn())
    monkeypatch.setenv("AUTHENTIK_TOKEN", PLANTED)
    monkeypatch.setenv("GRAFANA_TOKEN", PLANTED)
    found = read("authentik", "grafana")
    assert found.parts["grafana"].state == "stale"
    assert "401" in found.parts["grafana"].reason
    assert states(found, "authentik")[APPLICATIONS] == "forbidden"  # Authentik says 403 for a wrong token too
    assert PLANTED.encode() not in dump(found)


# --- the real ones -------------------------------------------------------------------------------------------------


@pytest.fixture
def grafanas_namespace(cluster: Cluster) -> str:
    """The homelab's Grafana with its data sources and dashboards in a namespace, and a labelled ConfigMap elsewhere."""
    namespace = "signing-in"
    found = [*documents("repository", "platform", "grafana", "grafana.yaml")]
    found += documents("repository", "platform", "grafana", "datasources.yaml")
    for path in sorted((HOMELAB / "dashboards" / "dashboards").glob("*.yaml")):
        found += documents(*path.relative_to(HOMELAB).parts)
    kinds = ("ConfigMap", "Deployment", "Service")
    objects = [each for each in found if each["kind"] in kinds]
    cluster.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
                   for name in (namespace, "elsewhere")])  # fmt: skip
    cluster.apply(objects, "-n", namespace)
    planted = f"apiVersion: 1\ndatasources: [{{name: {PLANTED}, url: 'http://{PLANTED}'}}]"
    for name, where in (("unlabelled", namespace), ("stranger", "elsewhere")):
        labels = {"grafana_datasource": "1"} if where == "elsewhere" else {}
        metadata = {"name": name, "labels": labels}
        data = {"x.yaml": planted, "password": PLANTED}
        cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}, "-n", where)
    return namespace


@pytest.mark.real
def test_config_maps_of_grafanas_namespace_by_a_role_there_and_no_others(
    cluster: Cluster, grafanas_namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = yaml.safe_load_all((HOMELAB.parent / "deploy" / "grafana" / "roles.yaml").read_text())
    rules = next(each["rules"] for each in roles if each["kind"] == "Role")
    account = cluster.user("config-maps", READER_RULES, namespaces={grafanas_namespace: rules})
    monkeypatch.setenv("KUBECONFIG", str(account))
    assert _may(cluster, account, "list", "configmaps", "-A") == "no"
    assert _may(cluster, account, "list", "configmaps", "-n", "elsewhere") == "no"
    settings = replace(ALONE, kubernetes=KubernetesSettings(), systems={})
    found = read("kubernetes", "configmaps", settings=settings)
    part = found.parts["configmaps"]
    assert (part.state, part.reason) == ("fresh", "")
    space = f"/api/v1/namespaces/{grafanas_namespace}/configmaps"
    assert set(states(found, "configmaps")) == {
        f"{space}?labelSelector=grafana_datasource",
        f"{space}?labelSelector=grafana_dashboard",
        f"{space}/grafana",
    }
    assert set(states(found, "configmaps").values()) == {"read"}
    answers = found.http("configmaps")
    sources = answers.json(f"{space}?labelSelector=grafana_datasource")["items"]
    urls = {each["url"] for item in sources for file in item["data"].values() for each in file["datasources"]}
    assert "http://prometheus.monitoring.svc:9090" in urls
    dashboards = answers.json(f"{space}?labelSelector=grafana_dashboard")["items"]
    assert {"uid": "vault", "title": "Vault"}.items() <= next(
        file for item in dashboards for file in item["data"].values() if file["uid"] == "vault"
    ).items()
    ini: dict[str, Any] = answers.json(f"{space}/grafana")["data"]["grafana.ini"]
    assert set(ini) == {"server", "auth.generic_oauth"}
    assert ini["auth.generic_oauth"]["auth_url"] == "https://auth.homelab.local/application/o/authorize/"
    said = dump(found)
    assert PLANTED.encode() not in said
    assert b"client_secret" not in bytes(part.data)


@pytest.mark.real
def test_without_the_role_the_config_maps_are_said_to_be_forbidden(
    cluster: Cluster, grafanas_namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(cluster.user("no-config-maps", READER_RULES)))
    settings = replace(ALONE, kubernetes=KubernetesSettings(), systems={})
    found = read("kubernetes", "configmaps", settings=settings)
    assert found.parts["configmaps"].state == "fresh"
    assert set(states(found, "configmaps").values()) == {"forbidden"}
    assert found.http("configmaps").answers == {}


def _may(cluster: Cluster, account: Path, *asked: str) -> str:
    try:
        return cluster.kubectl("auth", "can-i", *asked, kubeconfig=account).strip()
    except RuntimeError:  # `no` is exit 1
        return "no"


@pytest.fixture
def argocd_with_sign_in(argocd: ArgoCD) -> Iterator[ArgoCD]:
    """ArgoCD with an identity provider and a project that has a sync window; as it was, afterwards."""
    kubectl, cm = argocd.cluster.kubectl, ("patch", "configmap", "argocd-cm", "-n", "argocd", "--type=merge", "-p")
    oidc = yaml.safe_dump(
        {"name": "Authentik", "issuer": issuer("argocd"), "clientID": "argocd", "clientSecret": PLANTED}
    )
    window = {"kind": "deny", "schedule": "0 22 * * *", "duration": "8h", "applications": ["*"], "timeZone": "UTC"}
    argocd.cluster.apply(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": "signing-in", "namespace": "argocd"},
            "spec": {"sourceRepos": ["*"], "destinations": [], "syncWindows": [window]},
        }
    )
    kubectl(*cm, json.dumps({"data": {"url": "https://argocd.homelab.local", "oidc.config": oidc}}))
    try:
        assert wait_until(lambda: "oidcConfig" in _settings(argocd))
        yield argocd
    finally:
        kubectl(*cm, json.dumps({"data": {"url": None, "oidc.config": None}}))
        kubectl("delete", "appproject", "signing-in", "-n", "argocd")
        assert wait_until(lambda: bool(_settings(argocd)) and "oidcConfig" not in _settings(argocd))


def _settings(argocd: ArgoCD) -> dict[str, Any]:
    """What ArgoCD says of itself; nothing while it starts again with new settings."""
    try:
        answer = httpx.get(f"{argocd.url}/api/v1/settings", trust_env=False, timeout=10)
        return dict(answer.json()) if answer.status_code == 200 else {}
    except (httpx.HTTPError, ValueError):
        return {}


@pytest.mark.real
def test_argocds_version_sign_in_and_sync_windows_with_the_docs_account(
    argocd_with_sign_in: ArgoCD, monkeypatch: pytest.MonkeyPatch
) -> None:
    argocd = argocd_with_sign_in
    monkeypatch.setenv("ARGOCD_AUTH_TOKEN", argocd.docs_token)
    found = read("argocd", settings=replace(ALONE, argocd=ArgoCDSettings(url=argocd.url)))
    assert found.parts["argocd"].state == "fresh"
    data = found.http("argocd")
    assert data.json("/api/version")["Version"]
    oidc = data.json("/api/v1/settings")["oidcConfig"]
    assert (oidc["issuer"], oidc["clientID"]) == (issuer("argocd"), "argocd")
    projects = {each["metadata"]["name"]: each for each in data.json("/api/v1/projects")["items"]}
    (window,) = projects["signing-in"]["spec"]["syncWindows"]
    assert (window["kind"], window["schedule"], window["duration"]) == ("deny", "0 22 * * *", "8h")
    assert PLANTED.encode() not in dump(found)
