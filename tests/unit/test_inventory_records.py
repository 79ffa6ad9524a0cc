"""Records of dashboards, data sources and sync windows: what is in them, and which component they are of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import application, built, catalog, resource, stated, workload
from tests.unit.records_sample import MONITORING, SIGN_IN, the, told


def dashboards(*found: dict[str, Any], by: str = "grafana") -> dict[str, Any]:
    if by == "grafana":
        return {"grafana": {"url": "https://grafana.local", "answers": {"/api/search?type=dash-db": list(found)}}}
    items = [
        {"metadata": {"namespace": "monitoring", "name": f"d-{n}"}, "data": {"d.json": each}}
        for n, each in enumerate(found)
    ]
    key = "/api/v1/namespaces/monitoring/configmaps?labelSelector=grafana_dashboard"
    return {"configmaps": {"answers": {key: {"items": items}}}}


@pytest.mark.parametrize(
    ("title", "tags", "component"),
    [
        ("Anything", ["homelab", "Vault"], "vault"),
        ("Vault", [], "vault"),
        ("Secrets of Vault, by path", [], "vault"),
        ("The Big Store", [], "minio"),
        ("Default", [], ""),
        ("Vaults", [], ""),
        ("Home Assistant", [], "home-assistant"),
        ("", ["vault"], None),
    ],
)
@pytest.mark.parametrize("by", ["grafana", "configmaps"])
def test_a_dashboard_is_of_what_its_tag_or_title_names(
    by: str, title: str, tags: list[str], component: str | None
) -> None:
    settings = catalog(stated("vault"), stated("minio", title="Big Store"), stated("home"), stated("home-assistant"))
    found = built(
        settings, **SIGN_IN, systems=dashboards({"uid": "u", "title": title, "tags": tags, "url": "/d/u/x"}, by=by)
    )
    assert [record.component for record in found.records_of("dashboard")] == ([] if component is None else [component])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/d/u/vault", "http://grafana.local/d/u/vault"),
        ("//evil.example/d", None),
        ("https://evil.example/d", None),
        ("javascript:alert(1)", None),
        ("/d/\u202e", None),
        ("", None),
    ],
)
def test_a_dashboard_is_linked_within_its_grafana(url: str, expected: str | None) -> None:
    found = built(**SIGN_IN, systems=dashboards({"uid": "u", "title": "Vault", "url": url}))
    assert the(found, "dashboard").get("url") == expected


def test_a_provisioned_dashboard_is_of_the_application_that_owns_its_config_map() -> None:
    listed = [resource("ConfigMap", "d-0", "monitoring", ""), resource("Deployment", "web", "apps")]
    found = built(
        applications=[application("web", status={"resources": listed})],
        deployments=[*SIGN_IN["deployments"], workload("web", called="web")],
        ingresses=SIGN_IN["ingresses"],
        services=SIGN_IN["services"],
        systems=dashboards({"uid": "u", "title": "Requests"}, by="configmaps"),
    )
    record = the(found, "dashboard")
    assert (record.component, record.get("url")) == ("web", "http://grafana.local/d/u")


def test_a_data_source_says_its_grafana() -> None:
    source = {"name": "Prometheus", "uid": "p", "type": "prometheus", "url": "http://prometheus:9090"}
    systems = {"grafana": {"url": "https://g.local", "answers": {"/api/datasources": [source]}}}
    record = the(built(**MONITORING, systems=systems), "datasource")
    assert (record.name, record.component) == ("p", "prometheus")
    assert told(record) == {
        "title": "Prometheus",
        "type": "prometheus",
        "url": "http://prometheus:9090",
        "grafana": "grafana",
    }


@pytest.mark.parametrize("by", ["argocd", "kubernetes"])
def test_a_sync_window_is_of_argocd_s_project(by: str) -> None:
    window = {"kind": "deny", "schedule": "0 3 * * *", "duration": "1h", "applications": ["*"], "timeZone": "UTC"}
    project = {"metadata": {"namespace": "argocd", "name": "apps"}, "spec": {"syncWindows": [window, 7]}}
    lists: dict[str, Any] = {"projects": [project]}
    if by == "argocd":
        lists = {"argocd": {"/api/v1/projects": {"items": [project]}}}
    record = the(built(deployments=[workload("argocd-server", called="argocd-server")], **lists), "sync_window")
    assert (record.component, record.values["kind"].evidence.source) == ("argocd-server", by)
    assert told(record) == {
        "project": "apps",
        "kind": "deny",
        "schedule": "0 3 * * *",
        "time_zone": "UTC",
        "duration": "1h",
        "applications": ("*",),
    }
