"""Writes: made a server-side dry run where the API server reads it, or refused where it can't run dry.

`dryRun=All` stands in the query of create, update and patch. The options of a DELETE and of an eviction are read from
the body where there is one, and kubectl always sends one: they get a body that was built here, and the query as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from truebook.guard.kubernetes import protobuf, queries, replies
from truebook.guard.kubernetes.paths import ResourcePath
from truebook.guard.request import Ask, Decision, Forward, ForwardAsDryRun, GuardRequest, Refuse, UpstreamAnswer

REVIEWS = frozenset(
    (
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectrulesreviews"),
        ("authorization.k8s.io", "subjectaccessreviews"),
        ("authorization.k8s.io", "localsubjectaccessreviews"),
        ("authentication.k8s.io", "selfsubjectreviews"),
    )
)
"""What is asked by POST: nothing is stored."""

NEVER = {
    "admissionregistration.k8s.io": "it decides what the API server lets pass",
    "authentication.k8s.io": "it speaks of credentials",
    "authorization.k8s.io": "only its reviews of access are answered",
}
"""Groups that are not written to, not even as a dry run."""

BUILT_IN = frozenset(
    (
        *("", "apps", "autoscaling", "batch", "policy", "apiextensions.k8s.io", "apiregistration.k8s.io"),
        *("certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io"),
        *("flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io"),
        *("resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io"),
    )
)
"""Groups that the API server serves itself, all of whose stores can run dry."""

_UPDATE = frozenset(("PUT", "PATCH"))
SUBRESOURCES: dict[str, tuple[str | None, frozenset[str]]] = {
    "scale": (None, _UPDATE),
    "status": (None, _UPDATE),
    "approval": ("certificatesigningrequests.certificates.k8s.io", _UPDATE),
    "binding": ("pods", frozenset(("POST",))),
    "ephemeralcontainers": ("pods", _UPDATE),
    "eviction": ("pods", frozenset(("POST",))),
    "finalize": ("namespaces", frozenset(("PUT",))),
    "resize": ("pods", _UPDATE),
}
"""Subresources that can run dry: of which resource (None: of any), and by which methods."""

_OBJECTS = frozenset(("", "application/json", "application/yaml", protobuf.MEDIA_TYPE))
_READ_HERE = frozenset(("", "application/json", protobuf.MEDIA_TYPE))
_PATCHES = frozenset(
    (
        *("application/json-patch+json", "application/merge-patch+json"),
        *("application/strategic-merge-patch+json", "application/apply-patch+yaml"),
    )
)
_OPTIONS = frozenset(
    ("kind", "apiVersion", "dryRun", "gracePeriodSeconds", "orphanDependents", "preconditions", "propagationPolicy")
)
_EVICTION = frozenset(("kind", "apiVersion", "metadata", "deleteOptions"))

CHECK = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json"
"""A definition is large; that it is there is all that is asked."""


def decide(request: GuardRequest, path: ResourcePath) -> Decision:
    """What becomes of a POST, PUT, PATCH or DELETE."""
    if (path.group, path.resource) in REVIEWS and request.method == "POST" and not path.name:
        return _review(request)
    refusal = _impossible(request.method, path) or _body_type(request, path)
    if refusal is not None:
        return refusal
    build = _delete if request.method == "DELETE" else _eviction if path.subresource == "eviction" else _write
    decision = build(request, path)
    if path.group in BUILT_IN or isinstance(decision, Refuse):
        return decision
    return _if_local(path, decision)


def _review(request: GuardRequest) -> Decision:
    return (
        _unknown_type(request, _OBJECTS)
        or queries.check(request.query, queries.CREATE)
        or Forward(_typed(request), "a question about access")
    )


def _impossible(method: str, path: ResourcePath) -> Refuse | None:
    """What is never sent, whatever its body."""
    if path.group in NEVER:
        return Refuse(403, f"{path.kind} is not written to: {NEVER[path.group]}")
    if path.subresource == "token":
        return Refuse(403, f"{path.kind} would make a real token even as a dry run")
    if path.subresource:
        owner, methods = SUBRESOURCES.get(path.subresource, ("", frozenset()))
        plain = path.kind.partition("/")[0]
        if owner == "" or owner not in (None, plain) or method not in methods:
            return Refuse(403, f"{method} of {path.kind} can't be a dry run")
        return None
    if (method == "POST" and path.name) or (method in _UPDATE and not path.name):
        return Refuse(405, f"{method} of {path.kind} {path.name}".rstrip() + " is not a request that the API knows")
    return None


def _media_type(request: GuardRequest) -> str:
    return request.header("content-type").partition(";")[0].strip().lower()


def _body_type(request: GuardRequest, path: ResourcePath) -> Refuse | None:
    """What can't be told apart is not sent; a DELETE's and an eviction's options hide in the body, and are read."""
    if request.method == "PATCH":
        if path.resource == "secrets" and not path.group and _media_type(request) == "application/json-patch+json":
            return Refuse(403, "a JSON patch can test and copy what a Secret holds")
        return _unknown_type(request, _PATCHES)
    read_here = request.method == "DELETE" or path.subresource == "eviction"
    return _unknown_type(request, _READ_HERE if read_here else _OBJECTS)


def _unknown_type(request: GuardRequest, known: frozenset[str]) -> Refuse | None:
    media = _media_type(request)
    if media in known:
        return None
    return Refuse(415, f"the body is '{media}'; the guard knows {', '.join(sorted(filter(None, known)))}")


def _typed(request: GuardRequest) -> GuardRequest:
    """The request with the type that the API server takes a body of none for."""
    return request if request.header("content-type") else request.with_header("content-type", "application/json")


def _dry(query: tuple[tuple[str, str], ...], allowed: frozenset[str]) -> tuple[tuple[str, str], ...] | Refuse:
    """The query with `dryRun=All`."""
    refusal = queries.check(query, allowed)
    if refusal is not None:
        return refusal
    asked = queries.value(query, "dryRun")
    if asked not in (None, "All"):
        return Refuse(400, f"dryRun can only be All, not '{asked}'")
    return query if asked else queries.put(query, "dryRun", "All")


def _write(request: GuardRequest, path: ResourcePath) -> Decision:
    """Create, update and patch: the query alone says it."""
    query = _dry(request.query, queries.PATCH if request.method == "PATCH" else queries.CREATE)
    if isinstance(query, Refuse):
        return query
    sent = _typed(replace(request, query=query))
    return replies.guarded(ForwardAsDryRun(sent, f"{request.method} of {path.kind} as a dry run"), path)


def _delete(request: GuardRequest, path: ResourcePath) -> Decision:
    query = _dry(request.query, queries.DELETE if path.name else queries.DELETE_COLLECTION)
    if isinstance(query, Refuse):
        return query
    split = queries.delete_options(query)
    if isinstance(split, Refuse):
        return split
    query, options = split
    asked = queries.value(request.query, "dryRun") == "All"
    if request.body:
        # As the API server does: with a body, the query's options do not count.
        said = _object(request, _OPTIONS, "DeleteOptions", protobuf.delete_options)
        if isinstance(said, Refuse):
            return said
        asked = said.get("dryRun") == ["All"]
        options = said
    body = {"kind": "DeleteOptions", "apiVersion": "v1", **options, "dryRun": ["All"]}
    sent = replace(request, query=query, body=msgspec.json.encode(body))
    what = "a dry run of deleting" + ("" if path.name else " all")
    decision = ForwardAsDryRun(sent.with_header("content-type", "application/json"), f"{what} {path.kind}")
    if path.name and not asked:
        decision = replies.unawaited(decision)
    return replies.guarded(decision, path)


def _eviction(request: GuardRequest, path: ResourcePath) -> Decision:
    """Body and query have to agree."""
    query = _dry(request.query, queries.CREATE)
    if isinstance(query, Refuse):
        return query
    said = _object(request, _EVICTION, "Eviction", protobuf.eviction)
    if isinstance(said, Refuse):
        return said
    options = _known(said.get("deleteOptions") or {}, _OPTIONS, "DeleteOptions")
    if isinstance(options, Refuse):
        return options
    body = {**said, "deleteOptions": {**options, "dryRun": ["All"]}}
    sent = replace(request, query=query, body=msgspec.json.encode(body))
    return ForwardAsDryRun(
        sent.with_header("content-type", "application/json"), "an eviction as a dry run", gone=path.object_path
    )


def _object(
    request: GuardRequest, known: frozenset[str], kind: str, read: Callable[[bytes], dict[str, object]]
) -> dict[str, object] | Refuse:
    """The object in a body. What is sent is encoded anew from it: of a key that is said twice only what was read here
    goes out, and a key in other letters, which some decoders take for the same, is refused."""
    try:
        found = read(request.body) if _media_type(request) == protobuf.MEDIA_TYPE else _decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, protobuf.Unreadable):
        return Refuse(400, f"the body can't be read; the guard has to read {kind} to make it a dry run")
    return _known(found, known, kind)


def _decode(body: bytes) -> object:
    return msgspec.json.decode(body)


def _known(found: object, known: frozenset[str], kind: str) -> dict[str, object] | Refuse:
    if not isinstance(found, dict):
        return Refuse(400, f"the body is not an object; the guard has to read {kind} to make it a dry run")
    unknown = sorted(found.keys() - known)
    if unknown:
        return Refuse(403, f"the guard does not know '{unknown[0]}' of {kind}")
    if found.get("kind") not in (None, "", kind):
        return Refuse(400, f"the body is not of kind {kind}")
    return found


def _if_local(path: ResourcePath, decision: Decision) -> Decision:
    """An aggregated API server may not know dry runs, and the path does not tell it from the API server's own. Its
    APIService does; where that can't be read, a resource that has a definition is the API server's own."""
    name = f"{path.resource}.{path.group}"
    services = f"/apis/apiregistration.k8s.io/v1/apiservices/{path.version}.{path.group}"
    definitions = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"

    def conclude(answers: tuple[UpstreamAnswer, ...]) -> Decision:
        service, definition = answers
        if service.status == 200:
            local = _is_local(service.body)
            reason = "its APIService names another server"
        else:
            local = definition.status == 200
            why = {404: "there is no definition of it", 403: "its definition can't be read with truebook's rights"}
            reason = why.get(definition.status, f"the API server answered {definition.status} when asked about it")
        return decision if local else Refuse(403, f"{name} may be served by one that ignores dry runs: {reason}")

    return Ask((_question(services, "application/json"), _question(definitions, CHECK)), conclude)


def _question(path: str, accept: str) -> GuardRequest:
    headers = (("accept", accept), ("accept-encoding", "identity"))
    return GuardRequest("GET", raw_target="", path=path, headers=headers)


def _is_local(service: bytes) -> bool:
    """Whether an APIService names no other server."""
    try:
        found = msgspec.json.decode(service)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    spec = found.get("spec") if isinstance(found, dict) and found.get("kind") == "APIService" else None
    return isinstance(spec, dict) and not spec.get("service")
