"""A real kubectl against a replay. What it prints on a real server is compared in tests/real."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.unit import replay_sample as sample
from truebook.replay.serve import Replay, start

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH")


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    with start(sample.recording(), directory=tmp_path_factory.mktemp("replay")) as running:
        yield running


def kubectl(replay: Replay, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["kubectl", *shlex.split(command)],
        env={**os.environ, **replay.environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("get pods", [["NAME", "READY", "STATUS", "RESTARTS", "AGE"], ["web-1"], ["web-2"]]),
        ("get pods web-1 --no-headers", [["web-1", "1/1", "Running", "2", "(30m", "ago)", "3h5m"]]),
        ("get pods -o name", [["pod/web-1"], ["pod/web-2"]]),
        ("get pods -A -o name -l app=vault", [["pod/other-0"], ["pod/vault-0"]]),
        ("get pods -A -o name -l 'app notin (vault)'", [["pod/web-1"], ["pod/web-2"]]),
        ("get po -o name --field-selector status.phase=Pending", [["pod/web-2"]]),
        ("get pods -A --chunk-size=1 -o name", [["pod/web-1"], ["pod/web-2"], ["pod/other-0"], ["pod/vault-0"]]),
        ("get pods -A --no-headers -o wide", [["default", "web-1"], ["default", "web-2"], ["vault-b"], ["vault"]]),
        ("get deploy,sts -A -o name", [["deployment.apps/web"], ["statefulset.apps/vault"]]),
        ("get pods -o custom-columns=N:.metadata.name --no-headers", [["web-1"], ["web-2"]]),
        ("get backups -n vault --no-headers", [["nightly", "4d5h"]]),
        ("get bk.v1.velero.io -n vault -o name", [["backup.velero.io/nightly"]]),
        ("get ns -o name", [["namespace/default"], ["namespace/vault"], ["namespace/vault-b"]]),
        ("get svc,ing -n vault -o name", [["service/vault"], ["ingress.networking.k8s.io/vault"]]),
        ("get pods --watch --no-headers", [["web-1"], ["web-2"]]),
        ("get deploy web -o jsonpath={.spec.replicas}", [["2"]]),
        ("auth can-i list pods", [["yes"]]),
        ("auth whoami -o jsonpath={.status.userInfo.username}", [["truebook-replay"]]),
        ("get --raw /healthz", [["ok"]]),
        ("wait --for=jsonpath={.status.phase}=Running pod/web-1", [["pod/web-1", "condition", "met"]]),
        ("rollout status deploy/web --timeout=9s", [["deployment", '"web"', "successfully", "rolled", "out"]]),
    ],
)
def test_what_kubectl_prints(replay: Replay, command: str, printed: list[list[str]]) -> None:
    done = kubectl(replay, command)
    assert (done.returncode, done.stderr) == (0, "")
    rows = table(done.stdout)
    assert [row[: len(expected)] for row, expected in zip(rows, printed, strict=True)] == printed


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_whole_objects(replay: Replay, form: str) -> None:
    done = kubectl(replay, f"get pods -o {form}")
    assert done.returncode == 0
    assert "registry.homelab.local/app:1" in done.stdout
    if form == "json":
        found = json.loads(done.stdout)
        assert [(item["kind"], item["metadata"]["name"]) for item in found["items"]] == [
            ("Pod", "web-1"),
            ("Pod", "web-2"),
        ]


def test_get_all(replay: Replay) -> None:
    done = kubectl(replay, "get all -A")
    assert (done.returncode, done.stderr) == (0, "")
    assert {"pod/web-1", "service/vault", "deployment.apps/web", "statefulset.apps/vault"} <= {
        row[1] for row in table(done.stdout) if len(row) > 1
    }


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("deploy web", "2 desired | 2 updated | 2 total | 2 available"),
        ("pod web-1", "registry.homelab.local/app:1"),
        ("svc vault -n vault", "10.0.0.9"),
        ("ing vault -n vault", "vault.homelab.local"),
        ("node node-a", "Non-terminated Pods:"),
        ("sts vault -n vault", "1 desired | 1 total"),
        ("bk nightly -n vault", "Kind:         Backup"),
    ],
)
def test_describe(replay: Replay, what: str, said: str) -> None:
    done = kubectl(replay, f"describe {what}")
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout


def test_discovery(replay: Replay) -> None:
    resources = table(kubectl(replay, "api-resources --no-headers").stdout)
    assert ["deployments", "deploy", "apps/v1", "true", "Deployment"] in resources
    assert ["backups", "bk", "velero.io/v1", "true", "Backup"] in resources
    assert "autoscaling/v2" in kubectl(replay, "api-versions").stdout
    assert "Server Version: v1.36.3" in kubectl(replay, "version").stdout


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("get pods nope", 'pods "nope" not found'),
        ("get nope", "the server doesn't have a resource type"),
        ("get pods -l a=b=c", ""),
        ("get pods --field-selector nope=x", "field label not supported: nope"),
        ("get cm", "this recording does not hold configmaps"),
        ("get secrets", "cannot list resource"),
        ("top pods", "Metrics API not available"),
        ("logs web-1", 'cannot get resource "pods/log"'),
        ("exec web-1 -- ls", 'cannot create resource "pods/exec"'),
        ("delete pod web-1", 'cannot delete resource "pods"'),
        ("scale deploy web --replicas=0", 'cannot patch resource "deployments/scale"'),
        ("explain pods", "not found in OpenAPI schema"),
        ("wait --for=jsonpath={.status.phase}=Running pod/web-2 --timeout=1s", "timed out waiting"),
        ("auth can-i delete pods", ""),
    ],
)
def test_what_kubectl_is_refused(replay: Replay, command: str, said: str) -> None:
    done = kubectl(replay, command)
    assert done.returncode != 0
    assert said in done.stderr
