"""The source `configmaps` against an API server of our own making, with secrets wherever a ConfigMap may hold one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults import CUT, NOT_JSON, RESET, SLOW, TRICKLE, Answer, FaultServer, Request, json_answer, refused, status
from tests.unit import goldens, kube_api
from tests.unit.recordings import recording
from truebook.recording import Part, Recording, dump
from truebook.settings import KubernetesSettings, Settings
from truebook.state.collect import collect
from truebook.state.grafana_files import reduce
from truebook.state.source import Reading, Source
from truebook.state.sources import configmaps

PLANTED = "pl4nted-s3cret"
SPACE = "/api/v1/namespaces/monitoring/configmaps"
DATASOURCES = f"{SPACE}?labelSelector=grafana_datasource"
DASHBOARDS = f"{SPACE}?labelSelector=grafana_dashboard"
CONFIG = f"{SPACE}/grafana"

PROVISIONED = f"""
apiVersion: 1
# password: {PLANTED}
deleteDatasources: [{{name: {PLANTED}}}]
datasources:
  - name: Prometheus
    uid: prometheus
    type: prometheus
    url: http://admin:{PLANTED}@prometheus.monitoring.svc:9090/prometheus?key={PLANTED}#{PLANTED}
    access: proxy
    isDefault: true
    user: {PLANTED}
    password: {PLANTED}
    basicAuthPassword: {PLANTED}
    database: {PLANTED}
    jsonData: {{httpHeaderName1: X-Scope, tlsAuth: "{PLANTED}", name: {PLANTED}}}
    secureJsonData: {{httpHeaderValue1: {PLANTED}, url: {PLANTED}}}
  - {{name: [{PLANTED}], url: {{x: {PLANTED}}}, type: 5}}
  - {PLANTED}
{PLANTED}: {PLANTED}
"""
DASHBOARD = json.dumps(
    {
        "uid": "vault",
        "title": "Vault",
        "tags": ["homelab", "vault"],
        "description": PLANTED,
        "panels": [{"title": PLANTED, "targets": [{"expr": PLANTED}]}],
        "templating": {"list": [{"query": PLANTED}]},
        "__inputs": [{"value": PLANTED}],
    }
)
INI = f"""
app_mode = {PLANTED}
; admin_password = {PLANTED}
[server]
root_url = https://user:{PLANTED}@grafana.homelab.local/?token={PLANTED}
cert_key = {PLANTED}
[security]
admin_password = {PLANTED}
secret_key = {PLANTED}
[database]
url = postgres://grafana:{PLANTED}@db/grafana
[auth.generic_oauth]
enabled = true
name = Authentik ; {PLANTED}
client_id = grafana # {PLANTED}
  client_secret = {PLANTED}
scopes = openid profile
auth_url = https://auth.homelab.local/application/o/authorize/?client_secret={PLANTED}
token_url = "https://auth.homelab.local/application/o/token/"
api_url = https://auth.homelab.local/application/o/userinfo/
use_pkce = true
role_attribute_path = {PLANTED}
tls_client_key = {PLANTED}
[auth.generic_oauth.extra]
client_id = {PLANTED}
[smtp]
client_id = {PLANTED}
password = {PLANTED}
"""


def config_map(name: str, data: dict[str, str], **labels: str) -> dict[str, Any]:
    last = {"kubectl.kubernetes.io/last-applied-configuration": PLANTED}
    metadata = {"name": name, "namespace": "monitoring", "labels": labels, "annotations": last, "uid": PLANTED}
    return {"metadata": metadata, "data": data, "binaryData": {"x": PLANTED}}


def listed(*items: dict[str, Any], token: str = "") -> Answer:
    return json_answer({"kind": "ConfigMapList", "metadata": {"continue": token}, "items": items})


def by_label(**answers: Any) -> Any:
    """Answers of the list by the label that is asked for."""

    def answer(request: Request) -> Answer:
        found = next(found for label, found in answers.items() if label in request.target)
        return found(request) if callable(found) else found  # type: ignore[no-any-return]

    return answer


def script() -> dict[str, Any]:
    sources = listed(
        config_map("z", {"prometheus.yaml": PROVISIONED, "notes.txt": PLANTED}, grafana_datasource="1"),
        config_map("a", {"x.yml": f"password: {PLANTED}", "y.yaml": f": {PLANTED}: ["}, grafana_datasource="1"),
    )

    def dashboards(request: Request) -> Answer:
        first = config_map("vault", {"vault.json": DASHBOARD}, grafana_dashboard="1")
        second = config_map("odd", {"odd.json": f'"{PLANTED}"', "b.json": f'{{"title": ["{PLANTED}"]}}'})
        return listed(second) if "continue=more" in request.target else listed(first, token="more")

    single = config_map("grafana", {"grafana.ini": INI, "ldap.toml": f"bind_password = '{PLANTED}'"})
    return {
        SPACE: by_label(grafana_datasource=sources, grafana_dashboard=dashboards),
        CONFIG: [json_answer({"kind": "ConfigMap", "apiVersion": "v1", **single})],
        f"{SPACE}/gone": [status(404, "configmaps 'gone' not found")],
    }


def deployment(image: str = "docker.io/grafana/grafana:12.4.2") -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": "grafana"}
    volumes = [
        {"name": "config", "configMap": {"name": "grafana"}},
        {"name": "all", "projected": {"sources": [{"configMap": {"name": "gone"}}, {"secret": {"name": "s"}}]}},
        {"name": "hostile", "configMap": {"name": "../../../secrets"}},
        {"name": "none", "emptyDir": {}},
    ]
    spec = {"containers": [{"name": "grafana", "image": image}], "volumes": volumes}
    return {
        "metadata": {"name": "grafana", "namespace": "monitoring", "labels": labels},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels}, "spec": spec}},
    }  # fmt: skip


def ask(
    image: str = "docker.io/grafana/grafana:12.4.2",
    *,
    timeout: float = 20,
    previous: Recording | None = None,
    state: Any = "fresh",
) -> Recording:
    """The recording of a cluster in which Grafana runs, or something else does."""
    cluster = recording({"apps/deployments Deployment": [deployment(image)]}).parts["kubernetes"]
    settings = Settings(kubernetes=KubernetesSettings(timeout=timeout))

    def read(context: Any) -> Reading:
        if state != "fresh":
            raise RuntimeError("the cluster is gone")
        return Reading(cluster.data)

    sources = {
        "kubernetes": Source(read, lambda settings: state != "absent"),
        "configmaps": Source(configmaps.read, lambda settings: True, ("kubernetes", "argocd")),
    }
    return collect(settings, sources=sources, previous=previous)


def part(found: Recording) -> Part:
    return found.parts["configmaps"]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truebook.state.fetch.FIRST_PAUSE", 0.001)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    with FaultServer(script()) as found:
        monkeypatch.setenv("KUBECONFIG", str(kube_api.kubeconfig(tmp_path, found.url)))
        yield found


def test_what_grafana_is_provisioned_with(server: FaultServer) -> None:
    found = ask()
    assert (part(found).state, part(found).reason) == ("fresh", "")
    answers = found.http("configmaps").answers
    goldens.check(
        "sources/configmaps.json", json.dumps({key: json.loads(bytes(answers[key].body)) for key in answers}, indent=2)
    )
    reads = {read.what: (read.state, read.count) for read in part(found).reads}
    assert reads == {
        DATASOURCES: ("read", 2),
        DASHBOARDS: ("read", 2),
        CONFIG: ("read", 1),
        f"{SPACE}/gone": ("absent", 0),
    }
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer t0ken-of-the-reader"}


def test_no_secret_reaches_the_recording_wherever_it_was_planted(server: FaultServer) -> None:
    said = dump(ask())
    assert b"prometheus.monitoring.svc:9090/prometheus" in said
    assert PLANTED.encode() not in said


def test_nothing_is_asked_for_cluster_wide_and_no_name_leads_out_of_the_path(server: FaultServer) -> None:
    ask()
    assert set(server.paths()) == {SPACE, CONFIG, f"{SPACE}/gone"}


def test_where_nothing_runs_grafana_it_is_absent(server: FaultServer) -> None:
    found = part(ask("registry.homelab.local/paperless:1"))
    assert (found.state, found.reason) == ("fresh", "")  # the label says it is Grafana
    labelled = deployment("registry.homelab.local/paperless:1")
    labelled["metadata"]["labels"] = {}
    cluster = recording({"apps/deployments Deployment": [labelled]}).parts["kubernetes"]
    sources = {
        "kubernetes": Source(lambda context: Reading(cluster.data), lambda settings: True),
        "configmaps": Source(configmaps.read, lambda settings: True, ("kubernetes",)),
    }
    found = part(collect(Settings(), sources=sources))
    assert (found.state, found.reason) == ("absent", "no component runs Grafana")


def test_without_the_cluster_nothing_is_known() -> None:
    assert (part(ask(state="absent")).state, part(ask(state="absent")).reason) == ("absent", "the cluster is not read")
    found = part(ask(state="failed"))
    assert (found.state, "the cluster could not be read" in found.reason) == ("failed", True)


def test_what_is_forbidden_is_said_and_is_no_failure(server: FaultServer) -> None:
    server.script[SPACE] = [status(403, "configmaps is forbidden")]
    found = ask()
    assert part(found).state == "fresh"
    assert {read.what: read.state for read in part(found).reads if read.state == "forbidden"} == {
        DATASOURCES: "forbidden",
        DASHBOARDS: "forbidden",
    }
    assert list(found.http("configmaps").answers) == [CONFIG]


FAULTS: dict[str, Answer] = {
    "reset": RESET,
    "401": status(401, "Unauthorized"),
    "410": status(410, "the continue token is too old"),
    "429": status(429, "slow down", Retry_After="99"),
    "500": status(500, "etcd is gone"),
    "503": status(503, "busy"),
    "slow": SLOW,
    "trickle": TRICKLE,
    "cut": CUT,
    "not JSON": NOT_JSON,
    "another shape": json_answer(["x"]),
    "redirect": Answer(302, headers={"Location": "https://sso.homelab.local/login"}),
    "too large": Answer(body=b'{"metadata":{},"items":[]}' + b" " * 4096),
}


@pytest.mark.parametrize("where", [SPACE, CONFIG])
@pytest.mark.parametrize("fault", [*FAULTS, "refused"])
def test_a_fault_leaves_the_last_good_part_marked_stale(
    server: FaultServer, fault: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = ask()
    if fault == "refused":
        monkeypatch.setenv("KUBECONFIG", str(kube_api.kubeconfig(tmp_path, refused())))
    else:
        server.script[where] = [FAULTS[fault]]
    if fault == "too large":
        monkeypatch.setattr("truebook.state.fetch.LARGEST", 4096)
    found = part(ask(timeout=0.5 if fault in ("slow", "trickle") else 20, previous=good))
    assert found.state == "stale"
    assert found.reason.startswith("configmaps: GET /api/v1/namespaces/monitoring/configmaps")
    assert bytes(found.data) == bytes(part(good).data)
    assert PLANTED not in found.reason
    assert part(ask(timeout=0.5 if fault in ("slow", "trickle") else 20)).state == "failed"


def test_a_fault_that_passes_is_survived(server: FaultServer) -> None:
    server.script[CONFIG] = [status(500), RESET, status(429, Retry_After="0"), *script()[CONFIG]]
    whole = part(ask())
    assert (whole.state, len(whole.reads)) == ("fresh", 4)
    assert bytes(whole.data) == bytes(part(ask()).data)


def test_a_list_without_an_end_is_left(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configmaps, "PAGES", 3)
    server.script[SPACE] = [listed(token="again")]
    assert "the list does not end" in part(ask()).reason


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "a: &a [*a, *a]\ndatasources: 5"),
        ("a.yaml", "[" * 5000),
        ("a.yaml", "!!python/object/apply:os.system [x]"),
        ("a.yaml", "datasources: 2026-13-45"),
        ("a.json", "[" * 100_000),
        ("a.json", '{"uid": "no title"}'),
        ("grafana.ini", "[server\nroot_url = x"),
        ("notes.txt", "datasources: []"),
        ("a.yaml", "x" * (4 * 1024 * 1024 + 1)),
    ],
)
def test_files_that_are_not_what_they_are_called_are_dropped(name: str, text: str) -> None:
    assert reduce(name, text) in (None, {})


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://loki.monitoring.svc:3100", "http://loki.monitoring.svc:3100"),
        ("https://[fd00::1]:3100/loki", "https://[fd00::1]:3100/loki"),
        ("db.homelab.local:5432", "db.homelab.local:5432"),
        ("$__env{LOKI_URL}", "$__env{LOKI_URL}"),
        ("http://x:99999", ""),
        ("user:pl4nted@db", ""),
        ("postgres://u:pl4nted@db/x", ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_of_a_url_only_where_it_leads_is_kept(url: str, kept: str) -> None:
    found = reduce("a.yaml", json.dumps({"datasources": [{"name": "x", "url": url}]}))
    assert found == {"datasources": [{"name": "x", "url": kept}]}
