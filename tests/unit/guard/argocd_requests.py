"""Requests to ArgoCD, by REST and by gRPC-web, about one application that is out of sync."""

from __future__ import annotations

import json
from collections.abc import Mapping

from truebook.guard import grpcweb, target
from truebook.guard.argocd import grpc
from truebook.guard.request import Ask, Decision, GuardRequest, UpstreamAnswer

SERVICE = "application.ApplicationService"
WEB = grpcweb.write([(1, b"web")])
APPLICATION = {
    "metadata": {"name": "web", "namespace": "argocd"},
    "spec": {"project": "home"},
    "status": {
        "sync": {"status": "OutOfSync"},
        "health": {"status": "Healthy"},
        "resources": [
            {"kind": "Deployment", "namespace": "shop", "name": "web", "status": "OutOfSync"},
            {"kind": "Service", "namespace": "shop", "name": "web", "status": "Synced"},
        ],
        "history": [{"id": 3}, {"id": 4}],
    },
}
MESSAGE = grpcweb.write(
    [
        (1, grpcweb.write([(1, b"web")])),
        (3, grpcweb.write([
            (1, grpcweb.write([(3, b"Deployment"), (5, b"web"), (6, b"OutOfSync")])),
            (2, grpcweb.write([(1, b"OutOfSync"), (3, b"abc123")])),
            (6, grpcweb.write([(1, 1_700_000_000)])),
            (7, grpcweb.write([(2, b"Failed"), (3, b"long ago")])),
        ])),
        (4, b""),
    ]
)  # fmt: skip


def rest_request(method: str, raw: str, body: bytes = b"", media: str = "application/json") -> GuardRequest:
    path, query = target.parse(raw)
    return GuardRequest(method, raw, path, query, (("content-type", media),) if body or method != "GET" else (), body)


def call(method: str, message: bytes = b"", *, service: str = SERVICE, body: bytes | None = None) -> GuardRequest:
    path = f"/{service}/{method}"
    sent = grpcweb.frame(message) if body is None else body
    return GuardRequest("POST", path, path, (), (("content-type", grpcweb.MEDIA_TYPE),), sent)


def settled(decision: Decision, answers: Mapping[str, tuple[int, object]] | None = None) -> Decision:
    """The decision where ArgoCD answers a path with that status and JSON; all is allowed where nothing is said."""
    known: dict[str, tuple[int, object]] = {
        "/api/v1/applications/web": (200, APPLICATION),
        "/api/v1/applications/web/syncwindows": (200, {"canSync": True}),
        **{
            f"/api/v1/account/can-i/applications/{action}/home/web": (200, {"value": "yes"})
            for action in ("sync", "delete", "update")
        },
        **(answers or {}),
    }
    while isinstance(decision, Ask):
        given_: list[UpstreamAnswer] = []
        for asked in decision.requests:
            if asked.path == grpc.GET:
                given_.append(UpstreamAnswer(200, (), grpcweb.ended(MESSAGE)))
            else:
                assert (asked.method, asked.body) == ("GET", b"")
                status, body = known.get(asked.path, (404, {}))
                given_.append(UpstreamAnswer(status, (), json.dumps(body).encode()))
        decision = decision.conclude(tuple(given_))
    return decision
