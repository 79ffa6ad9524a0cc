"""The catalog completes and corrects what was discovered: each way it finds its parts, and what wins."""

from __future__ import annotations

from typing import Any

from tests.unit.inventory_objects import (
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
from truebook.model import Evidence
from truebook.settings import CatalogRelation

MONITORING = application(
    "monitoring", status={"resources": [resource("Deployment", name) for name in ("prom", "graf", "exporter")]}
)
BUNDLE = [
    workload("prom", called="prometheus"),
    workload("graf", called="grafana"),
    workload("exporter", called="node-exporter"),
]


def test_by_workload_with_its_siblings_of_one_name() -> None:
    found = built(
        catalog(stated("metrics", find={"workload": "Deployment apps/prom"})),
        applications=[MONITORING],
        deployments=[*BUNDLE[1:], BUNDLE[0], workload("prom-b", called="prometheus", labels={})],
    )
    assert components(found)["metrics"] == ("prom",)
    assert "prometheus" in components(found)  # `prom-b` is of no Application


def test_a_workload_of_the_application_s_name_stands_for_all_of_it() -> None:
    app = application("vault", status={"resources": [resource("Deployment", n) for n in ("vault", "injector", "db")]})
    found = built(
        catalog(stated("secrets", find={"workload": "Deployment apps/vault"})),
        applications=[app],
        deployments=[workload("vault", called="vault"), workload("injector", called="vault-injector"), workload("db")],
    )
    assert components(found) == {"secrets": ("vault", "injector", "db")}


def test_a_workload_without_labels_can_be_named() -> None:
    found = built(catalog(stated("old", find={"workload": "Deployment apps/old"})), deployments=[workload("old")])
    assert components(found) == {"old": ("old",)}


def test_two_components_in_one_part_take_what_they_name() -> None:
    found = built(
        catalog(
            stated("dex", find={"workload": "Deployment apps/dex"}),
            stated("argocd", find={"workload": "Deployment apps/server"}),
        ),
        deployments=[
            workload("server", called="argocd-server", labels={"app.kubernetes.io/part-of": "argocd"}),
            workload("dex", called="argocd-dex", labels={"app.kubernetes.io/part-of": "argocd"}),
            workload("repo", called="argocd-repo", labels={"app.kubernetes.io/part-of": "argocd"}),
        ],
    )
    assert components(found) == {"dex": ("dex",), "argocd": ("server", "repo")}


def test_by_ingress_through_its_service() -> None:
    found = built(
        catalog(stated("dashboards", find={"ingress": "apps/graf"})),
        applications=[MONITORING],
        deployments=BUNDLE,
        services=[service("graf")],
        ingresses=[ingress("graf", "grafana.local")],
    )
    assert components(found)["dashboards"] == ("graf",)
    assert found.components[0].get("url") == "http://grafana.local"


def test_by_ingress_that_leads_out_of_the_cluster() -> None:
    found = built(catalog(stated("nas", find={"ingress": "apps/nas"})), ingresses=[ingress("nas", "nas.local")])
    assert [(c.name, c.get("url"), c.get("namespace")) for c in found.components] == [
        ("nas", "http://nas.local", "apps")
    ]


def test_an_ingress_of_several_components_gives_each_its_own_host() -> None:
    both = ingress("both", "prometheus.local", to="prom")
    both["spec"]["rules"] += ingress("x", "grafana.local", to="graf")["spec"]["rules"]
    found = built(
        catalog(stated("grafana", find={"workload": "Deployment apps/graf", "ingress": "apps/both"})),
        deployments=BUNDLE,
        services=[service("graf"), service("prom")],
        ingresses=[both],
    )
    assert {c.name: c.get("urls") for c in found.components} == {
        "grafana": ("http://grafana.local",),
        "prometheus": ("http://prometheus.local",),
        "node-exporter": None,
    }


def test_by_application_the_part_of_its_name_and_what_is_left() -> None:
    settings = catalog(
        stated("rest", find={"application": "monitoring"}),
        stated("grafana", find={"application": "argocd/monitoring"}),
    )
    found = built(settings, applications=[MONITORING], deployments=BUNDLE)
    assert components(found) == {"rest": ("prom", "exporter"), "grafana": ("graf",)}


def test_by_application_as_a_whole() -> None:
    settings = catalog(stated("site", find={"application": "shop"}))
    found = built(settings, applications=[application("shop", status={"health": {"status": "Degraded"}})])
    assert components(found) == {"site": ()}
    assert found.components[0].get("health") == "Degraded"


def test_a_name_inside_an_application_is_split_off_for_the_catalog() -> None:
    app = application("auth", status={"resources": [resource("Deployment", "auth"), resource("Deployment", "db")]})
    deployments = [workload("auth", called="auth"), workload("db", called="postgresql")]
    assert components(built(applications=[app], deployments=deployments)) == {"auth": ("auth", "db")}
    found = built(catalog(stated("postgresql")), applications=[app], deployments=deployments)
    assert components(found) == {"postgresql": ("db",), "auth": ("auth",)}


def test_a_name_inside_several_applications_is_nobody_s() -> None:
    def app(name: str) -> dict[str, object]:
        return application(name, status={"resources": [resource("Deployment", n) for n in (name, f"{name}-db")]})

    deployments = [
        workload(f"{name}{end}", called=called)
        for name in ("auth", "wiki")
        for end, called in (("", name), ("-db", "postgresql"))
    ]
    found = built(catalog(stated("postgresql")), applications=[app("auth"), app("wiki")], deployments=deployments)
    assert components(found) == {"postgresql": (), "auth": ("auth", "auth-db"), "wiki": ("wiki", "wiki-db")}


def test_without_find_an_application_goes_before_a_label_before_an_own_name() -> None:
    own, label, app = workload("vault", "c", called="x"), workload("y", "b", called="vault"), application("vault", "a")
    assert components(built(catalog(stated("vault")), applications=[app], deployments=[label, own]))["vault"] == ()
    assert components(built(catalog(stated("vault")), deployments=[own, label]))["vault"] == ("y",)
    assert components(built(catalog(stated("vault")), deployments=[own]))["vault"] == ("vault",)


def test_without_find_by_instance_or_title() -> None:
    instance = workload("a", called="x", labels={"app.kubernetes.io/instance": "Vault"})
    assert components(built(catalog(stated("vault")), deployments=[instance])) == {"vault": ("a",)}
    page = ingress("web", "web.local")
    page["metadata"]["annotations"] = {"gethomepage.dev/enabled": "true", "gethomepage.dev/name": "My Wiki"}
    found = built(
        catalog(stated("my-wiki")),
        deployments=[workload("web", called="z")],
        services=[service("web")],
        ingresses=[page],
    )
    assert components(found) == {"my-wiki": ("web",)}


def test_what_is_not_found_has_only_the_author_s_word() -> None:
    (found,) = built(catalog(stated("vault", purpose="Secrets", page="vault.md", values={"owner": "me"}))).components
    assert {key: value.value for key, value in found.values.items()} == {
        "purpose": "Secrets",
        "page": "vault.md",
        "owner": "me",
    }


def test_a_workload_that_is_gone_is_missing() -> None:
    settings = catalog(stated("vault", find={"workload": "StatefulSet apps/vault"}))
    (found,) = built(settings, statefulsets=[]).components
    assert found.get("health") == "Missing"
    assert found.values["health"].evidence == Evidence("catalog", "truebook.yml:7", "find.workload")
    (unread,) = built(settings).components
    assert unread.get("health") is None


def test_a_workload_that_is_gone_takes_nothing_else_of_its_application() -> None:
    settings = catalog(
        stated("loki", find={"application": "monitoring", "workload": "Deployment apps/loki"}),
    )
    found = built(settings, applications=[MONITORING], deployments=BUNDLE)
    assert components(found)["loki"] == ()
    assert found.components[0].get("application") == "monitoring"
    assert found.components[0].get("health") == "Missing"


def test_the_catalog_s_words_win() -> None:
    page = ingress("web", "web.local")
    page["metadata"]["annotations"] = {
        "gethomepage.dev/enabled": "true",
        "gethomepage.dev/name": "Annotated",
        "gethomepage.dev/group": "Annotated",
        "gethomepage.dev/description": "Annotated",
    }
    lists: dict[str, Any] = {
        "deployments": [workload("web", called="web")],
        "services": [service("web")],
        "ingresses": [page],
    }
    (plain,) = built(**lists).components
    assert (plain.title, plain.group, plain.get("purpose"), plain.get("version")) == (*["Annotated"] * 3, "1.0")
    values = {"version": "2", "url": "https://real.local", "namespace": "other"}
    (found,) = built(
        catalog(stated("web", title="Web", group="Sites", purpose="Pages", values=values)), **lists
    ).components
    assert (found.title, found.group, found.get("purpose"), found.get("version")) == ("Web", "Sites", "Pages", "2")
    assert found.get("namespace") == "other"
    assert (found.get("url"), found.get("urls")) == ("https://real.local", ("https://real.local", "http://web.local"))
    assert found.values["version"].evidence == Evidence("catalog", "truebook.yml:7", "values.version")


def test_order_of_groups_and_components() -> None:
    settings = catalog(
        stated("z", group="Late"), stated("b", group="First"), stated("a", group="First"), groups=("First", "Unused")
    )
    found = built(settings, deployments=[workload("x", called="x"), workload("w", called="w")])
    assert [(c.group, c.name) for c in found.components] == [
        ("First", "b"),
        ("First", "a"),
        ("Late", "z"),
        ("Other", "w"),
        ("Other", "x"),
    ]


def test_a_discovered_component_gives_way_to_the_catalog_s_name() -> None:
    settings = catalog(stated("db", find={"workload": "Deployment one/a"}))
    found = built(settings, deployments=[workload("a", "one", called="other"), workload("b", "two", called="db")])
    assert components(found) == {"db": ("a",), "two-db": ("b",)}


def test_the_project_is_the_group_of_what_nobody_groups() -> None:
    found = built(
        applications=[application("a", spec={"project": "media"}), application("b", spec={"project": "default"})]
    )
    assert {c.name: c.group for c in found.components} == {"a": "media", "b": "Other"}


def test_an_arrow_that_was_found_wins_over_a_stated_one() -> None:
    settings = catalog(
        stated("argocd"),
        stated("vault"),
        stated("grafana"),
        relations=(
            CatalogRelation("argocd", "vault", "my words", 9),
            CatalogRelation("vault", "argocd", "secrets", 10),
            CatalogRelation("grafana", "grafana", "itself", 11),
        ),
    )
    found = built(settings, applications=[application("vault")])
    assert [(r.source, r.target, r.label, r.kind) for r in found.relations] == [
        ("argocd", "vault", "deploys", "deploys"),
        ("vault", "argocd", "secrets", "stated"),
    ]
    assert found.relations[1].evidence == Evidence("catalog", "truebook.yml:10", "relations")


def test_a_workload_that_is_gone_keeps_the_application_of_its_name() -> None:
    status = {"health": {"status": "Healthy"}, "resources": [resource("StatefulSet", "vault")]}
    lists: dict[str, Any] = {"applications": [application("vault", status=status)], "statefulsets": []}
    for find in ({"workload": "StatefulSet apps/vault"}, {"workload": "StatefulSet apps/x", "application": "vault"}):
        (found,) = built(catalog(stated("vault", find=find)), **lists).components
        assert (found.get("application"), found.get("health")) == ("vault", "Missing")


def test_an_application_that_is_gone_is_missing() -> None:
    settings = catalog(stated("vault", find={"application": "vault"}))
    found = built(settings, applications=[application("other")]).components[0]
    assert (found.get("health"), str(found.values["health"].evidence)) == ("Missing", "truebook.yml:7 find.application")
    assert built(settings).components[0].get("health") is None


def test_an_application_beside_all_of_its_parts_is_the_application_itself() -> None:
    status = {"health": {"status": "Degraded"}, "resources": [resource("Deployment", n) for n in ("prom", "graf")]}
    settings = catalog(
        stated("prometheus", find={"application": "monitoring"}),
        stated("grafana", find={"application": "monitoring"}),
        stated("stack", find={"application": "monitoring"}),
    )
    found = built(settings, applications=[application("monitoring", status=status)], deployments=BUNDLE[:2])
    assert components(found) == {"prometheus": ("prom",), "grafana": ("graf",), "stack": ()}
    assert [c.get("health") for c in found.components] == ["Progressing", "Progressing", "Degraded"]


def test_two_components_of_one_workload_are_one_too_many() -> None:
    find = {"workload": "Deployment apps/web"}
    found = built(
        catalog(stated("one", find=find), stated("web", find=find)), deployments=[workload("web", called="web")]
    )
    assert sorted(components(found).values()) == [(), ("web",)]
