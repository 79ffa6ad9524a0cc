"""Requests that a proxy and a server may read differently: nothing of them gets through, or only what was meant."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from tests.unit.guard.fakes import TOKEN, Guarded, guarded

HOST = b"Host: a\r\n"
POD = "/api/v1/namespaces/shop/pods/web-0"


@pytest.fixture
def block() -> Iterator[Guarded]:
    with guarded() as found:
        yield found


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join((line, "Host: a", *headers, "", "")).encode("latin-1") + body


CHUNKED = "Transfer-Encoding: chunked"

REFUSED: dict[str, bytes] = {
    "HTTP/1.0": request("GET /api HTTP/1.0"),
    "HTTP/0.9": b"GET /api\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "lower-case version": request("GET /api http/1.1"),
    "lower-case method": request("delete /api HTTP/1.1"),
    "two spaces": request("GET  /api HTTP/1.1"),
    "a tab": request("GET\t/api HTTP/1.1"),
    "no target": request("GET HTTP/1.1"),
    "a blank line first": b"\r\n" + request("GET /api HTTP/1.1"),
    "absolute form": request("GET http://127.0.0.1/api HTTP/1.1"),
    "absolute form of another host": request(f"DELETE http://other{POD} HTTP/1.1"),
    "asterisk form": request("OPTIONS * HTTP/1.1"),
    "authority form": request("CONNECT 127.0.0.1:6443 HTTP/1.1"),
    "no host": b"GET /api HTTP/1.1\r\n\r\n",
    "two hosts": request("GET /api HTTP/1.1", "Host: b"),
    "two equal hosts": request("GET /api HTTP/1.1", "Host: a"),
    "upgrade": request("GET /api HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket"),
    "upgrade alone": request("GET /api HTTP/1.1", "Upgrade: SPDY/3.1"),
    "connection: upgrade alone": request("GET /api HTTP/1.1", "Connection: keep-alive, UPGRADE"),
    "h2c": request("GET /api HTTP/1.1", "Connection: HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__"),
    "exec by GET and upgrade": request(
        f"GET {POD}/exec?command=id HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket"
    ),
    "%2e%2e": request("GET /api/%2e%2e/apis HTTP/1.1"),
    "..": request("GET /api/../apis HTTP/1.1"),
    "//": request("GET //api HTTP/1.1"),
    "// within": request("DELETE /api/v1//namespaces/shop HTTP/1.1"),
    "%2f": request("DELETE /api/v1/namespaces%2fshop/pods/web-0 HTTP/1.1"),
    ";": request(f"GET {POD};exec HTTP/1.1"),
    "backslash": request("GET /api\\..\\apis HTTP/1.1"),
    "%00": request(f"DELETE {POD}%00 HTTP/1.1"),
    "NUL": request(f"DELETE {POD}\x00 HTTP/1.1"),
    "not ASCII": request("GET /api/v1/namespaces/\xe9 HTTP/1.1"),
    "fragment": request("GET /api#x HTTP/1.1"),
    "dryRun twice": request(f"DELETE {POD}?dryRun=All&dryRun=None HTTP/1.1"),
    "DryRun": request(f"DELETE {POD}?DryRun=All HTTP/1.1"),
    "dryRun behind a semicolon": request(f"DELETE {POD}?a=1;dryRun=All HTTP/1.1"),
    "escaped name": request("POST /api/v1/namespaces?%64ryRun=All&dryRun=All HTTP/1.1", "Content-Length: 0"),
    "length and chunks": request("POST /api/v1/namespaces HTTP/1.1", "Content-Length: 3", CHUNKED, body=b"0\r\n\r\n"),
    "chunks and length": request("POST /api/v1/namespaces HTTP/1.1", CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n"),
    "two lengths": request("POST /api/v1/namespaces HTTP/1.1", "Content-Length: 2", "Content-Length: 9", body=b"{}"),
    "two equal lengths": request("POST /api/v1/namespaces HTTP/1.1", *["Content-Length: 2"] * 2, body=b"{}"),
    "a list of lengths": request("POST /api/v1/namespaces HTTP/1.1", "Content-Length: 2, 2", body=b"{}"),
    "a signed length": request("POST /api/v1/namespaces HTTP/1.1", "Content-Length: +2", body=b"{}"),
    "a negative length": request("POST /api/v1/namespaces HTTP/1.1", "Content-Length: -2", body=b"{}"),
    "a hexadecimal length": request("POST /api/v1/namespaces HTTP/1.1", "Content-Length: 0x2", body=b"{}"),
    "two encodings": request("POST /api/v1/namespaces HTTP/1.1", "Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "two encoding headers": request("POST /api/v1/namespaces HTTP/1.1", CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
    "a strange encoding": request("POST /api/v1/namespaces HTTP/1.1", "Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "a tab before chunked": request("POST /api HTTP/1.1", "Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
    "a chunk size that is none": request("POST /api/v1/namespaces HTTP/1.1", CHUNKED, body=b"0x2\r\n{}\r\n0\r\n\r\n"),
    "a negative chunk": request("POST /api/v1/namespaces HTTP/1.1", CHUNKED, body=b"-1\r\n\r\n"),
    "a chunk without its end": request("POST /api/v1/namespaces HTTP/1.1", CHUNKED, body=b"2\r\n{}0\r\n\r\n"),
    "chunks that stop": request("POST /api/v1/namespaces HTTP/1.1", CHUNKED, body=b"2\r\n{}\r\n"),
    "trailers": request("POST /api/v1/namespaces HTTP/1.1", CHUNKED, body=b"0\r\nDryRun: None\r\n\r\n"),
    "a body that stops": request("POST /api/v1/namespaces HTTP/1.1", "Content-Length: 9", body=b"{}"),
    "a compressed body": request("POST /api HTTP/1.1", "Content-Encoding: gzip", "Content-Length: 2", body=b"{}"),
    "two types": request(f"DELETE {POD} HTTP/1.1", "Content-Type: application/json", "Content-Type: application/cbor"),
    "a folded header": request("GET /api HTTP/1.1", "X-A: b\r\n c"),
    "a folded header by tab": request("GET /api HTTP/1.1", "X-A: b\r\n\tc"),
    "a space before the colon": request("GET /api HTTP/1.1", "Accept : a"),
    "a bare LF": b"GET /api HTTP/1.1\nHost: a\r\n\r\n",
    "a bare LF in a header": request("GET /api HTTP/1.1", "X-A: b\nX-B: c"),
    "a bare CR in a header": request("GET /api HTTP/1.1", "X-A: b\rX-B: c"),
    "NUL in a header": request("GET /api HTTP/1.1", "X-A: b\x00"),
    "not ASCII in a header": request("GET /api HTTP/1.1", "X-A: \xff"),
    "a header without a colon": request("GET /api HTTP/1.1", "X-A"),
    "a header without a name": request("GET /api HTTP/1.1", ": x"),
    "a head that is too long": request("GET /api HTTP/1.1", *(f"X-{number}: {'a' * 1000}" for number in range(80))),
    "a head that stops": b"GET /api HTTP/1.1\r\nHost: a\r\n",
    "a body on a GET": request("GET /api HTTP/1.1", "Content-Length: 2", body=b"{}"),
    "an unknown method": request("PURGE /api HTTP/1.1"),
    "pipelining": request("GET /api HTTP/1.1") + request(f"DELETE {POD} HTTP/1.1"),
    "a request in a GET's body": request("GET /api HTTP/1.1", "Content-Length: 0", body=request("GET /apis HTTP/1.1")),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 600 + b"\r\n\r\n",
}


@pytest.mark.parametrize("trick", REFUSED.values(), ids=REFUSED.keys())
def test_nothing_goes_out(block: Guarded, trick: bytes) -> None:
    answer = block.send(trick)
    assert block.api.arrived == []
    assert set(block.decisions()) == {"refuse"}
    assert answer.startswith(b"HTTP/1.1 4"), answer
    assert b"refused by truebook's guard" in answer
    assert answer.count(b"HTTP/1.1 4") == 1


def test_a_later_request_on_the_connection_is_decided_on_its_own(block: Guarded) -> None:
    with block.connect() as connection, connection.makefile("rb") as reader:
        for line, status in ((b"GET /api", b"200"), (b"GET /api/../x", b"403")):
            connection.sendall(line + b" HTTP/1.1\r\n" + HOST + b"\r\n")
            assert reader.readline().split()[1] == status
            length = 0
            while (header := reader.readline()) != b"\r\n":
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            reader.read(length)
        assert reader.read() == b""
    assert [arrived.target for arrived in block.api.arrived] == ["/api"]


def test_a_chunked_body_is_framed_anew(block: Guarded) -> None:
    body = b'4;name="a b"\r\n{"ki\r\n8\r\nnd":"a"}\r\n0\r\n\r\n'
    block.send(request("POST /api/v1/namespaces HTTP/1.1", "Content-Type: application/json", CHUNKED, body=body))
    (arrived,) = block.api.arrived
    assert arrived.target == "/api/v1/namespaces?dryRun=All"
    assert arrived.body == b'{"kind":"a"}'
    assert "transfer-encoding" not in arrived.headers
    assert arrived.headers["content-length"] == "12"


def test_a_delete_with_a_body_is_dry_in_the_body(block: Guarded) -> None:
    body = b'{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background"}'
    length = f"Content-Length: {len(body)}"
    block.send(request(f"DELETE {POD} HTTP/1.1", "Content-Type: application/json", length, body=body))
    (arrived,) = block.api.arrived
    assert arrived.target == f"{POD}?dryRun=All"
    sent = json.loads(arrived.body)
    assert sent["dryRun"] == ["All"]
    assert sent["propagationPolicy"] == "Background"


def test_a_delete_without_a_body_gets_one(block: Guarded) -> None:
    block.send(request(f"DELETE {POD} HTTP/1.1"))
    (arrived,) = block.api.arrived
    assert json.loads(arrived.body)["dryRun"] == ["All"]


def test_of_the_headers_only_known_ones_go_out(block: Guarded) -> None:
    hostile = (
        *("Authorization: Bearer mine", "Cookie: a=b", "Impersonate-User: admin", "Impersonate-Group: system:masters"),
        *("X-Remote-User: admin", "X-Forwarded-For: 1.2.3.4", "X-HTTP-Method-Override: DELETE", "Forwarded: for=me"),
        *("Proxy-Authorization: Basic x", "TE: trailers", "Keep-Alive: 5", "Connection: keep-alive, Accept"),
        *("Accept: application/json", "User-Agent: kubectl", "If-None-Match: x", "Max-Forwards: 0", "Range: bytes=0-"),
    )
    answer = block.send(request("GET /api HTTP/1.1", *hostile))
    (arrived,) = block.api.arrived
    assert arrived.headers == {
        "accept": "application/json",
        "user-agent": "kubectl",
        "if-none-match": "x",
        "authorization": TOKEN,
        "host": block.api.url.removeprefix("http://"),
    }
    assert b"session=1" not in answer
    assert TOKEN.encode() not in answer
    assert TOKEN not in repr(block.guard.requests(block.handle))


def test_a_body_that_is_too_large_is_refused(block: Guarded) -> None:
    line = request("POST /api/v1/namespaces HTTP/1.1", "Content-Type: application/json", "Content-Length: 9000000")
    assert block.send(line + b" " * 9_000_000).startswith(b"HTTP/1.1 413")
    chunks = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    line = request("POST /api/v1/namespaces HTTP/1.1", "Content-Type: application/json", CHUNKED)
    assert block.send(line + chunks * 6).startswith(b"HTTP/1.1 413")
    assert block.api.arrived == []


def test_expect_100_continue(block: Guarded) -> None:
    headers = ("Content-Type: application/json", "Content-Length: 2", "Expect: 100-continue")
    with block.connect() as connection:
        connection.sendall(request("POST /api/v1/namespaces HTTP/1.1", *headers))
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(b"{}")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert block.api.arrived[0].body == b"{}"


def test_bytes_that_come_one_by_one(block: Guarded) -> None:
    with block.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request(f"DELETE {POD} HTTP/1.1", "Content-Length: 2", body=b"{}"):
            connection.sendall(bytes([byte]))
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert json.loads(block.api.arrived[0].body)["dryRun"] == ["All"]
