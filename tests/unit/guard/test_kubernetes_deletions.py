"""Deletions and evictions, whose options stand in the body: as JSON, or as the protobuf that kubectl sends."""

from __future__ import annotations

import json

import pytest

from tests.unit.guard.kubernetes_requests import JSON, SHOP, decide
from truebook.guard.kubernetes import protobuf
from truebook.guard.request import ForwardAsDryRun, Refuse


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return bytes([number << 3]) + bytes([value])
    return bytes([number << 3 | 2, len(value)]) + value


def enveloped(kind: bytes, message: bytes) -> bytes:
    return protobuf.MAGIC + field(1, field(1, b"v1") + field(2, kind)) + field(2, message)


def test_protobuf_deletes_go_out_as_json() -> None:
    options = field(1, 7) + field(2, field(1, b"u") + field(2, b"12")) + field(3, 1) + field(4, b"Orphan")
    body = enveloped(b"DeleteOptions", options)
    decision = decide("DELETE", f"{SHOP}/pods/web-0", body, protobuf.MEDIA_TYPE)
    assert isinstance(decision, ForwardAsDryRun)
    assert decision.request.header("content-type") == JSON
    assert json.loads(decision.request.body) == {
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "gracePeriodSeconds": 7,
        "preconditions": {"uid": "u", "resourceVersion": "12"},
        "orphanDependents": True,
        "propagationPolicy": "Orphan",
        "dryRun": ["All"],
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"k8s",
        b'{"kind":"DeleteOptions"}',
        enveloped(b"Pod", b""),
        enveloped(b"DeleteOptions", field(6, 1)),
        enveloped(b"DeleteOptions", field(1, b"text")),
        enveloped(b"DeleteOptions", field(4, 1)),
        enveloped(b"DeleteOptions", field(4, b"\xff")),
        enveloped(b"DeleteOptions", b"\x22\x7fshort"),
        enveloped(b"DeleteOptions", b"\x25\x00\x00\x00\x00"),
        enveloped(b"DeleteOptions", b"\x08" + b"\xff" * 11),
        enveloped(b"DeleteOptions", field(5, b"All")) + field(3, b"gzip"),
    ],
)
def test_protobuf_that_is_not_understood_is_refused(body: bytes) -> None:
    decision = decide("DELETE", f"{SHOP}/pods/web-0", body or b"\x00", protobuf.MEDIA_TYPE)
    assert isinstance(decision, Refuse)
    assert decision.status == 400


@pytest.mark.parametrize(
    ("body", "media", "grace"),
    [
        (b'{"kind":"Eviction","apiVersion":"policy/v1","metadata":{"name":"web-0"}}', JSON, None),
        (b'{"metadata":{"name":"web-0"},"deleteOptions":{"gracePeriodSeconds":5}}', JSON, 5),
        (b'{"metadata":{"name":"web-0"},"deleteOptions":{"gracePeriodSeconds":5,"dryRun":[]}}', "", 5),
        (
            enveloped(b"Eviction", field(1, field(1, b"web-0") + field(3, b"shop")) + field(2, field(1, 5))),
            protobuf.MEDIA_TYPE,
            5,
        ),
    ],
)
def test_evictions_are_dry_in_query_and_body(body: bytes, media: str, grace: int | None) -> None:
    decision = decide("POST", f"{SHOP}/pods/web-0/eviction", body, media)
    assert isinstance(decision, ForwardAsDryRun), decision
    assert dict(decision.request.query) == {"dryRun": "All"}
    sent = json.loads(decision.request.body)
    assert sent["metadata"]["name"] == "web-0"
    assert sent["deleteOptions"].get("gracePeriodSeconds") == grace
    assert sent["deleteOptions"]["dryRun"] == ["All"]
    assert decision.gone == f"{SHOP}/pods/web-0"
