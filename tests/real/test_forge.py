"""The homelab's outside world: Git, charts and upstreams at their own addresses, and nothing else. Needs only git."""

from __future__ import annotations

import os
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from tests.real.forge import Forge
from tests.real.homelab.repositories import HOMELAB, History, charts, histories

REPOSITORY = "https://github.com/homelab-example/homelab.git"
DASHBOARDS = "https://github.com/homelab-example/dashboards"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, History]:
    """The repositories with the commits of before the deployment."""
    found = histories(tmp_path_factory.mktemp("git"))
    for history in found.values():
        history.push()
    return found


@pytest.fixture(scope="module")
def forge(made: dict[str, History], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    folder = tmp_path_factory.mktemp("world")
    charts(folder / "pages" / "charts")
    with Forge(folder) as forge:
        forge.serve_git("github.com", made["homelab-example/homelab"].bare.parents[1])
        forge.serve_files("homelab-example.github.io", folder / "pages")
        yield forge


def git(forge: Forge, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **forge.environment, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    return subprocess.run(["git", *arguments], env=environment, capture_output=True, text=True, check=False)


def client(forge: Forge) -> httpx.Client:
    trusted = ssl.create_default_context(cafile=str(forge.authority))
    return httpx.Client(proxy=forge.url, verify=trusted, trust_env=False)


def test_git_reads_refs_at_the_address_of_the_host(forge: Forge, made: dict[str, History]) -> None:
    head = made["homelab-example/homelab"].head
    said = git(forge, "ls-remote", "--symref", REPOSITORY, "HEAD")
    assert said.stdout.splitlines() == ["ref: refs/heads/main\tHEAD", f"{head}\tHEAD"]
    tags = git(forge, "ls-remote", "--tags", DASHBOARDS).stdout  # the name without .git leads there too
    assert "refs/tags/v1.4.0^{}" in tags


def test_a_clone_holds_the_folder_and_later_commits_can_be_fetched_by_their_id(
    forge: Forge, made: dict[str, History], tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    assert git(forge, "clone", "--quiet", REPOSITORY, str(clone)).returncode == 0
    history = made["homelab-example/homelab"]
    before = (clone / "apps/paperless/values.yaml").read_text()
    history.push(after_deployment=True)
    assert git(forge, "-C", str(clone), "fetch", "--quiet", "origin", history.head).returncode == 0
    git(forge, "-C", str(clone), "checkout", "--quiet", "FETCH_HEAD")
    now = {path.relative_to(clone): path.read_text() for path in clone.rglob("*.yaml")}
    folder = HOMELAB / "repository"
    assert now == {path.relative_to(folder): path.read_text() for path in folder.rglob("*.yaml")}
    assert before != now[Path("apps/paperless/values.yaml")]


def test_the_same_files_give_the_same_commits_and_charts(tmp_path: Path) -> None:
    heads = []
    for attempt in ("first", "second"):
        found = histories(tmp_path / attempt / "git")
        for history in found.values():
            history.push()
            history.push(after_deployment=True)
        charts(tmp_path / attempt / "charts")
        archives = {path.name: path.read_bytes() for path in (tmp_path / attempt / "charts").iterdir()}
        heads.append(({name: history.head for name, history in found.items()}, archives))
    assert heads[0] == heads[1]


def test_charts_are_served_and_nothing_above_them(forge: Forge) -> None:
    with client(forge) as http:
        assert http.get("https://homelab-example.github.io/charts/index.yaml").status_code == 200
        assert http.get("https://homelab-example.github.io/charts/none.tgz").status_code == 404
        assert http.get("https://homelab-example.github.io/%2e%2e/forge-ca.pem").status_code == 404


def test_a_host_of_repositories_has_no_first_page(forge: Forge) -> None:
    with client(forge) as http:
        assert [http.get(f"https://github.com{path}").status_code for path in ("", "/", "/homelab-example")] == [
            404
        ] * 3


def test_a_repository_that_is_not_there_is_not_found(forge: Forge) -> None:
    said = git(forge, "ls-remote", "https://github.com/homelab-example/nothing.git")
    assert said.returncode == 128
    assert "not found" in said.stderr


@pytest.mark.parametrize("url", ["https://gitlab.com/a/b", "http://github.com/a/b", "https://github.com:8443/a/b"])
def test_every_other_host_port_and_scheme_is_refused(forge: Forge, url: str) -> None:
    with client(forge) as http:
        if url.startswith("http:"):
            assert http.get(url).status_code == 403
            return
        with pytest.raises(httpx.ProxyError, match="403"):
            http.get(url)


def test_requests_to_an_upstream_arrive_whole_and_its_absence_is_a_bad_gateway(forge: Forge) -> None:
    with Forge(forge.authority.parent / "other") as upstream:  # any HTTP server does; this one refuses with 403
        forge.serve_upstream("argocd.homelab.local", upstream.url)
        with client(forge) as http:
            assert http.get("https://argocd.homelab.local/api/version").status_code == 403
    with client(forge) as http:
        assert http.get("https://argocd.homelab.local/api/version").status_code == 502


def test_plain_http_leads_to_the_known_addresses_of_the_cluster_alone(forge: Forge) -> None:
    forge.serve_words("10.0.0.7:8083", lambda target: f"up 1 # {target}\n")
    with Forge(forge.authority.parent / "plain") as upstream, client(forge) as http:
        forge.serve_plain("loki.monitoring.svc:3100", upstream.url)
        assert http.get("http://10.0.0.7:8083/metrics?a=b").text == "up 1 # /metrics?a=b\n"
        assert http.head("http://10.0.0.7:8083/metrics").content == b""
        upstreams_word = http.get("http://loki.monitoring.svc:3100/ready")
        assert (upstreams_word.status_code, "without a host" in upstreams_word.text) == (403, True)
        assert http.get("http://loki.monitoring.svc:3101/ready").status_code == 403


def test_the_other_hosts_of_a_domain_share_its_certificate_and_are_down(tmp_path: Path) -> None:
    ends = datetime(2031, 1, 1, tzinfo=UTC)
    with Forge(tmp_path / "domain") as forge, client(forge) as http:
        forge.serve_domain("homelab.local", ends)
        forge.serve_files("docs.homelab.local", tmp_path)
        for host, status in (("jellyfin", 503), ("docs", 404)):
            with http.stream("GET", f"https://{host}.homelab.local/") as answer:
                assert answer.status_code == status
                shown = answer.extensions["network_stream"].get_extra_info("ssl_object")
                certificate = x509.load_der_x509_certificate(shown.getpeercert(True))
                assert certificate.not_valid_after_utc == ends
        with pytest.raises(httpx.ProxyError, match="403"):
            http.get("https://a.b.homelab.local/")
