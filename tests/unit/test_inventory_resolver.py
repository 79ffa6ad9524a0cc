"""From an address, a Service, a pod or labels to the component behind it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import KEYS, application, catalog, ingress, resource, service, stated, workload
from tests.unit.recordings import recording
from truebook.inventory.discover.facts import discover
from truebook.inventory.join.catalog import join
from truebook.inventory.join.resolver import Resolver
from truebook.settings import Settings


def resolver(settings: Settings | None = None, **lists: Any) -> Resolver:
    found = recording({KEYS[name]: items for name, items in lists.items()})
    return join(discover(found), settings or Settings()).resolver


def sample() -> Resolver:
    minio = service("minio", "minio")
    minio["spec"]["clusterIP"] = "10.43.0.9"
    outside = {
        "metadata": {"namespace": "minio", "name": "nas"},
        "spec": {"type": "ExternalName", "selector": {"a": "b"}},
    }
    split = ingress("web", "web.local", namespace="apps")
    split["spec"]["rules"][0]["http"]["paths"] += [{"path": "/api", "backend": {"service": {"name": "api"}}}]
    settings = catalog(
        stated("minio"), stated("web"), stated("api"), stated("nas", values={"url": "https://nas.example.com/s3"})
    )
    return resolver(
        settings,
        statefulsets=[workload("minio", "minio", called="minio")],
        deployments=[workload("web", called="web"), workload("api", called="api"), workload("api-web", called="other")],
        daemonsets=[workload("agent", "minio", called="agent")],
        services=[minio, outside, service("web"), service("api")],
        ingresses=[split, ingress("minio", "S3.local", namespace="minio")],
    )


@pytest.mark.parametrize(
    ("url", "namespace", "name"),
    [
        ("http://minio.minio.svc:9000", "", "minio"),
        ("http://minio.minio.svc.cluster.local:9000", "", "minio"),
        ("http://minio.minio.svc.cluster.local.:9000/", "", "minio"),
        ("http://minio.minio.svc.k8s.example", "", "minio"),
        ("http://MINIO.Minio.svc", "", "minio"),
        ("http://minio-0.minio.minio.svc:9000", "", "minio"),
        ("http://minio-0.minio.minio:9000", "", "minio"),
        ("http://minio.minio:9000", "elsewhere", "minio"),
        ("minio.minio.svc:9000", "", "minio"),
        ("http://minio:9000", "minio", "minio"),
        ("http://minio:9000", "apps", None),
        ("http://minio:9000", "", None),
        ("http://10.43.0.9:9000", "", "minio"),
        ("http://10.43.0.10:9000", "", None),
        ("http://[::1]:9000", "", None),
        ("https://s3.local/bucket", "", "minio"),
        ("https://s3.local:8443", "", "minio"),
        ("http://web.local", "", "web"),
        ("http://web.local/api", "", "api"),
        ("http://web.local/api/v1", "", "api"),
        ("http://web.local/apis", "", "web"),
        ("https://nas.example.com:9000", "", "nas"),
        ("https://s3.amazonaws.com", "", None),
        ("https://minio.example.com", "minio", None),
        ("http://nas.minio.svc", "", None),
        ("http://svc", "minio", None),
        ("http://user:word@minio.minio.svc", "", "minio"),
        ("", "minio", None),
        ("http://", "minio", None),
        ("http://[", "minio", None),
        ("http://minio.minio.svc:port", "", "minio"),
        ("javascript:alert(1)", "", None),
    ],
)
def test_a_url_leads_to_its_component(url: str, namespace: str, name: str | None) -> None:
    found = sample().url(url, namespace)
    assert (None if found is None else found.name) == name


@pytest.mark.parametrize(
    ("namespace", "pod", "name"),
    [
        ("minio", "minio-0", "minio"),
        ("minio", "agent-x2x4z", "agent"),
        ("minio", "agent-6d5f7c9b8-x2x4z", None),
        ("apps", "web-6d5f7c9b8-x2x4z", "web"),
        ("apps", "api-web-6d5f7c9b8-x2x4z", "other"),
        ("apps", "web-0", None),
        ("apps", "web", None),
        ("apps", "", None),
        ("minio", "web-6d5f7c9b8-x2x4z", None),
    ],
)
def test_a_pod_is_of_the_workload_that_named_it(namespace: str, pod: str, name: str | None) -> None:
    found = sample().pod(namespace, pod)
    assert (None if found is None else found.name) == name


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"namespace": "minio", "pod": "minio-0", "service": "web"}, ("minio", "pod")),
        ({"namespace": "apps", "service": "web"}, ("web", "service")),
        ({"namespace": "apps", "deployment": "web", "pod": "exporter-0"}, ("web", "deployment")),
        ({"namespace": "minio", "statefulset": "minio"}, ("minio", "statefulset")),
        ({"namespace": "minio", "deployment": "minio"}, None),
        ({"namespace": "apps", "job": "web"}, ("web", "job")),
        ({"namespace": "apps", "job": "apps/web"}, ("web", "job")),
        ({"job": "minio"}, ("minio", "job")),
        ({"namespace": "exporters", "service": "exporter", "job": "minio"}, ("minio", "job")),
        (
            {"namespace": "minio", "exported_namespace": "apps", "exported_service": "web", "pod": "minio-0"},
            ("web", "exported_service"),
        ),
        (
            {"exported_namespace": "gone", "exported_pod": "x-0", "namespace": "minio", "pod": "minio-0"},
            ("minio", "pod"),
        ),
        ({"service": "web"}, None),
        ({"job": "unknown"}, None),
        ({}, None),
    ],
)
def test_labels_lead_to_their_component(labels: dict[str, str], expected: tuple[str, str] | None) -> None:
    found = sample().labels(labels)
    assert (None if found is None else (found[0].name, found[1])) == expected


def test_argocd_s_metrics_are_about_the_application_that_they_name() -> None:
    app = application("web", status={"resources": [resource("Deployment", "server")]})
    found = resolver(applications=[app], deployments=[workload("server", called="web"), workload("x", called="argocd")])
    labels = {"namespace": "apps", "job": "argocd", "name": "web", "dest_server": "https://kubernetes.default.svc"}
    told = found.labels(labels)
    assert told is not None
    assert (told[0].name, told[1]) == ("web", "name")
    told = found.labels({**labels, "name": "gone"})
    assert told is not None
    assert told[0].name == "argocd"


def test_the_bundle_s_own_component_stands_for_an_application() -> None:
    app = application("web", status={"resources": [resource("Deployment", "web")]})
    found = resolver(applications=[app], deployments=[workload("web", called="web")]).application("web")
    assert found is not None
    assert found.name == "web"
    assert resolver().application("web") is None
