"""Proofs in place of ArgoCD's operations: the questions that are asked, and the answer that the client is given.

A sync, rollback, terminate, delete or change of an application's spec is never sent on. Its application is read, the
account's permission and the sync windows are asked for, and what they say are claims. Where none is disproved, the
client gets the answer that it would have got; else ArgoCD's own kind of error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from truebook.claims import Reply, argocd, refused
from truebook.guard import grpcweb
from truebook.guard.argocd import grpc
from truebook.guard.grpcweb import Unreadable
from truebook.guard.request import Answer, Ask, Decision, GuardRequest, Pairs, Refuse, UpstreamAnswer
from truebook.model import Claim

Operation = Literal["sync", "rollback", "terminate", "delete", "update"]

SAID = "truebook's guard proved this and did not run it"
FAILED_PRECONDITION = 9
HTTP_STATUS = {
    grpcweb.INVALID: 400,
    grpcweb.NOT_FOUND: 404,
    grpcweb.PERMISSION_DENIED: 403,
    FAILED_PRECONDITION: 400,
    grpcweb.UNAVAILABLE: 503,
}
JSON: Pairs = (("content-type", "application/json"),)

_ACTIONS: dict[Operation, str] = {
    "sync": "sync",
    "rollback": "sync",
    "terminate": "sync",
    "delete": "delete",
    "update": "update",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One operation on an application. `result` is what the answer holds, None where it is the application itself;
    `request` is the client's own, whose headers the questions carry."""

    operation: Operation
    name: str
    namespace: str
    request: GuardRequest
    identifier: int | None = None
    result: bytes | None = None

    def marks(self, home: str) -> tuple[str, ...]:
        """What the block's later requests are answered by. They may name the application with its namespace `home`,
        or without where it was named without."""
        kind = {"sync": "synced", "rollback": "operated"}.get(self.operation)
        if kind is None:
            return ()
        return tuple(f"{kind}:{mark(self.name, namespace)}" for namespace in sorted({self.namespace, home}))


def mark(name: str, namespace: str) -> str:
    """An application's name within marks."""
    return f"{namespace}/{name}"


def from_grpc(request: GuardRequest) -> Decision | None:
    """The decision on a gRPC-web call that is such an operation; None for others. Raises Unreadable."""
    fields: dict[str, tuple[Operation, int, int]] = {  # the numbers of the namespace and, where there is one, the id
        grpc.SYNC: ("sync", 12, 0),
        grpc.ROLLBACK: ("rollback", 6, 2),
        grpc.TERMINATE: ("terminate", 2, 0),
        grpc.DELETE: ("delete", 4, 0),
        grpc.UPDATE_SPEC: ("update", 4, 0),
    }
    if request.path not in fields:
        return None
    operation, namespace_field, id_field = fields[request.path]
    message = grpcweb.parse(grpcweb.unframe(request.body))
    identifier = next((value for number, value in message if number == id_field and isinstance(value, int)), None)
    results: dict[Operation, bytes] = {"terminate": b"", "delete": b"", "update": grpcweb.message(message, 2)}
    change = Change(
        operation,
        grpcweb.string(message, 1),
        grpcweb.string(message, namespace_field),
        request,
        identifier,
    )
    change = replace(change, result=results.get(change.operation))
    return _prove(change, _Grpc(change))


_REST = re.compile(r"/api/v1/applications/([^/]+)(?:/(sync|rollback|operation|spec))?")


def from_rest(request: GuardRequest) -> Decision | None:
    """The decision on a REST request that is such an operation; None for others."""
    found = _REST.fullmatch(request.path)
    operations: dict[tuple[str, str | None], Operation] = {
        ("POST", "sync"): "sync",
        ("POST", "rollback"): "rollback",
        ("DELETE", "operation"): "terminate",
        ("DELETE", None): "delete",
        ("PUT", "spec"): "update",
    }
    if found is None or (request.method, found[2]) not in operations:
        return None
    if request.header("content-type").partition(";")[0].strip().lower() != "application/json":
        return Refuse(415, "ArgoCD takes writes as application/json only")
    try:
        body = msgspec.json.decode(request.body) if request.body else {}
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Refuse(400, "the body is not JSON")
    if not isinstance(body, dict):
        return Refuse(400, "the body is not a JSON object")
    operation = operations[request.method, found[2]]
    asked = dict(request.query)
    namespace = asked.get("appNamespace") or (body.get("appNamespace") if operation != "update" else "") or ""
    identifier = body.get("id")
    change = Change(
        operation,
        found[1],
        str(namespace),
        request,
        int(str(identifier)) if re.fullmatch(r"[0-9]{1,18}", str(identifier)) else None,
    )
    results: dict[Operation, bytes] = {"terminate": b"{}", "delete": b"{}", "update": request.body or b"{}"}
    return _prove(replace(change, result=results.get(operation)), _Rest(change))


class _Render:
    """How an outcome is told to the client."""

    also: tuple[GuardRequest, ...] = ()

    def well(self, change: Change, own: UpstreamAnswer, claims: tuple[Claim, ...]) -> Answer:
        raise NotImplementedError

    def badly(self, code: int, message: str, claims: tuple[Claim, ...]) -> Answer:
        raise NotImplementedError


class _Grpc(_Render):
    def __init__(self, change: Change) -> None:
        body = grpc.query(change.name, change.namespace)
        self.also = (replace(change.request, path=grpc.GET, raw_target=grpc.GET, query=(), body=body),)

    def well(self, change: Change, own: UpstreamAnswer, claims: tuple[Claim, ...]) -> Answer:
        message = change.result
        if message is None:
            try:
                message = grpcweb.first_message(own.body)
            except Unreadable as error:
                return self.badly(grpcweb.UNAVAILABLE, str(error), claims)
        return grpcweb.success((message,), claims, SAID)

    def badly(self, code: int, message: str, claims: tuple[Claim, ...]) -> Answer:
        return grpcweb.failure(code, message, claims)


class _Rest(_Render):
    def __init__(self, change: Change) -> None:
        self.also = ()

    def well(self, change: Change, own: UpstreamAnswer, claims: tuple[Claim, ...]) -> Answer:
        body = own.body if change.result is None else change.result
        return Answer(200, JSON, body, claims, SAID)

    def badly(self, code: int, message: str, claims: tuple[Claim, ...]) -> Answer:
        return replace(error(HTTP_STATUS.get(code, 500), message, code), claims=claims)


def error(status: int, message: str, code: int) -> Answer:
    """An error in the REST API's own shape."""
    return Answer(status, JSON, msgspec.json.encode({"error": message, "code": code, "message": message}), (), message)


def _prove(change: Change, render: _Render) -> Decision:
    """Ask for the application, then for what only it tells how to ask, and answer."""
    for word in (change.name, change.namespace):
        if word and not argocd.NAME.fullmatch(word):
            return Refuse(400, f"{word[:60]!r} is not a name that an application or a namespace can have")
    if not change.name:
        return Refuse(400, "the operation names no application")

    def known(answers: tuple[UpstreamAnswer, ...]) -> Decision:
        application = _reply(answers[0], f"GET /api/v1/applications/{change.name}")
        there = argocd.exists(change.name, application)
        if there.holds is not True:
            codes = {404: grpcweb.NOT_FOUND, 403: grpcweb.PERMISSION_DENIED}
            code = codes.get(application.status, grpcweb.UNAVAILABLE)
            return render.badly(code, f"{there.text} ({SAID})", (there,))
        permission = argocd.permission_question(application, _ACTIONS[change.operation], change.namespace)
        questions = [*([permission] if permission else [])]
        if change.operation in ("sync", "rollback"):
            questions.append(argocd.windows_question(change.name, change.namespace))

        def asked(more: tuple[UpstreamAnswer, ...]) -> Decision:
            replies = [_reply(answer, f"GET {question.path}") for answer, question in zip(more, questions, strict=True)]
            may = argocd.permitted(change.name, _ACTIONS[change.operation], replies.pop(0) if permission else Reply(0))
            claims = (there, may, *_further(change, application, replies[0] if replies else Reply(0)))
            wrong = refused(claims)
            if wrong is not None:
                code = grpcweb.PERMISSION_DENIED if wrong is may else FAILED_PRECONDITION
                return render.badly(code, f"{wrong.text} ({SAID})", claims)
            answer = render.well(change, answers[-1], claims)
            home = application.get("metadata", "namespace")
            marks = change.marks(home if isinstance(home, str) else change.namespace)
            return replace(answer, marks=marks) if answer.reason == SAID else answer

        return Ask(tuple(_get(change.request, question) for question in questions), asked)

    question = argocd.application_question(change.name, change.namespace)
    return Ask((_get(change.request, question), *render.also), known)


def _further(change: Change, application: Reply, windows: Reply) -> tuple[Claim, ...]:
    name = change.name
    match change.operation:
        case "sync":
            state = (argocd.idle(name, application), argocd.window(name, windows))
            return (*state, argocd.difference(name, application))
        case "rollback":
            kept = argocd.deployed_before(name, application, change.identifier)
            return (kept, argocd.manual(name, application), argocd.idle(name, application))
        case "terminate":
            return (argocd.busy(name, application),)
        case "update":
            return (Claim(f"the new settings of the application {name} were not validated", None),)
        case _:
            return ()


def _get(request: GuardRequest, question: argocd.Question) -> GuardRequest:
    """A read of the guard's own, in the name of the client that asked."""
    headers = (("accept", "application/json"), ("user-agent", request.header("user-agent") or "truebook"))
    return GuardRequest("GET", question.path, question.path, question.query, headers)


def _reply(answer: UpstreamAnswer, source: str) -> Reply:
    return Reply.of(answer.status, answer.body, source)
