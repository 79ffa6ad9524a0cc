"""Whatever bytes come in: what goes out is a read that is canonical, or a dry run by the API's own reading."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.guard.fakes import Arrived, Guarded, guarded
from truebook.guard import target
from truebook.guard.kubernetes import protobuf
from truebook.guard.kubernetes.paths import is_discovery, parse
from truebook.guard.kubernetes.writes import REVIEWS

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "LIST", "get", "CONNECT"]
PATHS = [
    *("/api", "/version", "/api/v1/pods", "/api/v1/namespaces/shop", "/api/v1/namespaces/shop/pods/a"),
    *(
        "/api/v1/namespaces/shop/pods/a/eviction",
        "/api/v1/namespaces/shop/pods/a/exec",
        "/api/v1/namespaces/shop/secrets",
    ),
    *("/api/v1/namespaces/shop/serviceaccounts/a/token", "/apis/apps/v1/namespaces/shop/deployments/web/scale"),
    *("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "/apis/x.io/v1/namespaces/shop/things/a"),
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/a",
]
TWISTS = [
    "",
    "",
    "",
    "",
    "/",
    "//",
    "/..",
    "/%2e%2e/pods",
    "%2f",
    ";x",
    "\\",
    "%00",
    "\xe9",
    "/x",
    "/status",
    "/proxy",
    "#",
]
QUERIES = [
    *("", "", "", "?", "?dryRun=All", "?dryRun=None", "?DryRun=All", "?dryRun=All&dryRun=", "?dryrun=All", "?watch=1"),
    *(
        "?%64ryRun=None",
        "?a=1;dryRun=All",
        "?labelSelector=a%3Db",
        "?gracePeriodSeconds=0",
        "?force=true",
        "?watch&Watch",
    ),
]
HEADERS = [
    *("Content-Type: application/json", "Content-Type: application/merge-patch+json", "Content-Type: application/cbor"),
    *(f"Content-Type: {protobuf.MEDIA_TYPE}", "Content-Type: application/json-patch+json", "Connection: Upgrade"),
    *("Transfer-Encoding: chunked", "Content-Length: 1", "Impersonate-User: admin", "X-HTTP-Method-Override: DELETE"),
    *("Accept: application/json;as=Table;v=v1;g=meta.k8s.io", "Authorization: Bearer x", " folded", "Host: b"),
]
BODIES = [
    *(b"", b"{}", b'{"dryRun":[]}', b'{"dryRun":["All"],"dryRun":[]}', b'{"DryRun":[]}', b'{"deleteOptions":{}}', b"x"),
    *(
        b'{"deleteOptions":{"dryRun":[]}}',
        b'{"kind":"DeleteOptions","dryRun":null}',
        b"0\r\n\r\n",
        b"2\r\n{}\r\n0\r\n\r\n",
    ),
    *(protobuf.MAGIC, protobuf.MAGIC + b"\x12\x02\x08\x01", b"GET /api HTTP/1.1\r\nHost: a\r\n\r\n"),
]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Mostly well-formed requests with one thing or another wrong."""
    method, path = draw(st.sampled_from(METHODS)), draw(st.sampled_from(PATHS))
    line = f"{method} {path}{draw(st.sampled_from(TWISTS))}{draw(st.sampled_from(QUERIES))}"
    headers = draw(st.lists(st.sampled_from(HEADERS), max_size=3))
    body = draw(st.sampled_from(BODIES))
    if draw(st.booleans()) and body:
        headers.append(f"Content-Length: {len(body)}")
    version = draw(st.sampled_from(["HTTP/1.1"] * 8 + ["HTTP/1.0", "HTTP/2.0"]))
    head = "\r\n".join((f"{line} {version}", "Host: a", *headers, "", ""))
    return head.encode("latin-1") + body


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A request some bytes of which were changed."""
    data = bytearray(draw(requests()))
    for _ in range(draw(st.integers(1, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.sampled_from(b"\r\n\x00 :/%?&;.=aA0\xff"))
    return bytes(data)


@pytest.fixture(scope="module")
def block() -> Iterator[Guarded]:
    with guarded() as found:
        yield found


def harmless(arrived: Arrived) -> bool:
    """Whether the API server, by its own rules, would change nothing."""
    split = urlsplit(arrived.target)
    query = parse_qsl(split.query, keep_blank_values=True)
    dry = [value for name, value in query if name == "dryRun"] == ["All"]
    path = parse(split.path)
    if arrived.method in ("GET", "HEAD"):
        safe = path is None or path.subresource in ("", "status", "scale", "log")
        return not arrived.body and (is_discovery(split.path) or path is not None) and safe
    assert path is not None
    assert path.subresource not in ("token", "exec", "proxy", "attach", "portforward")
    assert path.group != "admissionregistration.k8s.io"
    if (path.group, path.resource) in REVIEWS:
        return arrived.method == "POST"
    if arrived.method == "DELETE":
        return dry and json.loads(arrived.body)["dryRun"] == ["All"]
    if path.subresource == "eviction":
        return dry and json.loads(arrived.body)["deleteOptions"]["dryRun"] == ["All"]
    return dry and arrived.method in ("POST", "PUT", "PATCH")


def check(block: Guarded, data: bytes) -> list[Arrived]:
    block.api.arrived.clear()
    block.send(data)
    for arrived in block.api.arrived:
        assert arrived.target == target.encode(*target.parse(arrived.target)), arrived
        assert harmless(arrived), arrived
        assert arrived.headers.keys() <= {
            *("host", "authorization", "accept", "accept-encoding", "content-type", "content-length", "user-agent"),
            "if-none-match",
        }
        assert arrived.headers["authorization"] != "Bearer x"
    return list(block.api.arrived)


GENEROUS = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@GENEROUS
@given(data=requests())
def test_requests(block: Guarded, data: bytes) -> None:
    check(block, data)


@GENEROUS
@given(data=damaged())
def test_damaged_requests(block: Guarded, data: bytes) -> None:
    check(block, data)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=200))
def test_bytes(block: Guarded, data: bytes) -> None:
    assert check(block, data + b"\r\n\r\n") == []


def test_the_strategy_gets_something_through(block: Guarded) -> None:
    data = b'DELETE /api/v1/namespaces/shop/pods/a HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n{"dryRun":[]}'
    assert [arrived.method for arrived in check(block, data)] == ["DELETE"]
    assert not harmless(Arrived("DELETE", "/api/v1/pods?dryRun=All", {}, b'{"dryRun":[]}'))
    assert not harmless(Arrived("POST", "/api/v1/pods?dryrun=All", {}, b"{}"))
