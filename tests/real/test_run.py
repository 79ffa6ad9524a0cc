"""`truebook run` against a real cluster and a real ArgoCD: commands are tested there, and nothing changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.real.servers.argocd import ArgoCD
from tests.real.servers.cluster import Cluster
from tests.real.servers.git import GitRepository
from tests.real.test_site import WORKLOAD

pytestmark = pytest.mark.real

PAGE = """\
# Teapot

```bash
kubectl get deployment teapot -n teapot
kubectl rollout status deployment/teapot -n teapot --timeout=20s
```

```bash
kubectl scale deployment/teapot --replicas=0 -n teapot
```

```bash
kubectl delete deployment teapot -n teapot
```

```bash
argocd app sync teapot
```

```bash
kubectl get deployment tea-cosy -n teapot
```
"""


@pytest.fixture
def teapot(argocd: ArgoCD, cluster_with_nodes: Cluster, git_repository: GitRepository) -> str:
    git_repository.commit({"teapot.yaml": WORKLOAD.replace("kettle", "teapot")})
    cluster_with_nodes.apply(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "teapot", "namespace": "argocd"},
            "spec": {
                "project": "default",
                "source": {"repoURL": git_repository.url, "targetRevision": "main", "path": "."},
                "destination": {"server": "https://kubernetes.default.svc", "namespace": "teapot"},
                "syncPolicy": {"automated": {}, "syncOptions": ["CreateNamespace=true"]},
            },
        }
    )
    argocd.wait("teapot")
    return "teapot"


def test_blocks_are_tested_on_the_live_systems_and_change_nothing(
    teapot: str, argocd: ArgoCD, cluster_with_nodes: Cluster, tmp_path: Path
) -> None:
    (tmp_path / "page.md").write_text(PAGE)
    (tmp_path / "truebook.yml").write_text(f"cluster: homelab\nargocd: {{url: {argocd.url}}}\n")
    deployment = "/apis/apps/v1/namespaces/teapot/deployments/teapot"
    before = cluster_with_nodes.get(deployment)
    operation = argocd.application("teapot")["status"]["operationState"]

    done = subprocess.run(
        [sys.executable, "-m", "truebook", "run", "page.md", "--json", "results.json"],
        cwd=tmp_path,
        env={
            **os.environ,
            # The most that could go wrong: the administrator's own credentials.
            "KUBECONFIG": str(cluster_with_nodes.kubeconfig),
            "ARGOCD_AUTH_TOKEN": argocd.admin_token,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr  # the deployment that there is not
    found: Any = json.loads((tmp_path / "results.json").read_text())
    blocks = found["blocks"] if isinstance(found, dict) else found
    assert [(block["plan"], block["result"]) for block in blocks] == [
        ("run", "passed"),
        ("dry-run", "passed"),
        ("dry-run", "passed"),
        ("prove", "passed"),
        ("run", "failed"),
    ], done.stdout + done.stderr
    assert cluster_with_nodes.get(deployment)["metadata"]["uid"] == before["metadata"]["uid"]
    assert cluster_with_nodes.get(deployment)["spec"] == before["spec"]
    assert argocd.application("teapot")["status"]["operationState"] == operation
