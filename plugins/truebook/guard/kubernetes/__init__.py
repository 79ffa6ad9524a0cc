"""Kubernetes behind the guard: reads pass, writes become server-side dry runs, the rest is refused.

What is allowed is a list of path shapes, methods, query parameters and media types; whatever is not on it is refused.
A Secret's data is not shown: `kubectl get secrets` gets the API server's own table. Logs pass, as
kubectl counts them as reads, but are not followed. A watch ends after `WATCH_SECONDS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from truebook.guard.kubernetes import queries, replies, writes
from truebook.guard.kubernetes.paths import ResourcePath, is_discovery, parse
from truebook.guard.kubernetes.status import gone, refuse
from truebook.guard.request import Decision, Facts, Forward, GuardRequest, Refuse, System

WATCH_SECONDS = 30
"""How long a watch lasts at most."""

HEADERS = frozenset(("accept", "accept-encoding", "content-type", "if-none-match", "user-agent"))

_NO_DRY_RUN = {
    "attach": "attaches to a process",
    "exec": "runs a command in a container",
    "portforward": "opens a tunnel",
    "proxy": "reaches what is behind the API server",
}
_READ_SUBRESOURCES = frozenset(("status", "scale", "approval", "ephemeralcontainers", "resize"))


def decide(request: GuardRequest) -> Decision:
    """What becomes of one request."""
    path = parse(request.path)
    if path is not None and path.subresource in _NO_DRY_RUN:
        return Refuse(403, f"{path.kind} {_NO_DRY_RUN[path.subresource]}, which is never let through")
    if request.method in ("GET", "HEAD"):
        return _read(request, path)
    if request.method not in ("POST", "PUT", "PATCH", "DELETE"):
        return Refuse(405, f"{request.method} is not a method of the Kubernetes API")
    if path is None:
        return Refuse(403, f"{request.method} of {request.path} is not a write that the guard knows")
    return writes.decide(request, path)


def _read(request: GuardRequest, path: ResourcePath | None) -> Decision:
    if request.body:
        return Refuse(400, "a read has no body")
    if is_discovery(request.path):
        return queries.check(request.query, queries.DISCOVERY) or Forward(request, "discovery")
    if path is None:
        return Refuse(403, f"{request.path} is not a path that the guard knows")
    if path.subresource == "log" and path.kind == "pods/log":
        return queries.check(request.query, queries.LOG) or Forward(
            replace(request, query=queries.drop(request.query, {"follow"})), "a log, not followed"
        )
    if path.subresource and path.subresource not in _READ_SUBRESOURCES:
        return Refuse(403, f"{path.kind} is not a read that the guard knows")
    refusal = queries.check(request.query, queries.OBJECT if path.name else queries.LIST)
    if refusal is not None:
        return refusal
    if path.resource == "secrets" and not path.group:
        return _secrets(request)
    if queries.truth(queries.value(request.query, "watch")):
        return _watch(request)
    return Forward(replace(request, query=queries.drop(request.query, {"watch"})), "a read")


def _watch(request: GuardRequest) -> Decision:
    """A watch that ends by itself: both by what the API server is told and by the guard's own clock."""
    asked = queries.value(request.query, "timeoutSeconds") or ""
    seconds = (
        min(int(asked), WATCH_SECONDS) if asked.isascii() and asked.isdigit() and len(asked) < 10 else WATCH_SECONDS
    )
    seconds = seconds or WATCH_SECONDS
    query = queries.put(queries.put(request.query, "watch", "true"), "timeoutSeconds", str(seconds))
    return Forward(replace(request, query=query), f"a watch of {seconds} s", seconds=seconds + 5.0)


def _secrets(request: GuardRequest) -> Decision:
    """Names, types and counts, as the API server's table has them. Of the objects' metadata the names alone are sent
    on: an annotation may repeat the data."""
    wanted = request.header("accept").partition(",")[0].replace(" ", "").split(";")
    if "as=Table" not in wanted or queries.truth(queries.value(request.query, "watch")):
        return Refuse(403, "a Secret's data is never shown; its table is, by 'kubectl get secrets' without -o or -w")
    sent = replace(request, query=queries.put(request.query, "includeObject", "Metadata"))
    decision = replies.with_reply(Forward(sent, "the table of Secrets, without their data"), replies.table_only)
    return replace(decision, request=decision.request.with_header("accept", replies.TABLE))


def kubeconfig(port: int, namespace: str = "") -> str:
    """A kubeconfig that knows the guard and holds no credentials."""
    context = {"cluster": "truebook", "user": "truebook", **({"namespace": namespace} if namespace else {})}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "truebook", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "truebook", "user": {}}],
        "contexts": [{"name": "truebook", "context": context}],
        "current-context": "truebook",
    }
    return msgspec.json.encode(content).decode() + "\n"


def _environment(port: int, directory: Path) -> Mapping[str, str]:
    return {"KUBECONFIG": str(directory / "kubeconfig")}


def system(facts: Facts) -> System:
    """Kubernetes as the guard serves it."""
    return System(
        name="kubernetes",
        decide=decide,
        refuse=refuse,
        headers=HEADERS,
        environment=_environment,
        files=lambda port: {"kubeconfig": kubeconfig(port, facts.namespace)},
        gone=gone,
    )


SYSTEM = system(Facts())
