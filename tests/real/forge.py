"""The outside world of a homelab, on loopback: the hosts that its URLs lead to, and no other.

A `Forge` is an HTTP proxy. A client that is told to use it (`Forge.environment`) asks it to CONNECT to
`github.com:443`; the forge ends TLS itself, with a certificate of its own authority, and answers as that host:

- `serve_git`: Git's smart HTTP protocol, by `git http-backend`, from bare repositories;
- `serve_files`: a folder of files, such as a Helm chart repository;
- `serve_upstream`: a server that runs here, such as the ArgoCD behind `argocd.homelab.local`.

Addresses within the cluster speak plain HTTP. `serve_plain` lets `http://loki.monitoring.svc:3100` or `http://10.0.0.7:8083`
lead to a server that runs here, `serve_words` to something that only says a text. Whoever asks them needs
`Forge.environment` too, or the proxy's `url` in a setting of its own.

`serve_domain` answers for every other host of a domain as its reverse proxy would whose apps are down, with one
certificate for all of them.

So an Application's `repoURL` is the address that its owner would write, and nothing of this machine gets into it.
Every other host and port is refused with 403.
"""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx
import trustme


@dataclass(frozen=True)
class Request:
    """One request to one of the hosts; `target` is the path with its query."""

    method: str
    target: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What a host answers."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Host = Callable[[Request], Answer]
NOT_FOUND = Answer(404, {"Content-Type": "text/plain"}, b"not found\n")
NO_SERVER = Answer(503, {"Content-Type": "text/plain; charset=utf-8"}, b"no available server\n")
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length"}


class Forge:
    """The proxy, from construction until `close`. `folder` gets its authority's certificate."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._authority = trustme.CA()
        self._hosts: dict[str, tuple[Host, ssl.SSLContext]] = {}
        self._domains: dict[str, tuple[Host, ssl.SSLContext]] = {}
        self._plain: dict[str, Host] = {}
        self._server = _Server(("127.0.0.1", 0), self._known, self._plain)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.authority = folder / "forge-ca.pem"
        self._authority.cert_pem.write_to_path(self.authority)
        self._thread = threading.Thread(target=self._server.serve_forever, name="forge", daemon=True)
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make Go programs, git, helm and httpx use the proxy and trust it."""
        direct = "127.0.0.1,localhost"
        return {
            "HTTPS_PROXY": self.url,
            "https_proxy": self.url,
            "HTTP_PROXY": self.url,
            "http_proxy": self.url,
            "NO_PROXY": direct,
            "no_proxy": direct,
            "SSL_CERT_FILE": str(self.authority),
            "GIT_SSL_CAINFO": str(self.authority),
        }

    def serve_git(self, host: str, root: Path) -> None:
        """Serve the bare repositories below `root`: `root/OWNER/NAME.git` is https://HOST/OWNER/NAME(.git)."""
        self._serve(host, lambda request: _git(root, request))

    def serve_files(self, host: str, root: Path) -> None:
        """Serve the files below `root`."""
        self._serve(host, lambda request: _file(root, request))

    def serve_upstream(self, host: str, url: str) -> None:
        """Hand requests on to the server at `url`."""
        self._serve(host, self._upstream(url))

    def serve_plain(self, address: str, url: str) -> None:
        """Hand plain HTTP requests for `HOST:PORT` on to the server at `url`."""
        self._plain[address] = self._upstream(url)

    def serve_words(self, address: str, words: Callable[[str], str]) -> None:
        """Answer plain HTTP requests for `HOST:PORT` with a text: what `words` makes of their target."""
        plain = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        self._plain[address] = lambda request: Answer(200, plain, words(request.target).encode())

    def serve_domain(self, domain: str, not_after: datetime) -> None:
        """Answer 503 for each host of a domain that nothing else answers for. The hosts that are served after this
        have its certificate, too."""
        self._domains[domain] = (lambda request: NO_SERVER, self._context(f"*.{domain}", not_after))

    def _known(self, host: str) -> tuple[Host, ssl.SSLContext] | None:
        return self._hosts.get(host) or self._domains.get(host.partition(".")[2])

    def _upstream(self, url: str) -> Host:
        client = httpx.Client(base_url=url, trust_env=False, timeout=60)
        self._server.clients.append(client)
        return lambda request: _forward(client, request)

    def _serve(self, host: str, answer: Host) -> None:
        wild = self._domains.get(host.partition(".")[2])
        self._hosts[host] = (answer, wild[1] if wild else self._context(host))

    def _context(self, name: str, not_after: datetime | None = None) -> ssl.SSLContext:
        not_after = not_after or datetime.now(UTC) + timedelta(days=60)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        self._authority.issue_cert(name, not_after=not_after).configure_cert(context)
        return context

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        for client in self._server.clients:
            client.close()
        self._thread.join(timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    """Each connection has a thread of its own, which dies with the process."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        address: tuple[str, int],
        known: Callable[[str], tuple[Host, ssl.SSLContext] | None],
        plain: Mapping[str, Host],
    ) -> None:
        self.known, self.plain = known, plain
        self.clients: list[httpx.Client] = []
        super().__init__(address, _Proxy)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle is its own affair."""


class _Handler(BaseHTTPRequestHandler):
    """Reads one request, and writes what a host answers to it."""

    timeout = 60

    def _answer(self, host: Host, target: str) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._chunks() if headers.get("transfer-encoding") == "chunked" else self._sized(headers)
        found = host(Request(self.command, target, headers, body))
        self.send_response(found.status)
        for name, value in found.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(found.body)

    def _sized(self, headers: Mapping[str, str]) -> bytes:
        return self.rfile.read(int(headers.get("content-length", 0)))

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """Quiet."""


class _Proxy(_Handler):
    """The proxy's side of a connection: CONNECT to a known host, a request to a known address, or a refusal."""

    server: _Server

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        known = self.server.known(host)
        if known is None or port != "443":
            self.send_error(403, f"{host} is not served here")
            return
        answer, context = known
        self.send_response(200, "Connection established")
        self.end_headers()
        self.close_connection = True
        with context.wrap_socket(self.connection, server_side=True) as connection:
            _host_handler(answer)(connection, self.client_address, self.server)

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        known = self.server.plain.get(target.netloc) if target.scheme == "http" else None
        if known is None:
            self.send_error(403, f"{target.netloc or 'a request without a host'} is not served here")
            return
        self._answer(known, urlunsplit(("", "", target.path or "/", target.query, "")))

    do_POST = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - so http.server calls them


def _host_handler(answer: Host) -> type[BaseHTTPRequestHandler]:
    """A handler that speaks HTTP/1.1 inside of TLS, as one host."""

    class Handler(_Handler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            self._answer(answer, self.path)

        do_GET = do_POST = do_HEAD = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815

    return Handler


def _git(root: Path, request: Request) -> Answer:
    """One request of the smart protocol, through the CGI program that comes with git."""
    target = urlsplit(request.target)
    owner, _, path = unquote(target.path).lstrip("/").partition("/")
    name, *rest = path.split("/")
    repository = root / owner / (name if name.endswith(".git") else f"{name}.git")
    if not name or ".." in (owner, name) or not repository.is_dir():
        return NOT_FOUND
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "PATH_INFO": "/" + "/".join((owner, repository.name, *rest)),
        "QUERY_STRING": target.query,
        "REQUEST_METHOD": request.method,
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
    }
    git = shutil.which("git") or "git"
    done = subprocess.run([git, "http-backend"], env=environment, input=request.body, capture_output=True, check=False)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode("latin-1").splitlines() if ": " in line)
    status = int(headers.pop("Status", "200" if done.returncode == 0 else "500").split()[0])
    return Answer(status, headers, body)


def _file(root: Path, request: Request) -> Answer:
    path = (root / unquote(urlsplit(request.target).path).lstrip("/")).resolve()
    if not path.is_file() or root.resolve() not in path.parents:
        return NOT_FOUND
    return Answer(200, {"Content-Type": "application/octet-stream"}, path.read_bytes())


def _forward(client: httpx.Client, request: Request) -> Answer:
    headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP | {"accept-encoding"}}
    try:
        found = client.request(request.method, request.target, headers=headers, content=request.body)
    except httpx.TransportError as error:
        return Answer(502, {"Content-Type": "text/plain"}, f"{type(error).__name__}\n".encode())
    kept = {name: value for name, value in found.headers.items() if name not in HOP_BY_HOP | {"content-encoding"}}
    return Answer(found.status_code, kept, found.content)
