"""Arrows that Prometheus, Grafana and Velero tell of: found, not found, and to whom they must not lead."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import built, catalog, ingress, runs, service, stated
from tests.unit.relations_sample import arrows
from truebook.settings import Settings, SystemSettings

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
