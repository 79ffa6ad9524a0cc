"""The Kubernetes API of a recording.

It answers as an API server answers a reader who may get, list and watch what was recorded, and dry-run writes to it,
and nothing else: a write is refused. What is neither recorded nor permitted is refused with a Status; what does not
exist is not found. A review of access speaks of real writes: it permits none, though dry runs are answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from truebook.recording import Recording
from truebook.replay.kubernetes import dry, options, read, reviews
from truebook.replay.kubernetes.discovery import Discovery
from truebook.replay.kubernetes.media import PARTIAL, PARTIAL_LISTS, PLAIN, TABLES, Media, negotiate
from truebook.replay.kubernetes.openapi import OpenApi
from truebook.replay.kubernetes.request import Target, parse, query
from truebook.replay.kubernetes.status import (
    PageNotFound,
    Refused,
    forbidden,
    forbidden_path,
    method_not_allowed,
    no_such_object,
    no_such_resource,
)
from truebook.replay.kubernetes.store import Objects, Store
from truebook.replay.system import NOT_KEPT, Pieces, json_answer

READS = ("get", "list", "watch")
WRITES = ("create", "update", "patch", "delete", "deletecollection")
HEALTH = ("/healthz", "/livez", "/readyz")


class KubernetesApi:
    """Answers requests from one recording."""

    def __init__(self, recording: Recording) -> None:
        data = recording.kubernetes()
        self.version = data.version
        self.discovery = Discovery(data.discovery)
        self.store = Store(data, self.discovery.is_custom)
        self.openapi = OpenApi(self.discovery)

    async def answer(self, request: Request) -> Response:
        """The answer to any request."""
        # Not request.url: it takes an escaped question mark for the start of the query.
        path: str = request.scope["path"]
        params = query(request.scope["query_string"].decode("latin-1"))
        try:
            if not self.discovery.groups:
                raise Refused(503, "ServiceUnavailable", "this recording does not hold a Kubernetes API")
            target = parse(request.method, path, options.truth(params, "watch"))
            if target is None:
                return self._document(request, path, params)
            self._check_exists(target)
            if target.verb == "create" and (target.group, target.resource) in reviews.REVIEWS:
                return json_answer(reviews.answer(target, await request.body(), self._permits), 201)
            if target.verb in WRITES:
                return self._dry_run(request, target, params, await request.body())
            if target.verb == "get" and target.subresource == "scale" and target.key in dry.SCALED:
                return json_answer(dry.scale_of(target, self._objects(replace(target, subresource=""))))
            return self._read(target, self._objects(target), params, request.headers.get("accept", ""))
        except Refused as refused:
            return refused.answer()
        except msgspec.MsgspecError as error:
            return Refused(500, "InternalError", f"this recording is damaged: {error}").answer()

    def _document(self, request: Request, path: str, params: Mapping[str, str]) -> Response:
        """The paths that are no resources: version, health, discovery, OpenAPI."""
        verb = request.method.lower()
        path = path.rstrip("/") or "/"
        accept = request.headers.get("accept", "")
        if path in HEALTH:
            if "verbose" in params:
                raise forbidden_path(verb, path, "this recording does not hold the single health checks")
            return PlainTextResponse("ok", headers=NOT_KEPT)
        if (path == "/openapi" or path.startswith("/openapi/")) and not path.startswith("/openapi/v3"):
            raise Refused(404, "NotFound", "this recording does not hold the OpenAPI documents", details={})
        if path != "/version" and path.split("/")[1] not in ("api", "apis", "openapi"):
            raise forbidden_path(verb, path)
        if request.method != "GET":
            raise method_not_allowed()
        if path == "/version":
            negotiate(accept, (PLAIN,))
            return json_answer(self.version)
        if path.startswith("/openapi/"):
            negotiate(accept, (PLAIN,))
            below = path.removeprefix("/openapi/v3").strip("/")
            return json_answer(self.openapi.document(below) if below else self.openapi.index)
        return self._discovery(path, accept, request.headers["host"])

    def _discovery(self, path: str, accept: str, address: str) -> Response:
        aggregated = Media("APIGroupDiscoveryList", "apidiscovery.k8s.io", self.discovery.document_version)
        recorded = self.discovery.raw.get(path)
        media = negotiate(accept, (PLAIN, aggregated) if recorded is not None else (PLAIN,))
        if media.form and recorded is not None:
            kind = f"application/json;g={media.group};v={media.version};as={media.form}"
            return Response(bytes(recorded), headers={**NOT_KEPT, "Content-Type": kind, "Vary": "Accept"})
        found = self.discovery.legacy(path, address)
        if found is not None:
            return json_answer(found)
        group = path.split("/")[2] if path.startswith("/apis/") else ""
        raise self._unknown(group)

    def _unknown(self, group: str) -> Refused:
        """What is said of something unknown in a group: only built-in groups answer with a Status."""
        known = group in self.discovery.groups and not self.discovery.is_custom(group)
        return no_such_resource() if known else PageNotFound()

    def _check_exists(self, target: Target) -> None:
        """Raises Refused where discovery knows no such resource, or none that has the verb."""
        resource = self.discovery.resource(target.group, target.version, target.resource)
        if resource is None:
            raise self._unknown(target.group)
        namespaced = resource.scope == "Namespaced"
        if bool(target.namespace) > namespaced or (target.name and namespaced and not target.namespace):
            raise self._unknown(target.group)
        verbs = resource.verbs
        if target.subresource:
            found = resource.subresource(target.subresource)
            if found is None and self.discovery.is_custom(target.group):
                raise no_such_object(target)
            # Only a proxy has paths of its own behind it.
            if found is None or (target.below and target.subresource != "proxy"):
                raise self._unknown(target.group)
            verbs = found.verbs
        if target.verb not in verbs or _misplaced(target, namespaced):
            raise method_not_allowed()

    def _permits(self, target: Target) -> bool:
        """Whether the caller may do this: a reader may read what the recording holds."""
        return target.verb in READS and not target.subresource and self.store.get(target.key) is not None

    def _objects(self, target: Target, refused: Target | None = None) -> Objects:
        """The objects, where they may be read and were recorded. Raises Refused, in the name of `refused`."""
        denied = refused or target
        if target.verb not in READS or target.subresource or target.key == "secrets":
            raise forbidden(denied)
        objects = self.store.get(target.key)
        if objects is None:
            raise forbidden(denied, f"this recording does not hold {target.qualified}")
        if objects.list.version != target.version:
            held = objects.list.version
            raise forbidden(denied, f"this recording holds {target.qualified} in version {held} only")
        return objects

    def _dry_run(self, request: Request, target: Target, params: Mapping[str, str], body: bytes) -> Response:
        """The answer to a write. Raises Refused where it is none that is a dry run."""
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        ask = dry.Ask(target, params, media, body)
        if target.subresource not in dry.SUBRESOURCES or not dry.asks_for_dry_run(
            ask, request.scope["query_string"].decode("latin-1")
        ):
            raise forbidden(target)
        objects = self._objects(replace(target, verb="get", subresource=""), refused=target)
        negotiate(request.headers.get("accept", ""), (PLAIN,))
        resource = self.discovery.resource(target.group, target.version, target.resource)
        status = resource is not None and resource.subresource("status") is not None
        chosen = partial(self._choose, target, objects, params)
        return dry.answer(ask, dry.Place(objects, self.store, status, chosen))

    def _choose(self, target: Target, objects: Objects, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """The objects of a collection that is deleted."""
        chosen = options.parse({**params, "resourceVersion": ""}, watch=False)
        asked = read.Read(target, objects, self.store, PLAIN)
        return [msgspec.json.decode(item.raw) for item in read.selected(asked, chosen)]

    def _read(self, target: Target, objects: Objects, params: Mapping[str, str], accept: str) -> Response:
        tables = TABLES if read.offers_tables(objects) else ()
        media = negotiate(accept, (PLAIN, *tables, *PARTIAL, *PARTIAL_LISTS))
        asked = read.Read(target, objects, self.store, media, params.get("includeObject", ""))
        if target.verb == "get":
            return Pieces((read.get(asked, params),))
        chosen = options.parse(params, target.verb == "watch")
        if target.verb == "list":
            return Pieces(read.list_(asked, chosen))
        events = b"".join(read.watch(asked, chosen))
        if not chosen.bookmarks:
            return Pieces((events,))
        return StreamingResponse(_linger(events), headers=NOT_KEPT, media_type="application/json")


def _misplaced(target: Target, namespaced: bool) -> bool:
    """Whether the resource has the verb, but not here: collections are not updated, objects not created twice,
    and nothing is written in all namespaces at once."""
    if target.verb in ("update", "patch"):
        return not target.name
    if target.verb == "create" and target.name and not target.subresource:
        return True
    return namespaced and not target.namespace and target.verb not in READS


async def _linger(events: bytes) -> AsyncIterator[bytes]:
    """A watch that asks for bookmarks keeps a copy up to date, and is opened again as often as it ends:
    client-go takes one of less than a second for an error."""
    if events:
        yield events
    await asyncio.sleep(1.1)


def app(recording: Recording) -> ASGIApp:
    """The ASGI app."""
    api = KubernetesApi(recording)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        answer = await api.answer(Request(scope, receive))
        await answer(scope, receive, send)

    return serve
