"""`deploy/` on a real API server: its account reads and dry-runs; with the guard switched off it changes nothing."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.real.conftest import _start
from tests.real.guard.scene import HERE, LEFT_OPEN, Outcome, Scene, changes, digest, fill, kubectls, write_files
from tests.real.servers.cluster import Cluster
from tests.real.servers.process import wait_until
from tests.real.test_guard_kubernetes import TELLING
from truebook import pipeline_policy
from truebook.guard import kubernetes, policy
from truebook.guard.request import Decision, Forward, GuardRequest
from truebook.guard.upstream import Upstream
from truebook.settings import RunbookSettings, Settings

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200), LEFT_OPEN]

DEPLOY = Path(__file__).parents[2] / "deploy"
ACCOUNT = "system:serviceaccount:truebook:truebook"
TABLE: dict[str, Any] = yaml.safe_load((HERE / "mutations.yml").read_text())
COMMANDS: dict[str, list[str]] = TABLE["commands"]
DENIED = "may dry-run writes, and do none"
WORKERS = 4


@dataclass(frozen=True)
class Account:
    """The cluster as the account sees it: what a scene needs of a cluster."""

    url: str
    authority: Path
    token: str
    kubeconfig: Path

    def upstream(self, client: httpx.AsyncClient) -> Upstream:
        return Upstream(client, lambda: {"Authorization": f"Bearer {self.token}"})


@pytest.fixture(scope="module")
def shop(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster of this module's own, with `deploy/` applied as its README says."""
    with _start(request, lambda: Cluster(name="policed")) as cluster:
        cluster.kubectl("apply", "-k", str(DEPLOY))
        fill(cluster)
        yield cluster


@pytest.fixture(scope="module")
def account(shop: Cluster) -> Account:
    """The account, once the policy holds: the API server reads a new one some moments later."""
    token = shop.kubectl("create", "token", "truebook", "-n", "truebook").strip()
    found = Account(shop.url, shop.authority, token, shop.write_kubeconfig("truebook", token))
    assert wait_until(lambda: DENIED in refusal(shop, found, "create", "namespace", "probe"), 60)
    return found


def refusal(shop: Cluster, account: Account, *arguments: str) -> str:
    """What kubectl says as that account where it fails, empty where it does not."""
    try:
        shop.kubectl(*arguments, kubeconfig=account.kubeconfig)
    except RuntimeError as error:
        return str(error)
    return ""


def state(account: Account) -> policy.PolicyState:
    async def ask() -> policy.PolicyState:
        context = ssl.create_default_context(cafile=str(account.authority))
        async with httpx.AsyncClient(base_url=account.url, verify=context, trust_env=False) as client:
            return await policy.check(account.upstream(client))

    return asyncio.run(ask())


def test_it_reads(shop: Cluster, account: Account) -> None:
    for arguments in ("get pods,deploy,quota -A", "get nodes", "describe ns shop", "get events -n shop"):
        assert refusal(shop, account, *arguments.split()) == ""


DRY = ("--dry-run=server", "-n", "shop")


@pytest.mark.parametrize(
    "arguments",
    [
        *("scale deploy/web --replicas=3", "label deploy web a=b", "annotate pod alone a=b", "delete pod alone"),
        *("set image deploy/web web=nginx:9", "create deployment api --image=nginx", "delete deploy web"),
        *("create job now --from=cronjob/nightly", "cordon node-1", "taint node node-1 a=b:NoSchedule"),
    ],
)
def test_it_dry_runs_and_does_not_write(shop: Cluster, account: Account, arguments: str) -> None:
    options = DRY if not arguments.startswith(("cordon", "taint")) else DRY[:1]
    assert refusal(shop, account, *arguments.split(), *options) == ""
    before = digest(shop)
    said = refusal(shop, account, *arguments.split(), *options[1:])
    # `kubectl cordon` says what went wrong, and ends well.
    assert DENIED in said or arguments.startswith("cordon")
    assert changes(before, digest(shop)) == []


@pytest.mark.parametrize(("query", "code"), [("", 403), ("?dryRun=All", 201)])
def test_an_eviction_has_to_say_it_in_the_query_too(shop: Cluster, account: Account, query: str, code: int) -> None:
    """Admission is told what the query says. kubectl drain says it in the body alone, and is denied; the guard says it
    in both."""
    metadata = {"name": "alone", "namespace": "shop"}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    before = digest(shop)
    with shop.client(account.token) as client:
        path = f"/api/v1/namespaces/shop/pods/alone/eviction{query}"
        answer = client.post(path, json={**eviction, "deleteOptions": {"dryRun": ["All"]}})
    assert (answer.status_code, DENIED in answer.text) == (code, code == 403)
    assert changes(before, digest(shop)) == []


@pytest.mark.parametrize(
    "arguments",
    [
        *("get secrets", "list secrets", "create secrets", "patch secrets", "get configmaps", "patch configmaps"),
        *("create pods/exec", "get pods/exec", "create pods/attach", "get pods/portforward", "get pods/proxy"),
        *("create serviceaccounts/token", "impersonate users", "impersonate serviceaccounts", "impersonate groups"),
        *("bind clusterroles", "escalate clusterroles", "create clusterrolebindings", "patch roles", "delete roles"),
        *("create validatingadmissionpolicies", "delete validatingadmissionpolicies/truebook-dry-runs-only"),
        *("patch validatingadmissionpolicybindings/truebook-dry-runs-only", "list validatingadmissionpolicies"),
        *("create mutatingwebhookconfigurations", "approve certificatesigningrequests", "get nodes/proxy"),
        *("create customresourcedefinitions", "delete apiservices", "patch serviceaccounts"),
    ],
)
def test_what_its_roles_never_grant(shop: Cluster, account: Account, arguments: str) -> None:
    verb, _, what = arguments.partition(" ")
    resource, _, name = what.partition("/")
    sub = name if resource in ("pods", "nodes", "serviceaccounts") else ""
    asked = [f"{resource}/{name}"] if name and not sub else [resource]
    option = [f"--subresource={sub}"] if sub else []
    assert "no" in refusal_of_can_i(shop, account, verb, *asked, *option)


def refusal_of_can_i(shop: Cluster, account: Account, *arguments: str) -> str:
    """`no`, or empty where it may."""
    try:
        shop.kubectl("auth", "can-i", *arguments, "-n", "shop", kubeconfig=account.kubeconfig)
    except RuntimeError:
        return "no"
    return ""


def test_it_finds_out_that_the_policy_is_in_force(shop: Cluster, account: Account) -> None:
    assert state(account) == policy.PolicyState(
        "in-force", f"writes of {ACCOUNT} that are no dry runs are denied", ACCOUNT
    )
    stranger = shop.user("stranger", ())
    found = state(replace(account, token=shop.token_of(stranger)))
    assert (found.state, found.account) == ("unknown", "system:serviceaccount:default:stranger")
    # As the run asks, by the account's kubeconfig.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(account.kubeconfig))
        settings = Settings(runbooks=RunbookSettings(require_policy=True))
        seen = pipeline_policy.find_out(settings, replayed=False)
    assert seen == state(account)
    assert not pipeline_policy.is_missed(seen, settings)
    # The administrator may read it, and it is not about them.
    assert state(replace(account, token=shop.token)).state == "absent"


def let_pass(request: GuardRequest) -> Decision:
    """A guard that decides nothing."""
    return Forward(request)


def grant_everything(shop: Cluster) -> None:
    """Let the account do all that roles can grant, but to write admission policies and webhooks: what is left is the
    policy."""
    groups = {group["name"] for group in shop.get("/apis")["groups"]} - {"admissionregistration.k8s.io"}
    rules = [{"apiGroups": ["", *sorted(groups)], "resources": ["*"], "verbs": ["*"]}]
    api = "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", "name": "truebook", "namespace": "truebook"}
    role = {"apiGroup": api, "kind": "ClusterRole", "name": "everything"}
    shop.apply(
        [
            {"apiVersion": f"{api}/v1", "kind": "ClusterRole", "metadata": {"name": "everything"}, "rules": rules},
            {
                "apiVersion": f"{api}/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": "everything"},
                "roleRef": role,
                "subjects": [subject],
            },
        ]
    )


@pytest.fixture
def scene(shop: Cluster, account: Account, tmp_path: Path) -> Iterator[Scene]:
    """The account's credentials behind a guard that lets everything pass."""
    grant_everything(shop)
    write_files(tmp_path, TABLE["files"])
    found = Scene(account, replace(kubernetes.SYSTEM, decide=let_pass), tmp_path)  # type: ignore[arg-type]
    yield found
    found.close()


def test_without_the_guard_no_command_changes_anything(shop: Cluster, scene: Scene) -> None:
    lines = [line for category in COMMANDS.values() for line in category]
    assert len(set(lines)) == len(lines) >= 300
    before = digest(shop)
    kubectl = kubectls()[-1]
    with ThreadPoolExecutor(WORKERS) as pool:  # the scene runs as many blocks at once as are asked for
        outcomes = list(pool.map(lambda line: scene.run(line, kubectl), lines))
    assert changes(before, digest(shop)) == []
    # Denied by the policy, not by the roles.
    assert sum(DENIED in outcome.output for outcome in outcomes) > len(lines) / 2, said(outcomes)


def said(outcomes: list[Outcome]) -> str:
    return json.dumps([(outcome.line, outcome.code, outcome.output[-200:]) for outcome in outcomes][:40], indent=1)


# Last: it changes the cluster.
def test_without_the_binding_they_do(shop: Cluster, account: Account, scene: Scene) -> None:
    shop.kubectl("delete", "validatingadmissionpolicybinding", policy.NAME)
    assert state(account).state == "absent"
    assert wait_until(lambda: refusal(shop, account, "create", "namespace", "probe") == "", 60)
    unchanged = []
    for line in TELLING:
        before = digest(shop)
        outcome = scene.run(line, kubectls()[-1])
        if not changes(before, digest(shop)):
            unchanged.append((line, outcome.output[-200:]))
    assert unchanged == []
