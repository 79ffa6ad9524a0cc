"""The source `oidc`: which issuers are asked, which never, and what is kept of their answers."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from tests.faults import FaultServer, json_answer, refused, status
from tests.unit import goldens
from tests.unit.recordings import recording
from tests.unit.test_systems import FAULTS
from truebook.recording import Part, Recording, dump
from truebook.settings import ArgoCDSettings, GitSettings, KubernetesSettings, Settings, SystemSettings
from truebook.state.collect import collect
from truebook.state.source import Context, NotSetUp, Reading, Source
from truebook.state.sources import SOURCES, oidc

WELL_KNOWN = "/.well-known/openid-configuration"
VAULT = "/application/o/vault"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truebook.state.fetch.FIRST_PAUSE", 0.001)


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    found = trustme.CA()
    found.cert_pem.write_to_path(tmp_path / "ca.pem")
    return found


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[FaultServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with FaultServer(tls=context) as found:
        found.script.update(script(found.url))
        yield found


def document(url: str, **more: Any) -> dict[str, Any]:
    return {
        "issuer": f"{url}{VAULT}/",
        "authorization_endpoint": f"{url}/application/o/authorize/",
        "token_endpoint": f"{url}/application/o/token/",
        "jwks_uri": f"{url}{VAULT}/jwks/",
        "code_challenge_methods_supported": ["plain", "S256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid"],
        "client_secret": "pl4nted",
        "x": {"y": "pl4nted"},
        **more,
    }


def script(url: str, **more: Any) -> dict[str, Any]:
    key = {"kid": "k1", "kty": "RSA", "alg": "RS256", "use": "sig", "n": "AQAB", "e": "AQAB", "d": "pl4nted"}
    return {
        f"{VAULT}{WELL_KNOWN}": [json_answer(document(url, **more))],
        f"{VAULT}/jwks/": [json_answer({"keys": [key], "private": "pl4nted"})],
    }


def settings(tmp_path: Path, *issuers: str, timeout: float = 20, **more: Any) -> Settings:
    ours = SystemSettings(
        options={"issuers": ", ".join(issuers)}, ca_file=tmp_path / "ca.pem", timeout=timeout, lines={"issuers": 9}
    )
    return Settings(
        kubernetes=KubernetesSettings(enabled=False),
        argocd=ArgoCDSettings(enabled=False),
        git=GitSettings(enabled=False),
        systems={"oidc": ours},
        **more,
    )


def ask(asked: Settings, previous: Recording | None = None) -> Recording:
    return collect(asked, previous=previous, sources={"oidc": SOURCES["oidc"]})


def part(found: Recording) -> Part:
    return found.parts["oidc"]


def test_the_document_and_its_keys_are_read(server: FaultServer, tmp_path: Path) -> None:
    found = ask(settings(tmp_path, f"{server.url}{VAULT}/"))
    assert (part(found).state, part(found).reason) == ("fresh", "")
    assert sorted(found.http("oidc").answers) == [f"{server.url}{VAULT}{WELL_KNOWN}", f"{server.url}{VAULT}/jwks/"]
    text = json.dumps(json.loads(bytes(part(found).data)), indent=2).replace(server.url, "https://auth.homelab.local")
    goldens.check("sources/oidc.json", text + "\n")
    assert b"pl4nted" not in dump(found)
    assert all("authorization" not in request.headers for request in server.requests)


@pytest.mark.parametrize("fault", [*FAULTS, "refused"])
def test_a_fault_leaves_the_last_good_part_marked_stale(
    server: FaultServer, tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = f"{server.url}{VAULT}"
    good = ask(settings(tmp_path, issuer))
    if fault == "too large":
        monkeypatch.setattr(oidc, "LARGEST", 20_000)
    for path in list(server.script):
        server.script[path] = [FAULTS["404" if fault == "refused" else fault]]
    asked = settings(tmp_path, issuer, timeout=0.4 if fault in ("slow", "trickle") else 20)
    found = part(ask(asked, good))
    if fault == "refused":
        address = refused().replace("http:", "https:")
        found = part(ask(settings(tmp_path, f"{address}{VAULT}/")))
        assert (found.state, "connection refused" in found.reason) == ("failed", True)
        return
    assert found.state == "stale"
    assert found.reason.startswith("oidc: ")
    assert fault == "404" or f"{VAULT}{WELL_KNOWN}" in found.reason
    assert bytes(found.data) == bytes(part(good).data)
    assert part(ask(asked)).state == "failed"


@pytest.mark.parametrize("fault", ["404", "500", "not JSON", "reset", "redirect"])
def test_keys_that_are_not_had_leave_the_document(server: FaultServer, tmp_path: Path, fault: str) -> None:
    server.script[f"{VAULT}/jwks/"] = [FAULTS[fault]]
    found = ask(settings(tmp_path, f"{server.url}{VAULT}"))
    assert part(found).state == ("fresh" if fault == "404" else "stale")
    assert list(found.http("oidc").answers) == [f"{server.url}{VAULT}{WELL_KNOWN}"]


def test_one_host_that_is_down_leaves_the_others(server: FaultServer, tmp_path: Path) -> None:
    gone = refused().replace("http:", "https:")
    found = ask(settings(tmp_path, f"{gone}/realms/home", f"{server.url}{VAULT}/"))
    assert part(found).state == "stale"
    assert f"oidc: {gone.partition('//')[2].partition(':')[0]}: GET /realms" in part(found).reason
    states = {read.what: read.state for read in part(found).reads}
    assert states == {
        f"{gone}/realms/home{WELL_KNOWN}": "failed",
        f"{server.url}{VAULT}{WELL_KNOWN}": "read",
        f"{server.url}{VAULT}/jwks/": "read",
    }


def test_an_issuer_that_is_down_keeps_what_was_known_with_its_keys(
    server: FaultServer, authority: trustme.CA, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with FaultServer(tls=context) as second:
        second.script.update(script(second.url))
        asked = settings(tmp_path, f"{server.url}{VAULT}/", f"{second.url}{VAULT}/")
        good = ask(asked)
        assert len(good.http("oidc").answers) == 4
        for path in list(second.script):
            second.script[path] = [FAULTS["500"]]
        found = ask(asked, good)
    assert part(found).state == "stale"
    assert found.http("oidc") == good.http("oidc")


def test_a_strange_certificate_is_no_answer(server: FaultServer, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    found = part(ask(settings(tmp_path, f"{server.url}{VAULT}/")))
    assert (found.state, "certificate is not trusted" in found.reason) == ("failed", True)
    assert server.requests == []


@pytest.mark.parametrize(
    "keys",
    [
        "http://127.0.0.1:1/keys",
        "https://metadata.google.internal/keys",
        "https://169.254.169.254/latest",
        "https://elsewhere.example/keys",
        "https://user:pl4nted@127.0.0.1/keys",
        "https://127.0.0.1:1/keys",
        "file:///etc/passwd",
        "https://[::1]/keys",
        "",
    ],
)
def test_keys_are_only_asked_for_where_a_known_host_is(server: FaultServer, tmp_path: Path, keys: str) -> None:
    server.script.update(script(server.url, jwks_uri=keys))
    found = ask(settings(tmp_path, f"{server.url}{VAULT}/"))
    assert part(found).state == "fresh"
    (refusal,) = [read for read in part(found).reads if read.state != "read"]
    assert refusal.state == "forbidden"
    assert refusal.reason.startswith("not asked: ")
    assert server.paths() == [f"{VAULT}{WELL_KNOWN}"]
    assert b"pl4nted" not in dump(found)


def test_redirects_elsewhere_are_not_followed(server: FaultServer, tmp_path: Path) -> None:
    with FaultServer() as elsewhere:
        for path in list(server.script):
            server.script[path] = [status(302, Location=f"{elsewhere.url}/latest/meta-data")]
        found = part(ask(settings(tmp_path, f"{server.url}{VAULT}/")))
        assert (found.state, "which is not followed" in found.reason) == ("failed", True)
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    "issuer",
    ["http://auth.homelab.local/", "auth.homelab.local", "https://me:pl4nted@auth.homelab.local/", "https://a/?b=c"],
)
def test_an_issuer_of_the_settings_that_is_none_is_said_with_its_line(tmp_path: Path, issuer: str) -> None:
    found = part(ask(settings(tmp_path, issuer, path=tmp_path / "truebook.yml")))
    assert found.state == "failed"
    assert found.reason.startswith(f"{tmp_path}/truebook.yml:9: systems.oidc.issuers: not an https URL of an issuer")
    assert "pl4nted" not in found.reason


# --- which issuers there are ---------------------------------------------------------------------------------------


def ingress(name: str, host: str) -> dict[str, Any]:
    backend = {"service": {"name": name, "port": {"number": 80}}}
    rule = {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    return {"metadata": {"name": name, "namespace": name}, "spec": {"rules": [rule], "tls": [{"hosts": [host]}]}}


def workload(name: str, image: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": name, "image": image}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    return {"metadata": {"name": name, "namespace": name, "labels": labels}, "spec": spec}


def service(name: str) -> dict[str, Any]:
    spec = {"selector": {"app.kubernetes.io/name": name}, "ports": [{"port": 80}]}
    return {"metadata": {"name": name, "namespace": name}, "spec": spec}


def homelab(auth: str = "auth.homelab.local", **systems: Mapping[str, Any]) -> dict[str, Part]:
    """The parts of a cluster with Authentik at `auth`, a Vault, a Grafana and an ArgoCD that sign in there."""
    names = {
        "authentik": "ghcr.io/goauthentik/server:2026.8",
        "vault": "hashicorp/vault:1",
        "grafana": "grafana/grafana:12",
    }
    hosts = {"authentik": auth, "vault": "vault.homelab.local", "grafana": "grafana.homelab.local"}
    objects = {
        "apps/deployments Deployment": [workload(name, image) for name, image in names.items()],
        "services Service": [service(name) for name in names],
        "networking.k8s.io/ingresses Ingress": [ingress(name, host) for name, host in hosts.items()],
    }
    return dict(recording(objects, argocd={}, systems=systems).parts)


def asked_of(parts: Mapping[str, Part], given: Settings | None = None) -> list[str]:
    """The issuers that would be asked, and nothing is."""
    context = Context(given or Settings(), parts)
    known = frozenset(oidc._known(context, ()))
    return [url for url in dict.fromkeys(oidc._used(context)) if not oidc._refusal(url, known, context.settings)]


PROVIDERS = "/api/v3/providers/oauth2/"


def provider(slug: str, client: str, **more: Any) -> dict[str, Any]:
    redirect = {"matching_mode": "strict", "url": f"https://{slug}.homelab.local/callback"}
    told = {"name": slug, "client_id": client, "assigned_application_slug": slug, "issuer_mode": "per_provider"}
    return {"pk": 1, **told, "redirect_uris": [redirect], **more}


def test_the_issuers_are_those_that_the_systems_name() -> None:
    auth = "https://auth.homelab.local"
    ini = {"auth.generic_oauth": {"enabled": "true", "client_id": "g", "auth_url": f"{auth}/application/o/authorize/"}}
    config = {"metadata": {"name": "grafana", "namespace": "grafana", "labels": {}}, "data": {"grafana.ini": ini}}
    parts = homelab(
        authentik={"url": auth, "answers": {PROVIDERS: {"results": [provider("grafana", "g")]}}},
        vault={
            "url": "https://vault.homelab.local",
            "answers": {"/v1/auth/oidc/config": {"data": {"oidc_discovery_url": f"{auth}/application/o/vault/"}}},
        },
        configmaps={"answers": {"/api/v1/namespaces/grafana/configmaps/grafana": config}},
    )
    assert sorted(asked_of(parts)) == [f"{auth}/application/o/grafana/", f"{auth}/application/o/vault/"]


@pytest.mark.parametrize(
    "issuer",
    [
        "http://auth.homelab.local/application/o/vault/",
        "https://169.254.169.254/application/o/vault/",
        "https://127.0.0.1/application/o/vault/",
        "https://localhost/application/o/vault/",
        "https://evil.example/application/o/vault/",
        "https://auth.homelab.local@evil.example/application/o/vault/",
        "https://auth.homelab.local:8443/application/o/vault/",
        "https://auth.homelab.local/../application/o/vault/",
        "https://auth.homelab.local/application/o/vault/?next=https://evil.example",
        "https://auth.homelab.local\\@evil.example/",
        "https://auth.homelab.local.evil.example/",
        "file:///etc/passwd",
        "https://",
        "",
        "https://[bad",
    ],
)
def test_what_the_cluster_says_leads_to_known_https_hosts_only(issuer: str) -> None:
    answers = {"/v1/auth/oidc/config": {"data": {"oidc_discovery_url": issuer}}}
    parts = homelab(vault={"url": "https://vault.homelab.local", "answers": answers})
    assert asked_of(parts) == []
    assert asked_of(parts, Settings(domains=("homelab.local",))) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "metadata.google.internal", "localhost"])
def test_a_route_makes_no_host_known_that_means_this_machine(host: str) -> None:
    answers = {"/v1/auth/oidc/config": {"data": {"oidc_discovery_url": f"https://{host}/x/"}}}
    assert asked_of(homelab(host, vault={"url": "https://vault.homelab.local", "answers": answers})) == []


def test_a_host_below_the_domains_is_known() -> None:
    answers = {"/v1/auth/oidc/config": {"data": {"oidc_discovery_url": "https://login.home.example/realms/home"}}}
    parts = homelab(vault={"url": "https://vault.homelab.local", "answers": answers})
    assert asked_of(parts) == []
    assert asked_of(parts, Settings(domains=("home.example",))) == ["https://login.home.example/realms/home"]


def test_where_nothing_signs_in_it_is_absent() -> None:
    with pytest.raises(NotSetUp, match="nothing is known to sign in by OIDC"):
        oidc.read(Context(Settings(), homelab()))
    answers = {"/v1/auth/oidc/config": {"data": {"oidc_discovery_url": "http://x\u202e.example/"}}}
    with pytest.raises(NotSetUp, match=r"is not asked: only a plain https URL is") as caught:
        oidc.read(Context(Settings(), homelab(vault={"url": "https://vault.homelab.local", "answers": answers})))
    assert "\u202e" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "found"),
    [("http://auth.homelab.local/realms/home", "is not asked"), ("http://auth.homelab.local/home", "nothing is known")],
)
def test_a_variable_alone_may_name_an_issuer(variable: str, found: str) -> None:
    web = workload("web", "registry.homelab.local/web:1")
    web["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "LOGIN", "value": variable}]
    objects = {
        "apps/deployments Deployment": [web, workload("keycloak", "registry.homelab.local/keycloak:1")],
        "services Service": [service("keycloak")],
        "networking.k8s.io/ingresses Ingress": [ingress("keycloak", "auth.homelab.local")],
    }
    with pytest.raises(NotSetUp, match=found):
        oidc.read(Context(Settings(), recording(objects).parts))


def test_it_is_read_after_those_that_name_issuers(server: FaultServer, tmp_path: Path) -> None:
    order: list[str] = []

    def other(name: str) -> Source:
        def read(context: Context) -> Reading:
            order.append(name)
            return Reading(msgspec.Raw(b"{}"))

        return Source(read, lambda settings: True)

    def last(context: Context) -> Reading:
        order.append("oidc")
        return oidc.read(context)

    names = ("kubernetes", "argocd", *oidc.NEEDS)
    assert set(SOURCES["oidc"].needs) == set(names)
    sources = {"oidc": Source(last, lambda settings: True, names), **{name: other(name) for name in names}}
    found = collect(settings(tmp_path, f"{server.url}{VAULT}/"), sources=sources)
    assert found.parts["oidc"].state == "fresh"
    assert order[-1] == "oidc"
