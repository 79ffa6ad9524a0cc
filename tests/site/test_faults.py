"""A site built while its cluster is ill: it shows the last good state, says so, and fails only the strict."""

from __future__ import annotations

import base64
import re
import ssl
from datetime import datetime
from pathlib import Path

import pytest
import trustme

from tests import faults
from tests.faults import Answer, FaultServer, status
from tests.site.building import ROOT
from tests.site.test_plugin import Site, fresh, rows
from tests.unit import kube_api

PAGE = """\
# Operations

<!-- BEGIN truebook:components columns=component,namespace,version live=status,ready -->
<!-- END truebook -->
"""
SETTINGS = "cluster: homelab\nargocd: {enabled: false}\ngit: {enabled: false}\nkubernetes: {timeout: 2s}\n"
WEB = kube_api.item(
    "web",
    spec={
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"spec": {"containers": [{"name": "web", "image": "registry.homelab.local/web:1.2.3"}]}},
    },
    status={"readyReplicas": 2},
)
WEB["metadata"]["labels"] = {"app.kubernetes.io/name": "web"}
LISTS = {"namespaces": [], "pods": [], "services": [], "deployments": [WEB]}

EVERYWHERE: dict[str, Answer] = {
    "401": status(401, "Unauthorized"),
    "403": status(403, "forbidden"),
    "404": status(404, "the server could not find the requested resource"),
    "410": status(410, "the provided continue parameter is too old"),
    "429": status(429, "try later", Retry_After="30"),
    "500": status(500, "etcdserver: leader changed"),
    "reset": faults.RESET,
    "slow": faults.SLOW,
    "cut off": faults.CUT,
    "not JSON": faults.NOT_JSON,
}
"""What every request is answered with, by the fault's name."""


Cluster = tuple[Site, int]
"""A site whose last build saw its cluster well, and the port of that cluster's server, which has ended."""


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    site = new_site(tmp_path)
    with FaultServer(kube_api.script(LISTS)) as well:
        return seen_well(site, well.url)


def new_site(folder: Path) -> Site:
    """A site with the freshness line."""
    site = Site(folder, "{}")
    for name in ("index.md", "ops/deep.md"):
        site.write(name, PAGE)
    (folder / "truebook.yml").write_text(SETTINGS)
    with (folder / "mkdocs.yml").open("a") as file:
        file.write(f"hooks: ['{ROOT / 'hooks' / 'freshness.py'}']\n")
    return site


def seen_well(site: Site, url: str, **cluster: str) -> Cluster:
    done = build(site, url, **cluster)
    assert done == (0, ""), done
    assert rows(fresh(site.html()))[1][0] == "web"
    assert "1.2.3" in site.html()
    assert "truebook-freshness--stale" not in site.html()
    return site, int(url.rpartition(":")[2])


def build(site: Site, url: str, *options: str, **cluster: str) -> tuple[int, str]:
    """The exit code, and what the build warned of. `cluster` adds to the kubeconfig's cluster."""
    config = kube_api.kubeconfig(site.folder, url, cluster=cluster)
    done = site.build(*options, KUBECONFIG=str(config))
    warnings = [line for line in done.stderr.splitlines() if re.match(r"(WARNING|ERROR)\b", line)]
    return done.returncode, "\n".join(warnings)


def holds_the_last_good_state(site: Site, url: str, **cluster: str) -> None:
    """Build from `url`, which is ill, and look at the page."""
    before = rows(fresh(site.html()))
    code, warnings = build(site, url, **cluster)
    assert code == 0
    assert "kubernetes is stale: " in warnings
    html = site.html()
    assert rows(fresh(html)) == before
    line = re.search(r'<p class="truebook-freshness truebook-freshness--stale".*?</p>', html, re.DOTALL)
    assert line is not None
    assert "kubernetes" in line[0]


@pytest.mark.parametrize("fault", EVERYWHERE)
def test_the_last_good_state_stays_and_is_said_to_be_stale(cluster: Cluster, fault: str) -> None:
    site, port = cluster
    with FaultServer(default=EVERYWHERE[fault], port=port) as ill:
        holds_the_last_good_state(site, ill.url)


def test_the_same_where_nothing_listens(cluster: Cluster) -> None:
    site, port = cluster
    url = f"http://127.0.0.1:{port}"
    holds_the_last_good_state(site, url)
    assert build(site, url, "--strict")[0] == 1


def test_the_same_on_an_expired_certificate(tmp_path: Path) -> None:
    authority = trustme.CA()
    trusted = {"certificate-authority-data": base64.b64encode(authority.cert_pem.bytes()).decode()}
    expired = authority.issue_cert("127.0.0.1", not_before=datetime(2020, 1, 1), not_after=datetime(2020, 2, 1))
    now, later = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    authority.issue_cert("127.0.0.1").configure_cert(now)
    expired.configure_cert(later)
    with FaultServer(kube_api.script(LISTS), tls=now) as well:
        site, port = seen_well(new_site(tmp_path), well.url, **trusted)
    with FaultServer(kube_api.script(LISTS), tls=later, port=port) as ill:
        holds_the_last_good_state(site, ill.url, **trusted)


def test_a_cluster_that_is_well_again_is_shown_as_such(cluster: Cluster) -> None:
    site, port = cluster
    holds_the_last_good_state(site, f"http://127.0.0.1:{port}")
    with FaultServer(kube_api.script(LISTS | {"deployments": []}), port=port) as well:
        assert build(site, well.url, "--strict") == (0, "")
    assert "1.2.3" not in site.html()
    assert "truebook-freshness--stale" not in site.html()


def test_another_server_of_the_same_name_is_not_shown_with_what_this_one_said(cluster: Cluster) -> None:
    site, _ = cluster
    code, warnings = build(site, faults.refused())
    assert code == 0
    assert "kubernetes could not be read: " in warnings
    assert "1.2.3" not in fresh(site.html())
