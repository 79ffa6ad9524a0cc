"""ArgoCD behind the guard: its REST API and the gRPC-web of its command.

Reads of an allow-list pass, without `refresh`, which would annotate the Application though it needs no more than `get`.
A sync, rollback, terminate, delete or change of the spec is answered by a proof (`proof.py`) and never sent on, not
even as ArgoCD's own dry run, which writes too. All else is refused in the shape that the client understands.

After a proved sync the block's own reads of that application by gRPC see it as a dry run would leave it: the operation
ended well, its message says that it was proved, the application is Synced; its health stays what it is. So `argocd app
sync` ends at once, and an `argocd app wait` after it waits for health alone. A watch that the guard has ended once is
answered by a deadline the second time, as the command would otherwise ask again for ever.

Known limits: `ServerSideDiff` and `applicationset generate` are refused, as they run what the caller sends with
ArgoCD's own rights. Where ArgoCD's own cache is cold, its resource tree and managed resources make ArgoCD refresh the
application by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from truebook.guard import grpcweb
from truebook.guard.argocd import grpc, proof, rest
from truebook.guard.grpcweb import Unreadable
from truebook.guard.request import (
    Answer,
    Ask,
    Decision,
    Facts,
    Forward,
    GuardRequest,
    Refuse,
    System,
    UpstreamAnswer,
)
from truebook.model import Claim

HEADERS = frozenset(("accept", "content-type", "user-agent", "x-grpc-web"))

TOKEN = "guarded"  # noqa: S105
"""What a block has for a token: the command insists on one, the guard puts the real one in its place."""


def decide(request: GuardRequest) -> Decision:
    """What becomes of one request."""
    return decide_marked(request, frozenset())


def decide_marked(request: GuardRequest, marks: frozenset[str]) -> Decision:
    """The same, in the light of what was proved for the block before."""
    if _is_grpc(request):
        try:
            return _call(request, marks)
        except Unreadable as error:
            return Refuse(400, f"{request.path}: {error}")
    if request.method in ("GET", "HEAD"):
        return rest.decide(request)
    proved = proof.from_rest(request)
    if proved is not None:
        return proved
    return Refuse(403, f"{request.method} of {request.path} is a write, and is never sent on")


def _call(request: GuardRequest, marks: frozenset[str]) -> Decision:
    """A gRPC-web call. Raises Unreadable."""
    if request.method != "POST" or request.header("content-type") != grpcweb.MEDIA_TYPE or request.query:
        return Refuse(415, f"only POST of {grpcweb.MEDIA_TYPE} is understood, without a query")
    method = grpc.READS.get(request.path)
    if method is None:
        proved = proof.from_grpc(request)
        if proved is not None:
            return proved
        return Refuse(403, f"{request.path[1:]} is not a read that the guard knows, and is never sent on")
    body, fields = grpc.rewrite(method, request.body)
    sent = replace(request, body=body)
    if request.path in (grpc.GET, grpc.WATCH) and grpcweb.string(fields, 1):
        key = proof.mark(grpcweb.string(fields, 1), grpcweb.string(fields, 7))
        return _one(sent, key, marks)
    seconds = float(rest.STREAM_SECONDS) if method.streamed else None
    return Forward(sent, f"{request.path.rpartition('/')[2]}, a read", seconds=seconds)


def _one(request: GuardRequest, key: str, marks: frozenset[str]) -> Decision:
    """A Get or Watch of one application."""
    synced, operated = f"synced:{key}" in marks, f"operated:{key}" in marks
    if request.path == grpc.GET:
        if not synced and not operated:
            return Forward(request, "Get, a read")
        return Forward(request, "Get, as the proved operation would leave it", reply=_proved(synced=synced))
    watched = f"watched:{key}"
    if watched in marks:
        name = key.lstrip("/")
        claim = Claim(f"the application {name} comes into the state that is waited for", False, "Watch")
        waited = f"the application {name} did not come into the state that is waited for, and nothing here changes it"
        return grpcweb.failure(grpcweb.DEADLINE_EXCEEDED, waited, (claim,))
    if synced or operated:
        name, namespace = key.partition("/")[2], key.partition("/")[0]
        get = replace(request, path=grpc.GET, raw_target=grpc.GET, body=grpc.query(name, namespace))
        return Ask((get,), lambda answers: _event(answers[0], watched, synced=synced))
    return Forward(request, "Watch, a read", seconds=float(rest.STREAM_SECONDS), marks=(watched,))


def _proved(*, synced: bool) -> Callable[[UpstreamAnswer], UpstreamAnswer]:
    def reply(answer: UpstreamAnswer) -> UpstreamAnswer:
        if answer.status != 200 or not answer.body:
            return answer
        try:
            message = grpc.proved(grpcweb.first_message(answer.body), synced=synced, message=proof.SAID)
        except Unreadable as error:
            failed = grpcweb.failure(grpcweb.UNAVAILABLE, f"ArgoCD's answer was not understood: {error}")
            return UpstreamAnswer(failed.status, failed.headers, failed.body)
        return UpstreamAnswer(200, answer.headers, grpcweb.ended(message))

    return reply


def _event(answer: UpstreamAnswer, watched: str, *, synced: bool) -> Decision:
    """The one event that a watch of an application sees after its operation was proved."""
    if answer.status != 200 or not answer.body:
        return grpcweb.failure(grpcweb.UNAVAILABLE, "ArgoCD does not tell the application's state")
    message = grpc.proved(grpcweb.first_message(answer.body), synced=synced, message=proof.SAID)
    said = "Watch, as the proved operation would leave it"
    return grpcweb.success((grpc.watch_event(message),), (), said, (watched,))


def refuse(request: GuardRequest | None, refusal: Refuse) -> Answer:
    """The refusal as a client of the API shows it."""
    said = f"refused by truebook's guard: {refusal.reason}"
    codes = {400: grpcweb.INVALID, 404: grpcweb.NOT_FOUND, 503: grpcweb.UNAVAILABLE}
    code = codes.get(refusal.status, grpcweb.PERMISSION_DENIED)
    if request is not None and _is_grpc(request):
        return grpcweb.failure(code, said, reason=refusal.reason)
    return proof.error(refusal.status, said, code)


def _is_grpc(request: GuardRequest) -> bool:
    return request.header("content-type").strip().lower().startswith("application/grpc")


def _environment(port: int, directory: Path) -> Mapping[str, str]:
    return {
        "ARGOCD_SERVER": f"127.0.0.1:{port}",
        "ARGOCD_OPTS": "--grpc-web --plaintext",
        "ARGOCD_AUTH_TOKEN": TOKEN,
        "ARGOCD_CONFIG_DIR": str(directory / "argocd"),
    }


def system(facts: Facts) -> System:
    """ArgoCD as the guard serves it."""
    return System(
        name="argocd",
        decide=decide,
        decide_marked=decide_marked,
        refuse=refuse,
        headers=HEADERS,
        environment=_environment,
    )


SYSTEM = system(Facts())
