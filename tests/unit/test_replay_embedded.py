"""The embedded homelab, replayed: all of it can be listed, printed and read."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

import truebook
from truebook import pipeline
from truebook.pipeline import State
from truebook.pipeline_systems import component_systems
from truebook.recording import Recording, load
from truebook.replay.serve import Replay, start
from truebook.replay.systems import RECORDED
from truebook.replay.web import Web

ROOT = Path(__file__).parents[2]

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return load(Path(truebook.__file__).parent / "embedded" / "homelab.json")


@pytest.fixture(scope="module")
def replay(recording: Recording, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    with start(recording, directory=tmp_path_factory.mktemp("replay")) as running:
        yield running


def test_every_recorded_list_is_served(recording: Recording, replay: Replay) -> None:
    served = 0
    with httpx.Client(base_url=replay.urls["kubernetes"], trust_env=False) as api:
        for found in recording.kubernetes().lists.values():
            root = f"/apis/{found.group}/{found.version}" if found.group else f"/api/{found.version}"
            items = api.get(f"{root}/{found.resource}").raise_for_status().json()["items"]
            table = api.get(f"{root}/{found.resource}", headers={"Accept": TABLE}).raise_for_status().json()
            assert len(items) == len(table["rows"]) == len(found.items)
            for item in (*items[:1], *items[-1:]):
                meta = item["metadata"]
                where = f"{root}/namespaces/{meta['namespace']}" if found.namespaced else root
                one = api.get(f"{where}/{found.resource}/{meta['name']}").raise_for_status().json()
                assert one == {**item, "kind": found.kind, "apiVersion": root.split("/", 2)[2]}
            served += len(items)
    assert served > 60


def test_argocd_serves_the_same_applications_as_the_cluster(replay: Replay) -> None:
    path = "/apis/argoproj.io/v1alpha1/applications"
    cluster = httpx.get(replay.urls["kubernetes"] + path, trust_env=False).raise_for_status().json()
    argocd = httpx.get(f"{replay.urls['argocd']}/api/v1/applications", trust_env=False).raise_for_status().json()
    names = [sorted(item["metadata"]["name"] for item in found["items"]) for found in (cluster, argocd)]
    assert names[0] == names[1] != []


def test_every_recorded_answer_of_the_other_systems_is_served(recording: Recording, replay: Replay) -> None:
    served = []
    for name in RECORDED:
        for written, answer in recording.http(name).answers.items():
            method, _, path = written.rpartition(" ")
            headers = {"Authorization": "Bearer any"}
            found = httpx.request(method or "GET", replay.urls[name] + path, headers=headers, trust_env=False)
            assert (found.status_code, "x-truebook-stand-in" in found.headers) == (answer.status, True), (name, written)
            if method != "HEAD" and found.headers.get("content-type") == "application/json":
                assert found.json() == msgspec.json.decode(answer.body)
            served.append(name)
    assert set(served) == {name for name in RECORDED if recording.http(name).answers}
    assert {"vault", "prometheus", "alertmanager", "grafana", "authentik"} <= set(served)


def test_the_recorded_systems_answer_at_the_homelabs_own_addresses(recording: Recording) -> None:
    state = State(recording, "a test", replayed=True)
    inventory = pipeline.build_inventory(state, pipeline.load_settings(ROOT / "truebook.yml"))
    web = Web(recording, component_systems(inventory))
    for url, status in (
        ("https://vault.homelab.local/v1/sys/health", 200),
        ("https://prometheus.homelab.local/-/ready", 200),
        ("https://prometheus.homelab.local/api/v1/alertmanagers", 200),
        ("https://grafana.homelab.local/api/health", 200),
        ("https://auth.homelab.local/-/health/ready/", 200),
        ("https://argocd.homelab.local/api/version", 200),
    ):
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        found = web.answer("GET", f"{scheme}://{host}", f"/{path}")
        assert not isinstance(found, str), found
        assert found.status_code == status
    for issuer in recording.http("oidc").answers:
        scheme, _, rest = issuer.partition("://")
        host, _, path = rest.partition("/")
        assert not isinstance(web.answer("GET", f"{scheme}://{host}", f"/{path}"), str)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH")
@pytest.mark.parametrize("kinds", ["sts,ds,ing", "nodes,app"])
def test_a_real_kubectl_describes_it(replay: Replay, kinds: str) -> None:
    for verb in ("get", "describe"):
        done = subprocess.run(
            ["kubectl", verb, kinds, *(["-A"] if kinds != "nodes,app" else ["-n", "argocd"])],
            env={**os.environ, **replay.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert len(done.stdout.splitlines()) > 10


RESTART = {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}}


@pytest.mark.parametrize("kind", ["deployments", "statefulsets"])
def test_every_workload_can_be_scaled_restarted_and_deleted_in_a_dry_run(
    recording: Recording, replay: Replay, kind: str
) -> None:
    count = 0
    with httpx.Client(base_url=replay.urls["kubernetes"], trust_env=False) as api:
        for found in recording.kubernetes().objects(f"apps/{kind}"):
            meta = found["metadata"]
            path = f"/apis/apps/v1/namespaces/{meta['namespace']}/{kind}/{meta['name']}"
            merge = {"Content-Type": "application/merge-patch+json"}
            strategic = {"Content-Type": "application/strategic-merge-patch+json"}
            dry = {"dryRun": "All"}
            scaled = api.patch(f"{path}/scale", params=dry, headers=merge, json={"spec": {"replicas": 7}})
            assert scaled.raise_for_status().json()["spec"] == {"replicas": 7}
            restarted = api.patch(path, params=dry, headers=strategic, json=RESTART).raise_for_status().json()
            assert restarted["metadata"]["generation"] == meta["generation"] + 1
            same = api.put(path, params=dry, json=api.get(path).json()).raise_for_status().json()
            assert same == api.get(path).json()
            assert api.delete(path, params=dry).raise_for_status().json()["status"] == "Success"
            count += 1
    assert count > 5


def test_external_secrets_and_nodes_can_be_changed_in_a_dry_run(recording: Recording, replay: Replay) -> None:
    data = recording.kubernetes()
    patches = [
        *(
            (f"/apis/external-secrets.io/v1/namespaces/{meta['namespace']}/externalsecrets/{meta['name']}", "metadata")
            for meta in (found["metadata"] for found in data.objects("external-secrets.io/externalsecrets"))
        ),
        *((f"/api/v1/nodes/{found['metadata']['name']}", "spec") for found in data.objects("nodes")),
    ]
    changes: dict[str, dict[str, Any]] = {
        "metadata": {"annotations": {"force-sync": "1"}},
        "spec": {"unschedulable": True},
    }
    with httpx.Client(base_url=replay.urls["kubernetes"], trust_env=False) as api:
        for path, what in patches:
            answer = api.patch(
                path,
                params={"dryRun": "All", "fieldManager": "kubectl-annotate"},
                headers={"Content-Type": "application/merge-patch+json"},
                json={what: changes[what]},
            )
            assert changes[what].items() <= answer.raise_for_status().json()[what].items() or what == "metadata"
    assert len(patches) > 5
