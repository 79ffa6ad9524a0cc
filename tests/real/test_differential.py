"""A replay answers as the servers do that its recording was read from.

Every row of the table is sent to both; the answers must be equal but for what `normal` takes out, each with its
reason there. A row that differs is a fault of the replay: it answers right, or it refuses.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.real import differential
from tests.real.differential import ARGOCD, ARGOCD_REFUSED, KUBECTL, KUBERNETES, Ask
from tests.real.differential_writes import FILES, KUBECTL_WRITES, MISTYPED, NOT_DRY, UNTOLD, WRITES, Write
from tests.real.servers import binaries
from tests.real.servers.access import READER_RULES
from tests.real.servers.argocd import ArgoCD
from tests.real.servers.cluster import Cluster
from tests.real.servers.git import GitRepository
from tests.real.servers.process import wait_until
from truebook.replay.serve import Replay, start
from truebook.settings import ArgoCDSettings, GitSettings, KubernetesSettings, Settings
from truebook.state.collect import collect

pytestmark = pytest.mark.real

AGES = [5, 119, 121, 599, 600, 10799, 10800, 28799, 28800, 172799, 172800, 691199, 691200, 63071999, 63072000]
AGES += [252287999, 252288000, 90061, 3661, 7200, 86400 * 3, 86400 * 400, 86400 * 365 * 3, -5, -1]
"""Seconds: around every limit at which Kubernetes changes how it prints a duration."""

Json = Any


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: HTTP clients of its Kubernetes API by account, the kubeconfig for
    kubectl (the administrator's in `administrator`), and a client of its ArgoCD."""

    clients: Mapping[str, httpx.Client]
    environment: Mapping[str, str]
    argocd: httpx.Client
    administrator: Mapping[str, str]


@dataclass(frozen=True)
class Sides:
    """The real servers, and a replay of a recording of them."""

    real: Side
    replay: Side
    running: Replay


# --- what stands on the cluster ---------------------------------------------------------------------------------


def pod_spec(image: str) -> Json:
    return {"containers": [{"name": "main", "image": image, "resources": {"requests": {"cpu": "10m"}}}]}


def workload(kind: str, name: str, app: str, image: str, **spec: Json) -> Json:
    labels = {"app": app, "part": "differential"}
    template = {"metadata": {"labels": {**labels, "tier": "front"}}, "spec": pod_spec(image)}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": labels},
        "spec": {"selector": {"matchLabels": {"app": app}}, "template": template, **spec},
    }


def objects() -> Iterator[Json]:
    labels = {"part": "differential"}
    yield workload("Deployment", "web", "web", "nginx:1.27", replicas=2)
    yield workload("StatefulSet", "db", "db", "postgres:17", replicas=1, serviceName="db")
    yield workload("DaemonSet", "agent", "agent", "promtail:3")
    stuck = {**pod_spec("busybox:1"), "nodeSelector": {"nope": "nope"}}
    meta = {"name": "stuck", "labels": {**labels, "weight": "7"}}
    yield {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": stuck}
    service = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]}
    yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": service}
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {"host": "web.homelab.local", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    ingress = {"rules": [rule], "tls": [{"hosts": ["web.homelab.local"], "secretName": "tls"}]}
    yield {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"}, "spec": ingress}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "no"}
    yield {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": claim}
    job = {"template": {"spec": {**pod_spec("busybox:1"), "restartPolicy": "Never"}}, "suspend": True}
    yield {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": job}
    cron = {"schedule": "0 3 * * *", "suspend": True, "jobTemplate": {"spec": job}}
    yield {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": cron}
    yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "b"}}
    yield {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "password"}, "stringData": {"a": "b"}}


def definition() -> Json:
    names = {"kind": "Gadget", "plural": "gadgets", "singular": "gadget", "shortNames": ["gd"]}
    columns = [
        {"name": "Color", "type": "string", "jsonPath": ".spec.color"},
        {"name": "Since", "type": "date", "jsonPath": ".spec.since"},
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "priority": 1},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ]
    fields = {"color": {"type": "string"}, "since": {"type": "string"}, "size": {"type": "integer"}}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    version = {
        **{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}},
        **{"additionalPrinterColumns": columns, "selectableFields": [{"jsonPath": ".spec.color"}]},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.differential.truebook.dev", "labels": {"part": "differential"}},
        "spec": {"group": "differential.truebook.dev", "names": names, "scope": "Namespaced", "versions": [version]},
    }


def gadgets() -> Iterator[Json]:
    api = {"apiVersion": "differential.truebook.dev/v1", "kind": "Gadget"}
    yield {**api, "metadata": {"name": "a-gadget"}, "spec": {"color": "red", "size": 1}}
    yield {**api, "metadata": {"name": "odd"}, "spec": {"since": "not a time"}}
    now = datetime.now(UTC)
    for index, age in enumerate(AGES):
        since = (now - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield {**api, "metadata": {"name": f"age-{index:02}"}, "spec": {"color": "blue", "since": since}}


def applications(repository: str) -> Iterator[Json]:
    api = "argoproj.io/v1alpha1"
    for name, team in (("one", "a"), ("two", "b")):
        spec = {
            "project": "default",
            "source": {"repoURL": repository, "path": name, "targetRevision": "HEAD"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": f"differential-{name}"},
            "syncPolicy": {"automated": {}, "syncOptions": ["CreateNamespace=true"]},
        }
        meta = {"name": name, "namespace": "argocd", "labels": {"team": team, "part": "differential"}}
        yield {"apiVersion": api, "kind": "Application", "metadata": meta, "spec": spec}
    anywhere = {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]}
    meta = {"name": "infra", "namespace": "argocd"}
    yield {"apiVersion": api, "kind": "AppProject", "metadata": meta, "spec": anywhere}
    template = {"metadata": {"name": "x"}, "spec": {**spec, "project": "infra"}}
    sets = {"generators": [{"list": {"elements": []}}], "template": template}
    meta = {"name": "sets", "namespace": "argocd"}
    yield {"apiVersion": api, "kind": "ApplicationSet", "metadata": meta, "spec": sets}


def fill(cluster: Cluster, argocd: ArgoCD, repository: GitRepository) -> None:
    """Put the objects on the cluster and wait until nothing moves any more."""
    for namespace in ("differential", "differential-b"):
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        cluster.apply(list(objects()), "-n", namespace)
    cluster.apply(definition())
    cluster.wait("crd/gadgets.differential.truebook.dev", "condition=Established")
    # The API server serves a new kind some moments after it says so.
    assert wait_until(lambda: cluster.answers("/apis/differential.truebook.dev/v1/gadgets"), 20)
    cluster.apply(list(gadgets()), "-n", "differential")
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "deployed"}, "data": {"a": "b"}}
    repository.commit({f"{name}/config.json": json.dumps(config) for name in ("one", "two")})
    cluster.apply(list(applications(repository.url)))
    for namespace in ("differential", "differential-b"):
        cluster.kubectl("rollout", "status", "deploy/web", "-n", namespace, "--timeout=60s")
        cluster.kubectl("rollout", "status", "sts/db", "-n", namespace, "--timeout=60s")
        cluster.kubectl("rollout", "status", "ds/agent", "-n", namespace, "--timeout=60s")
    for name in ("one", "two"):
        argocd.wait(name)


def client(url: str, **options: Any) -> httpx.Client:
    return httpx.Client(base_url=url, trust_env=False, timeout=30, **options)


@pytest.fixture(scope="module")
def sides(cluster_with_nodes: Cluster, argocd: ArgoCD, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    cluster, folder = cluster_with_nodes, tmp_path_factory.mktemp("differential")
    fill(cluster, argocd, GitRepository(folder / "repository"))
    ours = {"apiGroups": ("differential.truebook.dev",), "resources": ("gadgets",), "verbs": ("get", "list", "watch")}
    # The replay lets its users watch what they may list.
    rules = [*({**rule, "verbs": ("get", "list", "watch")} for rule in READER_RULES), ours]
    kubeconfig = cluster.user("differential", rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(kubeconfig))
        patch.setenv("ARGOCD_AUTH_TOKEN", argocd.docs_token)
        recording = collect(
            Settings(
                kubernetes=KubernetesSettings(resources=("differential.truebook.dev/gadgets",)),
                argocd=ArgoCDSettings(url=argocd.url),
                git=GitSettings(enabled=False),
            )
        )
    states = {status.name: (status.state, status.reason) for status in recording.statuses()}
    assert states["kubernetes"] == ("fresh", "")
    assert states["argocd"] == ("fresh", "")
    with start(recording, directory=folder / "replay") as running:
        reader, admin = cluster.client(cluster.token_of(kubeconfig)), cluster.client()
        docs = client(argocd.url, headers={"Authorization": f"Bearer {argocd.docs_token}"})
        one = client(running.urls["kubernetes"])
        cache = str(folder / "kubectl-cache")
        replayed = client(running.urls["argocd"])
        yield Sides(
            Side(
                {"reader": reader, "admin": admin},
                {"KUBECONFIG": str(kubeconfig), "KUBECACHEDIR": cache},
                docs,
                {"KUBECONFIG": str(cluster.kubeconfig), "KUBECACHEDIR": cache},
            ),
            Side({"reader": one, "admin": one}, running.environment, replayed, running.environment),
            running,
        )
        for http in (reader, admin, docs, one, replayed):
            http.close()


# --- what time, redaction and identity change -----------------------------------------------------------------

DURATION = r"(?:<invalid>|\d+[smhdy](?:\d+[smhd])?)"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
MOVING = {
    "resourceVersion": "the real servers move on; a recording's lists have that of their newest object",
    "managedFields": "dropped from recordings",
    "reconciledAt": "ArgoCD compares again every few seconds, which writes",
    "lastHeartbeatTime": "nodes report again and again",
    "storageVersionHash": "not in the aggregated documents that are recorded",
    "serverAddress": "the server's own",
    "passwordPattern": "redacted: its name says secret",
}


def normal(value: Json) -> Json:
    """A decoded answer without what legitimately differs."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, str):
        return normal_text(value)
    if not isinstance(value, dict):
        return value
    found = {name: normal(item) for name, item in value.items() if name not in MOVING}
    if found.pop("continue", ""):  # it names the state that is continued
        found["continued"] = True
    annotations = found.get("annotations")
    if isinstance(annotations, dict) and annotations.pop(LAST_APPLIED, None) and not annotations:
        del found["annotations"]  # dropped from recordings
    if found.get("namespace") == "argocd":
        found.pop("generation", None)  # ArgoCD's comparing counts as a change of the Application
    if found.get("kind") == "APIGroupList":
        found["groups"].sort(key=lambda group: group["name"])
    if found.get("kind") == "APIResourceList":  # made anew from documents that have another order
        found["resources"].sort(key=lambda resource: resource["name"])
        for resource in found["resources"]:
            resource["verbs"].sort()
    if found.get("type") == "BOOKMARK":  # the rest is zero values of the server's own types
        found["object"].pop("spec", None)
        found["object"].pop("status", None)
        for row in found["object"].get("rows", ()):
            row["cells"] = []
    return found


def normal_text(text: str) -> str:
    """A line or a message without who asked, why the replay refuses, and how long ago something was."""
    text = re.sub(r'User \\?"[^"\\]*\\?"', "User U", text)
    text = re.sub(r": this recording [^\n\"]*", "", text)
    text = re.sub(r"Too large resource version: (\d+), current: \d+", r"Too large resource version: \1", text)
    # A JSON parser's own words; the API server says what Go's says.
    text = re.sub(r"(continue key is not valid): (?:invalid character|it is not JSON|unexpected end).*", r"\1", text)
    # A recording is JSON; and the server names a type in its own code.
    text = text.replace("application/json, application/yaml, application/vnd.kubernetes.protobuf", "application/json")
    text = re.sub(r"(the requested object is (?:not )?a list) \(\*[\w.]+\)", r"\1", text)
    text = re.sub(r"permission denied: .*", "permission denied", text)
    return re.sub(rf"(?<![\w.-]){DURATION}(?![\w.-])", "AGE", text)


def normal_body(answer: httpx.Response) -> Json:
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind != "application/json":
        return normal_text(answer.text.strip())
    lines = [line for line in answer.text.strip().splitlines() if line]
    try:
        return normal(json.loads(answer.text))
    except json.JSONDecodeError:
        return [normal(json.loads(line)) for line in lines]  # a watch


def heading(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("content-type", "")


# --- the tests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", KUBERNETES, ids=str)
def test_the_kubernetes_api(sides: Sides, ask: Ask) -> None:
    answers = []
    for side in (sides.real, sides.replay):
        headers = {"Accept": ask.accept, "Content-Type": "application/json"}
        answers.append(side.clients[ask.who].request(ask.method, ask.path, headers=headers))
    real, replayed = answers
    assert normal_body(replayed) == normal_body(real)
    assert heading(replayed) == heading(real)


def run(side: Side, command: str, home: Path, *, administrator: bool = False) -> tuple[int, Json, list[str]]:
    """kubectl's exit code, what it printed, and what it complained of. It runs in `home`."""
    pointed = side.administrator if administrator else side.environment
    environment = {"PATH": binaries.ENVIRONMENT["PATH"], "HOME": str(home), **pointed}
    done = subprocess.run(
        [str(binaries.find("kubectl")), *shlex.split(command)],
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    printed: Json
    if " -o json" in command and "jsonpath" not in command and done.returncode == 0:
        printed = normal(json.loads(done.stdout))
    elif " -o yaml" in command and done.returncode == 0:
        printed = normal(list(yaml.safe_load_all(done.stdout)))
    else:
        printed = lines(done.stdout)
    # The client's own log of a retry names a place in its code, and the time.
    return done.returncode, printed, [line for line in lines(done.stderr) if not re.match(r"[EIW]\d{4} ", line)]


def lines(text: str) -> list[str]:
    """Lines with one space where there are more: columns are as wide as their widest age."""
    text = re.sub(r"^ *(Resource Version|Annotations): .*\n", "", text, flags=re.MULTILINE)
    return [re.sub(r"  +|\t+", " ", normal_text(line)).rstrip() for line in text.splitlines()]


@pytest.mark.parametrize("command", KUBECTL)
def test_kubectl(sides: Sides, command: str, tmp_path: Path) -> None:
    assert run(sides.replay, command, tmp_path) == run(sides.real, command, tmp_path)


def send(side: Side, ask: Write) -> httpx.Response:
    """A write, by the administrator: who may not write is refused whatever it says."""
    headers = {"Accept": "application/json", "Content-Type": ask.media}
    return side.clients["admin"].request(ask.method, ask.path, headers=headers, content=ask.body)


def normal_write(body: Json) -> Json:
    """The answer to a dry run without what each one has anew, and with each cause of an error once."""
    found = normal(body)
    if found.get("kind") == "Status":
        causes = (found.get("details") or {}).get("causes")
        if causes:  # the API server checks some fields twice
            found["details"]["causes"] = [cause for index, cause in enumerate(causes) if cause not in causes[:index]]
    if found.get("kind") == "Job":  # selects its pods by its UID
        found = json.loads(json.dumps(found).replace(found["metadata"]["uid"], "UID"))
    for one in (found, *found.get("items", ())):
        for name in ("uid", "creationTimestamp", "deletionTimestamp"):
            one.get("metadata", {}).pop(name, None)
    return found


@pytest.mark.parametrize("ask", WRITES, ids=str)
def test_dry_runs(sides: Sides, ask: Write) -> None:
    real, replayed = send(sides.real, ask), send(sides.replay, ask)
    assert normal_write(replayed.json()) == normal_write(real.json())
    assert heading(replayed) == heading(real)


@pytest.mark.parametrize("ask", MISTYPED, ids=str)
def test_dry_runs_of_what_cannot_be_read(sides: Sides, ask: Write) -> None:
    real, replayed = send(sides.real, ask), send(sides.replay, ask)
    assert (replayed.status_code, replayed.json()["reason"]) == (real.status_code, real.json()["reason"])
    assert (
        real.json()["message"].partition("Invalid value")[0] == replayed.json()["message"].partition("Invalid value")[0]
    )


@pytest.mark.parametrize("ask", UNTOLD, ids=str)
def test_dry_runs_that_a_replay_cannot_tell(sides: Sides, ask: Write) -> None:
    assert send(sides.real, ask).status_code != 501
    answer = send(sides.replay, ask)
    assert (answer.status_code, answer.json()["reason"]) == (501, "NotImplemented")


@pytest.mark.parametrize("ask", NOT_DRY, ids=str)
def test_writes_are_refused_by_a_replay(sides: Sides, ask: Write) -> None:
    assert send(sides.replay, ask).status_code == 403


@pytest.mark.parametrize("command", KUBECTL_WRITES)
def test_kubectl_dry_runs(sides: Sides, command: str, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    replayed, real = (run(side, command, tmp_path, administrator=True) for side in (sides.replay, sides.real))
    assert settled(replayed) == settled(real)


def settled(outcome: tuple[int, Json, list[str]]) -> Json:
    """What kubectl printed of a dry run, without what each one has anew; pods are evicted in any order."""
    code, printed, complaints = outcome
    if isinstance(printed, list) and all(isinstance(line, str) for line in printed):
        printed = sorted(printed)
    text = json.dumps((code, printed, complaints))
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)


@pytest.mark.parametrize("request_", ARGOCD)
def test_the_argocd_api(sides: Sides, request_: str) -> None:
    method, _, path = request_.rpartition(" ")
    headers = {"Content-Type": "application/json"}
    real, replayed = (
        side.argocd.request(method or "GET", path, headers=headers, content=b"{}" if method else None)
        for side in (sides.real, sides.replay)
    )
    assert normal_body(replayed) == normal_body(real)
    assert heading(replayed) == heading(real)


@pytest.mark.parametrize("path", ARGOCD_REFUSED)
def test_argocd_refuses_what_it_cannot_know(sides: Sides, path: str) -> None:
    assert sides.real.argocd.get("/healthz").status_code == 200
    answer = sides.replay.argocd.get(path)
    assert answer.status_code >= 400
    assert answer.json()["message"] == answer.json()["error"]


def test_the_real_argocd_command_is_told_that_there_is_no_grpc(sides: Sides, argocd: ArgoCD, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(binaries.find("argocd")), "app", "list"],
        env={"PATH": binaries.ENVIRONMENT["PATH"], "HOME": str(tmp_path), **sides.running.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert "no gRPC API" in done.stderr


def test_ages_are_printed_as_the_api_server_does(sides: Sides) -> None:
    def cells(side: Side) -> dict[str, list[Json]]:
        path = f"{differential.CUSTOM}?includeObject=None"
        table = side.clients["reader"].get(path, headers={"Accept": differential.TABLE}).json()
        return {row["cells"][0]: row["cells"][1:3] for row in table["rows"]}

    # Around the replay's answer: a second may tick over between two of them.
    before, replayed, after = cells(sides.real), cells(sides.replay), cells(sides.real)
    assert len(replayed) == len(AGES) + 2
    assert {name for name, found in replayed.items() if found not in (before[name], after[name])} == set()


def test_pages_put_together_are_the_whole_list(sides: Sides) -> None:
    for side in (sides.real, sides.replay):
        names: list[str] = []
        token, left = "", None
        while True:
            params = {"limit": "3", "continue": token, "labelSelector": ""}
            page = side.clients["reader"].get(differential.CUSTOM, params=params).json()
            names += [item["metadata"]["name"] for item in page["items"]]
            assert left is None or page["metadata"].get("remainingItemCount", 0) == left - len(page["items"])
            left = page["metadata"].get("remainingItemCount", 0)
            token = page["metadata"].get("continue", "")
            if not token:
                break
        whole = side.clients["reader"].get(differential.CUSTOM).json()["items"]
        assert names == [item["metadata"]["name"] for item in whole]
        assert len(names) == len(AGES) + 2
