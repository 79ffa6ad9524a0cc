"""Arrows of secrets, from Vault to what gets them: found, not found, and to whom they must not lead."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import application, built, ingress, pod_of, resource, runs, service, workload
from tests.unit.relations_sample import VAULT, arrows

STORE = {"metadata": {"name": "main"}, "spec": {"provider": {"vault": {"server": "http://vault.vault.svc:8200"}}}}


def external(name: str = "web", namespace: str = "apps", key: str = "web/db", **more: Any) -> dict[str, Any]:
    store = {"kind": "ClusterSecretStore", "name": "main"}
    spec = {
        "secretStoreRef": store,
        "target": {"name": f"{name}-secret"},
        "data": [{"remoteRef": {"key": key}}],
        **more,
    }
    return {"metadata": {"namespace": namespace, "name": name}, "spec": spec}


REFERENCES: dict[str, dict[str, Any]] = {
    "env": {
        "containers": [{"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "web-secret", "key": "a"}}}]}]
    },
    "envFrom": {"containers": [{"envFrom": [{"secretRef": {"name": "web-secret"}}]}]},
    "an init container": {"initContainers": [{"envFrom": [{"secretRef": {"name": "web-secret"}}]}]},
    "a volume": {"volumes": [{"secret": {"secretName": "web-secret"}}]},
    "a projected volume": {"volumes": [{"projected": {"sources": [{"secret": {"name": "web-secret"}}]}}]},
}


@pytest.mark.parametrize("how", REFERENCES)
def test_the_workload_that_gets_the_secret_is_vault_s_consumer(how: str) -> None:
    web = workload("web", called="web")
    pod_of(web).update(REFERENCES[how])
    found = built(**VAULT, deployments=[web], cluster_stores=[STORE], external_secrets=[external()])
    assert arrows(found, "secrets") == [("vault", "web", "ExternalSecret apps/web spec.data[0].remoteRef.key")]
    (record,) = found.records_of("secret")
    assert record.get("workload") == ("Deployment apps/web",)
    assert record.values["workload"].evidence.field.startswith("spec.template.spec.")


def test_a_secret_of_the_same_name_elsewhere_is_another() -> None:
    web = workload("web", "other", called="web")
    pod_of(web).update(REFERENCES["envFrom"])
    found = built(**VAULT, deployments=[web], cluster_stores=[STORE], external_secrets=[external()])
    assert arrows(found, "secrets") == []
    (record,) = found.records_of("secret")
    assert (record.component, record.get("path"), record.get("vault")) == ("", "web/db", "vault")


def test_what_nobody_mounts_is_of_the_application_that_owns_it() -> None:
    listed = [
        resource("ExternalSecret", "oidc", "argocd", "external-secrets.io"),
        resource("Deployment", "argocd-server", "argocd"),
    ]
    app = application("argocd", "argocd", status={"resources": listed})
    found = built(
        **VAULT,
        applications=[app],
        deployments=[workload("argocd-server", "argocd", called="argocd-server")],
        cluster_stores=[STORE],
        external_secrets=[external("oidc", "argocd", "argocd/oidc")],
    )
    assert arrows(found, "secrets") == [("vault", "argocd", "ExternalSecret argocd/oidc spec.data[0].remoteRef.key")]


def test_a_store_leads_to_its_own_vault_of_several() -> None:
    web = workload("web", called="web")
    pod_of(web).update(REFERENCES["envFrom"])
    store = {
        "metadata": {"namespace": "apps", "name": "main"},
        "spec": {"provider": {"vault": {"server": "https://vault-2.local", "path": "team"}}},
    }
    found = built(
        statefulsets=[runs("vault", "vault"), runs("vault", "vault", "vault-2")],
        services=[service("vault", "vault"), service("vault-2", "vault")],
        ingresses=[ingress("vault-2", "vault-2.local", namespace="vault")],
        deployments=[web],
        stores=[store],
        cluster_stores=[STORE],
        external_secrets=[external(secretStoreRef={"name": "main"})],
    )
    assert [(source, target) for source, target, _ in arrows(found, "secrets")] == [("vault-2", "web")]
    assert [record.get("path") for record in found.records_of("secret")] == ["team/web/db"]


@pytest.mark.parametrize(
    ("store", "secret"),
    [
        ({"vault": {"server": "https://vault.example.com"}}, {}),
        ({"vault": {"server": 7}}, {}),
        ({"vault": {}}, {}),
        ({"aws": {"service": "SecretsManager"}}, {}),
        ("junk", {}),
        ({"vault": {"server": "http://vault.vault.svc"}}, {"secretStoreRef": {"name": "main"}}),
        (
            {"vault": {"server": "http://vault.vault.svc"}},
            {"secretStoreRef": {"kind": "ClusterSecretStore", "name": "x"}},
        ),
        ({"vault": {"server": "http://vault.vault.svc"}}, {"data": [], "dataFrom": [{"find": "x"}]}),
        (
            {"vault": {"server": "http://vault.vault.svc"}},
            {"data": [], "dataFrom": [{"sourceRef": {"generatorRef": {"name": "g"}}, "find": {"path": "x"}}]},
        ),
        (
            {"vault": {"server": "http://vault.vault.svc"}},
            {"data": [], "dataFrom": [{"sourceRef": {"storeRef": {"name": "away"}}, "find": {"path": "x"}}]},
        ),
    ],
)
def test_no_arrow_comes_from_a_store_that_leads_to_no_vault_here(store: Any, secret: dict[str, Any]) -> None:
    web = workload("web", called="web")
    pod_of(web).update(REFERENCES["envFrom"])
    stores = [{"metadata": {"name": "main"}, "spec": {"provider": store}}]
    found = built(**VAULT, deployments=[web], cluster_stores=stores, external_secrets=[external(**secret)])
    assert arrows(found, "secrets") == []


def test_data_from_and_a_store_of_one_entry_are_read_too() -> None:
    web = workload("web", called="web")
    pod_of(web).update(REFERENCES["envFrom"])
    reference = {
        "sourceRef": {"storeRef": {"kind": "ClusterSecretStore", "name": "main"}},
        "extract": {"key": "web/all"},
    }
    secret = external(secretStoreRef={"name": "none"}, data=[], dataFrom=[reference])
    found = built(**VAULT, deployments=[web], cluster_stores=[STORE], external_secrets=[secret])
    assert arrows(found, "secrets") == [("vault", "web", "ExternalSecret apps/web spec.dataFrom[0].extract.key")]


@pytest.mark.parametrize(
    ("find", "mount", "path", "where"),
    [
        ({"path": "team/a/", "name": {"regexp": ".*"}}, "kv", "kv/team/a/*", "dataFrom[0].find.path"),
        ({"tags": {"env": "prod"}}, "kv", "kv/*", "dataFrom[0].find"),
        ({"path": "kv/team"}, "", "kv/team/*", "dataFrom[0].find.path"),
        ({"name": {"regexp": ".*"}}, "", "*", "dataFrom[0].find"),
        ({"path": 7}, "kv", "kv/*", "dataFrom[0].find"),
    ],
)
@pytest.mark.parametrize("own", [True, False])
def test_what_is_looked_for_is_all_below_a_path(
    find: dict[str, Any], mount: str, path: str, where: str, own: bool
) -> None:
    web = workload("web", called="web")
    pod_of(web).update(REFERENCES["envFrom"])
    store = {"kind": "ClusterSecretStore", "name": "main"}
    entry = {"find": find, **({"sourceRef": {"storeRef": store}} if own else {})}
    secret = external(secretStoreRef={"name": "none"} if own else store, data=[], dataFrom=[entry])
    provider = {"vault": {"server": "http://vault.vault.svc:8200", "path": mount}}
    stores = [{"metadata": {"name": "main"}, "spec": {"provider": provider}}]
    found = built(**VAULT, deployments=[web], cluster_stores=stores, external_secrets=[secret])
    assert arrows(found, "secrets") == [("vault", "web", f"ExternalSecret apps/web spec.{where}")]
    (record,) = found.records_of("secret")
    assert (record.get("path"), record.text("mount")) == (path, mount or path.partition("/")[0].strip("*"))


def static(**spec: Any) -> dict[str, Any]:
    told = {"mount": "secret", "path": "web/db", "type": "kv-v2", "destination": {"name": "web-secret"}, **spec}
    return {"metadata": {"namespace": "apps", "name": "web"}, "spec": told}


def test_a_vault_static_secret_goes_by_its_auth_and_connection() -> None:
    web = workload("web", called="web")
    lists: dict[str, Any] = {
        "statefulsets": [runs("vault", "vault"), runs("vault", "vault", "vault-2")],
        "services": [service("vault", "vault"), service("vault-2", "vault")],
        "deployments": [web],
        "auths": [{"metadata": {"namespace": "ops", "name": "login"}, "spec": {"vaultConnectionRef": "second"}}],
        "connections": [
            {"metadata": {"namespace": "ops", "name": "second"}, "spec": {"address": "http://vault-2.vault.svc"}}
        ],
    }
    restarted = {"rolloutRestartTargets": [{"kind": "Deployment", "name": "web"}, {"kind": "Pod", "name": "x"}]}
    found = built(**lists, static_secrets=[static(vaultAuthRef="ops/login", **restarted)])
    assert arrows(found, "secrets") == [("vault-2", "web", "VaultStaticSecret apps/web spec.path")]
    (record,) = found.records_of("secret")
    assert (record.get("path"), record.get("secret_name")) == ("secret/web/db", "web-secret")
    assert record.values["workload"].evidence.field == "spec.rolloutRestartTargets[0].name"
    # Without a connection nobody can say which of two Vaults it is.
    assert arrows(built(**lists, static_secrets=[static(**restarted)]), "secrets") == []


def injected(path: str = "secret/data/web/db", **notes: str) -> dict[str, Any]:
    web = workload("web", called="web")
    web["spec"]["template"]["metadata"]["annotations"] = {
        "vault.hashicorp.com/agent-inject": "true",
        "vault.hashicorp.com/agent-inject-secret-db": path,
        **notes,
    }
    return web


def test_the_agent_in_a_pod_gets_from_the_only_vault() -> None:
    found = built(**VAULT, deployments=[injected()])
    note = 'spec.template.metadata.annotations["vault.hashicorp.com/agent-inject-secret-db"]'
    assert arrows(found, "secrets") == [("vault", "web", f"Deployment apps/web {note}")]
    (record,) = found.records_of("secret")
    assert (record.get("path"), record.get("mount"), record.get("via")) == ("secret/web/db", "secret", "injector")


def test_of_two_vaults_the_agent_s_address_says_which() -> None:
    two: dict[str, Any] = {
        "statefulsets": [runs("vault", "vault"), runs("vault", "vault", "vault-2")],
        "services": [service("vault", "vault"), service("vault-2", "vault")],
    }
    assert arrows(built(**two, deployments=[injected()]), "secrets") == []
    address = {"vault.hashicorp.com/service": "http://vault-2.vault.svc:8200"}
    found = built(**two, deployments=[injected(**address)])
    assert [arrow[:2] for arrow in arrows(found, "secrets")] == [("vault-2", "web")]
    injector = workload("injector", "vault", called="injector")
    variable = {"name": "AGENT_INJECT_VAULT_ADDR", "value": "http://vault.vault.svc:8200"}
    pod_of(injector)["containers"][0]["env"] = [variable]
    found = built(**two, deployments=[injected(), injector])
    assert [arrow[:2] for arrow in arrows(found, "secrets")] == [("vault", "web")]


@pytest.mark.parametrize("told", ["false", "", "no"])
def test_an_agent_that_is_off_gets_nothing(told: str) -> None:
    web = injected(**{"vault.hashicorp.com/agent-inject": told})
    assert built(**VAULT, deployments=[web]).records_of("secret") == ()


@pytest.mark.parametrize(
    ("path", "mounts", "expected"),
    [
        ("kv/data/web", None, ("kv", "kv/web")),
        ("kv/data/web", {"kv/": {"type": "kv", "options": {"version": "2"}}}, ("kv", "kv/web")),
        ("kv/data/web", {"kv/": {"type": "kv", "options": {"version": "1"}}}, ("kv", "kv/data/web")),
        ("team/kv/data/web", {"team/kv/": {"type": "kv", "options": {"version": "2"}}}, ("team/kv", "team/kv/web")),
        ("database/creds/web", {"database/": {"type": "database"}}, ("database", "database/creds/web")),
        ("/kv/web/", None, ("kv", "kv/web")),
        ("kv", None, ("kv", "kv")),
    ],
)
def test_paths_are_as_vault_s_own_command_takes_them(path: str, mounts: Any, expected: tuple[str, str]) -> None:
    systems = None if mounts is None else {"vault": {"url": "", "answers": {"/v1/sys/mounts": {"data": mounts}}}}
    (record,) = built(**VAULT, deployments=[injected(path)], systems=systems).records_of("secret")
    assert (record.get("mount"), record.get("path")) == expected
