"""The guard as an HTTP proxy: decisions, and real clients before real servers."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import trustme

from truebook.guard import address, target, web
from truebook.guard.authority import Authority
from truebook.guard.request import Decision, Facts, Forward, GuardRequest, Refuse
from truebook.guard.server import Guard, Route
from truebook.guard.upstream import Upstream

NEAR = frozenset(("[::1]:8443", "localhost:9090", "localhost"))
HOSTS = frozenset(("grafana.homelab.local", "vault.homelab.local:8200", "127.0.0.1:6443")) | NEAR - {"localhost"}


def decide(method: str, url: str, body: bytes = b"") -> Decision:
    scheme, _, rest = url.partition("://")
    authority, slash, raw = rest.partition("/")
    path, query = target.parse(slash + raw or "/", trailing_slash=True)
    return web.decide(GuardRequest(method, url, path, query, (), body, scheme, authority), HOSTS, NEAR)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "https://grafana.homelab.local/api/health"),
        ("HEAD", "https://grafana.homelab.local/"),
        ("GET", "http://grafana.homelab.local/d/a/?orgId=1"),
        ("GET", "https://GRAFANA.homelab.local:443/"),
        ("GET", "http://grafana.homelab.local:80/"),
        ("GET", "https://grafana.homelab.local./"),
        ("GET", "https://vault.homelab.local:8200/v1/sys/health"),
        ("GET", "https://[::1]:8443/"),
        ("GET", "http://localhost:9090/-/ready"),
    ],
)
def test_reads_of_known_hosts_pass(method: str, url: str) -> None:
    assert isinstance(decide(method, url), Forward)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "https://example.com/"),
        ("GET", "http://169.254.169.254/latest/meta-data/"),
        ("GET", "http://127.0.0.1:6443/"),
        ("GET", "http://localhost/"),
        ("GET", "https://[::1]/"),
        ("GET", "http://localhost:9091/"),
        ("GET", "http://0.0.0.0:9090/"),
        ("GET", "https://vault.homelab.local/"),
        ("GET", "https://grafana.homelab.local:8443/"),
        ("GET", "https://grafana.homelab.local:80/"),
        ("GET", "http://grafana.homelab.local:443/"),
        ("GET", "https://grafana.homelab.local:0/"),
        ("GET", "https://grafana.homelab.local:99999/"),
        ("GET", "https://grafana.homelab.local.evil.org/"),
        ("GET", "https://evil.org:grafana.homelab.local/"),
        ("GET", "https://xgrafana.homelab.local/"),
        ("POST", "https://grafana.homelab.local/api/dashboards"),
        ("PUT", "https://grafana.homelab.local/"),
        ("DELETE", "https://grafana.homelab.local/"),
        ("OPTIONS", "https://grafana.homelab.local/"),
        ("GET", "https://grafana.homelab.local/api/v1/applications/web?refresh=hard"),
        ("GET", "https://grafana.homelab.local/argocd/api/v1/applications?Refresh=hard"),
    ],
)
def test_everything_else_is_refused_with_one_line(method: str, url: str) -> None:
    decision = decide(method, url)
    assert isinstance(decision, Refuse)
    answer = web.refuse(None, decision)
    assert answer.status == 403
    assert answer.body.count(b"\n") == 1
    assert answer.body.startswith(b"refused by truebook's guard: ")


@pytest.mark.parametrize(
    "host",
    [
        *("169.254.169.254", "169.254.170.2", "[fe80::1]", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"),
        *("100.100.100.200", "metadata.google.internal", "METADATA.google.internal."),
    ],
)
def test_where_a_machine_gets_its_credentials_is_not_reached_whoever_names_it(host: str) -> None:
    named = frozenset((host.lower().removesuffix("."),))
    assert web.reachable("grafana.homelab.local", named | HOSTS) is None
    refusal = web.reachable(host, named | HOSTS, "http")
    assert refusal is not None
    assert "credentials" in refusal.reason


async def _ask(upstream: Upstream, url: str) -> bytes:
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    request = GuardRequest("GET", url, f"/{path}", scheme=scheme, authority=authority)
    try:
        return (await upstream.look(request, frozenset())).body
    finally:
        await upstream.client.aclose()


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST.", "a.localhost", "ip6-localhost", "127.0.0.1", "127.1.2.3", "[::1]", "0.0.0.0"),
        *("[::]", "[::ffff:127.0.0.1]", "0.1.2.3", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
    ],
)
def test_this_machine_is_reached_where_the_settings_name_it_alone(host: str) -> None:
    named = frozenset((host.lower().removesuffix("."),))
    refusal = web.reachable(host, named, "http")
    assert refusal is not None
    assert "this machine itself" in refusal.reason
    assert web.reachable(host, named, "http", near=named) is None


@pytest.mark.parametrize(
    "host", ["192.168.1.5", "10.0.0.9", "[fd00::5]", "localhost.example", "notlocalhost", "1.1.1.1"]
)
def test_the_homelabs_own_addresses_are_not_this_machine(host: str) -> None:
    assert address.forbidden(host) == ""
    assert web.reachable(host, frozenset((host,)), "http") is None


def test_what_leads_to_a_machines_credentials_is_reached_whoever_names_it() -> None:
    assert address.forbidden("169.254.169.254", near=True) == "where a machine's credentials are"
    assert address.forbidden("127.0.0.1", near=True) == ""
    assert address.forbidden("fe80::1%eth0") == "where a machine's credentials are"


def test_where_a_name_leads_is_looked_at_before_it_is_connected_to(
    sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = sites.plain.rpartition(":")[2]
    theirs = {"grafana.homelab.local": "127.0.0.1", "moved.homelab.local": "127.1.2.3"}
    look_up = socket.getaddrinfo

    def names(host: str, *more: object, **named: object) -> object:
        return look_up(theirs.get(host, host), *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("socket.getaddrinfo", names)
    for host in (*theirs, "localhost", "127.0.0.1"):
        said = asyncio.run(_ask(Upstream(httpx.AsyncClient(trust_env=False)), f"http://{host}:{port}/"))
        assert said == f"{host}:{port} leads to this machine itself".encode()
    assert sites.asked == []
    # One that the settings name may be anywhere, but where a machine gets its credentials.
    near = frozenset((f"grafana.homelab.local:{port}",))
    named = Upstream(httpx.AsyncClient(trust_env=False), near=near)
    assert asyncio.run(_ask(named, f"http://grafana.homelab.local:{port}/a")) == b"hello\n"
    assert sites.asked[0][2]["host"] == f"grafana.homelab.local:{port}"
    monkeypatch.setattr("truebook.guard.address._METADATA_ADDRESSES", frozenset(("127.0.0.1",)))
    named = Upstream(httpx.AsyncClient(trust_env=False), near=near)
    assert b"credentials" in asyncio.run(_ask(named, f"http://grafana.homelab.local:{port}/a"))
    assert len(sites.asked) == 1


def test_each_address_of_a_name_is_tried_and_its_certificate_is_that_of_the_name(
    sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, secure = sites.plain.rpartition(":")[2], sites.secure.rpartition(":")[2]

    def names(host: str, port: int, *_: object, **__: object) -> object:
        found = ("127.0.0.1",) if host.startswith("127.") else ("127.0.0.9", "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr("socket.getaddrinfo", names)
    near = frozenset((f"two.homelab.local:{plain}", f"two.homelab.local:{secure}", f"localhost:{secure}"))

    def ask(url: str) -> bytes:
        client = httpx.AsyncClient(verify=sites.trust, trust_env=False)
        return asyncio.run(_ask(Upstream(client, near=near), url))

    # Nothing listens at the first.
    assert ask(f"http://two.homelab.local:{plain}/") == b"hello\n"
    assert ask(f"https://localhost:{secure}/") == b"hello\n"
    assert b"hostname" in ask(f"https://two.homelab.local:{secure}/").lower()
    assert len(sites.asked) == 2


def test_a_name_without_an_address_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def names(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", names)
    said = asyncio.run(_ask(Upstream(httpx.AsyncClient(trust_env=False)), "http://gone.homelab.local/"))
    assert said == b"gone.homelab.local has no address: gaierror"


def test_a_read_with_a_body_is_refused() -> None:
    assert isinstance(decide("GET", "https://grafana.homelab.local/", b"x"), Refuse)


def test_no_credentials_of_the_blocks_are_sent_on() -> None:
    assert not {"authorization", "cookie", "x-vault-token", "proxy-authorization", "host"} & web.HEADERS


def test_each_run_has_an_authority_of_its_own() -> None:
    first, second = Authority(), Authority()
    assert first.pem != second.pem
    assert first.context("a.local") is first.context("a.local")
    assert first.context("a.local") is not first.context("b.local")
    assert "PRIVATE" not in first.pem


# --- real clients before real servers ---------------------------------------------------------------------------------


@dataclass
class Sites:
    """An http and an https server that say what they were asked, a guard before them, and what a block is given."""

    guard: Guard
    plain: str
    secure: str
    folder: Path
    asked: list[tuple[str, str, Mapping[str, str]]]
    trust: ssl.SSLContext

    def curl(self, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        handle = self.guard.serve()
        try:
            for name, text in self.guard.files(handle.ports).items():
                (self.folder / name).write_text(text)
            own = {**self.guard.environment(handle.ports, self.folder), "no_proxy": "", "NO_PROXY": ""}
            curl = shutil.which("curl")
            assert curl is not None
            return subprocess.run(
                [curl, "-sS", "--max-time", "20", *arguments],
                env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), **own, **(environment or {})},
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            self.guard.end(handle)


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Sites]:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    asked: list[tuple[str, str, Mapping[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
            moved = self.path == "/moved"
            self.send_response(302 if moved else 200)
            if moved:
                self.send_header("location", "https://elsewhere.homelab.local/")
            self.send_header("content-length", "6")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"hello\n")

        do_HEAD = do_POST = do_GET  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    theirs = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.issue_cert("localhost").configure_cert(context)
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    servers[1].socket = context.wrap_socket(servers[1].socket, server_side=True)
    threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}) for server in servers]
    for thread in threads:
        thread.start()
    plain, secure = (f"localhost:{server.server_address[1]}" for server in servers)
    trust = ssl.create_default_context()
    theirs.configure_trust(trust)
    named = frozenset((plain, secure))
    system = web.system(Facts(hosts=named, near=named))
    try:
        with Guard(
            {"http": Route(system, Upstream(httpx.AsyncClient(verify=trust, trust_env=False), near=named))}
        ) as guard:
            yield Sites(guard, plain, secure, tmp_path, asked, trust)
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.mark.parametrize("secure", [False, True])
def test_curl_reads_a_known_host(sites: Sites, secure: bool) -> None:
    url = f"https://{sites.secure}" if secure else f"http://{sites.plain}"
    done = sites.curl(f"{url}/d/a/?b=c", "-H", "Authorization: Bearer x", "-H", "Cookie: a=b", "-H", "X-Other: 1")
    assert (done.returncode, done.stdout) == (0, "hello\n"), done.stderr
    method, path, headers = sites.asked[0]
    assert (method, path) == ("GET", "/d/a/?b=c")
    assert not {"authorization", "cookie", "x-other"} & set(headers)
    assert headers["host"] == (sites.secure if secure else sites.plain)
    done = sites.curl("-I", url)
    assert done.stdout.startswith("HTTP/1.1 200")


@pytest.mark.parametrize("secure", [False, True])
def test_curl_writes_nothing(sites: Sites, secure: bool) -> None:
    url = f"https://{sites.secure}/" if secure else f"http://{sites.plain}/"
    done = sites.curl("-d", "a=b", url)
    assert done.stdout == f"refused by truebook's guard: POST to {url[:-1]}: only GET and HEAD go out\n"
    done = sites.curl("-X", "DELETE", url)
    assert done.stdout.startswith("refused by truebook's guard: ")
    assert sites.asked == []


def test_curl_reaches_no_other_host(sites: Sites) -> None:
    done = sites.curl("http://elsewhere.homelab.local/")
    assert (
        done.stdout == "refused by truebook's guard: elsewhere.homelab.local is of no domain that the inventory knows\n"
    )
    done = sites.curl("http://elsewhere/")
    assert done.stdout == "refused by truebook's guard: elsewhere is not a host that the inventory knows\n"
    done = sites.curl("https://elsewhere.homelab.local/")
    assert done.returncode != 0
    assert "403" in done.stderr


def test_a_redirect_is_followed_by_the_client_alone(sites: Sites) -> None:
    done = sites.curl("-w", "%{http_code}", "-o", "/dev/null", f"https://{sites.secure}/moved")
    assert done.stdout == "302"
    done = sites.curl("-L", f"https://{sites.secure}/moved")
    assert done.returncode != 0
    assert "403" in done.stderr


def test_only_who_is_given_the_authority_trusts_it(sites: Sites) -> None:
    own = {"SSL_CERT_FILE": "", "CURL_CA_BUNDLE": ""}
    done = sites.curl(f"https://{sites.secure}/", environment=own)
    assert done.returncode != 0
    assert sites.asked == []


def test_a_host_that_the_guard_does_not_trust_is_not_read(sites: Sites) -> None:
    named = frozenset((sites.secure,))
    system = web.system(Facts(hosts=named, near=named))
    with Guard({"http": Route(system, Upstream(httpx.AsyncClient(trust_env=False), near=named))}) as guard:
        strict = Sites(guard, sites.plain, sites.secure, sites.folder, sites.asked, sites.trust)
        done = strict.curl(f"https://{sites.secure}/")
    assert "can't be reached" in done.stdout
    assert sites.asked == []


def test_the_proxy_is_nothing_but_a_proxy(sites: Sites) -> None:
    handle = sites.guard.serve()
    answer = httpx.get(f"http://127.0.0.1:{handle.ports['http']}/", trust_env=False)
    assert answer.status_code == 400
    assert answer.text.startswith("refused by truebook's guard: ")
