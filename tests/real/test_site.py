"""A site built straight from a real cluster and a real ArgoCD, with the least rights, as CI beside them would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real.servers.argocd import ArgoCD
from tests.real.servers.cluster import Cluster
from tests.real.servers.git import GitRepository
from tests.real.servers.process import wait_until
from tests.site.test_plugin import Site, fresh, rows

pytestmark = pytest.mark.real

COLUMNS = "columns=component,namespace,version live=status,sync,health,ready,images,revision"
PAGE = f"# All\n\n<!-- BEGIN truebook:components {COLUMNS} -->\n<!-- END truebook -->\n"
DIAGRAM = "# Stack\n\n<!-- BEGIN truebook:stack -->\n<!-- END truebook -->\n"
WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: kettle, labels: {app.kubernetes.io/name: kettle}}
spec:
  replicas: 2
  selector: {matchLabels: {app: kettle}}
  template:
    metadata: {labels: {app: kettle}}
    spec:
      terminationGracePeriodSeconds: 0 # its namespace goes at once, not half a minute later
      containers: [{name: kettle, image: "registry.homelab.local/kettle:1.4.0"}]
"""


@pytest.fixture
def site(tmp_path: Path, argocd: ArgoCD) -> Site:
    site = Site(tmp_path / "site", "{}")
    site.write("index.md", PAGE)
    site.write("ops/deep.md", DIAGRAM)
    (site.folder / "truebook.yml").write_text(f"cluster: homelab\nargocd: {{url: {argocd.url}}}\n")
    return site


@pytest.fixture
def kettle(argocd: ArgoCD, cluster_with_nodes: Cluster, git_repository: GitRepository) -> str:
    """An Application that nobody but this test changes; its namespace and name."""
    git_repository.commit({"kettle.yaml": WORKLOAD})
    cluster_with_nodes.apply(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "kettle", "namespace": "argocd"},
            "spec": {
                "project": "default",
                "source": {"repoURL": git_repository.url, "targetRevision": "main", "path": "."},
                "destination": {"server": "https://kubernetes.default.svc", "namespace": "kettle"},
                # Automated once, without healing: what a person changes stays changed.
                "syncPolicy": {"automated": {}, "syncOptions": ["CreateNamespace=true"]},
            },
        }
    )
    argocd.wait("kettle")
    return "kettle"


def row(site: Site) -> dict[str, str] | None:
    """The kettle's row by its columns, None where the page has none."""
    head, *found = rows(site.html())
    return next((dict(zip(head, cells, strict=True)) for cells in found if "kettle" in cells[0]), None)


def test_the_live_site_is_its_recordings_and_follows_the_cluster(
    site: Site, kettle: str, argocd: ArgoCD, cluster_with_nodes: Cluster, reader_kubeconfig: Path
) -> None:
    rights = {"KUBECONFIG": str(reader_kubeconfig), "ARGOCD_AUTH_TOKEN": argocd.docs_token}

    def live() -> None:
        done = site.build("--strict", **rights)
        assert done.returncode == 0, done.stderr
        assert "reading state from the cluster of context" in done.stderr

    live()
    built = fresh(site.html()), fresh(site.html("ops/deep/index.html"))
    seen = row(site)
    assert seen is not None
    assert (seen["Namespace"], seen["Ready"]) == (kettle, "2 of 2")
    assert ">1.4.0<" in seen["Version"]
    assert "Healthy" in seen["Status"]
    assert "Synced" in seen["Sync"]

    recorded = subprocess.run(
        [sys.executable, "-m", "truebook", "record", "--output", "now.json"],
        cwd=site.folder,
        env={**os.environ, **rights},
        capture_output=True,
        text=True,
        check=False,
    )
    assert recorded.returncode == 0, recorded.stderr
    assert site.build("--strict", TRUEBOOK_RECORDING="now.json").returncode == 0
    assert (fresh(site.html()), fresh(site.html("ops/deep/index.html"))) == built

    def kubectl(*arguments: str) -> None:
        cluster_with_nodes.kubectl(*arguments)

    kubectl("scale", "deployment/kettle", "--replicas=0", "-n", kettle)
    argocd.wait("kettle", sync="OutOfSync")
    live()
    seen = row(site)
    assert seen is not None
    assert seen["Ready"] == "0 of 0"
    assert "OutOfSync" in seen["Sync"]

    kubectl("set", "image", "deployment/kettle", "kettle=registry.homelab.local/kettle:2.0.0", "-n", kettle)
    live()
    seen = row(site)
    assert seen is not None
    assert ">2.0.0<" in seen["Version"]
    assert "kettle:2.0.0" in seen["Images"]

    kubectl("delete", "application", "kettle", "-n", "argocd", "--wait=true")
    kubectl("delete", "namespace", kettle, "--wait=false")
    assert wait_until(lambda: cluster_with_nodes.lacks(f"/api/v1/namespaces/{kettle}"), every=0.2)
    live()
    assert row(site) is None
