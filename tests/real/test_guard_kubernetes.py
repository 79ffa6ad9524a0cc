"""Commands that would change a cluster go through sandbox and guard to a real API server, as its administrator:
nothing changes. Without the guard's rewriting, the same commands do change it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import REQUIRE_REAL
from tests.real.conftest import _start
from tests.real.guard.scene import HERE, LEFT_OPEN, Outcome, Scene, changes, digest, fill, kubectls, run, write_files
from tests.real.servers.cluster import Cluster
from truebook.guard import kubernetes
from truebook.guard.request import Decision, Forward, GuardRequest

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200), LEFT_OPEN]

TABLE: dict[str, Any] = yaml.safe_load((HERE / "mutations.yml").read_text())
COMMANDS: dict[str, list[str]] = TABLE["commands"]
ALIKE: list[str] = yaml.safe_load((HERE / "alike.yml").read_text())
WORKERS = 4


@pytest.fixture(scope="module")
def shop(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster of this module's own: its whole etcd is compared."""
    with _start(request, lambda: Cluster(name="guarded")) as cluster:
        fill(cluster)
        yield cluster


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_files(tmp_path, TABLE["files"])
    return tmp_path


def test_no_command_changes_anything(shop: Cluster, folder: Path) -> None:
    lines = [line for category in COMMANDS.values() for line in category]
    assert len(set(lines)) == len(lines) >= 300
    versions = kubectls()
    before = digest(shop)
    scene = Scene(shop, kubernetes.SYSTEM, folder)
    assert scene.place == "bubblewrap" or not REQUIRE_REAL
    try:
        with ThreadPoolExecutor(WORKERS) as pool:
            turns = ((line, versions[number % len(versions)]) for number, line in enumerate(lines))
            outcomes = list(pool.map(lambda turn: scene.run(*turn), turns))
    finally:
        scene.close()
    assert changes(before, digest(shop)) == []
    # A row that asks for no change proves nothing.
    assert [said(outcome) for outcome in outcomes if not tried(outcome)] == []
    assert sum(outcome.code == 0 for outcome in outcomes) > len(outcomes) / 2


def tried(outcome: Outcome) -> bool:
    """Whether a command asked for something that was made a dry run or refused."""
    return any(record.decision in ("dry-run", "refuse") for record in outcome.requests)


def said(outcome: Outcome) -> str:
    return f"{outcome.line}\n  exit {outcome.code}: {outcome.output[-300:]}"


@pytest.mark.parametrize("line", ALIKE)
def test_a_dry_run_answers_as_the_servers_own(shop: Cluster, folder: Path, line: str) -> None:
    kubectl = kubectls()[-1]
    scene = Scene(shop, kubernetes.SYSTEM, folder)
    try:
        ours = scene.run(line, kubectl)
    finally:
        scene.close()
    home = folder / ".home"
    home.mkdir()
    environment = {"KUBECONFIG": str(shop.kubeconfig), "HOME": str(home)}
    code, output = run(f"{line} --dry-run=server", kubectl, folder, environment)
    assert (ours.code, plain(ours.output)) == (code, plain(output))
    # Some mistakes kubectl itself finds.
    assert code is not None
    assert code != 0 or any(record.decision == "dry-run" for record in ours.requests)


def plain(output: str) -> str:
    """Output without what differs from one dry run to the next."""
    for pattern, instead in (
        (r" \((?:server )?dry run\)", ""),
        (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UID"),
        (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
        (r"\b10\.0\.0\.\d+\b", "IP"),
        (r"\bmade-[a-z0-9]{5}\b", "made-NAME"),
        (r"(nodePort: )3\d{4}", r"\1PORT"),
    ):
        output = re.sub(pattern, instead, output)
    return output


def let_pass(request: GuardRequest) -> Decision:
    """A guard that decides nothing."""
    return Forward(request)


TELLING = (
    "kubectl -n shop create configmap more --from-literal=a=b",
    "kubectl -n shop apply -f pod.yaml",
    "kubectl -n shop apply --server-side -f gadget.yaml",
    """kubectl -n shop patch deployment web -p '{"spec":{"replicas":7}}'""",
    """EDITOR="sed -i 's/nginx:1.27/evil:1/'" kubectl -n shop edit deployment web""",
    "kubectl -n shop label deployment web a=b",
    "kubectl -n shop annotate deployment web a=b",
    "kubectl -n shop scale deployment web --replicas=0",
    "kubectl -n shop autoscale deployment web --max=5",
    "kubectl -n shop rollout restart deployment web",
    "kubectl -n shop rollout undo deployment web",
    "kubectl -n shop set image deployment web web=nginx:9",
    "kubectl cordon node-1",
    "kubectl -n shop expose deployment web --port=80 --name=api",
    "kubectl -n shop run tmp --image=busybox",
    "kubectl -n shop replace -f settings.yaml",
    "kubectl auth reconcile -f rbac.yaml",
    "kubectl certificate approve jo",
    "kubectl -n shop debug alone --image=busybox",
    "kubectl -n shop delete pod alone --wait=false",
    "kubectl -n shop delete configmap settings",
    "kubectl delete --raw /api/v1/namespaces/shop/secrets",
    "curl -sS --path-as-is -X DELETE $API/apis/apps/v1/namespaces/shop/deployments/web",
    "kubectl delete namespace shop spare --wait=false",
)
"""Of the table, and one more by curl: each does change something where nothing stops it, one after another."""


# Last: it changes the cluster.
def test_without_the_guard_they_do(shop: Cluster, folder: Path) -> None:
    kubectl = kubectls()[-1]
    scene = Scene(shop, replace(kubernetes.SYSTEM, decide=let_pass), folder)
    unchanged = []
    try:
        for line in TELLING:
            before = digest(shop)
            outcome = scene.run(line, kubectl)
            if not changes(before, digest(shop)):
                unchanged.append(said(outcome))
    finally:
        scene.close()
    assert unchanged == []


def test_what_tells_is_of_the_table() -> None:
    table = {line for category in COMMANDS.values() for line in category}
    assert [line for line in TELLING if line not in table and not line.startswith("curl")] == []
