"""What a component's own system says of it, and what its records come to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import SHA, application, built, resource, runs, service, workload
from truebook.inventory import repositories
from truebook.model import Inventory

NAMES = ("prometheus", "alertmanager", "grafana", "loki")
SYSTEMS: dict[str, Any] = {
    "deployments": [
        *(runs(name, "monitoring") for name in NAMES),
        *(runs(name, name) for name in ("vault", "authentik", "minio", "argocd")),
    ],
    "services": [service(name, "monitoring") for name in NAMES],
}


def value(found: Inventory, name: str, key: str) -> Any:
    component = found.component(name)
    assert component is not None
    return component.get(key)


def answering(system: str, **answers: Any) -> dict[str, Any]:
    return {system: {"url": f"https://{system}.local", "answers": answers}}


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, {"sealed": False}, "active"),
        (429, {"sealed": False, "standby": True}, "standby"),
        (472, {}, "DR secondary"),
        (473, {}, "performance standby"),
        (501, {"initialized": False, "sealed": True}, "uninitialised"),
        (503, {"initialized": True, "sealed": True}, "sealed"),
        (503, "<html>Service Unavailable</html>", None),
        (503, None, None),
        (501, {"message": "not implemented"}, None),
        (530, {}, "removed"),
        (502, {"sealed": True}, None),
        (403, {}, None),
    ],
)
def test_a_vault_s_state_is_that_of_its_status(status: int, body: Any, state: str | None) -> None:
    answers = {"/v1/sys/health": {"status": status, "body": body}}
    assert value(built(**SYSTEMS, systems=answering("vault", **answers)), "vault", "state") == state


READY = [
    ("authentik", {"/-/health/live/": 200, "/-/health/ready/": 204}, "ready"),
    ("authentik", {"/-/health/live/": 204, "/-/health/ready/": 503}, "not ready"),
    ("authentik", {"/-/health/live/": 204}, "ready"),
    ("prometheus", {"/-/ready": 200}, "ready"),
    ("prometheus", {"/-/ready": 503}, "not ready"),
    ("alertmanager", {"/-/ready": 200}, "ready"),
    ("loki", {"/ready": 503}, "not ready"),
    ("loki", {"/ready": 200}, "ready"),
    ("minio", {"/minio/health/live": 200, "/minio/health/cluster": 200}, "ready"),
    ("minio", {"/minio/health/live": 200, "/minio/health/cluster": 503}, "not ready"),
    ("minio", {}, None),
]


@pytest.mark.parametrize(("system", "statuses", "state"), READY)
def test_others_are_ready_or_not(system: str, statuses: dict[str, int], state: str | None) -> None:
    answers = {path: {"status": status, "body": ""} for path, status in statuses.items()}
    assert value(built(**SYSTEMS, systems=answering(system, **answers)), system, "state") == state


@pytest.mark.parametrize(("database", "state"), [("ok", "ready"), ("failing", "not ready")])
def test_grafana_without_its_database_is_not_ready(database: str, state: str) -> None:
    systems = answering("grafana", **{"/api/health": {"database": database, "version": "12.4.2"}})
    found = built(**SYSTEMS, systems=systems)
    assert (value(found, "grafana", "state"), value(found, "grafana", "reported_version")) == (state, "12.4.2")


@pytest.mark.parametrize(
    ("system", "path", "body", "version"),
    [
        ("vault", "/v1/sys/health", {"version": "1.21.1"}, "1.21.1"),
        ("vault", "/v1/sys/health", {"status": 503, "body": {"sealed": True, "version": "1.21.1"}}, "1.21.1"),
        ("authentik", "/api/v3/admin/version/", {"version_current": "2026.8.2"}, "2026.8.2"),
        ("prometheus", "/api/v1/status/buildinfo", {"data": {"version": "3.9.0"}}, "3.9.0"),
        ("alertmanager", "/api/v2/status", {"versionInfo": {"version": "0.34.0"}}, "0.34.0"),
        ("loki", "/loki/api/v1/status/buildinfo", {"version": "3.7.8"}, "3.7.8"),
        ("loki", "/loki/api/v1/status/buildinfo", {"version": 3}, None),
        ("loki", "/loki/api/v1/status/buildinfo", "3.7.8", None),
    ],
)
def test_each_system_says_its_version(system: str, path: str, body: Any, version: str | None) -> None:
    assert value(built(**SYSTEMS, systems=answering(system, **{path: body})), system, "reported_version") == version


def test_argocd_says_its_version_as_it_is() -> None:
    found = built(**SYSTEMS, argocd={"/api/version": {"Version": "v3.6.1+e1b2c3"}})
    assert value(found, "argocd", "reported_version") == "v3.6.1+e1b2c3"


def target(name: str, health: str) -> dict[str, Any]:
    labels = {"namespace": "monitoring", "service": name, "job": name}
    return {"scrapePool": name, "scrapeUrl": f"http://{name}", "labels": labels, "health": health}


def test_targets_are_counted_for_each_and_for_prometheus_all() -> None:
    targets = [target("loki", "up"), target("loki", "down"), target("grafana", "up"), target("elsewhere", "unknown")]
    answers = {"/api/v1/targets?state=active": {"data": {"activeTargets": targets}}}
    found = built(**SYSTEMS, systems=answering("prometheus", **answers))
    counts = {name: (value(found, name, "targets_up"), value(found, name, "targets")) for name in (*NAMES, "vault")}
    assert counts == {
        "prometheus": (2, 4),
        "alertmanager": (None, None),
        "grafana": (1, 1),
        "loki": (1, 2),
        "vault": (None, None),
    }
    loki = found.component("loki")
    assert loki is not None
    where = "https://prometheus.local/api/v1/targets?state=active data.activeTargets[1].health"
    assert str(loki.values["targets_up"].evidence) == where


def alert(name: str, state: str) -> dict[str, Any]:
    labels = {"alertname": "Down", "namespace": "monitoring", "service": name}
    return {"labels": labels, "status": {"state": state, "silencedBy": []}}


def test_alerts_are_counted_for_each_and_for_alertmanager_all() -> None:
    alerts = [alert("loki", "active"), alert("loki", "suppressed"), alert("elsewhere", "active"), alert("loki", "x")]
    watched = {"/api/v1/targets?state=active": {"data": {"activeTargets": [target("grafana", "up")]}}}
    systems = answering("alertmanager", **{"/api/v2/alerts": alerts}) | answering("prometheus", **watched)
    found = built(**SYSTEMS, systems=systems)
    counts = {name: (value(found, name, "alerts_firing"), value(found, name, "alerts_silenced")) for name in NAMES}
    # Of Grafana nothing fires, and it is watched. Nobody watches Prometheus or Vault: no alert says nothing of them.
    assert counts | {"vault": (value(found, "vault", "alerts_firing"),)} == {
        "prometheus": (None, None),
        "alertmanager": (2, 1),
        "grafana": (0, 0),
        "loki": (1, 1),
        "vault": (None,),
    }


def test_where_nobody_was_asked_for_alerts_there_is_no_count() -> None:
    watched = {"/api/v1/targets?state=active": {"data": {"activeTargets": [target("grafana", "up")]}}}
    found = built(**SYSTEMS, systems=answering("prometheus", **watched))
    assert value(found, "grafana", "alerts_firing") is None
    failed = {"/api/v2/alerts": {"status": 500, "body": []}}
    systems = answering("alertmanager", **failed) | answering("prometheus", **watched)
    assert value(built(**SYSTEMS, systems=systems), "grafana", "alerts_firing") is None


def location(name: str, phase: str, url: str = "http://minio.minio.svc:9000") -> dict[str, Any]:
    spec = {"provider": "aws", "objectStorage": {"bucket": name}, "config": {"s3Url": url}}
    return {"metadata": {"namespace": "velero", "name": name}, "spec": spec, "status": {"phase": phase}}


@pytest.mark.parametrize(
    ("phases", "available", "bucket"),
    [
        (["Available", "Available"], True, "l0, l1"),
        (["Available", "Unavailable"], False, "l0, l1"),
        ([""], None, "l0"),
        ([], None, None),
    ],
)
def test_storage_is_available_where_all_of_it_is(phases: list[str], available: bool | None, bucket: str | None) -> None:
    found = built(
        deployments=[runs("velero", "velero"), runs("minio", "minio")],
        services=[service("minio", "minio")],
        locations=[location(f"l{number}", phase) for number, phase in enumerate(phases)],
    )
    assert value(found, "velero", "storage_available") is available
    assert (value(found, "minio", "bucket"), value(found, "velero", "bucket")) == (bucket, None)


@pytest.mark.parametrize(
    ("status", "where"), [(200, "HEAD https://minio.local/l0"), (404, "BackupStorageLocation velero/l0")]
)
def test_a_bucket_that_was_asked_for_is_there_by_its_own_answer(status: int, where: str) -> None:
    found = built(
        deployments=[runs("velero", "velero"), runs("minio", "minio")],
        services=[service("minio", "minio")],
        locations=[location("l0", "Available")],
        systems=answering("minio", **{"HEAD /l0": {"status": status, "body": ""}}),
    )
    minio = found.component("minio")
    assert minio is not None
    assert (minio.get("bucket"), minio.values["bucket"].evidence.object) == ("l0", where)


HEAD = "9" * 40


def deployed(revision: str, **remote: Any) -> Inventory:
    source = {"repoURL": "https://github.com/owner/homelab.git", "path": "x", "targetRevision": "main"}
    listed = [resource("Deployment", "web")]
    app = application("web", spec={"source": source}, status={"resources": listed, "history": [{"revision": revision}]})
    git = {"https://github.com/owner/homelab.git": {"refs": {"refs/heads/main": HEAD}, **remote}}
    return built(applications=[app], deployments=[workload("web", called="web")], git=git)


def test_how_far_the_branch_went_on() -> None:
    found = deployed(SHA, distances={f"{SHA}..{HEAD}": {"ahead": 3, "behind": 1}})
    assert (value(found, "web", "ahead"), value(found, "web", "behind")) == (3, 1)
    assert value(found, "web", "compare_url") == f"https://github.com/owner/homelab/compare/{SHA}...{HEAD}"


def test_a_branch_that_did_not_go_on_is_no_way_ahead() -> None:
    found = deployed(HEAD)
    assert (value(found, "web", "ahead"), value(found, "web", "behind"), value(found, "web", "compare_url")) == (
        0,
        0,
        None,
    )


@pytest.mark.parametrize("distances", [{}, {f"{HEAD}..{SHA}": {"ahead": 3}}, {f"{SHA}..{HEAD}": {}}])
def test_a_way_that_nobody_counted_is_unknown(distances: dict[str, dict[str, int]]) -> None:
    assert value(deployed(SHA, distances=distances), "web", "ahead") is None


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://github.com/o/r.git", f"https://github.com/o/r/compare/{SHA}...{HEAD}"),
        ("git@gitlab.example.com:o/r.git", f"https://gitlab.example.com/o/r/-/compare/{SHA}...{HEAD}"),
        ("https://codeberg.org/o/r", f"https://codeberg.org/o/r/compare/{SHA}...{HEAD}"),
        ("https://bitbucket.org/o/r", f"https://bitbucket.org/o/r/branches/compare/{HEAD}..{SHA}"),
        ("https://git.example.org/o/r", None),
        ("file:///srv/git", None),
    ],
)
def test_the_page_between_two_commits(url: str, page: str | None) -> None:
    assert repositories.compare(url, SHA, HEAD) == page
    assert repositories.compare(url, "1.2.3", HEAD) is None
    assert repositories.compare(url, SHA, "main..evil") is None
