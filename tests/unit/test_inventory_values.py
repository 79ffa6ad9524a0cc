"""Single values: versions, health and pods, the main workload, each with the object and field it was read from."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import (
    LABEL,
    application,
    built,
    catalog,
    ingress,
    only,
    resource,
    service,
    stated,
    workload,
)


@pytest.mark.parametrize(
    ("image", "label", "expected"),
    [
        ("nginx:1.29", None, "1.29"),
        ("registry:5000/nginx", None, None),
        ("registry:5000/nginx:1.29@sha256:abc", "9", "1.29"),
        ("nginx@sha256:abc", "9", "9"),
        ("nginx:latest", "9", "9"),
        ("nginx:latest", None, "latest"),
        ("nginx", None, None),
        ("nginx:1\n<b>", None, None),
    ],
)
def test_version_is_the_image_s_tag_else_the_label(image: str, label: str | None, expected: str | None) -> None:
    labels = {} if label is None else {f"{LABEL}version": label}
    assert only(deployments=[workload("web", called="web", image=image, labels=labels)]).get("version") == expected


def test_version_of_an_argocd_elsewhere_is_its_own_word() -> None:
    answers = {
        "/api/version": {"Version": "v3.6.1+abc"},
        "/api/v1/settings": {"url": "https://argocd.local"},
        "/api/v1/applications": {"items": None},
    }
    found = only(catalog(stated("argocd", purpose="Delivery")), argocd=answers)
    assert (found.get("version"), found.get("url")) == ("v3.6.1", "https://argocd.local")
    assert str(found.values["version"].evidence) == "https://argocd.homelab.local/api/version Version"


def ready(replicas: int, **status: Any) -> dict[str, Any]:
    found = workload("web", called="web", generation=2)
    found["spec"]["replicas"] = replicas
    found["status"] = {"observedGeneration": 2, **status}
    return found


@pytest.mark.parametrize(
    ("deployment", "health", "pods"),
    [
        (ready(2, updatedReplicas=2, availableReplicas=2, readyReplicas=2), "Healthy", (2, 2)),
        (ready(0), "Healthy", (0, 0)),
        (ready(2, updatedReplicas=2, availableReplicas=1, readyReplicas=1), "Progressing", (1, 2)),
        (ready(2, updatedReplicas=1, availableReplicas=2, readyReplicas=2), "Progressing", (2, 2)),
        (ready(1, observedGeneration=1, updatedReplicas=1, availableReplicas=1), "Progressing", (0, 1)),
        (ready(1, conditions=[{"reason": "ProgressDeadlineExceeded", "message": "late"}]), "Degraded", (0, 1)),
    ],
)
def test_health_and_pods_of_a_deployment(deployment: Any, health: str, pods: tuple[int, int]) -> None:
    found = only(deployments=[deployment])
    assert (found.get("health"), (found.get("ready"), found.get("desired"))) == (health, pods)
    assert (found.get("status_message") is None) == (health == "Healthy")


def test_the_sum_of_pods_names_all_it_was_added_from() -> None:
    one, two = workload("web", called="web"), workload("worker", called="web")
    found = only(deployments=[one], statefulsets=[two])
    assert str(found.values["desired"].evidence) == "Deployment apps/web, StatefulSet apps/worker spec.replicas"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ({"health": {"status": "Degraded", "message": "a"}, "conditions": [{"type": "XError", "message": "b"}]}, "a"),
        ({"conditions": [{"type": "Warning", "message": "w"}, {"type": "ComparisonError", "message": "b"}]}, "b"),
        ({"operationState": {"phase": "Failed", "message": "c"}}, "c"),
        ({"operationState": {"phase": "Succeeded", "message": "all well"}}, None),
        ({"resources": [resource("Job", "x", health={"status": "Degraded", "message": "d"})]}, "d"),
        ({"health": {"status": "Healthy"}}, None),
        (
            {"health": {"status": "Degraded", "message": "Caused by apps/Deployment:apps/x"}},
            "Caused by apps/Deployment:apps/x",
        ),
    ],
)
def test_status_message(status: Any, message: str | None) -> None:
    assert only(applications=[application("web", status=status)]).get("status_message") == message


def test_a_part_has_its_own_sync_and_health() -> None:
    entries = [
        resource("Deployment", "a", status="Synced", health={"status": "Healthy"}),
        resource("Deployment", "b", status="OutOfSync", health={"status": "Degraded", "message": "no"}),
    ]
    status = {"health": {"status": "Degraded"}, "sync": {"status": "OutOfSync"}, "resources": entries}
    found = built(
        applications=[application("stack", status=status)],
        deployments=[workload("a", called="alpha"), workload("b", called="beta")],
    )
    assert [(c.name, c.get("sync"), c.get("health"), c.get("status_message")) for c in found.components] == [
        ("alpha", "Synced", "Healthy", None),
        ("beta", "OutOfSync", "Degraded", "no"),
    ]


def test_a_message_that_only_names_an_object_gives_way_to_what_that_one_lacks() -> None:
    health = {"status": "Degraded", "message": "Caused by apps/Deployment:apps/web"}
    app = application("web", status={"health": health, "resources": [resource("Deployment", "web")]})
    late = ready(1, conditions=[{"reason": "ProgressDeadlineExceeded", "message": "timed out"}])
    found = only(applications=[app], deployments=[late])
    assert found.get("status_message") == "timed out"
    assert str(found.values["status_message"].evidence) == "Deployment apps/web status.conditions[0].reason"


@pytest.mark.parametrize(
    ("names", "served", "expected"),
    [
        (["cache", "shop", "web"], ["web", "shop"], "shop"),
        (["cache", "shop", "web"], ["web"], "web"),
        (["cache", "shop", "web"], [], "shop"),
        (["cache", "web"], [], "cache"),
    ],
)
def test_the_main_workload_bears_the_name_and_has_the_url(names: list[str], served: list[str], expected: str) -> None:
    app = application("shop", status={"resources": [resource("Deployment", name) for name in names]})
    found = built(
        applications=[app],
        deployments=[workload(name, image=f"x:{name}") for name in names],
        services=[service(name) for name in served],
        ingresses=[ingress(name, f"{name}.local") for name in served],
    )
    assert found.components[0].get("version") == expected


def test_the_catalog_s_workload_is_the_main_one() -> None:
    app = application("shop", status={"resources": [resource("Deployment", name) for name in ("shop", "web")]})
    found = built(
        catalog(stated("shop", find={"workload": "Deployment apps/web"})),
        applications=[app],
        deployments=[workload(name, image=f"x:{name}") for name in ("shop", "web")],
    )
    assert (found.components[0].name, found.components[0].get("version")) == ("shop", "web")
