"""Each kind of arrow that is found by evidence."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import application, built, catalog, resource, stated
from truebook.model import Inventory

SOURCE = {"source": {"repoURL": "https://github.com/owner/homelab.git", "path": "x"}}


def arrows(inventory: Inventory) -> list[tuple[str, str, str, str]]:
    return [(r.source, r.target, r.kind, str(r.evidence)) for r in inventory.relations]


def test_a_repository_of_the_catalog_feeds_argocd() -> None:
    settings = catalog(stated("git", find={"repository": "git@github.com:owner/homelab"}), stated("argocd"))
    app = application("argocd", spec=SOURCE)
    assert arrows(built(settings, applications=[app])) == [
        ("git", "argocd", "feeds", "Application argocd/argocd spec.source.repoURL")
    ]


def test_a_repository_that_nobody_names_is_discovered_with_argocd_s_group() -> None:
    found = built(catalog(stated("argocd", group="GitOps")), applications=[application("argocd", spec=SOURCE)])
    assert [(c.name, c.group, c.get("url")) for c in found.components if c.get("repository")] == [
        ("argocd", "GitOps", None),
        ("homelab", "GitOps", "https://github.com/owner/homelab"),
    ]
    assert arrows(found)[0][:3] == ("homelab", "argocd", "feeds")


def test_a_repository_called_like_a_component_is_told_apart() -> None:
    found = built(applications=[application("homelab", spec=SOURCE)])
    assert [c.name for c in found.components] == ["homelab", "owner-homelab"]


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("https://git.local", ["a", "git.local"]),
        ("https://git.local/", ["a", "git.local"]),
        ("https://git.local/.git", ["a", "git.local"]),
        ("https://", ["a"]),
        ("//", ["a"]),
        (" ", ["a"]),
    ],
)
def test_no_component_is_without_a_name(url: str, names: list[str]) -> None:
    found = built(applications=[application("a", spec={"source": {"repoURL": url, "path": "x"}})])
    assert [c.name for c in found.components] == names


def test_a_chart_repository_is_no_component() -> None:
    source = {"source": {"repoURL": "https://charts.local", "chart": "c"}}
    assert [c.name for c in built(applications=[application("a", spec=source)]).components] == ["a"]


def test_nothing_is_fed_or_deployed_without_argocd() -> None:
    assert arrows(built(applications=[application("vault", spec=SOURCE)])) == []


def test_argocd_deploys_the_components_of_its_applications_but_itself() -> None:
    status = {"resources": [resource("Service", "x", group=""), resource("Deployment", "vault")]}
    vault = application("vault", status=status)
    settings = catalog(stated("argocd"), stated("vault", find={"application": "vault"}))
    assert arrows(built(settings, applications=[application("argocd"), vault])) == [
        ("argocd", "vault", "deploys", "Application argocd/vault spec.destination")
    ]
    settings = catalog(
        stated("argocd"), stated("vault", find={"application": "vault", "workload": "Deployment apps/vault"})
    )
    assert arrows(built(settings, applications=[vault])) == [
        ("argocd", "vault", "deploys", "Application argocd/vault status.resources[1]")
    ]


def listing(kind: str, name: str) -> dict[str, Any]:
    return {"resources": [resource(kind, name, namespace="argocd", group="argoproj.io")]}


def test_app_of_apps_by_the_parent_s_list() -> None:
    root = application("root", status=listing("Application", "vault"))
    assert arrows(built(applications=[root, application("vault")])) == [
        ("root", "vault", "app-of-apps", "Application argocd/root status.resources[0]")
    ]


def test_app_of_apps_by_the_child_s_tracking_id() -> None:
    child = application("vault")
    name = "argocd.argoproj.io/tracking-id"
    child["metadata"]["annotations"] = {name: "root:argoproj.io/Application:argocd/vault"}
    assert arrows(built(applications=[application("root"), child])) == [
        ("root", "vault", "app-of-apps", f'Application argocd/vault metadata.annotations["{name}"]')
    ]


def test_app_of_apps_through_an_application_set() -> None:
    child = application("tv")
    child["metadata"]["ownerReferences"] = [
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "name": "media"}
    ]
    found = built(applications=[application("root", status=listing("ApplicationSet", "media")), child])
    assert arrows(found) == [("root", "tv", "app-of-apps", "Application argocd/root status.resources[0]")]
    tv = found.component("tv")
    assert tv is not None
    assert tv.get("declared_by") == "ApplicationSet argocd/media"


def test_an_application_that_lists_itself_is_not_its_own_parent() -> None:
    root = application("root", status=listing("Application", "root"))
    found = built(applications=[root])
    assert arrows(found) == []
    assert found.components[0].get("declared_by") is None
