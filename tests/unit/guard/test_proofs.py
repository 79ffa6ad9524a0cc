"""What is claimed of commands that do not run, from what the APIs answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.guard.fakes import guarded
from truebook.claims import Reply, worst
from truebook.guard import kubernetes
from truebook.model import Claim
from truebook.runbooks import proofs
from truebook.runbooks.proofs.client import GuardClient, Query
from truebook.runbooks.verdicts.tools import TOOLS

STORE = {
    "kind": "ClusterSecretStore",
    "metadata": {"name": "vault"},
    "spec": {"provider": {"vault": {"path": "secret", "version": "v2"}}},
    "status": {"conditions": [{"type": "Ready", "status": "True"}]},
}
EXTERNAL = {
    "metadata": {"name": "shop", "namespace": "apps"},
    "spec": {"secretStoreRef": {"name": "vault"}, "data": [{"remoteRef": {"key": "app/db"}}]},
}
WEB = {
    "metadata": {"name": "web", "namespace": "argocd"},
    "spec": {"project": "home"},
    "status": {
        "sync": {"status": "OutOfSync"},
        "health": {"status": "Healthy"},
        "resources": [
            {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web", "status": "OutOfSync"}
        ],
        "history": [{"id": 3}],
    },
}
SICK = {
    "metadata": {"name": "sick"},
    "spec": {"project": "home", "syncPolicy": {"automated": {}}},
    "status": {"sync": {"status": "Synced"}, "health": {"status": "Degraded"}},
}
KUBERNETES: dict[str, object] = {
    "/api/v1": {
        "resources": [
            {
                "name": "pods",
                "singularName": "pod",
                "kind": "Pod",
                "shortNames": ["po"],
                "namespaced": True,
                "categories": ["all"],
            },
            {"name": "pods/log", "kind": "Pod", "namespaced": True},
            {"name": "namespaces", "kind": "Namespace", "shortNames": ["ns"], "namespaced": False},
            {"name": "nodes", "kind": "Node", "shortNames": ["no"], "namespaced": False},
        ]
    },
    "/apis/apps/v1": {
        "resources": [
            {
                "name": "deployments",
                "kind": "Deployment",
                "shortNames": ["deploy"],
                "namespaced": True,
                "categories": ["all"],
            },
        ]
    },
    "/apis/batch/v1": {"resources": []},
    "/apis": {"groups": [{"preferredVersion": {"groupVersion": "velero.io/v1"}}]},
    "/apis/velero.io/v1": {"resources": [{"name": "backups", "kind": "Backup", "namespaced": True}]},
    "/version": {"gitVersion": "v1"},
    "/api/v1/namespaces/shop": {},
    "/api/v1/nodes/node-1": {},
    "/api/v1/namespaces/shop/pods": {"items": [{}, {}]},
    "/api/v1/namespaces/shop/pods/web-0": {},
    "/apis/apps/v1/namespaces/shop/deployments/web": {
        "spec": {"template": {"spec": {"containers": [{"name": "main"}], "initContainers": [{"name": "setup"}]}}}
    },
    "/apis/velero.io/v1/namespaces/velero/backups": {"items": [{}]},
    "/apis/velero.io/v1/namespaces/velero/backups/good": {"status": {"phase": "Completed"}},
    "/apis/velero.io/v1/namespaces/velero/backups/bad": {"status": {"phase": "PartiallyFailed"}},
    "/apis/velero.io/v1/namespaces/velero/schedules/nightly": {},
    "/apis/velero.io/v1/namespaces/velero/backupstoragelocations": {
        "items": [{"metadata": {"name": "minio"}, "status": {"phase": "Available"}}]
    },
    "/apis/external-secrets.io/v1/clustersecretstores": {"items": [STORE]},
    "/apis/external-secrets.io/v1/secretstores": {"items": []},
    "/apis/external-secrets.io/v1/externalsecrets": {"items": [EXTERNAL]},
}
ARGOCD: dict[str, object] = {
    "/api/version": {"Version": "v3.6.1"},
    "/api/v1/applications": {"items": [WEB, SICK]},
    "/api/v1/applications/web": WEB,
    "/api/v1/applications/sick": SICK,
    "/api/v1/applications/web/syncwindows": {"canSync": True},
    "/api/v1/applications/sick/syncwindows": {"canSync": True},
    "/api/v1/projects/home": {"metadata": {}},
    **{
        f"/api/v1/account/can-i/applications/{action}/home/{name}": {"value": "yes" if name == "web" else "no"}
        for action in ("sync", "update", "delete")
        for name in ("web", "sick")
    },
}
VERSIONS = {"1": {"destroyed": True}, "2": {"deletion_time": ""}, "3": {"deletion_time": ""}}
VAULT: dict[str, object] = {
    "/v1/sys/seal-status": {"sealed": False},
    "/v1/sys/mounts": {"data": {}},
    **{
        f"/v1/sys/internal/ui/mounts/{path}": {"data": {"path": f"{path.partition('/')[0]}/", **engine}}
        for engine, paths in (
            ({"type": "kv", "options": {"version": "2"}}, ("secret/app/db", "secret/app/new", "secret/app/locked")),
            ({"type": "kv", "options": None}, ("old/app",)),
            ({"type": "pki"}, ("pki/issue",)),
        )
        for path in paths
    },
    "/v1/secret/metadata/app/db": {"data": {"current_version": 3, "versions": VERSIONS}},
    "/v1/secret/metadata/app/locked": {"data": {"current_version": 3, "versions": VERSIONS}},
}


class Recorded:
    """Answers from tables; what is not in one is not found, what has no table is out of reach."""

    def __init__(self, **systems: Mapping[str, object]) -> None:
        self.systems = systems
        self.asked: list[tuple[str, str, Query, object]] = []

    def ask(self, system: str, path: str, query: Query = (), *, body: object = None) -> Reply:
        self.asked.append((system, path, query, body))
        if system not in self.systems:
            return Reply(0, None, path)
        if body is not None:
            return Reply(201, self._permission(path, body), f"POST {path}")
        found = self.systems[system].get(path)
        return Reply(404, {}, path) if found is None else Reply(200, found, f"GET {path}")

    @staticmethod
    def _permission(path: str, body: object) -> object:
        asked = json.dumps(body)
        if "capabilities" in path:
            assert isinstance(body, dict)
            capabilities = ["deny"] if "locked" in asked else ["create", "update", "patch", "delete"]
            return {"data": dict.fromkeys(body["paths"], capabilities)}
        return {"status": {"allowed": "node-1" not in asked}}


def everything() -> Recorded:
    return Recorded(kubernetes=KUBERNETES, argocd=ARGOCD, vault=VAULT)


def outcome(script: str, client: Recorded) -> tuple[str, list[tuple[str, bool | None]]]:
    claims = proofs.prove(script, client)
    return proofs.standing(claims), [(claim.text, claim.holds) for claim in claims]


@pytest.mark.parametrize(
    ("script", "standing", "said"),
    [
        # ArgoCD
        ("argocd app list", "passed", "applications can be listed: 2"),
        ("argocd version", "passed", "ArgoCD answers, in version v3.6.1"),
        ("argocd app get web", "passed", "the application web exists"),
        ("argocd app get argocd/web", "passed", "the application web exists"),
        ("argocd app get nowhere", "failed", "the application nowhere does not exist"),
        ("argocd app sync web", "passed", "a sync of the application web would change Deployment shop/web"),
        ("argocd app sync web --resource apps:Deployment:web", "passed", "has the object apps:Deployment:web"),
        ("argocd app sync web --resource apps:Deployment:shop/web", "passed", "has the object"),
        ("argocd app sync web --resource :Service:web", "failed", "does not have the object :Service:web"),
        ("argocd app sync sick", "failed", "the account may not sync the application sick"),
        ("argocd app sync web sick", "failed", "the account may not sync the application sick"),
        ("argocd app sync -l team=home", "failed", "2 applications match team=home"),
        ("argocd app wait web", "failed", "the application web is OutOfSync"),
        ("argocd app wait web --health", "passed", "the application web is Healthy"),
        ("argocd app wait sick --degraded", "passed", "the application sick is Degraded"),
        ("argocd app sync web && argocd app wait web --timeout 300", "passed", "the application web is Healthy"),
        ("argocd app sync web\nargocd app wait sick", "failed", "the application sick is Degraded"),
        ("argocd app rollback web 3", "passed", "has a deployment 3 in its history"),
        ("argocd app rollback web 9", "failed", "has no deployment 9 in its history"),
        ("argocd app rollback web", "failed", "has no earlier deployment"),
        ("argocd app rollback web x", "failed", "'x' is not the number of a deployment"),
        ("argocd app terminate-op web", "passed", "no operation on the application web is in progress now"),
        ("argocd app set web --sync-policy none", "passed", "were not validated"),
        ("argocd app delete web", "passed", "the account may delete the application web"),
        ("argocd app diff web", "passed", "would change Deployment shop/web"),
        ("argocd app create made", "unknown", "can't be checked"),
        ("argocd app sync", "failed", "names no application"),
        ("argocd app sync --unheard-of web", "unknown", "can't be checked"),
        ("argocd app sync ../../x", "failed", "is not a name that an application can have"),
        ("argocd app sync $APP", "unknown", "which application is not known before the block runs"),
        ("APP=web; argocd app sync $APP", "passed", "the application web exists"),
        ("for app in web sick; do argocd app get $app; done", "passed", "the application sick exists"),
        ("bash -c 'argocd app get nowhere'", "failed", "the application nowhere does not exist"),
        ("argocd app get web | grep Health", "passed", "the application web exists"),
        ("argocd proj get home", "passed", "the project home exists"),
        ("argocd proj get nowhere", "failed", "the project nowhere does not exist"),
        # Vault
        ("vault status", "passed", "Vault is unsealed"),
        ("vault secrets list", "passed", "Vault answers sys/mounts"),
        ("vault kv put secret/app/db password=$(openssl rand -base64 32)", "passed", "may update secret/data/app/db"),
        ("vault kv put -mount=secret app/new a=b", "passed", "may create secret/data/app/new"),
        ("bao kv put secret/app/db a=b", "passed", "may update secret/data/app/db"),
        ("vault kv put secret/app/locked a=b", "failed", "may not update secret/data/app/locked"),
        ("vault kv put -cas=1 secret/app/db a=b", "failed", "in version 3, 1 is expected"),
        ("vault kv put secret/app/db", "failed", "gives secret/app/db no data"),
        ("vault kv put", "failed", "names no secret"),
        ("vault kv put 'secret/../x' a=b", "failed", "is not a path that a secret can have"),
        ("vault kv put nowhere/app a=b", "failed", "no engine serves nowhere/app"),
        ("vault kv put pki/issue a=b", "failed", "pki/ is not a KV engine but pki"),
        ("vault kv put old/app a=b", "passed", "may create or update old/app"),
        ("vault kv patch old/app a=b", "failed", "needs a KV engine of version 2"),
        ("vault kv patch secret/app/new a=b", "failed", "the secret secret/app/new does not exist"),
        ("vault kv rollback -version=2 secret/app/db", "passed", "has a version 2"),
        ("vault kv rollback -version=1 secret/app/db", "failed", "version 1 of the secret secret/app/db was deleted"),
        ("vault kv rollback -version=7 secret/app/db", "failed", "has no version 7"),
        ("vault kv metadata get secret/app/db", "passed", "exists, in version 3"),
        ("vault kv put secret/$NAME a=b", "unknown", "which secret is not known"),
        ("vault operator seal", "unknown", "can't be checked"),
        # kubectl
        ("kubectl get pods -n shop", "passed", "pods of shop can be listed: 2"),
        ("kubectl get all -n shop", "passed", "pods of shop can be listed: 2"),
        ("kubectl get all,ns -n shop", "passed", "deployments of shop can be listed: not known, the API answered 404"),
        ("kubectl get all web -n shop", "failed", "the API server knows no all"),
        ("kubectl get po/web-0 -n shop", "passed", "pods web-0 of shop exists"),
        ("kubectl get pods,deploy web -n shop", "failed", "pods web of shop does not exist"),
        ("kubectl logs web-0 -n shop", "passed", "pods web-0 of shop exists"),
        ("kubectl logs web-0 -n shop", "passed", "what pods web-0 logged: not known, no log was read"),
        ("kubectl logs deploy/web -c main -n shop", "passed", "deployments web has a container main"),
        ("kubectl logs deploy/web -c setup -n shop", "passed", "deployments web has a container setup"),
        ("kubectl logs deploy/web -c nope -n shop", "failed", "deployments web has no container 'nope': it has main"),
        ("kubectl scale deployment/web --replicas=3 -n shop", "passed", "may patch deployments/scale web"),
        ("kubectl rollout restart deploy web -n shop", "passed", "may patch deployments web"),
        ("kubectl set image deploy/web web=a:1 -n shop", "passed", "may patch deployments web"),
        ("kubectl label deploy web -n shop a=b c-", "passed", "may patch deployments web"),
        ("kubectl delete deployments.apps/web -n shop", "passed", "may delete deployments web"),
        ("kubectl scale deployment/gone --replicas=3 -n shop", "failed", "deployments gone of shop does not exist"),
        ("kubectl scale deployment/web --replicas=3", "passed", "the command names no namespace"),
        ("kubectl get unheard", "failed", "the API server knows no unheard"),
        ("kubectl cordon node-1", "failed", "may not patch nodes node-1"),
        ("kubectl get backup/good -n velero", "passed", "backups good of velero exists"),
        ("kubectl apply -f web.yaml", "unknown", "reads a file, which was not checked"),
        ("kubectl get pods -n ../x", "failed", "is not a name that a namespace can have"),
        ("kubectl version", "passed", "the API server answers"),
        # Velero
        ("velero backup get", "passed", "backups of velero can be listed: 1"),
        ("velero backup describe good --details", "passed", "the backup good exists"),
        ("velero get backup nowhere", "failed", "the backup nowhere does not exist"),
        ("velero restore create --from-backup good", "passed", "the backup good is Completed"),
        ("velero restore create --from-backup bad", "failed", "the backup bad is PartiallyFailed"),
        ("velero restore create --from-backup bad --allow-partially-failed", "passed", "is PartiallyFailed"),
        ("velero backup create --from-schedule nightly", "passed", "the backup location minio is Available"),
        ("velero backup create b --storage-location other", "failed", "no backup location other is Available"),
        ("velero install", "unknown", "can't be checked"),
        # others
        ("helm upgrade a b", "unknown", "can't be checked"),
        ("echo a\nls", "unknown", ""),
        ("argocd app sync <name>", "unknown", "the block was not understood"),
    ],
)
def test_claims(script: str, standing: str, said: str) -> None:
    found, claims = outcome(script, everything())
    assert found == standing, claims
    assert not said or any(said in text for text, _ in claims), claims


def test_every_proof_is_of_a_tool_that_is_known() -> None:
    assert set(proofs.PROOFS) | proofs.UNPROVED <= set(TOOLS)


def test_where_argocd_is_out_of_reach_its_objects_are_asked() -> None:
    objects = {"/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/web": WEB}
    found, claims = outcome("argocd app sync web", Recorded(kubernetes=objects))
    assert found == "passed"
    assert ("the application web exists", True) in claims
    assert dict(claims)["the account may sync the application web: not known, the API could not be reached"] is None


@pytest.mark.parametrize(
    ("script", "standing", "said"),
    [
        ("vault kv put secret/app/db a=b", "passed", "secret/app/db is read by ExternalSecret apps/shop"),
        ("vault kv put secret/app/x a=b", "passed", "no ExternalSecret reads secret/app/x"),
        ("vault kv put secret/app/x a=b", "passed", "not known, Vault could not be reached"),
        ("vault kv put other/app/x a=b", "unknown", "no object of the cluster names the engine of other/app/x"),
        ("vault kv put secrets/app a=b", "unknown", "no object of the cluster names the engine"),
        ("vault status", "unknown", "Vault is unsealed: not known"),
    ],
)
def test_where_vault_is_out_of_reach_the_cluster_is_asked(script: str, standing: str, said: str) -> None:
    found, claims = outcome(script, Recorded(kubernetes=KUBERNETES))
    assert found == standing, claims
    assert any(said in text for text, _ in claims), claims


def test_a_store_that_is_not_ready_fails() -> None:
    store = {**STORE, "status": {"conditions": [{"type": "Ready", "status": "False"}]}}
    tables = {**KUBERNETES, "/apis/external-secrets.io/v1/clustersecretstores": {"items": [store]}}
    assert outcome("vault kv put secret/app/db a=b", Recorded(kubernetes=tables))[0] == "failed"


def test_where_nothing_is_reached_nothing_is_proved() -> None:
    for script in ("argocd app sync web", "vault kv put secret/a b=c", "kubectl get pods -n a", "velero backup get"):
        found, claims = outcome(script, Recorded())
        assert found == "unknown", claims
        assert {holds for _, holds in claims} == {None}


def test_the_flags_of_what_is_not_installed_were_not_checked() -> None:
    claims = proofs.prove("argocd app get web\nvault status\nls", everything(), missing=("argocd", "vault", "helm"))
    assert claims[-1] == Claim("argocd and vault are not installed: the flags were not checked", None)
    claims = proofs.prove("argocd app get web", everything(), missing=("argocd",))
    assert claims[-1].text == "argocd is not installed: the flags were not checked"
    assert proofs.prove("ls", everything(), missing=("argocd",)) == ()


def test_aliases_and_earlier_variables_are_followed() -> None:
    claims = proofs.prove("a app get $APP", everything(), aliases={"a": "argocd"}, variables={"APP": "web"})
    assert claims[0].text == "the application web exists"


PLAIN_PATH = re.compile(r"(?:/(?!\.\.?(?:/|$))[^/?#%\s]+)+")


@given(
    st.sampled_from(["argocd app sync ", "argocd proj get ", "vault kv put ", "kubectl get ", "velero backup get "]),
    st.text(max_size=30),
)
def test_nothing_that_a_command_names_bends_a_question(start: str, word: str) -> None:
    client = everything()
    quoted = "'" + word.replace("'", "'\\''") + "'"
    proofs.prove(f"{start}{quoted} a=b", client)
    proofs.prove(f"{start}web -n {quoted}", client)
    assert all(PLAIN_PATH.fullmatch(path) for _, path, _, _ in client.asked)


@pytest.mark.parametrize(
    ("holds", "expected"),
    [((), None), ((None,), None), ((True, None), True), ((None, False, True), False), ((True,), True)],
)
def test_unknowns_alone_prove_nothing(holds: tuple[bool | None, ...], expected: bool | None) -> None:
    assert worst(tuple(Claim("", one) for one in holds)) is expected


def test_the_client_asks_through_a_guard() -> None:
    with guarded(kubernetes.SYSTEM) as block:
        port = block.handle.ports["kubernetes"]
        with GuardClient({"kubernetes": f"http://127.0.0.1:{port}"}) as client:
            assert client.ask("kubernetes", "/version").ok
            assert client.ask("kubernetes", "/version").source == "GET /version"
            assert client.ask("kubernetes", "/api/v1/namespaces/a/pods/b/exec").status == 403
            assert client.ask("argocd", "/api/version").status == 0
        assert [arrived.target for arrived in block.api.arrived] == ["/version"]
