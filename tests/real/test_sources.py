"""The sources against a real API server, a real ArgoCD and real Git, with the least rights that the docs name."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.real.servers.access import READER_RULES
from tests.real.servers.argocd import ArgoCD
from tests.real.servers.cluster import Cluster
from tests.real.servers.git import GitRepository
from tests.real.servers.process import wait_until
from truebook.recording import Recording, dump, load, save
from truebook.redact import REDACTED
from truebook.settings import ArgoCDSettings, GitSettings, KubernetesSettings, Settings
from truebook.state.collect import collect

pytestmark = pytest.mark.real

ONLY_CLUSTER = Settings(argocd=ArgoCDSettings(enabled=False), git=GitSettings(enabled=False))
DEPLOYMENTS = "apps/deployments"
PLANTED = "pl4nted-s3cret-9d8f7a6b"
WEB = f"""
apiVersion: v1
kind: Namespace
metadata: {{name: sources}}
---
apiVersion: v1
kind: Secret
metadata: {{name: web, namespace: sources}}
stringData: {{password: {PLANTED}}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: sources
  annotations: {{example.org/upstream: "https://user:{PLANTED}@upstream.homelab.local/"}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
        - name: web
          image: registry.homelab.local/web:1
          args: [--listen=:8080, --db-password={PLANTED}]
          env:
            - {{name: API_TOKEN, value: {PLANTED}}}
            - {{name: DB_PASSWORD, valueFrom: {{secretKeyRef: {{name: web, key: password}}}}}}
"""


@pytest.fixture(scope="module")
def web(cluster_with_nodes: Cluster) -> Cluster:
    """The cluster with a workload that gives a secret away in every way but a Secret."""
    # Client-side apply leaves the annotation that repeats the object.
    cluster_with_nodes.kubectl("apply", "-f", "-", stdin=WEB)
    cluster_with_nodes.wait("deployment/web", "condition=Available", "-n", "sources")
    return cluster_with_nodes


def differences(one: Recording, other: Recording) -> str:
    """The lines in which two recordings differ, apart from what time changes."""
    was, now = (json.dumps(comparable(recording), indent=1).splitlines() for recording in (one, other))
    return "\n".join(difflib.unified_diff(was, now, lineterm="", n=12))


def differences_at_rest(one: Callable[[], Recording], other: Callable[[], Recording]) -> str:
    """In what two readings differ, made one after the other while nothing in the cluster changes. Controllers may still
    be at work on what earlier tests left; readings that never agree are another matter."""
    found = ""

    def agree() -> bool:
        nonlocal found
        found = differences(one(), other())
        return not found

    wait_until(agree, every=1)
    return found


def comparable(recording: Recording) -> dict[str, object]:
    """A recording without what time changes: when it was read, printed ages, and what nodes report of themselves."""
    found: dict[str, Any] = msgspec.json.decode(dump(recording))
    del found["recorded_at"]
    for part in found["parts"].values():
        del part["read_at"]
    for listed in found["parts"]["kubernetes"]["data"]["lists"].values():
        ages = {place for place, column in enumerate(listed["columns"]) if column["name"] in ("Age", "Last Schedule")}
        listed["cells"] = [[cell for place, cell in enumerate(row) if place not in ages] for row in listed["cells"]]
    return found


def test_the_least_rights_suffice_and_nothing_secret_is_recorded(
    web: Cluster, reader_kubeconfig: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(reader_kubeconfig))
    recording = collect(ONLY_CLUSTER)
    part = recording.parts["kubernetes"]
    assert (part.state, part.reason) == ("fresh", "")
    assert {read.state for read in part.reads} <= {"read", "absent"}
    assert recording.cluster.name == web.name
    assert recording.cluster.version == web.get("/version")["gitVersion"]

    data = recording.kubernetes()
    places = {(found["metadata"]["namespace"], found["metadata"]["name"]): found for found in data.objects(DEPLOYMENTS)}
    deployment = places["sources", "web"]
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert (deployment["apiVersion"], deployment["kind"]) == ("apps/v1", "Deployment")
    assert container["args"] == ["--listen=:8080", f"--db-password={REDACTED}"]
    assert container["env"][0] == {"name": "API_TOKEN", "value": REDACTED}
    assert container["env"][1]["valueFrom"]["secretKeyRef"] == {"name": "web", "key": "password"}
    assert "managedFields" not in deployment["metadata"]
    assert "kubectl.kubernetes.io/last-applied-configuration" not in deployment["metadata"]["annotations"]

    file = tmp_path / "recording.json"
    save(recording, file)
    assert PLANTED not in file.read_text()
    assert "secrets" not in data.lists
    assert dump(load(file)) == file.read_bytes()


def test_every_object_is_whole_and_comes_with_its_printed_cells(web: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(web.kubeconfig))
    data = collect(ONLY_CLUSTER).kubernetes()
    assert len(data.lists["pods"].items) >= 2
    for listed in data.lists.values():
        names = [
            f"{found['metadata'].get('namespace', '')}/{found['metadata']['name']}"
            for found in data.objects(listed.key)
        ]
        assert names == sorted(names)
        assert len(listed.cells) == len(listed.items)
        for found, cells in zip(data.objects(listed.key), listed.cells, strict=True):
            assert found["kind"] == listed.kind
            assert found["apiVersion"] == (f"{listed.group}/{listed.version}" if listed.group else listed.version)
            row = msgspec.json.decode(cells)
            assert len(row) == len(listed.columns)
            assert row[0] == found["metadata"]["name"]
    printed = web.kubectl("get", "deployment", "web", "-n", "sources", "--no-headers").split()
    rows = zip(data.objects(DEPLOYMENTS), data.lists[DEPLOYMENTS].cells, strict=True)
    cells = next(
        msgspec.json.decode(row)
        for found, row in rows
        if (found["metadata"]["namespace"], found["metadata"]["name"]) == ("sources", "web")
    )
    assert [str(cell) for cell in cells[:4]] == printed[:4]


def test_what_is_forbidden_is_said_once_and_the_rest_is_read(web: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [
        {**rule, "resources": tuple(resource for resource in rule["resources"] if resource != "nodes")}
        for rule in READER_RULES
    ]
    monkeypatch.setenv("KUBECONFIG", str(web.user("without-nodes", rules)))
    part = collect(ONLY_CLUSTER).parts["kubernetes"]
    assert part.state == "fresh"
    forbidden = [read for read in part.reads if read.state == "forbidden"]
    assert [read.what for read in forbidden] == ["nodes"]
    assert re.search(r"403 Forbidden: nodes is forbidden: User .*without-nodes", forbidden[0].reason)
    assert next(read for read in part.reads if read.what == "pods").count >= 2


def test_an_account_that_may_do_nothing_and_a_wrong_token_fail_the_source(
    web: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(web.user("nobody", [])))
    part = collect(ONLY_CLUSTER).parts["kubernetes"]
    assert part.state == "failed"
    assert "not permitted to list anything" in part.reason
    monkeypatch.setenv("KUBECONFIG", str(web.write_kubeconfig("stranger", "not-a-token")))
    part = collect(ONLY_CLUSTER).parts["kubernetes"]
    assert part.state == "failed"
    assert "401 Unauthorized" in part.reason


def test_an_unchanged_cluster_gives_the_same_recording(
    web: Cluster, reader_kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(reader_kubeconfig))
    now = datetime.now(UTC)
    later = now + timedelta(hours=1)
    assert differences_at_rest(lambda: collect(ONLY_CLUSTER, now=now), lambda: collect(ONLY_CLUSTER, now=later)) == ""
    assert collect(ONLY_CLUSTER, now=now).recorded_at != collect(ONLY_CLUSTER, now=later).recorded_at


def test_pages_are_joined(web: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(web.kubeconfig))

    def in_pages() -> Recording:
        with monkeypatch.context() as patch:
            patch.setattr("truebook.state.sources.kubernetes.PAGE", 3)
            return collect(ONLY_CLUSTER)

    assert differences_at_rest(lambda: collect(ONLY_CLUSTER), in_pages) == ""


def test_argocd_and_git_with_the_docs_account(
    argocd: ArgoCD,
    web: Cluster,
    reader_kubeconfig: Path,
    git_repository: GitRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deployed = git_repository.commit(
        {"config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: read}\ndata: {colour: blue}\n"}
    )
    web.apply(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "sources-read", "namespace": "argocd"},
            "spec": {
                "project": "default",
                "source": {"repoURL": git_repository.url, "targetRevision": "main", "path": "."},
                "destination": {"server": "https://kubernetes.default.svc", "namespace": "sources"},
                "syncPolicy": {"automated": {}},
            },
        }
    )
    argocd.wait("sources-read")
    web.kubectl("patch", "application", "sources-read", "-n", "argocd", "--type=merge", "-p",
                '{"spec":{"syncPolicy":null}}')  # fmt: skip
    ahead = git_repository.commit({"more.txt": "not deployed"})

    monkeypatch.setenv("KUBECONFIG", str(reader_kubeconfig))
    monkeypatch.setenv("ARGOCD_AUTH_TOKEN", argocd.docs_token)
    settings = Settings(kubernetes=KubernetesSettings(), argocd=ArgoCDSettings(url=argocd.url))
    recording = collect(settings)
    states = {status.name: (status.state, status.reason) for status in recording.statuses()}
    assert {name: states.pop(name) for name in ("kubernetes", "argocd", "git")} == dict.fromkeys(
        ("kubernetes", "argocd", "git"), ("fresh", "")
    )
    assert {state for state, _ in states.values()} == {"absent"}

    answers = recording.http("argocd")
    assert answers.url == argocd.url
    assert answers.json("/api/version")["Version"]
    applications = {found["metadata"]["name"]: found for found in answers.json("/api/v1/applications")["items"]}
    assert applications["sources-read"]["status"]["sync"]["revision"] in (deployed, ahead)
    assert applications["sources-read"]["status"]["history"][-1]["revision"] == deployed
    assert "managedFields" not in applications["sources-read"]["metadata"]
    remote = recording.git().remotes[git_repository.url]
    assert remote.head == "refs/heads/main"
    assert remote.refs["refs/heads/main"] == remote.refs["HEAD"] == ahead != deployed
    assert remote.distances == {f"{deployed}..{ahead}": {"ahead": 1, "behind": 0}}
    assert argocd.docs_token.encode() not in dump(recording)

    monkeypatch.delenv("ARGOCD_AUTH_TOKEN")
    without = collect(settings)
    reads = {read.what: read for read in without.parts["argocd"].reads}
    assert reads["/api/v1/settings"].state == "read"
    assert reads["/api/v1/applications"].state == "forbidden"
    # Git falls back to the Application objects.
    assert without.git().remotes[git_repository.url].refs["HEAD"] == ahead

    monkeypatch.setenv("ARGOCD_AUTH_TOKEN", "not-a-token")
    stale = collect(settings, previous=recording)
    assert stale.parts["argocd"].state == "stale"
    assert "401" in stale.parts["argocd"].reason
    assert bytes(stale.parts["argocd"].data) == bytes(recording.parts["argocd"].data)
    switched_off = collect(replace(settings, argocd=ArgoCDSettings(enabled=False)), previous=recording)
    assert switched_off.parts["argocd"].state == "absent"
