"""Each kind of arrow that is read from what the systems say: found, not found, and to whom it must not lead."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import (
    application,
    built,
    catalog,
    ingress,
    pod_of,
    resource,
    runs,
    service,
    stated,
    workload,
)
from truebook.model import Inventory
from truebook.settings import Settings, SystemSettings

VAULT: dict[str, Any] = {"statefulsets": [runs("vault", "vault")], "services": [service("vault", "vault")]}
STORE = {"metadata": {"name": "main"}, "spec": {"provider": {"vault": {"server": "http://vault.vault.svc:8200"}}}}


def arrows(inventory: Inventory, kind: str) -> list[tuple[str, str, str]]:
    return [(r.source, r.target, str(r.evidence)) for r in inventory.relations if r.kind == kind]


# --- secrets


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


# --- sso

AUTHENTIK: dict[str, Any] = {
    "deployments": [runs("authentik", "authentik"), runs("grafana", "monitoring")],
    "services": [service("authentik", "authentik"), service("grafana", "monitoring")],
    "ingresses": [
        ingress("authentik", "auth.local", namespace="authentik"),
        ingress("grafana", "grafana.local", namespace="monitoring"),
    ],
}


def grafana_ini(**words: Any) -> dict[str, Any]:
    told = {"enabled": True, "client_id": "g", "auth_url": "https://auth.local/application/o/authorize/", **words}
    config = {
        "metadata": {"namespace": "monitoring", "name": "grafana"},
        "data": {"grafana.ini": {"auth.generic_oauth": told}},
    }
    return {"configmaps": {"answers": {"/api/v1/namespaces/monitoring/configmaps/grafana": config}}}


def test_grafana_signs_in_where_its_settings_lead() -> None:
    where = 'ConfigMap monitoring/grafana data["grafana.ini"]["auth.generic_oauth"].auth_url'
    assert arrows(built(**AUTHENTIK, systems=grafana_ini()), "sso") == [("authentik", "grafana", where)]


@pytest.mark.parametrize(
    "words",
    [
        {"enabled": False},
        {"enabled": "false"},
        {"auth_url": "https://accounts.example.com/o/oauth2/v2/auth"},
        {"auth_url": ""},
        {"auth_url": ["https://auth.local"]},
        {"auth_url": "https://grafana.local/login"},
        {"auth_url": "javascript:alert(1)"},
    ],
)
def test_grafana_does_not_sign_in_here(words: dict[str, Any]) -> None:
    assert arrows(built(**AUTHENTIK, systems=grafana_ini(**words)), "sso") == []


def test_argocd_and_vault_sign_in_by_their_own_settings() -> None:
    lists: dict[str, Any] = {**AUTHENTIK, "statefulsets": VAULT["statefulsets"]}
    lists["deployments"] = [*AUTHENTIK["deployments"], workload("argocd-server", "argocd", called="argocd-server")]
    vault = {"/v1/auth/sso/config": {"data": {"oidc_discovery_url": "https://auth.local/application/o/vault/"}}}
    found = built(
        **lists,
        argocd={
            "/api/v1/settings": {"oidcConfig": {"issuer": "https://auth.local/application/o/argocd/", "clientID": "a"}}
        },
        systems={"vault": {"url": "https://vault.local", "answers": vault}},
    )
    assert arrows(found, "sso") == [
        ("authentik", "argocd-server", "https://argocd.homelab.local/api/v1/settings oidcConfig.issuer"),
        ("authentik", "vault", "https://vault.local/v1/auth/sso/config data.oidc_discovery_url"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "signs_in"),
    [
        ("SSO_AUTHORITY", "https://auth.local/application/o/web/", True),
        ("OIDC", "https://auth.local/.well-known/openid-configuration", True),
        ("OIDC", "http://authentik.authentik.svc/application/o/token/", True),
        ("GF_AUTH_GENERIC_OAUTH_AUTH_URL", "https://auth.local/application/o/authorize/", True),
        ("OIDC", "https://elsewhere.example/application/o/web/", False),
        ("LINK", "https://auth.local/", False),
        ("OIDC", "auth.local/application/o/web/", False),
        ("OIDC", "https://web.local/application/o/web/", False),
    ],
)
def test_a_variable_that_holds_an_issuer_says_where_a_workload_signs_in(name: str, value: str, signs_in: bool) -> None:
    web = workload("web", called="web")
    pod_of(web)["containers"][0]["env"] = [{"name": "X", "value": "y"}, {"name": name, "value": value}]
    lists: dict[str, Any] = {name: [*items] for name, items in AUTHENTIK.items()}
    lists["deployments"].append(web)
    lists["services"].append(service("web"))
    lists["ingresses"].append(ingress("web", "web.local"))
    where = "Deployment apps/web spec.template.spec.containers[0].env[1].value"
    assert arrows(built(**lists), "sso") == ([("authentik", "web", where)] if signs_in else [])


def test_a_provider_s_redirect_leads_to_the_application_that_says_nothing_itself() -> None:
    entry = {
        "pk": 1,
        "name": "g",
        "client_id": "g",
        "redirect_uris": [{"url": "https://grafana.local/login/generic_oauth"}],
    }
    answers = {"/api/v3/providers/oauth2/": {"results": [entry]}}
    found = built(**AUTHENTIK, systems={"authentik": {"url": "https://auth.local", "answers": answers}})
    where = "https://auth.local/api/v3/providers/oauth2/ results[0].redirect_uris[0].url"
    assert arrows(found, "sso") == [("authentik", "grafana", where)]


@pytest.mark.parametrize(
    ("uris", "served"),
    [
        ("https://grafana.local/a\nhttp://localhost:8085/b", True),
        (["https://grafana.local/a"], True),
        ([{"url": r"^https://grafana\.local/.*", "matching_mode": "regex"}], True),
        ([{"url": "http://localhost:8085/b"}], False),
        ([{"url": "https://other.example/a"}], False),
        ([{"url": "https://["}], False),
        (7, False),
        (None, False),
    ],
)
def test_redirects_are_read_in_all_their_forms(uris: Any, served: bool) -> None:
    answers = {"/api/v3/providers/oauth2/": {"results": [{"name": "g", "redirect_uris": uris}]}}
    found = built(**AUTHENTIK, systems={"authentik": {"url": "https://auth.local", "answers": answers}})
    assert bool(arrows(found, "sso")) is served
    assert len(found.records_of("oidc_client")) == 1


# --- data sources, alerts, scrapes, backups

MONITORING: dict[str, Any] = {
    "deployments": [runs(name, "monitoring") for name in ("prometheus", "alertmanager", "grafana", "loki")],
    "services": [service(name, "monitoring") for name in ("prometheus", "alertmanager", "grafana", "loki")],
}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://prometheus.monitoring.svc:9090", "prometheus"),
        ("http://loki:3100", "loki"),
        ("http://loki.example.com:3100", None),
        ("http://grafana:3000", None),
        ("", None),
        (7, None),
    ],
)
@pytest.mark.parametrize("by", ["grafana", "configmaps"])
def test_a_data_source_leads_to_what_grafana_shows(by: str, url: Any, name: str | None) -> None:
    source = {"name": "x", "uid": "x", "type": "any", "url": url}
    answers: dict[str, Any] = {"/api/datasources": [source]}
    if by == "configmaps":
        config = {"metadata": {"namespace": "monitoring", "name": "d"}, "data": {"a.yaml": {"datasources": [source]}}}
        answers = {"/api/v1/namespaces/monitoring/configmaps?labelSelector=grafana_datasource": {"items": [config]}}
    found = built(**MONITORING, systems={by: {"url": "https://g.local" if by == "grafana" else "", "answers": answers}})
    where = "https://g.local/api/datasources [0].url"
    if by == "configmaps":
        where = 'ConfigMap monitoring/d data["a.yaml"].datasources[0].url'
    assert arrows(found, "datasource") == ([(name, "grafana", where)] if name else [])


def prometheus(path: str, body: Any) -> dict[str, Any]:
    return {"prometheus": {"url": "https://p.local", "answers": {path: body}}}


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://alertmanager.monitoring.svc:9093/api/v2/alerts", True),
        ("http://alertmanager:9093/api/v2/alerts", True),
        ("http://10.42.0.9:9093/api/v2/alerts", True),
        ("http://10.42.0.10:9093/api/v2/alerts", False),
        ("https://alertmanager.example.com", False),
    ],
)
def test_prometheus_sends_alerts_to_what_it_says(url: str, found: bool) -> None:
    answer = prometheus("/api/v1/alertmanagers", {"data": {"activeAlertmanagers": [{"url": url}]}})
    slices = [
        {
            "metadata": {
                "namespace": "monitoring",
                "name": "x",
                "labels": {"kubernetes.io/service-name": "alertmanager"},
            },
            "endpoints": [{"addresses": ["10.42.0.9"]}],
        }
    ]
    where = "https://p.local/api/v1/alertmanagers data.activeAlertmanagers[0].url"
    told = arrows(built(**MONITORING, slices=slices, systems=answer), "alerts")
    assert told == ([("prometheus", "alertmanager", where)] if found else [])


def test_where_prometheus_was_not_read_its_object_says_where_alerts_go() -> None:
    owner = {
        "metadata": {"namespace": "monitoring", "name": "main"},
        "spec": {"alerting": {"alertmanagers": [{"name": "alertmanager"}]}},
    }
    assert arrows(built(**MONITORING, prometheuses=[owner]), "alerts") == [
        ("prometheus", "alertmanager", "Prometheus monitoring/main spec.alerting.alertmanagers[0].name")
    ]
    assert arrows(built(**MONITORING), "alerts") == []


def test_prometheus_scrapes_the_components_of_its_targets() -> None:
    targets = [
        {"labels": {"namespace": "monitoring", "service": "loki"}, "scrapeUrl": "http://10.42.0.1:3100/metrics"},
        {"labels": {"job": "self"}, "scrapeUrl": "http://localhost:9090/metrics"},
        {"labels": {"job": "nodes"}, "scrapeUrl": "https://10.0.0.1:10250/metrics"},
    ]
    answer = prometheus("/api/v1/targets?state=active", {"data": {"activeTargets": targets}})
    assert arrows(built(**MONITORING, systems=answer), "scrapes") == [
        ("prometheus", "loki", "https://p.local/api/v1/targets?state=active data.activeTargets[0].labels.service")
    ]


@pytest.mark.parametrize(
    ("job", "url", "target", "field"),
    [
        ("apps", "http://loki.monitoring.svc:3100/metrics", "loki", "scrapeUrl"),
        ("apps", "http://loki:3100/metrics", "loki", "scrapeUrl"),
        ("grafana", "http://loki.monitoring.svc:3100/metrics", "loki", "scrapeUrl"),
        ("grafana", "http://10.0.0.7:3000/metrics", "grafana", "labels.job"),
        ("loki", "http://localhost:9090/metrics", None, None),
        ("apps", "http://loki.example.com/metrics", None, None),
        ("apps", "http://[::1", None, None),
        ("apps", "", None, None),
    ],
)
def test_a_target_without_labels_of_its_own_is_found_by_its_address(
    job: str, url: str, target: str | None, field: str | None
) -> None:
    answer = prometheus(
        "/api/v1/targets?state=active", {"data": {"activeTargets": [{"labels": {"job": job}, "scrapeUrl": url}]}}
    )
    where = f"https://p.local/api/v1/targets?state=active data.activeTargets[0].{field}"
    told = arrows(built(**MONITORING, systems=answer), "scrapes")
    assert told == ([("prometheus", target, where)] if target else [])


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ({"selector": {"matchLabels": {"tier": "logs"}}}, ["loki"]),
        ({"selector": {"matchLabels": {"tier": "logs"}}, "namespaceSelector": {"matchNames": ["other"]}}, []),
        ({"selector": {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["logs", "x"]}]}}, ["loki"]),
        ({"selector": {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}}, ["grafana", "loki"]),
        (
            {"selector": {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["logs"]}]}},
            ["alertmanager", "grafana"],
        ),
        ({"selector": {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}}, ["alertmanager"]),
        ({"selector": {"matchExpressions": [{"key": "tier", "operator": "Like"}]}}, []),
        ({"selector": {"matchLabels": {"tier": "logs"}}, "namespaceSelector": {"any": True}}, ["loki"]),
    ],
)
def test_where_prometheus_was_not_read_monitors_say_what_it_scrapes(spec: dict[str, Any], names: list[str]) -> None:
    services = [service(name, "monitoring") for name in ("prometheus", "alertmanager", "grafana", "loki")]
    services[2]["metadata"]["labels"] = {"tier": "pictures"}
    services[3]["metadata"]["labels"] = {"tier": "logs"}
    monitor = {"metadata": {"namespace": "monitoring", "name": "all"}, "spec": spec}
    found = built(deployments=MONITORING["deployments"], services=services, monitors=[monitor])
    assert sorted(target for _, target, _ in arrows(found, "scrapes")) == names


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://minio.minio.svc:9000", True),
        ("https://s3.local", True),
        ("https://s3.eu-central-1.amazonaws.com", False),
        ("", False),
        (None, False),
    ],
)
def test_velero_s_backups_go_where_its_location_leads(url: Any, found: bool) -> None:
    location = {
        "metadata": {"namespace": "velero", "name": "default"},
        "spec": {"provider": "aws", "objectStorage": {"bucket": "b"}, "config": {"s3Url": url}},
    }
    lists: dict[str, Any] = {
        "deployments": [runs("velero", "velero")],
        "statefulsets": [runs("minio", "minio")],
        "services": [service("minio", "minio")],
        "ingresses": [ingress("minio", "s3.local", namespace="minio")],
    }
    told = arrows(built(**lists, locations=[location]), "backup")
    where = "BackupStorageLocation velero/default spec.config.s3Url"
    assert told == ([("velero", "minio", where)] if found else [])
    elsewhere = {**location, "metadata": {"namespace": "other", "name": "default"}}
    assert arrows(built(**lists, locations=[elsewhere]), "backup") == []


# --- which component a system is


def test_of_several_the_one_where_it_was_read_is_the_system() -> None:
    lists: dict[str, Any] = {
        "deployments": [runs("prometheus", "a", "one"), runs("prometheus", "b", "two"), runs("loki", "b")],
        "services": [service("one", "a"), service("two", "b"), service("loki", "b")],
    }
    body = {"data": {"activeTargets": [{"labels": {"namespace": "b", "service": "loki"}}]}}
    for url, settings, name in (
        ("http://two.b.svc:9090", Settings(), "two"),
        ("http://one.a.svc:9090", Settings(), "one"),
        ("https://elsewhere.example", Settings(), None),
        ("https://elsewhere.example", catalog(stated("two")), "two"),
        ("https://elsewhere.example", catalog(stated("two"), stated("one")), None),
        ("http://one.a.svc:9090", Settings(systems={"prometheus": SystemSettings(component="two")}), "two"),
    ):
        systems = {"prometheus": {"url": url, "answers": {"/api/v1/targets?state=active": body}}}
        found = built(settings, **lists, systems=systems)
        assert [arrow[:2] for arrow in arrows(found, "scrapes")] == ([(name, "loki")] if name else [])
    # There is only one that it can be, wherever it was reached.
    alone = {"deployments": lists["deployments"][1:], "services": lists["services"][1:]}
    systems = {"prometheus": {"url": "http://192.0.2.1:9090", "answers": {"/api/v1/targets?state=active": body}}}
    assert [arrow[:2] for arrow in arrows(built(**alone, systems=systems), "scrapes")] == [("two", "loki")]


def test_a_found_arrow_wins_over_the_stated_one() -> None:
    from truebook.settings import CatalogRelation

    settings = catalog(
        stated("authentik"), stated("grafana"), relations=(CatalogRelation("authentik", "grafana", "word of mouth", 3),)
    )
    found = built(settings, **AUTHENTIK, systems=grafana_ini())
    assert [(r.label, r.kind) for r in found.relations] == [("SSO", "sso")]
