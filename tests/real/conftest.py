"""One session-wide fixture per real server. Whoever asks for one must be marked `real`.

A test must not leave a mark on a shared server that another test could trip over: it works in a namespace, or on
an application, of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.conftest import REQUIRE_REAL, STARTED, UNAVAILABLE
from tests.real.servers.access import READER_RULES
from tests.real.servers.alertmanager import Alertmanager
from tests.real.servers.argocd import ArgoCD
from tests.real.servers.binaries import Unavailable
from tests.real.servers.cluster import Cluster
from tests.real.servers.git import GitRepository
from tests.real.servers.loki import Loki
from tests.real.servers.minio import Minio
from tests.real.servers.prometheus import Prometheus

T = TypeVar("T")


def _start(request: pytest.FixtureRequest, make: Callable[[], AbstractContextManager[T]]) -> AbstractContextManager[T]:
    """The server; where it cannot be had the test is skipped, and fails where real servers are required."""
    began = time.monotonic()
    try:
        server = make()
    except Unavailable as error:
        if REQUIRE_REAL:
            pytest.fail(f"{UNAVAILABLE}{error}", pytrace=False)
        pytest.skip(f"{UNAVAILABLE}{error}")
    request.config.stash[STARTED][str(request.fixturename)] = time.monotonic() - began
    return server


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A Kubernetes API without nodes or controllers."""
    with _start(request, Cluster) as server:
        yield server


@pytest.fixture(scope="session")
def cluster_with_nodes(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster whose controllers, scheduler and two nodes are at work."""
    with _start(request, lambda: Cluster(nodes=2, name="homelab")) as server:
        yield server


@pytest.fixture(scope="session")
def argocd(request: pytest.FixtureRequest, cluster_with_nodes: Cluster) -> Iterator[ArgoCD]:
    """ArgoCD on `cluster_with_nodes`."""
    with _start(request, lambda: ArgoCD(cluster_with_nodes)) as server:
        yield server


@pytest.fixture(scope="session")
def prometheus(request: pytest.FixtureRequest) -> Iterator[Prometheus]:
    """Prometheus with one alert that always fires and one that never does."""
    rules = [
        {"alert": "AlwaysFiring", "expr": "vector(1)", "annotations": {"runbook_url": "https://docs.homelab.local/a"}},
        {"alert": "NeverFiring", "expr": "vector(1) > 2"},
    ]
    config = {"global": {"evaluation_interval": "1s"}, "rule_files": ["rules.yml"]}
    with _start(
        request, lambda: Prometheus(config, {"rules.yml": {"groups": [{"name": "tests", "rules": rules}]}})
    ) as server:

        def evaluated() -> bool:
            (group,) = server.get("/api/v1/rules", type="alert")["groups"]
            return {rule["state"] for rule in group["rules"]} == {"firing", "inactive"}

        server.server.wait_ready(evaluated)  # before that it says `unknown`, which is true for a moment only
        yield server


@pytest.fixture(scope="session")
def alertmanager(request: pytest.FixtureRequest) -> Iterator[Alertmanager]:
    """Alertmanager that tells nobody."""
    with _start(request, Alertmanager) as server:
        yield server


@pytest.fixture(scope="session")
def minio(request: pytest.FixtureRequest) -> Iterator[Minio]:
    """MinIO without buckets."""
    with _start(request, Minio) as server:
        yield server


@pytest.fixture(scope="session")
def loki(request: pytest.FixtureRequest) -> Iterator[Loki]:
    """Loki, ready."""
    with _start(request, Loki) as server:
        yield server


@pytest.fixture(scope="session")
def reader_kubeconfig(cluster_with_nodes: Cluster) -> Path:
    """The kubeconfig of an account on `cluster_with_nodes` with the least rights that truebook needs."""
    return cluster_with_nodes.user("reader", READER_RULES)


@pytest.fixture
def git_repository(tmp_path: Path) -> GitRepository:
    """An empty Git repository, reached as file://."""
    return GitRepository(tmp_path / "repository")
