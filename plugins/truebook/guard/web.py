"""The guard as an HTTP proxy, for curl and other HTTP clients: GET and HEAD to the hosts that the inventory knows.

http comes in absolute form. For https the guard agrees to CONNECT and answers as that host, with a certificate of the
run's own authority, so that it sees each request within; it then speaks TLS to the host itself. The block's own
credentials (`Authorization`, cookies) are not sent on, and the guard has none here. Redirects go back to the client,
which asks again.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from truebook.guard import address
from truebook.guard.authority import Authority
from truebook.guard.request import Answer, Decision, Facts, Forward, GuardRequest, Refuse, System

HEADERS = frozenset(
    (
        *("accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "if-modified-since"),
        *("if-none-match", "if-range", "pragma", "range", "user-agent"),
    )
)
NEAR = "is this machine itself, which only the settings may name"
FAR = "is of no domain that the inventory knows"
"""How a refusal ends that says nothing against what asked: truebook may not go there, people may."""
AUTHORITY_FILE = "authority.pem"

_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?")
# ArgoCD writes an annotation for a GET with this parameter, where it lets strangers read.
_WRITES_BY_GET = frozenset(("refresh", "forcerefresh"))


def decide(request: GuardRequest, hosts: frozenset[str], near: frozenset[str] = frozenset()) -> Decision:
    """What becomes of a request to `scheme://authority`. `hosts` are those that may be reached: see `reachable`."""
    where = f"{request.scheme}://{request.authority}"
    refusal = reachable(request.authority, hosts, request.scheme, near)
    if refusal is not None:
        return refusal
    if request.method not in ("GET", "HEAD"):
        return Refuse(403, f"{request.method} to {where}: only GET and HEAD go out")
    if request.body:
        return Refuse(403, f"{request.method} to {where} with a body: only reads go out")
    name = next((name for name, _ in request.query if name.lower() in _WRITES_BY_GET), None)
    if name is not None and "/api/v1/" in request.path:
        return Refuse(403, f"GET of {request.path} with {name}: ArgoCD would write for it")
    return Forward(replace(request, authority=request.authority.lower()), f"reads {where}")


def reachable(
    authority: str, hosts: frozenset[str], scheme: str = "https", near: frozenset[str] = frozenset()
) -> Refuse | None:
    """None where a host and port may be reached, else why not.

    `hosts` are `host`, which stands for the usual port of http and of https, or `host:port`; so are those of `near`,
    which may be this machine itself. Where a name leads is looked at again when it is connected to.
    """
    host, port = split(authority, scheme)
    if address.is_metadata(host):
        return Refuse(403, f"{authority[:100]} gives out a machine's credentials, whoever names it")
    named = address.names(host, port, scheme)
    if address.is_near(host) and not named & near:
        return Refuse(403, f"{authority[:100]} {NEAR}")
    if port and named & {known.lower() for known in hosts}:
        return None
    if _is_far(host, hosts):
        return Refuse(403, f"{authority[:100]} {FAR}")
    return Refuse(403, f"{authority[:100]} is not a host that the inventory knows")


def _is_far(host: str, hosts: frozenset[str]) -> bool:
    """Whether a host's name is of a domain that none of these is of. It may be right, where a name that lies near to
    one that is known is likely to be misspelt, and one without a domain is this place's own."""
    if "." not in host or address.is_address(host):
        return False
    names = (known.rpartition(":")[0] or known for known in hosts)
    domains = (name.lower().partition(".")[2] for name in names if not address.is_address(name))
    return not any("." in domain and f".{host}".endswith(f".{domain}") for domain in domains)


def split(authority: str, scheme: str) -> tuple[str, int]:
    """Host in lower case, without a dot at its end, and port; port 0 where there is none that is one."""
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        return authority, 0
    port = int(found[2]) if found[2] else address.PORTS.get(scheme, 0)
    return found[1].lower().removesuffix("."), port if port <= 65535 else 0


def refuse(request: GuardRequest | None, refusal: Refuse) -> Answer:
    """One line that says so."""
    line = f"refused by truebook's guard: {refusal.reason}\n"
    return Answer(refusal.status, (("content-type", "text/plain; charset=utf-8"),), line.encode(), (), refusal.reason)


def _environment(port: int, directory: Path) -> Mapping[str, str]:
    proxy, authority = f"http://127.0.0.1:{port}", str(directory / AUTHORITY_FILE)
    return {
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"), proxy),
        # The guard's own ports for the other systems are at this address; whatever else is local is refused by name.
        **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1"),
        **dict.fromkeys(("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO"), authority),
        "NODE_EXTRA_CA_CERTS": authority,
    }


def system(facts: Facts) -> System:
    """The proxy as the guard serves it, with an authority of its own."""
    made = Authority()

    def connect(authority: str) -> ssl.SSLContext | Refuse:
        refusal = reachable(authority, facts.hosts, near=facts.near)
        return refusal or made.context(split(authority, "https")[0].strip("[]"))

    return System(
        name="http",
        decide=lambda request: decide(request, facts.hosts, facts.near),
        refuse=refuse,
        headers=HEADERS,
        environment=_environment,
        files=lambda port: {AUTHORITY_FILE: made.pem},
        proxy=True,
        connect=connect,
        trailing_slash=True,
    )
