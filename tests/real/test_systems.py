"""The systems' sources against the real servers, with the least permission that each needs."""

from __future__ import annotations

import json
import re
import select
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_auth import AWS4Auth

from tests.faults import FaultServer, json_answer
from tests.real.conftest import _start
from tests.real.servers.access import READER_RULES
from tests.real.servers.alertmanager import Alertmanager
from tests.real.servers.cluster import Cluster
from tests.real.servers.loki import Loki
from tests.real.servers.minio import Minio
from tests.real.servers.prometheus import Prometheus
from tests.real.servers.vault import Vault
from tests.unit.systems_sample import part, read, settings
from truebook.guard.server import Guard, Route, plain
from truebook.guard.vault import SYSTEM
from truebook.recording import Part, dump
from truebook.runbooks import proofs
from truebook.runbooks.proofs.client import GuardClient
from truebook.settings import ArgoCDSettings, GitSettings, Settings, SystemSettings
from truebook.state.collect import collect
from truebook.state.sources import SOURCES

pytestmark = pytest.mark.real

POLICY = Path(__file__).parents[2] / "deploy" / "vault-policy.hcl"
BUCKET_POLICY = POLICY.parent / "minio-policy.json"
CONFIG = """
storage "inmem" {}
listener "tcp" {
  address     = "[::]:8200"
  tls_disable = true
}
disable_mlock = true
"""


def answers(found: Part) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(bytes(found.data))
    return {what: answer["body"] for what, answer in data["answers"].items()}


def statuses(found: Part) -> dict[str, int]:
    return {what: answer["status"] for what, answer in json.loads(bytes(found.data))["answers"].items()}


def states(found: Part) -> dict[str, str]:
    return {read.what: read.state for read in found.reads}


# --- Vault --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vault(request: pytest.FixtureRequest) -> Iterator[Vault]:
    """Vault with a secret, and a sign-in through an identity provider of the test's own."""
    with FaultServer() as provider, _start(request, Vault) as server:
        discovery = {"issuer": provider.url, "jwks_uri": f"{provider.url}/jwks", "authorization_endpoint": provider.url}
        provider.script |= {
            "/.well-known/openid-configuration": [json_answer(discovery)],
            "/jwks": [json_answer({"keys": []})],
        }
        config = {
            "oidc_discovery_url": provider.url,
            "oidc_client_id": "vault",
            "oidc_client_secret": "pl4nted",
            "default_role": "reader",
        }
        role = {"allowed_redirect_uris": ["https://vault.homelab.local/callback"], "user_claim": "sub"}
        for path, body in (
            ("sys/auth/oidc", {"type": "oidc", "description": "people"}),
            ("auth/oidc/config", config),
            ("auth/oidc/role/reader", role),
            ("secret/data/app/db", {"data": {"password": "pl4nted"}}),
        ):
            server.request("POST", path, json=body).raise_for_status()
        yield server


@pytest.fixture(scope="module")
def policy_token(vault: Vault) -> str:
    """A token that has the policy which comes with truebook, and nothing else."""
    policy = {"policy": POLICY.read_text()}
    vault.request("PUT", "sys/policies/acl/truebook", json=policy).raise_for_status()
    asked = {"policies": ["truebook"], "no_default_policy": True, "period": "768h"}
    made = vault.request("POST", "auth/token/create", json=asked).raise_for_status().json()
    assert made["auth"]["token_policies"] == ["truebook"]
    return str(made["auth"]["client_token"])


def test_vault_is_read_with_the_policy_that_comes_with_truebook(
    vault: Vault, policy_token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", policy_token)
    recorded = read(settings("vault", vault.url))
    found = part(recorded)
    assert (found.state, found.reason, set(states(found).values())) == ("fresh", "", {"read"})
    body = answers(found)
    health = body["/v1/sys/health"]
    assert (health["initialized"], health["sealed"], health["standby"]) == (True, False, False)
    assert health["version"] == body["/v1/sys/seal-status"]["version"]
    assert body["/v1/sys/mounts"]["data"]["secret/"]["options"] == {"version": "2"}
    assert body["/v1/sys/auth"]["data"]["oidc/"].items() >= {"type": "oidc", "description": "people"}.items()
    assert body["/v1/auth/oidc/config"]["data"]["oidc_client_id"] == "vault"
    assert body["/v1/auth/oidc/role/reader"]["data"]["allowed_redirect_uris"] == [
        "https://vault.homelab.local/callback"
    ]
    assert b"pl4nted" not in dump(recorded)
    assert policy_token.encode() not in dump(recorded)


def test_vault_without_a_token_or_with_a_wrong_one_says_what_it_says_to_anyone(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    for token in ("", "not-a-token"):
        monkeypatch.setenv("VAULT_TOKEN", token)
        found = part(read(settings("vault", vault.url)))
        assert found.state == "fresh"
        assert states(found) == {
            "/v1/sys/health": "read",
            "/v1/sys/seal-status": "read",
            "/v1/sys/leader": "read",
            "/v1/sys/mounts": "forbidden",
            "/v1/sys/auth": "forbidden",
        }


PERMITTED = (
    ("GET", "sys/internal/ui/mounts/secret/app/db", None),
    ("GET", "secret/metadata/app/db", None),
    ("LIST", "secret/metadata/app", None),
    ("POST", "sys/capabilities-self", {"paths": ["secret/data/app/db"]}),
)


def test_the_policy_permits_what_proofs_ask_for(vault: Vault, policy_token: str) -> None:
    for method, path, body in PERMITTED:
        assert vault.request(method, path, json=body, token=policy_token).status_code == 200, path
    asked = {"paths": ["secret/data/app/db", "secret/metadata/app/db", "secret/undelete/app/db", "secret/delete/a"]}
    told = vault.request("POST", "sys/capabilities-self", json=asked, token=policy_token).json()["data"]
    assert [sorted(told[path]) for path in asked["paths"]] == [
        ["create", "update"],
        ["list", "read"],
        ["update"],
        ["deny"],
    ]


@pytest.mark.parametrize(
    "line",
    [
        "vault status",
        "vault kv put secret/app/db password=$(openssl rand -base64 32)",
        "vault kv put -mount=secret app/fresh password=x",
        "vault kv rollback -mount=secret -version=1 app/db",
        "vault kv destroy -versions=1 secret/app/db",
        "vault kv metadata get -mount=secret app/db",
    ],
)
def test_runbooks_are_proved_with_the_policy(vault: Vault, policy_token: str, line: str) -> None:
    with Guard({"vault": Route(SYSTEM, plain(vault.url, {"X-Vault-Token": policy_token}))}) as guard:
        handle = guard.serve()
        with GuardClient({"vault": f"http://127.0.0.1:{handle.ports['vault']}"}) as client:
            claims = proofs.prove(line, client, missing=("vault",))
        guard.end(handle)
    assert proofs.standing(claims) == "passed", claims


DENIED: tuple[tuple[str, str, Any], ...] = (
    ("GET", "secret/data/app/db", None),
    ("GET", "secret/data/app/db?version=1", None),
    ("GET", "secret/subkeys/app/db", None),
    ("PUT", "secret/data/app/db", {"data": {"password": "new"}}),
    ("POST", "secret/data/app/db", {"data": {}, "options": {"cas": 1}}),
    ("POST", "secret/data/app/new", {"data": {"a": "b"}}),
    ("DELETE", "secret/data/app/db", None),
    ("POST", "secret/delete/app/db", {"versions": [1]}),
    ("POST", "secret/undelete/app/db", {"versions": [1]}),
    ("POST", "secret/destroy/app/db", {"versions": [1]}),
    ("POST", "secret/metadata/app/db", {"max_versions": 1}),
    ("DELETE", "secret/metadata/app/db", None),
    ("POST", "secret/config", {"max_versions": 1}),
    ("GET", "cubbyhole/a", None),
    ("POST", "cubbyhole/a", {"a": "b"}),
    ("POST", "sys/mounts/made", {"type": "kv"}),
    ("DELETE", "sys/mounts/secret", None),
    ("POST", "sys/mounts/secret/tune", {"description": "x"}),
    ("POST", "sys/auth/made", {"type": "userpass"}),
    ("DELETE", "sys/auth/oidc", None),
    ("POST", "auth/oidc/config", {"oidc_client_id": "x"}),
    ("POST", "auth/oidc/role/reader", {"user_claim": "email"}),
    ("DELETE", "auth/oidc/role/reader", None),
    ("GET", "sys/policies/acl/truebook", None),
    ("PUT", "sys/policies/acl/truebook", {"policy": ""}),
    ("POST", "auth/token/create", {}),
    ("POST", "auth/token/create-orphan", {}),
    ("GET", "auth/token/lookup-self", None),
    ("LIST", "auth/token/accessors", None),
    ("PUT", "sys/seal", None),
    ("PUT", "sys/audit/file", {"type": "file", "options": {"file_path": "stdout"}}),
    ("POST", "sys/rotate", None),
    ("POST", "sys/wrapping/wrap", {"a": "b"}),
    ("GET", "sys/raw/core/mounts", None),
    ("LIST", "identity/entity/id", None),
    ("PUT", "sys/leases/revoke-prefix/secret", None),
)


def test_the_policy_permits_nothing_else(vault: Vault, policy_token: str) -> None:
    before = vault.read("secret/data/app/db")["data"], vault.read("secret/metadata/app/db")["data"]
    for method, path, body in DENIED:
        assert vault.request(method, path, json=body, token=policy_token).status_code == 403, f"{method} {path}"
    # A write without a parameter passes the policy, and has no effect.
    for method, path in (("POST", "secret/data/app/db"), ("PUT", "secret/data/app/db"), ("POST", "secret/data/app/new"),
                         ("POST", "secret/undelete/app/db"), ("POST", "secret/destroy/app/db")):  # fmt: skip
        for body in (None, {}):
            assert vault.request(method, path, json=body, token=policy_token).status_code in (400, 403), path
    assert (vault.read("secret/data/app/db")["data"], vault.read("secret/metadata/app/db")["data"]) == before
    assert vault.read("secret/data/app/new") is None


def test_a_vault_that_is_sealed_and_one_that_is_not_initialised_are_told_apart(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _start(request, lambda: Vault(CONFIG)) as server:
        monkeypatch.setenv("VAULT_TOKEN", server.token)
        good = read(settings("vault", server.url))
        assert (part(good).state, statuses(part(good))["/v1/sys/health"]) == ("fresh", 200)
        server.seal()
        found = part(read(settings("vault", server.url), good))
        assert (found.state, statuses(found)["/v1/sys/health"]) == ("fresh", 503)
        assert answers(found)["/v1/sys/health"]["sealed"] is True
        assert {read.reason for read in found.reads if read.state != "read"} == {"not asked: it is sealed"}
        server.unseal()
        assert statuses(part(read(settings("vault", server.url))))["/v1/sys/health"] == 200
    # As it is before anybody has called `vault operator init`.
    monkeypatch.setattr(Vault, "_initialise", lambda self: None)
    monkeypatch.setattr("tests.real.servers.vault.healthy", lambda url: lambda: _code(url) == 501)
    with _start(request, lambda: Vault(CONFIG)) as server:
        found = part(read(settings("vault", server.url)))
        assert (found.state, statuses(found)["/v1/sys/health"]) == ("fresh", 501)
        assert answers(found)["/v1/sys/health"]["initialized"] is False
        assert {read.reason for read in found.reads if read.state != "read"} == {"not asked: it is not initialized"}


def _code(url: str) -> int:
    try:
        return httpx.get(url, trust_env=False, timeout=5).status_code
    except httpx.TransportError:
        return 0


# --- Prometheus, Alertmanager, Loki, MinIO --------------------------------------------------------------------------


def test_prometheus_and_alertmanager_are_read(request: pytest.FixtureRequest) -> None:
    labels = {"severity": "critical", "namespace": "web"}
    annotations = {"runbook_url": "https://docs.homelab.local/a", "summary": "down"}
    rule = {"alert": "Down", "expr": "vector(1)", "labels": labels, "annotations": annotations}
    rules = {"groups": [{"name": "tests", "rules": [rule]}]}
    with _start(request, Alertmanager) as alertmanager:
        host = alertmanager.url.removeprefix("http://")
        config = {
            "global": {"evaluation_interval": "1s", "scrape_interval": "1s"},
            "rule_files": ["rules.yml"],
            "scrape_configs": [
                {"job_name": "am", "static_configs": [{"targets": [host], "labels": {"namespace": "m"}}]}
            ],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [host]}]}]},
        }
        with _start(request, lambda: Prometheus(config, {"rules.yml": rules})) as prometheus:
            prometheus.server.wait_ready(
                lambda: (
                    bool(alertmanager.get("/api/v2/alerts"))
                    and [target["health"] for target in prometheus.get("/api/v1/targets")["activeTargets"]] == ["up"]
                )
            )
            silence = {
                "matchers": [{"name": "alertname", "value": "Down", "isRegex": False}],
                "startsAt": "2020-01-01T00:00:00Z",
                "endsAt": "2099-01-01T00:00:00Z",
                "createdBy": "ops",
                "comment": "known",
            }
            url = f"{alertmanager.url}/api/v2/silences"
            httpx.post(url, json=silence, trust_env=False, timeout=30).raise_for_status()
            alertmanager.server.wait_ready(
                lambda: alertmanager.get("/api/v2/alerts")[0]["status"]["state"] == "suppressed"
            )
            found = part(read(settings("prometheus", prometheus.url)))
            assert (found.state, found.reason, set(states(found).values())) == ("fresh", "", {"read"})
            body = answers(found)
            assert body["/-/ready"].startswith("Prometheus Server is Ready")
            (target,) = body["/api/v1/targets?state=active"]["data"]["activeTargets"]
            assert (target["health"], target["labels"]["namespace"]) == ("up", "m")
            (found_rule,) = body["/api/v1/rules?type=alert"]["data"]["groups"][0]["rules"]
            assert (found_rule["name"], found_rule["state"], found_rule["labels"]["severity"]) == (
                "Down",
                "firing",
                "critical",
            )
            assert found_rule["alerts"][0]["annotations"] == annotations
            (active,) = body["/api/v1/alertmanagers"]["data"]["activeAlertmanagers"]
            assert active == {"url": f"{alertmanager.url}/api/v2/alerts"}
            assert body["/api/v1/status/buildinfo"]["data"]["version"]

            found = part(read(settings("alertmanager", alertmanager.url)))
            assert (found.state, found.reason, set(states(found).values())) == ("fresh", "", {"read"})
            body = answers(found)
            (alert,) = body["/api/v2/alerts"]
            (kept,) = body["/api/v2/silences"]
            assert alert["status"]["state"] == "suppressed"
            assert alert["status"]["silencedBy"] == [kept["id"]]
            assert kept["matchers"][0]["value"] == "Down"
            assert set(body["/api/v2/status"]) == {"versionInfo", "cluster", "uptime"}


def test_loki_is_read_while_it_starts_and_when_it_is_ready(request: pytest.FixtureRequest) -> None:
    with _start(request, lambda: Loki(wait=False)) as loki:
        found = part(read(settings("loki", loki.url)))
        assert (found.state, statuses(found)["/ready"]) == ("fresh", 503)
        assert "ready" != answers(found)["/ready"] != ""
        loki.wait_ready()
        found = part(read(settings("loki", loki.url)))
        assert (found.state, statuses(found)["/ready"], answers(found)["/ready"]) == ("fresh", 200, "ready")
        assert answers(found)["/loki/api/v1/status/buildinfo"].keys() <= {"version", "revision"}


def test_minio_is_read_and_its_bucket_with_keys_that_may_see_it(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _start(request, Minio) as minio:
        minio.make_bucket("velero")
        asked = settings("minio", minio.url, options={"bucket": "velero"})
        assert states(part(read(asked)))["HEAD /velero"] == "forbidden"
        monkeypatch.setenv("MINIO_ACCESS_KEY", minio.access_key)
        monkeypatch.setenv("MINIO_SECRET_KEY", minio.secret_key)
        recorded = read(asked)
        found = part(recorded)
        assert (found.state, found.reason, set(states(found).values())) == ("fresh", "", {"read"})
        assert set(statuses(found)) == {"/minio/health/live", "/minio/health/cluster", "HEAD /velero"}
        assert minio.secret_key.encode() not in dump(recorded)
        missing = part(read(settings("minio", minio.url, options={"bucket": "not-there"})))
        assert (missing.state, states(missing)["HEAD /not-there"]) == ("fresh", "absent")
        monkeypatch.setenv("MINIO_SECRET_KEY", "wrong-secret-key")
        wrong = part(read(asked))
        assert (wrong.state, states(wrong)["HEAD /velero"]) == ("fresh", "forbidden")


def temporary_keys(minio: Minio, policy: str) -> dict[str, str]:
    """Keys that have the rights of a policy and no others, as the environment has them."""
    asked = {"Action": "AssumeRole", "Version": "2011-06-15", "DurationSeconds": "3600", "Policy": policy}
    auth = AWS4Auth(minio.access_key, minio.secret_key, "us-east-1", "sts")
    said = httpx.post(f"{minio.url}/", data=asked, auth=auth, trust_env=False, timeout=30).raise_for_status().text
    names = {
        "AccessKeyId": "MINIO_ACCESS_KEY",
        "SecretAccessKey": "MINIO_SECRET_KEY",
        "SessionToken": "MINIO_SESSION_TOKEN",
    }
    return {ours: re.findall(f"<{theirs}>(.*?)</{theirs}>", said)[0] for theirs, ours in names.items()}


def test_minios_bucket_is_read_with_the_policy_that_comes_with_truebook(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = BUCKET_POLICY.read_text()
    with _start(request, Minio) as minio:
        for bucket in ("velero", "other"):
            minio.make_bucket(bucket)
        asked = settings("minio", minio.url, options={"bucket": "velero"})
        for rights, state in ((policy, "read"), (policy.replace("ListBucket", "GetBucketTagging"), "forbidden")):
            found = temporary_keys(minio, rights)
            for name, value in found.items():
                monkeypatch.setenv(name, value)
            recorded = read(asked)
            assert (part(recorded).state, states(part(recorded))["HEAD /velero"]) == ("fresh", state)
            assert found["MINIO_SESSION_TOKEN"].encode() not in dump(recorded)
        ours = temporary_keys(minio, policy)
        first, second = list(ours.values())[:2]
        auth = AWS4Auth(first, second, "us-east-1", "s3", security_token=ours["MINIO_SESSION_TOKEN"])
        for method, path in (
            ("HEAD", "/other"),
            ("GET", "/velero/backup.tar.gz"),
            ("PUT", "/velero/backup.tar.gz"),
            ("DELETE", "/velero/backup.tar.gz"),
            ("DELETE", "/velero"),
            ("PUT", "/new"),
            ("GET", "/velero?policy"),
        ):
            answer = httpx.request(method, minio.url + path, auth=auth, trust_env=False, timeout=30)
            assert answer.status_code == 403, f"{method} {path}"


# --- through the API server ----------------------------------------------------------------------------------------


def _own_address() -> str:
    """An address of this machine that is not loopback, to which an API server agrees to proxy."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # no packet is sent
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return str(probe.getsockname()[0])


class Relay(socketserver.ThreadingTCPServer):
    """A way from this machine's own address to a server that listens on loopback."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.closing = threading.Event()
        super().__init__((_own_address(), 0), Pump)


class Pump(socketserver.BaseRequestHandler):
    """Both directions of one connection, until an end closes it or the relay does."""

    server: Relay

    def handle(self) -> None:
        near: socket.socket = self.request
        with socket.create_connection(self.server.target) as far:
            while not self.server.closing.is_set():
                readable, _, _ = select.select((near, far), (), (), 0.05)
                for source in readable:
                    data = source.recv(65536)
                    if not data:
                        return
                    (far if source is near else near).sendall(data)


@pytest.fixture
def relay(prometheus: Prometheus) -> Iterator[tuple[str, int]]:
    """The address of this machine at which Prometheus answers."""
    target = httpx.URL(prometheus.url)
    with Relay((target.host, target.port or 80)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        host, port = server.server_address[:2]
        yield str(host), port
        server.closing.set()
        server.shutdown()
        thread.join()


NAMESPACE = "monitoring-systems"


@pytest.fixture
def proxied(cluster: Cluster, relay: tuple[str, int]) -> Callable[[list[Any]], Path]:
    """A cluster with a Prometheus whose Service leads to the relay. Gives the kubeconfig of an account that may read,
    and in the Prometheus' namespace what the rules say."""
    address, port = relay
    meta = {"namespace": NAMESPACE, "name": "prometheus", "labels": {"app.kubernetes.io/name": "prometheus"}}
    container = {"name": "prometheus", "image": "quay.io/prometheus/prometheus:v3.8.0"}
    template = {"metadata": {"labels": {"app": "prometheus"}}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "prometheus"}}, "template": template}
    cluster.apply(
        [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec},
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": meta,
                "spec": {
                    "selector": {"app": "prometheus"},
                    "ports": [{"name": "http-web", "port": 9090, "targetPort": port}],
                },
            },
            {"apiVersion": "v1", "kind": "Pod", "metadata": {**meta, "name": "prometheus-0"}, "spec": template["spec"]},
        ]
    )
    # The API server proxies to nothing but a pod that has the address.
    status = {"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}
    place = ("-n", NAMESPACE)
    cluster.kubectl(
        "patch", "pod", "prometheus-0", *place, "--subresource=status", "--type=merge", "-p", json.dumps(status)
    )
    pod = {"kind": "Pod", "namespace": NAMESPACE, "name": "prometheus-0"}
    subset = {"addresses": [{"ip": address, "targetRef": pod}], "ports": [{"name": "http-web", "port": port}]}
    cluster.apply({"apiVersion": "v1", "kind": "Endpoints", "metadata": meta, "subsets": [subset]})
    assert cluster.answers(f"/api/v1/namespaces/{NAMESPACE}/services/http:prometheus:9090/proxy/-/ready")
    return lambda rules: cluster.user("proxied", READER_RULES, namespaces={NAMESPACE: rules})


PROXY_RULE = {
    "apiGroups": [""],
    "resources": ["services/proxy"],
    "resourceNames": ["http:prometheus:9090"],
    "verbs": ["get"],
}
THROUGH = Settings(
    argocd=ArgoCDSettings(enabled=False),
    git=GitSettings(enabled=False),
    systems={"prometheus": SystemSettings(proxy=True)},
)
ONLY = {name: SOURCES[name] for name in ("kubernetes", "prometheus")}


def test_a_system_is_read_through_the_api_server_with_one_right(
    proxied: Callable[[list[Any]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(proxied([PROXY_RULE])))
    monkeypatch.setenv("PROMETHEUS_TOKEN", "t0ken-of-prometheus")
    recorded = collect(THROUGH, sources=ONLY)
    found = recorded.parts["prometheus"]
    assert (found.state, found.reason, set(states(found).values())) == ("fresh", "", {"read"})
    assert recorded.http("prometheus").url == f"http://prometheus.{NAMESPACE}.svc:9090"
    rules = answers(found)["/api/v1/rules?type=alert"]["data"]["groups"][0]["rules"]
    assert [rule["name"] for rule in rules] == ["AlwaysFiring", "NeverFiring"]

    direct = replace(THROUGH, systems={})
    absent = collect(direct, sources=ONLY).parts["prometheus"]
    assert (absent.state, "systems.prometheus.proxy: true" in absent.reason) == ("absent", True)


def test_without_that_right_it_is_said_which_is_missing(
    proxied: Callable[[list[Any]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(proxied([{**PROXY_RULE, "resourceNames": ["http:other:9090"]}])))
    found = collect(THROUGH, sources=ONLY).parts["prometheus"]
    assert found.state == "failed"
    assert '403 Forbidden: services "http:prometheus:9090" is forbidden' in found.reason
    assert 'cannot get resource "services/proxy"' in found.reason
