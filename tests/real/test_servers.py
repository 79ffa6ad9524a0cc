"""The real servers answer as the real things do, stand side by side, and leave nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import yaml

from tests.real.conftest import _start
from tests.real.servers.access import READER_RULES
from tests.real.servers.alertmanager import Alertmanager
from tests.real.servers.argocd import ArgoCD
from tests.real.servers.binaries import ENVIRONMENT
from tests.real.servers.cluster import ADVERTISED, Cluster
from tests.real.servers.git import GitRepository
from tests.real.servers.loki import Loki
from tests.real.servers.minio import Minio
from tests.real.servers.process import wait_until
from tests.real.servers.prometheus import Prometheus
from tests.real.servers.vault import Vault
from tests.real.servers.watchman import processes_of

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: web, image: "registry.homelab.local/web:1"}]}
"""


def application(name: str, repository: GitRepository, **source: object) -> dict[str, object]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": "argocd",
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {
            "project": "default",
            "source": {"repoURL": repository.url, "targetRevision": "main", **source},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": name},
            "syncPolicy": {"automated": {"prune": True}, "syncOptions": ["CreateNamespace=true"]},
        },
    }


# --- the cluster ----------------------------------------------------------------------------------------------


def test_the_api_answers_a_real_kubectl(cluster: Cluster) -> None:
    server = yaml.safe_load(cluster.kubectl("version", "-o", "yaml"))["serverVersion"]
    assert server["gitVersion"] == cluster.get("/version")["gitVersion"]
    assert "default" in cluster.kubectl("get", "namespaces")


def test_nothing_of_this_machines_network_is_in_the_cluster(cluster: Cluster) -> None:
    path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"
    assert wait_until(lambda: cluster.answers(path))
    assert [endpoint["addresses"] for endpoint in cluster.get(path)["endpoints"]] == [[ADVERTISED]]


def test_an_account_has_the_rights_it_was_given_and_no_others(cluster: Cluster) -> None:
    cluster.kubectl("create", "namespace", "granted")
    pods = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
    namespaces = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list"]}
    kubeconfig = cluster.user("narrow", [namespaces], namespaces={"granted": [pods]})
    assert "granted" in cluster.kubectl("get", "namespaces", kubeconfig=kubeconfig)
    cluster.kubectl("get", "pods", "-n", "granted", kubeconfig=kubeconfig)
    for refused in (("get", "pods"), ("get", "secrets", "-n", "granted"), ("delete", "namespace", "granted")):
        with pytest.raises(RuntimeError, match=r"forbidden.*system:serviceaccount:default:narrow"):
            cluster.kubectl(*refused, kubeconfig=kubeconfig)


def test_the_reader_may_read_what_is_listed_and_nothing_else(
    cluster_with_nodes: Cluster, reader_kubeconfig: Path
) -> None:
    with cluster_with_nodes.client(cluster_with_nodes.token_of(reader_kubeconfig)) as client:

        def may(verb: str, group: str, resource: str) -> bool:
            attributes = {"verb": verb, "group": group, "resource": resource}
            review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
            path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
            answer = client.post(path, json={**review, "spec": {"resourceAttributes": attributes}})
            return bool(answer.raise_for_status().json()["status"]["allowed"])

        for rule in READER_RULES:
            for resource in rule["resources"]:
                assert may("list", rule["apiGroups"][0], resource)
                assert not may("update", rule["apiGroups"][0], resource)
        for resource in ("secrets", "configmaps", "events", "pods/log", "serviceaccounts"):
            assert not may("get", "", resource)


def test_deployments_roll_out_on_nodes(cluster_with_nodes: Cluster) -> None:
    run = cluster_with_nodes.kubectl
    run("create", "namespace", "rollout")
    cluster_with_nodes.apply(WEB, "-n", "rollout")
    run("rollout", "status", "deployment/web", "-n", "rollout", "--timeout=120s")
    pods = cluster_with_nodes.get("/api/v1/namespaces/rollout/pods")["items"]
    assert [pod["status"]["phase"] for pod in pods] == ["Running"] * 3
    assert {pod["spec"]["nodeName"] for pod in pods} <= {"node-1", "node-2"}
    run("scale", "deployment/web", "-n", "rollout", "--replicas=1")
    run("wait", "deployment/web", "-n", "rollout", "--for=jsonpath={.status.replicas}=1", "--timeout=120s")
    run("delete", "namespace", "rollout", "--wait=false")


def test_claims_of_the_storage_class_are_bound(cluster_with_nodes: Cluster) -> None:
    storage = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "homelab.local/disks"}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    cluster_with_nodes.apply(
        [
            {**storage, "metadata": {"name": "standard"}},
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "data", "namespace": "default"},
                "spec": {**claim, "storageClassName": "standard"},
            },
        ]
    )
    cluster_with_nodes.wait("pvc/data", "jsonpath={.status.phase}=Bound", "-n", "default")
    cluster_with_nodes.kubectl("delete", "pvc/data", "-n", "default", "--timeout=120s")


def test_an_api_server_comes_back_after_it_was_stopped() -> None:
    with Cluster() as own:
        own.kubectl("create", "namespace", "kept")
        api = own.servers["kube-apiserver"]
        api.kill()
        with pytest.raises(httpx.TransportError):
            own.get("/version")
        api.restart()
        api.wait_ready(lambda: own.answers("/readyz"))
        assert own.get("/api/v1/namespaces/kept")["metadata"]["name"] == "kept"


# --- ArgoCD ---------------------------------------------------------------------------------------------------


def test_an_application_from_a_git_repository_becomes_synced_and_healthy(
    argocd: ArgoCD, git_repository: GitRepository
) -> None:
    first = git_repository.commit({"web/web.yaml": WEB})
    argocd.cluster.apply(application("from-git", git_repository, path="web"))
    status = argocd.wait("from-git")["status"]
    assert status["sync"]["revision"] == first
    assert status["summary"]["images"] == ["registry.homelab.local/web:1"]
    assert "from-git" in argocd.cli("app", "list", "-o", "name")

    second = git_repository.commit({"web/web.yaml": WEB.replace("web:1", "web:2")})
    assert wait_until(lambda: argocd.application("from-git")["status"]["sync"].get("revision") == second)
    assert argocd.wait("from-git")["status"]["summary"]["images"] == ["registry.homelab.local/web:2"]
    argocd.cli("app", "delete", "from-git", "--yes", "--wait")


def test_the_docs_account_may_read_and_not_sync(argocd: ArgoCD, git_repository: GitRepository) -> None:
    git_repository.commit({"web/web.yaml": WEB})
    argocd.cluster.apply(application("docs-account", git_repository, path="web"))
    argocd.wait("docs-account")
    token = argocd.docs_token
    listed = argocd.request("GET", "/api/v1/applications", token=token).raise_for_status().json()["items"]
    assert "docs-account" in {item["metadata"]["name"] for item in listed}
    assert "docs-account" in argocd.cli("app", "list", "-o", "name", token=token)
    for path in ("/api/v1/applicationsets", "/api/v1/projects"):
        assert argocd.request("GET", path, token=token).status_code == 200
    refused = argocd.request("POST", "/api/v1/applications/docs-account/sync", token=token, json={})
    assert refused.status_code == 403
    assert "permission denied: applications, sync" in refused.json()["message"]
    assert argocd.request("DELETE", "/api/v1/applications/docs-account", token=token).status_code == 403
    assert argocd.request("GET", "/api/v1/applications", token="nobody").status_code == 401
    argocd.cli("app", "delete", "docs-account", "--yes", "--wait")


def test_an_application_set_makes_an_application(argocd: ArgoCD, git_repository: GitRepository) -> None:
    git_repository.commit({"apps/one/web.yaml": WEB})
    made = application("{{path.basename}}-of-set", git_repository, path="{{path}}")
    generators = [{"git": {"repoURL": git_repository.url, "revision": "main", "directories": [{"path": "apps/*"}]}}]
    meta = {"name": "set", "namespace": "argocd"}
    template = {"metadata": {"name": "{{path.basename}}-of-set"}, "spec": made["spec"]}
    application_set = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": meta}
    argocd.cluster.apply({**application_set, "spec": {"generators": generators, "template": template}})
    owner = argocd.wait("one-of-set")["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["name"]) == ("ApplicationSet", "set")
    argocd.cluster.kubectl("delete", "applicationset/set", "-n", "argocd", "--timeout=120s")


def test_a_chart_is_rendered_by_helm(argocd: ArgoCD, git_repository: GitRepository) -> None:
    template = WEB.replace("replicas: 3", "replicas: {{ .Values.replicas }}")
    git_repository.commit(
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\n",
            "chart/values.yaml": "replicas: 1\n",
            "chart/templates/web.yaml": template,
        }
    )
    parameters = [{"name": "replicas", "value": "2"}]
    argocd.cluster.apply(application("from-chart", git_repository, path="chart", helm={"parameters": parameters}))
    argocd.wait("from-chart")
    assert argocd.cluster.get("/apis/apps/v1/namespaces/from-chart/deployments/web")["spec"]["replicas"] == 2
    argocd.cli("app", "delete", "from-chart", "--yes", "--wait")


def test_a_kustomization_is_built(argocd: ArgoCD, git_repository: GitRepository) -> None:
    image = {"name": "registry.homelab.local/web", "newTag": "7"}
    kustomization = {"resources": ["../base"], "namePrefix": "blue-", "images": [image]}
    git_repository.commit(
        {
            "base/web.yaml": WEB,
            "base/kustomization.yaml": yaml.safe_dump({"resources": ["web.yaml"]}),
            "blue/kustomization.yaml": yaml.safe_dump(kustomization),
        }
    )
    argocd.cluster.apply(application("kustomized", git_repository, path="blue"))
    status = argocd.wait("kustomized")["status"]
    assert [resource["name"] for resource in status["resources"]] == ["blue-web"]
    assert status["summary"]["images"] == ["registry.homelab.local/web:7"]
    argocd.cli("app", "delete", "kustomized", "--yes", "--wait")


# --- Prometheus and Alertmanager ------------------------------------------------------------------------------


def test_prometheus_evaluates_its_rules(prometheus: Prometheus) -> None:
    def states() -> dict[str, str]:
        groups = prometheus.get("/api/v1/rules", type="alert")["groups"]
        return {rule["name"]: rule["state"] for group in groups for rule in group["rules"]}

    assert wait_until(lambda: states() == {"AlwaysFiring": "firing", "NeverFiring": "inactive"}), states()


def test_alertmanager_keeps_the_alerts_it_is_sent(alertmanager: Alertmanager) -> None:
    alertmanager.post_alerts([{"labels": {"alertname": "DiskFull", "instance": "nas"}}])

    def names() -> set[str]:
        return {alert["labels"]["alertname"] for alert in alertmanager.get("/api/v2/alerts")}

    assert wait_until(lambda: "DiskFull" in names())
    assert alertmanager.get("/api/v2/status")["cluster"]["status"] == "disabled"


# --- Vault, MinIO and Loki ------------------------------------------------------------------------------------


HCL = """
listener "tcp" {
  address         = "[::]:8200"
  cluster_address = "[::]:8201"
  tls_disable     = true
}
storage "raft" {
  path    = "/vault/data"
  node_id = "vault-0"
}
api_addr      = "https://vault.homelab.local"
cluster_addr  = "http://vault-0.vault-internal:8201"
cluster_name  = "homelab"
disable_mlock = true
"""


@pytest.fixture
def vault(request: pytest.FixtureRequest) -> Iterator[Vault]:
    with _start(request, lambda: Vault(HCL)) as server:
        yield server


def test_vault_runs_as_it_is_configured_and_can_be_sealed(vault: Vault) -> None:
    assert vault.request("GET", "sys/health").json()["cluster_name"] == "homelab"
    assert vault.request("GET", "sys/seal-status").json()["storage_type"] == "raft"
    assert "secret/" not in vault.read("sys/mounts")["data"]
    vault.seal()
    assert vault.request("GET", "sys/health").status_code == 503
    vault.unseal()
    assert vault.request("GET", "sys/health").status_code == 200


def test_minio_keeps_buckets(minio: Minio) -> None:
    assert minio.request("HEAD", "/velero").status_code == 404
    minio.make_bucket("velero")
    assert minio.request("HEAD", "/velero").status_code == 200
    assert httpx.head(f"{minio.url}/velero", trust_env=False).status_code == 403


def test_loki_says_its_version_once_it_is_ready(loki: Loki) -> None:
    assert httpx.get(f"{loki.url}/ready", trust_env=False).text.strip() == "ready"
    built = httpx.get(f"{loki.url}/loki/api/v1/status/buildinfo", trust_env=False).json()
    assert re.fullmatch(r"3\.\d+\.\d+", built["version"])


def test_an_alert_that_is_known_is_silenced(alertmanager: Alertmanager) -> None:
    alertmanager.post_alerts([{"labels": {"alertname": "Known", "instance": "nas"}}])
    alertmanager.silence({"alertname": "Known"}, comment="is known", by="robin", ends=datetime(2099, 1, 1, tzinfo=UTC))

    def state() -> list[str]:
        alerts = alertmanager.get("/api/v2/alerts")
        return [alert["status"]["state"] for alert in alerts if alert["labels"]["alertname"] == "Known"]

    assert wait_until(lambda: state() == ["suppressed"])


# --- living and dying -----------------------------------------------------------------------------------------


def test_two_clusters_stand_side_by_side_and_leave_nothing() -> None:
    with Cluster(name="one") as one:
        with Cluster(name="two") as two:
            one.kubectl("create", "namespace", "only-in-one")
            assert "only-in-one" in one.kubectl("get", "namespaces")
            assert "only-in-one" not in two.kubectl("get", "namespaces")
            assert two.kubectl("config", "current-context").strip() == "two"
        assert not processes_of(two.folder)
        assert not two.folder.exists()
        assert one.get("/version")
    assert not processes_of(one.folder)
    assert not one.folder.exists()


OWNER = """
import time
from tests.real.servers.cluster import ADVERTISED, Cluster
cluster = Cluster(nodes=1)
print(cluster.folder, flush=True)
time.sleep(600)
"""


def test_a_cluster_does_not_outlive_a_killed_owner() -> None:
    command = [sys.executable, "-c", OWNER]
    with subprocess.Popen(command, cwd=ROOT, env=dict(ENVIRONMENT), stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        servers = processes_of(folder)
        os.kill(owner.pid, signal.SIGKILL)
    assert len(servers) == 5  # etcd, the API server, the controllers, the scheduler, kwok
    assert wait_until(lambda: not processes_of(folder) and not folder.exists())
