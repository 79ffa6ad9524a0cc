"""Which objects make which component: each rule of join/membership.py and join/parts.py."""

from __future__ import annotations

from typing import Any

from tests.unit.inventory_objects import (
    LABEL,
    TRACKING,
    application,
    built,
    catalog,
    components,
    ingress,
    resource,
    service,
    stated,
    workload,
)
from truebook.model import Inventory


def joined_by(inventory: Inventory, name: str) -> str:
    component = inventory.component(name)
    assert component is not None
    return str(component.values["workloads"].evidence)


def tracked(app: str, name: str, own: str | None = None) -> dict[str, str]:
    return {TRACKING: f"{app}:apps/Deployment:apps/{own or name}"}


def test_a_tracking_id_that_names_its_own_object_joins() -> None:
    web = workload("web", called="nginx", annotations=tracked("shop", "web"))
    found = built(applications=[application("shop")], deployments=[web])
    assert components(found) == {"shop": ("web",)}
    assert joined_by(found, "shop") == f'Deployment apps/web metadata.annotations["{TRACKING}"]'


def test_a_tracking_id_that_names_another_object_is_ignored() -> None:
    web = workload("web", called="nginx", annotations=tracked("shop", "web", own="other"))
    found = built(applications=[application("shop")], deployments=[web])
    assert components(found) == {"shop": (), "nginx": ("web",)}


def test_a_tracking_id_wins_over_a_list_and_a_label() -> None:
    web = workload("web", called="web", annotations=tracked("shop", "web"), labels={f"{LABEL}instance": "blog"})
    listing = application("list", status={"resources": [resource("Deployment", "web")]})
    found = built(applications=[application("shop"), application("blog"), listing], deployments=[web])
    assert components(found) == {"shop": ("web",), "blog": (), "list": ()}


def test_a_tracking_id_of_an_unknown_application_joins_none() -> None:
    web = workload("web", called="web", annotations=tracked("gone", "web"), labels={f"{LABEL}instance": "blog"})
    assert components(built(applications=[application("blog")], deployments=[web])) == {"blog": (), "web": ("web",)}


def test_an_application_outside_argocd_s_namespace_is_tracked_by_namespace_and_name() -> None:
    app = application("shop")
    app["metadata"]["namespace"] = "team"
    web = workload("web", called="nginx", annotations=tracked("team_shop", "web"))
    assert components(built(applications=[app], deployments=[web])) == {"shop": ("web",)}


def test_of_two_applications_of_one_name_argocd_s_own_is_meant() -> None:
    other = application("shop")
    other["metadata"]["namespace"] = "a-team"
    other["status"] = {"controllerNamespace": "argocd"}
    own = application("shop", status={"controllerNamespace": "argocd"})
    web = workload("web", called="nginx", annotations=tracked("shop", "web"))
    found = built(applications=[own, other], deployments=[web])
    assert components(found) == {"argocd-shop": ("web",), "a-team-shop": ()}


def test_the_application_s_own_list_joins() -> None:
    app = application("shop", status={"resources": [resource("Service", "x", group=""), resource("Deployment", "web")]})
    found = built(applications=[app], deployments=[workload("web")])
    assert components(found) == {"shop": ("web",)}
    assert joined_by(found, "shop") == "Application argocd/shop status.resources[1]"


def test_the_instance_label_joins_in_the_destination_namespace_only() -> None:
    labels = {f"{LABEL}instance": "shop"}
    here, there = workload("web", called="web", labels=labels), workload("far", "else", called="far", labels=labels)
    found = built(applications=[application("shop")], deployments=[here, there])
    assert components(found) == {"shop": ("web",), "far": ("far",)}
    assert joined_by(found, "shop") == f'Deployment apps/web metadata.labels["{LABEL}instance"]'


def test_what_an_operator_made_joins_by_its_owner() -> None:
    owner = {"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "name": "main"}
    made = workload("prometheus-main", called="prometheus", ownerReferences=[owner])
    listed = resource("Prometheus", "main", group="monitoring.coreos.com")
    found = built(applications=[application("metrics", status={"resources": [listed]})], statefulsets=[made])
    assert components(found) == {"metrics": ("prometheus-main",)}
    assert joined_by(found, "metrics") == "StatefulSet apps/prometheus-main metadata.ownerReferences[0].name"


def test_an_application_of_another_cluster_joins_nothing_here() -> None:
    app = application("shop", status={"resources": [resource("Deployment", "web")]})
    app["spec"]["destination"]["server"] = "https://other.example.com"
    web = workload("web", called="web", labels={f"{LABEL}instance": "shop"})
    assert components(built(applications=[app], deployments=[web])) == {"shop": (), "web": ("web",)}


def test_an_argocd_elsewhere_may_know_this_cluster_by_any_address() -> None:
    app = application("shop", status={"resources": [resource("Deployment", "web")]})
    app["spec"]["destination"]["server"] = "https://other.example.com"
    found = built(argocd={"/api/v1/applications": {"items": [app]}}, deployments=[workload("web")])
    assert components(found) == {"shop": ("web",)}


def listed(app: str, *names: str) -> dict[str, Any]:
    return application(app, status={"resources": [resource("Deployment", name) for name in names]})


def test_a_bundle_is_a_component_for_each_name() -> None:
    found = built(
        applications=[listed("monitoring", "prom", "graf", "graf-worker")],
        deployments=[
            workload("prom", called="prometheus"),
            workload("graf", called="grafana"),
            workload("graf-worker", called="grafana"),
        ],
    )
    assert components(found) == {"grafana": ("graf", "graf-worker"), "prometheus": ("prom",)}


def test_a_database_stays_with_the_application_of_the_other_workload_s_name() -> None:
    found = built(
        applications=[listed("auth", "auth-server", "auth-worker", "auth-db")],
        deployments=[
            workload("auth-server", called="auth"),
            workload("auth-worker", called="auth"),
            workload("auth-db", called="postgresql"),
        ],
    )
    assert components(found) == {"auth": ("auth-server", "auth-worker", "auth-db")}


def test_what_an_ingress_leads_to_is_a_component_of_its_own() -> None:
    found = built(
        applications=[listed("stack", "operator", "graf")],
        deployments=[workload("operator", called="stack-operator"), workload("graf", called="grafana")],
        services=[service("graf")],
        ingresses=[ingress("graf", "grafana.local")],
    )
    assert components(found) == {"grafana": ("graf",), "stack": ("operator",)}


def test_an_application_of_one_name_is_that_application() -> None:
    found = built(
        applications=[listed("grafana-dev", "dev"), listed("grafana-prod", "prod")],
        deployments=[workload("dev", called="grafana"), workload("prod", called="grafana")],
    )
    assert components(found) == {"grafana-dev": ("dev",), "grafana-prod": ("prod",)}


def test_part_of_joins_pieces_that_bear_its_name_but_no_others() -> None:
    part_of = {f"{LABEL}part-of": "argocd"}
    found = built(
        deployments=[
            workload("server", called="argocd-server", labels=part_of),
            workload("repo", called="argocd-repo-server", labels=part_of),
            workload("dex", called="dex", labels=part_of),
        ]
    )
    assert components(found) == {"argocd": ("server", "repo"), "dex": ("dex",)}


def test_workloads_without_application_and_name_are_no_components() -> None:
    assert components(built(deployments=[workload("nameless")])) == {}


def test_one_name_in_two_namespaces_is_two_components() -> None:
    found = built(deployments=[workload("db", "one", called="db"), workload("db", "two", called="db")])
    assert components(found) == {"one-db": ("db",), "two-db": ("db",)}


def test_one_name_in_two_bundles_is_told_apart_by_the_application() -> None:
    found = built(
        applications=[listed("dev", "a", "b"), listed("prod", "c", "d")],
        deployments=[
            workload("a", called="prometheus"),
            workload("b", called="grafana"),
            workload("c", called="prometheus"),
            workload("d", called="loki"),
        ],
    )
    assert set(components(found)) == {"dev-prometheus", "prod-prometheus", "grafana", "loki"}


def test_what_another_workload_owns_is_not_its_own() -> None:
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web"}
    assert components(built(deployments=[workload("web-1", called="web", ownerReferences=[owner])])) == {}


def test_an_application_without_workloads_is_a_component() -> None:
    assert components(built(applications=[application("config")])) == {"config": ()}


def test_an_annotated_ingress_alone_is_a_component() -> None:
    router = ingress("router", "router.local")
    router["metadata"]["annotations"] = {
        "gethomepage.dev/enabled": "true",
        "gethomepage.dev/name": "The Router",
        "gethomepage.dev/group": "Network",
    }
    (found,) = built(ingresses=[router]).components
    assert (found.name, found.title, found.group, found.get("url")) == (
        "router",
        "The Router",
        "Network",
        "http://router.local",
    )


def test_annotations_that_are_not_enabled_say_nothing() -> None:
    web = ingress("web", "web.local")
    web["metadata"]["annotations"] = {"gethomepage.dev/name": "The Web", "gethomepage.dev/description": "x"}
    (found,) = built(ingresses=[web], services=[service("web")], deployments=[workload("web", called="web")]).components
    assert (found.title, found.get("purpose")) == ("web", None)


def test_of_the_api_and_the_objects_the_fresher_speaks() -> None:
    by_api = application("shop", status={"sync": {"status": "Synced"}})
    by_object = application("shop", status={"sync": {"status": "OutOfSync"}, "health": {"status": "Healthy"}})
    gone = application("gone")
    api = {"/api/v1/applications": {"items": [by_api, gone]}}
    fresh = built(argocd=api, applications=[by_object]).component("shop")
    assert fresh is not None
    assert (fresh.get("sync"), fresh.values["sync"].evidence.source) == ("Synced", "argocd")
    assert (fresh.get("health"), fresh.values["health"].evidence.source) == ("Healthy", "kubernetes")
    stale = built(argocd=api, applications=[by_object], states={"argocd": ("stale", "refused")})
    shop = stale.component("shop")
    assert shop is not None
    assert shop.get("sync") == "OutOfSync"
    assert stale.component("gone") is None


def test_an_object_that_was_listed_twice_is_one() -> None:
    web = workload("web", called="web")
    found = built(deployments=[web, web], services=[service("web")], ingresses=[ingress("web", "web.local")] * 2)
    assert components(found) == {"web": ("web",)}
    assert found.components[0].get("desired") == 1
    assert found.components[0].get("urls") == ("http://web.local",)


def test_a_hostile_name_is_not_taken_for_a_claim() -> None:
    found = built(
        catalog(stated("db", find={"workload": "Deployment apps/db"})),
        deployments=[workload("db"), workload("evil", called="db"), workload("worse", called="=db")],
    )
    assert components(found) == {"db": ("db",), "apps-db": ("evil",), "=db": ("worse",)}
