"""`deploy/` on real servers: with its rights and no more truebook records, checks and runs, and can do nothing else."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.real.conftest import _start
from tests.real.guard.scene import changes, digest, fill
from tests.real.servers import binaries
from tests.real.servers.argocd import ArgoCD
from tests.real.servers.cluster import Cluster
from tests.real.servers.git import GitRepository
from tests.real.servers.process import Room, free_port, wait_until
from tests.real.test_policy import DENIED, DEPLOY, Account, refusal
from tests.real.test_site import WORKLOAD
from truebook import recording

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

FOLDERS = sorted(path.parent.relative_to(DEPLOY).as_posix() for path in DEPLOY.rglob("kustomization.yaml"))
POLICY_FILE = "content-security-policy.conf"
Request = tuple[str, str, Any]
"""Method, path, body."""


def rendered(folder: str, cluster: Cluster) -> list[dict[str, Any]]:
    """What kubectl makes of a kustomization."""
    return [one for one in yaml.safe_load_all(cluster.kubectl("kustomize", str(DEPLOY / folder))) if one]


def named(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    api = {"Deployment": "apps/v1", "Role": f"{RBAC}/v1", "RoleBinding": f"{RBAC}/v1", "ClusterRole": f"{RBAC}/v1"}
    api |= {"ClusterRoleBinding": f"{RBAC}/v1", "Job": "batch/v1"}
    return {"apiVersion": api.get(kind, "v1"), "kind": kind, "metadata": {"name": name}, **fields}


# --- the account on the API server ---------------------------------------------------------------------------------

RBAC = "rbac.authorization.k8s.io"
SHOP = "/api/v1/namespaces/shop"
APPS = "/apis/apps/v1/namespaces/shop"
ROLES = f"/apis/{RBAC}/v1"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
POLICY = f"{ADMISSION}/validatingadmissionpolicies/truebook-dry-runs-only"
DRY = "?dryRun=All"
CONTAINERS = {"containers": [{"name": "web", "image": "nginx:1.27"}]}
POD = named("Pod", "made", spec=CONTAINERS)
DEPLOYMENT = named(
    "Deployment",
    "made",
    spec={
        "selector": {"matchLabels": {"app": "made"}},
        "template": {"metadata": {"labels": {"app": "made"}}, "spec": CONTAINERS},
    },
)
ME = [{"kind": "ServiceAccount", "name": "truebook", "namespace": "truebook"}]
ADMIN = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
ANYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
NONE = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
TOKEN = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
LABEL = {"metadata": {"labels": {"a": "b"}}}
EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "alone", "namespace": "shop"}}

# Dry runs of what its roles grant: each is answered with 2xx, and without `dryRun` with 403.
DRY_RUNS: list[Request] = [
    ("POST", f"{SHOP}/pods", POD),
    ("POST", f"{APPS}/deployments", DEPLOYMENT),
    ("POST", "/api/v1/namespaces", named("Namespace", "made")),
    ("PATCH", f"{APPS}/deployments/web", LABEL),
    ("PATCH", f"{APPS}/deployments/web/scale", {"spec": {"replicas": 0}}),
    ("PATCH", f"{APPS}/statefulsets/db", LABEL),
    ("PATCH", f"{SHOP}/services/db", LABEL),
    ("PATCH", "/api/v1/nodes/node-1", {"spec": {"unschedulable": True}}),
    ("PATCH", "/apis/batch/v1/namespaces/shop/cronjobs/nightly", {"spec": {"suspend": True}}),
    ("DELETE", f"{SHOP}/pods/alone", None),
    ("DELETE", f"{SHOP}/pods", None),
    ("DELETE", f"{APPS}/deployments/web", None),
    ("DELETE", "/api/v1/namespaces/spare", None),
    ("DELETE", "/api/v1/nodes/node-2", None),
    ("DELETE", f"{SHOP}/persistentvolumeclaims/data", None),
    ("POST", f"{SHOP}/pods/alone/eviction", EVICTION),
]

# What it may not even as a dry run.
NEVER: list[Request] = [
    # Secrets and what may hold them
    ("GET", f"{SHOP}/secrets/db", None),
    ("GET", f"{SHOP}/secrets", None),
    ("GET", "/api/v1/secrets", None),
    ("GET", "/api/v1/secrets?watch=true&timeoutSeconds=1", None),
    ("PATCH", f"{SHOP}/secrets/db{DRY}", LABEL),
    ("POST", f"{SHOP}/secrets{DRY}", named("Secret", "made")),
    ("DELETE", f"{SHOP}/secrets/db{DRY}", None),
    ("GET", f"{SHOP}/configmaps/settings", None),
    ("GET", "/api/v1/configmaps", None),
    ("PATCH", f"{SHOP}/configmaps/settings{DRY}", LABEL),
    # Into pods, and by way of others
    ("GET", f"{SHOP}/pods/alone/exec?command=id&stdout=true", None),
    ("POST", f"{SHOP}/pods/alone/exec?command=id&stdout=true", None),
    ("GET", f"{SHOP}/pods/alone/attach?stdout=true", None),
    ("GET", f"{SHOP}/pods/alone/portforward", None),
    ("GET", f"{SHOP}/pods/alone/proxy/", None),
    ("GET", f"{SHOP}/services/http:db:5432/proxy/", None),
    ("GET", "/api/v1/nodes/node-1/proxy/pods", None),
    ("PATCH", f"{SHOP}/pods/alone/ephemeralcontainers{DRY}", {"spec": {"ephemeralContainers": []}}),
    # To more rights
    ("POST", f"{SHOP}/serviceaccounts/builder/token{DRY}", TOKEN),
    ("POST", f"/api/v1/namespaces/truebook/serviceaccounts/truebook/token{DRY}", TOKEN),
    ("POST", f"{ROLES}/clusterrolebindings{DRY}", named("ClusterRoleBinding", "made", roleRef=ADMIN, subjects=ME)),
    ("POST", f"{ROLES}/namespaces/shop/rolebindings{DRY}", named("RoleBinding", "made", roleRef=ADMIN, subjects=ME)),
    ("POST", f"{ROLES}/clusterroles{DRY}", named("ClusterRole", "made", rules=ANYTHING)),
    ("POST", f"{ROLES}/namespaces/shop/roles{DRY}", named("Role", "made", rules=NONE)),
    ("PATCH", f"{ROLES}/clusterroles/truebook-read{DRY}", {"rules": ANYTHING}),
    ("PATCH", f"{ROLES}/namespaces/shop/roles/reader{DRY}", LABEL),
    ("DELETE", f"{ROLES}/clusterrolebindings/shop:nodes{DRY}", None),
    ("POST", f"{SHOP}/serviceaccounts{DRY}", named("ServiceAccount", "made")),
    ("GET", f"{ROLES}/clusterroles", None),
    # Around the policy
    ("DELETE", f"{POLICY}{DRY}", None),
    ("PATCH", f"{POLICY}{DRY}", {"spec": {"failurePolicy": "Ignore"}}),
    ("GET", f"{ADMISSION}/validatingadmissionpolicies", None),
    ("PATCH", f"{ADMISSION}/validatingadmissionpolicybindings/truebook-dry-runs-only{DRY}", LABEL),
    ("GET", f"{ADMISSION}/mutatingwebhookconfigurations", None),
    ("GET", "/apis/certificates.k8s.io/v1/certificatesigningrequests", None),
    ("DELETE", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.shop.example{DRY}", None),
    ("PATCH", f"/apis/apps/v1/namespaces/shop/daemonsets/agent/status{DRY}", LABEL),
    # Kinds that it does not know of
    ("GET", "/apis/shop.example/v1/gadgets", None),
    ("PATCH", f"/apis/shop.example/v1/namespaces/shop/gadgets/one{DRY}", LABEL),
    ("GET", "/apis/coordination.k8s.io/v1/leases", None),
    ("DELETE", f"/api/v1/persistentvolumes/disk{DRY}", None),
]
IMPERSONATED = {"Impersonate-User": "admin", "Impersonate-Group": "system:masters"}


@pytest.fixture(scope="module")
def shop(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster of this module's own, with the root of `deploy/` applied and much to spoil."""
    with _start(request, lambda: Cluster(name="deployed")) as cluster:
        cluster.kubectl("apply", "-k", str(DEPLOY))
        fill(cluster)
        yield cluster


@pytest.fixture(scope="module")
def account(shop: Cluster) -> Account:
    return account_of(shop)


def account_of(cluster: Cluster) -> Account:
    """The account, once the policy holds: the API server reads a new one some moments later."""
    token = cluster.kubectl("create", "token", "truebook", "-n", "truebook").strip()
    found = Account(cluster.url, cluster.authority, token, cluster.write_kubeconfig("truebook", token))
    assert wait_until(lambda: DENIED in refusal(cluster, found, "create", "namespace", "probe"))
    return found


def ask(cluster: Cluster, token: str, request: Request, **headers: str) -> httpx.Response:
    method, path, body = request
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    content = None if body is None else json.dumps(body)
    with cluster.client(token) as client:
        return client.request(method, path, content=content, headers={"Content-Type": kind, **headers})


def dry(request: Request) -> Request:
    method, path, body = request
    return method, path if "?" in path else f"{path}{DRY}", body


def short(request: Request) -> str:
    return f"{request[0]} {request[1]}"


@pytest.mark.parametrize("asked", DRY_RUNS, ids=short)
def test_it_may_dry_run_and_not_write(shop: Cluster, account: Account, asked: Request) -> None:
    before = digest(shop)
    tried = ask(shop, account.token, dry(asked))
    assert tried.status_code in (200, 201, 202), tried.text
    written = ask(shop, account.token, asked)
    assert written.status_code == 403, written.text
    assert DENIED in written.text
    assert changes(before, digest(shop)) == []


@pytest.mark.parametrize("asked", NEVER, ids=short)
def test_what_it_must_not_do_is_answered_403(shop: Cluster, account: Account, asked: Request) -> None:
    before = digest(shop)
    denied = ask(shop, account.token, asked)
    assert denied.status_code == 403, denied.text
    assert denied.json()["reason"] == "Forbidden"
    assert "system:serviceaccount:truebook:truebook" in denied.text  # by the roles, whatever the policy says
    # It is a question of rights: the administrator gets another answer.
    with contextlib.suppress(httpx.ReadTimeout):
        allowed = ask(shop, shop.token, asked)
        assert allowed.status_code != 401
        # The API server's own 403 names the user; another may come from where its proxy leads to.
        assert 'User "admin" cannot' not in allowed.text.replace("\\", "")
    assert changes(before, digest(shop)) == []


def test_it_cannot_act_as_somebody_else(shop: Cluster, account: Account) -> None:
    asked: Request = ("GET", f"{SHOP}/pods", None)
    assert ask(shop, account.token, asked).status_code == 200
    denied = ask(shop, account.token, asked, **IMPERSONATED)
    assert denied.status_code == 403
    assert "cannot impersonate" in denied.text
    assert ask(shop, shop.token, asked, **IMPERSONATED).status_code == 200


def test_pages_alone_cannot_even_dry_run(shop: Cluster) -> None:
    """`deploy/base` and nothing else, under another name."""
    text = shop.kubectl("kustomize", str(DEPLOY / "base")).replace("truebook", "pages-only")
    shop.apply(text.replace("pages-only-dry-runs-only", "truebook-dry-runs-only"))
    token = shop.kubectl("create", "token", "pages-only", "-n", "pages-only").strip()
    assert ask(shop, token, ("GET", f"{APPS}/deployments", None)).status_code == 200
    codes = {short(asked): ask(shop, token, dry(asked)).status_code for asked in DRY_RUNS}
    assert set(codes.values()) == {403}, codes


# --- the manifests ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_api_server_takes_each_as_it_is_written(shop: Cluster, folder: str) -> None:
    """Nothing is dropped, renamed or refused: what comes back has all that was sent."""
    for name in ("argocd", "monitoring", "traefik"):
        shop.apply(named("Namespace", name))
    for wanted in rendered(folder, shop):
        arguments = ("--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-o", "json")
        found = json.loads(shop.kubectl("apply", *arguments, "-f", "-", stdin=yaml.safe_dump(wanted)))
        missing = list(lost(wanted, found))
        assert missing == [], f"{wanted['kind']} {wanted['metadata']['name']}"


def lost(wanted: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where something that was sent is not in what came back. Quantities and empty values may be written otherwise."""
    if isinstance(wanted, dict):
        for name, value in wanted.items():
            if value not in ({}, [], None):
                yield from lost(value, (found or {}).get(name), f"{path}.{name}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from lost(one, other, f"{path}[{number}]")
    elif wanted != found:
        yield f"{path}: {wanted!r} became {found!r}"


def pod_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """The pod that a workload would make."""
    spec = manifest["spec"]
    template = spec["jobTemplate"]["spec"]["template"] if manifest["kind"] == "CronJob" else spec["template"]
    return named("Pod", "pod", spec=template["spec"]) | {"metadata": {"name": "pod", **template["metadata"]}}


@pytest.mark.parametrize(
    ("folder", "least"),
    [("record", "restricted"), ("site", "restricted"), ("shards/merge", "restricted"), ("shards", "privileged")],
)
def test_how_much_pod_security_each_workload_gives_up(shop: Cluster, folder: str, least: str) -> None:
    """`restricted` is non-root, no capabilities and the runtime's filter of system calls; the sandbox wants more."""
    kinds = ("CronJob", "Deployment", "Job")
    (workload,) = (one for one in rendered(folder, shop) if one["kind"] in kinds)
    pod = pod_of(workload)
    assert all(one["securityContext"]["readOnlyRootFilesystem"] for one in pod["spec"]["containers"])
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    taken = {}
    for level in ("restricted", "baseline", "privileged"):
        shop.apply({**named("Namespace", f"level-{level}")} | {"metadata": {
            "name": f"level-{level}", "labels": {"pod-security.kubernetes.io/enforce": level}}})  # fmt: skip
        answer = ask(shop, shop.token, ("POST", f"/api/v1/namespaces/level-{level}/pods{DRY}", pod))
        taken[level] = answer.status_code == 201
        assert answer.status_code in (201, 403), answer.text
    assert next(level for level, was in taken.items() if was) == least, taken


def test_an_indexed_job_makes_the_pods_that_truebook_understands(cluster_with_nodes: Cluster) -> None:
    """Its controller gives each pod its number by the name that `truebook check` looks for.

    The namespace stays, with the Job that has ended: one that goes changes what others read of the whole cluster."""
    cluster = cluster_with_nodes
    cluster.kubectl("create", "namespace", "sharded")
    (job,) = (one for one in rendered("shards", cluster) if one["kind"] == "Job")
    job["metadata"]["namespace"] = "sharded"
    (reports,) = (one for one in job["spec"]["template"]["spec"]["volumes"] if one["name"] == "reports")
    del reports["persistentVolumeClaim"]  # there is no such claim here, and no pod that has none is scheduled
    reports["emptyDir"] = {}
    cluster.apply(job)
    cluster.wait(f"job/{job['metadata']['name']}", "condition=Complete", "-n", "sharded")
    pods = cluster.get("/api/v1/namespaces/sharded/pods")["items"]
    told = [{one["name"]: one for one in pod["spec"]["containers"][0]["env"]} for pod in pods]
    assert all("completion-index" in json.dumps(one["JOB_COMPLETION_INDEX"]) for one in told)
    assert {one["TRUEBOOK_SHARDS"]["value"] for one in told} == {str(job["spec"]["completions"])}
    indexes = {pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"] for pod in pods}
    assert indexes == {"0", "1", "2"}


# --- truebook with these rights -----------------------------------------------------------------------------------

PAGE = """\
# Samovar

<!-- BEGIN truebook:components columns=component,namespace -->
<!-- END truebook -->

```bash
kubectl get deployment samovar -n samovar
kubectl rollout status deployment/samovar -n samovar --timeout=20s
```

```bash
kubectl scale deployment/samovar --replicas=0 -n samovar
```

```bash
kubectl delete deployment samovar -n samovar
```

```bash
argocd app get samovar
```
"""
SYNC = "# Sync\n\n```bash\nargocd app sync samovar\n```\n"
READ_ROLE = ("ClusterRole", "truebook-read")
CATALOG = """\
cluster: homelab
argocd: {url: %s}
components:
  - {name: samovar, title: Samovar, group: Kitchen, find: {application: samovar, workload: Deployment samovar/samovar}}
runbooks: {require_policy: true}
"""


@pytest.fixture(scope="module")
def deployed(cluster_with_nodes: Cluster, argocd: ArgoCD, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The account on the cluster with ArgoCD, and an account of ArgoCD's by the name of handbook; its token."""
    cluster = cluster_with_nodes
    cluster.kubectl("apply", "-k", str(DEPLOY))
    # Under another name, as the servers of these tests have an account `docs` already.
    other = cluster.kubectl("kustomize", str(DEPLOY / "argocd-account")).replace("docs", "handbook")
    settings = tmp_path_factory.mktemp("account") / "account.yaml"
    settings.write_text(other)
    before = {name: config_map(cluster, name) for name in ("argocd-cm", "argocd-rbac-cm")}
    cluster.kubectl("apply", "--server-side", "--field-manager=truebook", "-f", str(settings))
    try:
        for name, data in before.items():
            assert data.items() <= config_map(cluster, name).items()  # it adds, and takes nothing away
        tokens: list[str] = []

        def made() -> bool:
            answer = argocd.request("POST", "/api/v1/account/handbook/token", json={"name": "handbook"})
            tokens.extend([answer.json()["token"]] if answer.status_code == 200 else [])
            return bool(tokens)

        assert wait_until(made, every=0.5)
        yield tokens[0]
    finally:
        for name, data in before.items():
            gone = {key: None for key in config_map(cluster, name) if key not in data}
            patch = json.dumps({"data": gone})
            cluster.kubectl("patch", "configmap", name, "-n", "argocd", "--type=merge", "-p", patch)
        cluster.kubectl("delete", "-k", str(DEPLOY), "--wait=false")
        wipe(cluster, "truebook")


def wipe(cluster: Cluster, namespace: str) -> None:
    """Delete a namespace and wait until nothing of it is left: other tests read the whole cluster twice."""
    cluster.kubectl("delete", "namespace", namespace, "--wait=false", "--ignore-not-found")
    assert wait_until(lambda: cluster.lacks(f"/api/v1/namespaces/{namespace}"), every=0.2)


def config_map(cluster: Cluster, name: str) -> dict[str, str]:
    return dict(cluster.get(f"/api/v1/namespaces/argocd/configmaps/{name}").get("data", {}))


@pytest.fixture(scope="module")
def samovar(
    deployed: str, argocd: ArgoCD, cluster_with_nodes: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    repository = GitRepository(tmp_path_factory.mktemp("samovar") / "repository")
    repository.commit({"samovar.yaml": WORKLOAD.replace("kettle", "samovar")})
    source = {"repoURL": repository.url, "targetRevision": "main", "path": "."}
    spec = {
        "project": "default",
        "source": source,
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "samovar"},
        "syncPolicy": {"automated": {}, "syncOptions": ["CreateNamespace=true"]},
    }
    metadata = {"name": "samovar", "namespace": "argocd"}
    cluster_with_nodes.apply(
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": spec}
    )
    argocd.wait("samovar")
    yield "samovar"
    cluster_with_nodes.kubectl("delete", "application", "samovar", "-n", "argocd", "--wait=false")
    wipe(cluster_with_nodes, "samovar")


@pytest.fixture
def checkout(tmp_path: Path, argocd: ArgoCD) -> Path:
    for above in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        above.chmod(above.stat().st_mode | 0o055)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(PAGE)
    (tmp_path / "truebook.yml").write_text(CATALOG % argocd.url)
    return tmp_path


def test_truebook_records_updates_checks_and_runs_with_these_rights(
    samovar: str, deployed: str, argocd: ArgoCD, cluster_with_nodes: Cluster, checkout: Path
) -> None:
    found = account_of(cluster_with_nodes)
    rights = {"KUBECONFIG": str(found.kubeconfig), "ARGOCD_AUTH_TOKEN": deployed}

    def truebook(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "truebook", *arguments],
            cwd=checkout,
            env={**os.environ, **rights},
            capture_output=True,
            text=True,
            check=False,
        )

    path = "/apis/apps/v1/namespaces/samovar/deployments/samovar"
    before = cluster_with_nodes.get(path)

    recorded = truebook("record", "--output", "recording.json")
    assert recorded.returncode == 0, recorded.stderr
    kept = recording.load(checkout / "recording.json")
    for source in ("kubernetes", "argocd"):
        assert kept.parts[source].state == "fresh"
        assert [one.what for one in kept.parts[source].reads if one.state == "forbidden"] == []

    # And no more: there is no resource in the role that reading does not ask for.
    (role,) = (
        one for one in rendered("base", cluster_with_nodes) if (one["kind"], one["metadata"]["name"]) == READ_ROLE
    )
    granted = {
        f"{group}/{resource}".lstrip("/")
        for rule in role["rules"]
        if "resourceNames" not in rule
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    served = {one.what for one in kept.parts["kubernetes"].reads}
    assert served <= granted
    assert {one for one in granted if "/" not in one} <= served

    assert truebook("update", "docs").returncode == 0
    checked = truebook("check", "--run", "--output", "report.json")
    assert checked.returncode == 0, checked.stderr
    report = json.loads((checkout / "report.json").read_text())["report"]
    assert [block["result"]["state"] for block in report["blocks"]] == ["passed"] * 4, checked.stderr
    plans = [block["result"]["plan"] for block in report["blocks"]]
    assert plans == ["run", "dry-run", "dry-run", "prove"]
    ran = truebook("run", "docs")
    assert ran.returncode == 0, ran.stderr
    after = cluster_with_nodes.get(path)
    assert (after["metadata"]["uid"], after["spec"]) == (before["metadata"]["uid"], before["spec"])

    # ArgoCD has no right to try a sync that is not the right to sync, which this account has not: that is said, and is
    # not the block's fault. A wrong name is.
    (checkout / "sync.md").write_text(SYNC)
    sync = truebook("run", "docs", "sync.md", "--json", "sync.json")
    assert sync.returncode == 0, sync.stderr
    synced = json.loads((checkout / "sync.json").read_text())["blocks"][-1]
    assert (synced["result"], synced["plan"]) == ("not-run", "prove")
    assert synced["reason"] == "not permitted to truebook: the account may not sync the application samovar"
    (checkout / "sync.md").write_text(SYNC.replace("samovar", "nowhere"))
    assert truebook("run", "docs", "sync.md").returncode == 1
    (checkout / "sync.md").write_text(SYNC)

    # The same pages from the recording alone, as where the runner does not reach the cluster.
    rights = {}
    replayed = truebook("check", "--run", "--recording", "recording.json")
    assert replayed.returncode == 0, replayed.stderr


def test_the_account_of_argocd_may_read_and_nothing_else(samovar: str, deployed: str, argocd: ArgoCD) -> None:
    def code(method: str, path: str, json: Any = None) -> int:
        return argocd.request(method, path, token=deployed, json=json).status_code

    applications = argocd.request("GET", "/api/v1/applications", token=deployed).json()["items"]
    assert "samovar" in {one["metadata"]["name"] for one in applications}
    assert code("GET", "/api/v1/projects") == 200
    assert code("GET", "/api/v1/applications/samovar/managed-resources") == 200
    application = argocd.application("samovar")
    assert code("POST", "/api/v1/applications/samovar/sync", {"dryRun": True}) == 403
    assert code("DELETE", "/api/v1/applications/samovar") == 403
    assert code("PUT", "/api/v1/applications/samovar/spec", application["spec"]) == 403
    assert code("POST", "/api/v1/applications", {"metadata": {"name": "x"}, "spec": application["spec"]}) == 403
    assert code("POST", "/api/v1/applications/samovar/rollback", {"id": 0}) == 403
    assert code("DELETE", "/api/v1/projects/nowhere") == 403
    assert code("POST", "/api/v1/projects", {"project": {"metadata": {"name": "x"}, "spec": {}}}) == 403
    assert code("POST", "/api/v1/account/docs/token", {"name": "docs"}) == 403
    assert code("GET", "/api/v1/account/docs") == 403
    logs = "/api/v1/applications/samovar/logs?namespace=samovar&podName=x&tailLines=1"
    assert code("GET", logs) == 403
    assert (argocd.request("GET", "/api/v1/clusters", token=deployed).json().get("items") or []) == []
    assert (argocd.request("GET", "/api/v1/repositories", token=deployed).json().get("items") or []) == []
    # It has no password to sign in with.
    session = {"username": "handbook", "password": "handbook"}
    assert argocd.request("POST", "/api/v1/session", token="", json=session).status_code in (401, 403)
    assert argocd.application("samovar")["spec"] == application["spec"]


# --- the site -----------------------------------------------------------------------------------------------------


def test_the_sites_server_serves_files_and_nothing_else(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """nginx with the configuration that `site/` mounts: only its port, the folder and Debian's list of types differ."""
    pages = tmp_path / "site"
    pages.mkdir()
    (pages / "index.html").write_text("<h1>Operations</h1>")
    (pages / "404.html").write_text("<h1>Nothing here</h1>")
    header = "default-src 'none'; script-src 'self' 'sha256-a+b/c='; frame-ancestors 'none'"
    (pages / POLICY_FILE).write_text(f'add_header Content-Security-Policy "{header}" always;\n')
    (pages / "vault").mkdir()
    (pages / "vault" / "index.html").write_text("<h1>Vault</h1>")
    for above in (tmp_path, *tmp_path.parents):  # nginx leaves the administrator's rights
        if above == Path(tempfile.gettempdir()):
            break
        above.chmod(above.stat().st_mode | 0o055)
    port = free_port()
    text = (DEPLOY / "site" / "nginx.conf").read_text()
    text = text.replace("/tmp/", f"{tmp_path}/").replace(" /site", f" {pages}")
    text = text.replace("listen 8080", f"listen 127.0.0.1:{port}")
    (tmp_path / "nginx.conf").write_text(text)
    binary = _start_binary(request)
    with contextlib.closing(Room("site")) as room:
        server = room.start("nginx", [binary, "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"])
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, trust_env=False) as client:

            def up() -> bool:
                with contextlib.suppress(httpx.TransportError):
                    return client.get("/healthz").text == "ok\n"
                return False

            server.wait_ready(up)
            front = client.get("/")
            assert (front.status_code, front.text) == (200, "<h1>Operations</h1>")
            assert front.headers["content-type"] == "text/html"
            assert front.headers["cache-control"] == "no-cache"
            for answer in (front, client.get("/healthz"), client.get("/nowhere")):
                assert answer.headers["content-security-policy"] == header
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["referrer-policy"] == "no-referrer"
            assert client.get("/vault/").text == client.get("/vault").text == "<h1>Vault</h1>"
            lost_page = client.get("/nowhere")
            assert (lost_page.status_code, lost_page.text) == (404, "<h1>Nothing here</h1>")
            assert {client.request(method, "/").status_code for method in ("POST", "PUT", "DELETE")} == {403}
            outside = http.client.HTTPConnection("127.0.0.1", port)
            outside.request("GET", "/../nginx.conf")
            assert outside.getresponse().status in (400, 404)
            outside.close()


def _start_binary(request: pytest.FixtureRequest) -> Path:
    with _start(request, lambda: contextlib.nullcontext(binaries.find("nginx"))) as found:
        return found
