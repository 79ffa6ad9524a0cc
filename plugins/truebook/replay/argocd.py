"""The ArgoCD REST API of a recording.

It answers as ArgoCD answers an account that may get applications, application sets and projects. Where ArgoCD's API
was not read, these are answered from the cluster's own objects. Everything else is refused in ArgoCD's own shape,
`{"error", "code", "message"}` with gRPC's codes; so are the calls of the argocd command, which speaks gRPC-web.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from truebook.recording import HttpData, KubernetesData, Recording
from truebook.replay import labels
from truebook.replay.paths import dig
from truebook.replay.quoting import quote
from truebook.replay.system import System, json_answer

Object = dict[str, Any]

UNKNOWN, INVALID, NOT_FOUND, DENIED, UNIMPLEMENTED = 2, 3, 5, 7, 12
STATUS = {UNKNOWN: 500, INVALID: 400, NOT_FOUND: 404, DENIED: 403}

LISTS = {
    "/api/v1/applications": "argoproj.io/applications",
    "/api/v1/applicationsets": "argoproj.io/applicationsets",
    "/api/v1/projects": "argoproj.io/appprojects",
}
SERVICES = {
    *("account", "applications", "applicationsets", "certificates", "clusters", "gpgkeys", "notifications"),
    *("projects", "repocreds", "repositories", "session", "settings", "stream", "write-repocreds"),
    "write-repositories",
}
"""What there is below /api/v1: the rest is not found, rather than refused."""

FIELDS: dict[str, object] = {
    **{f"metadata.{name}": "" for name in ("name", "namespace")},
    **{f"metadata.{name}": None for name in ("annotations", "labels", "creationTimestamp", "deletionTimestamp")},
    **{"spec": {}, "spec.destination": {}, "spec.project": ""},
    **{f"spec.{name}": None for name in ("source", "sources", "sourceHydrator", "syncPolicy")},
    **{"status.sourceHydrator": {}, "status.summary": {}, "status.health": {}, "status.resources": None},
    **{"status.sync.status": "", "status.sync.revision": ""},
    **{"status.operationState.phase": "", "status.operationState.startedAt": None},
    **{"status.operationState.finishedAt": None, "status.operationState.operation.sync": None},
    "operation.sync": None,
}
"""The fields of an application that `fields` can choose, with what stands for a missing one."""

OPTIONAL = ("status.operationState", "operation")
"""Their fields are left out where the application has none of them."""


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    def answer(self) -> Response:
        """The error as an HTTP answer."""
        body = {"error": str(self), "code": self.code, "message": str(self)}
        return json_answer(body, STATUS[self.code])


class ArgoApi:
    """Answers requests from one recording."""

    def __init__(self, recording: Recording) -> None:
        self.data = recording.http("argocd")
        self.objects = {path: _list(path, self.data, recording.kubernetes()) for path in LISTS}

    def answer(self, request: Request) -> Response:
        """The answer to any request."""
        path: str = request.scope["path"]
        if request.method == "POST" and request.headers.get("content-type", "").startswith("application/grpc"):
            message = "the replay of a recording has no gRPC API; use the REST API"
            head = {"Content-Type": request.headers["content-type"], "Grpc-Status": str(UNIMPLEMENTED)}
            return Response(b"", headers={**head, "Grpc-Message": message})
        if path == "/healthz":
            return PlainTextResponse("ok\n")
        if request.method != "GET" and not request.headers.get("content-type", "").startswith("application/json"):
            return PlainTextResponse("Invalid content type\n", 415)
        parts = path.strip("/").split("/")
        if parts[0] != "api":
            return PlainTextResponse("404 page not found\n", 404)
        if parts != ["api", "version"] and not (parts[1:2] == ["v1"] and parts[2:] and parts[2] in SERVICES):
            return PlainTextResponse("Not Found\n", 404)
        try:
            if request.method != "GET":
                raise Refused(DENIED, f"permission denied: a recording is only read: {request.method} {path}")
            return json_answer(self._get(path, parts, request.query_params))
        except Refused as refused:
            return refused.answer()

    def _get(self, path: str, parts: list[str], params: QueryParams) -> object:
        listed = "/" + "/".join(parts[:3])
        if path == listed and self.objects.get(path) is not None:
            return self._filtered(path, params)
        if len(parts) == 4 and self.objects.get(listed) is not None:
            return self._one(listed, parts[3], params)
        if path == "/api/v1/session/userinfo":
            return {"loggedIn": True, "username": "truebook-replay", "iss": "argocd"}
        # As recorded: what the parameters would change is not known.
        answer = self.data.json(f"{path}?{params}" if params else path)
        if answer is None:
            raise Refused(DENIED, f"permission denied: this recording does not hold {path}")
        return answer

    def _filtered(self, path: str, params: QueryParams) -> Object:
        """A list, with the parameters that ArgoCD filters by."""
        found = self.objects[path] or {}
        items: list[Object] = found["items"]
        fields = params.get("fields", "")
        if fields and (path != "/api/v1/applications" or fields.startswith("-")):
            raise Refused(INVALID, "this replay knows the parameter fields for applications, as names to include")
        if path != "/api/v1/projects":
            items = _select(items, path, params)
        if fields:
            items = [_project(item, fields.split(",")) for item in items]
        return {**found, "items": items or None}

    def _one(self, path: str, name: str, params: QueryParams) -> Object:
        items: list[Object] = (self.objects[path] or {})["items"]
        found = next((item for item in items if dig(item, ["metadata", "name"]) == name), None)
        plural = LISTS[path].partition("/")[2]
        if path == "/api/v1/applications":
            projects = [*params.getlist("project"), *params.getlist("projects")]
            if len(projects) > 1:
                raise Refused(
                    INVALID, "multiple projects specified - the get endpoint accepts either zero or one project"
                )
            namespace = params.get("appNamespace")
            if found is not None and namespace and namespace != dig(found, ["metadata", "namespace"]):
                raise Refused(DENIED, "permission denied")
            if found is not None and projects and projects[0] not in ("", dig(found, ["spec", "project"])):
                found = None
            # Without a project the account could learn from a 404 what it may not see.
            if found is None and not any(projects):
                raise Refused(DENIED, "permission denied")
        if found is None:
            message = f"{plural}.argoproj.io {quote(name)} not found"
            if plural == "applicationsets":
                message = f"error getting ApplicationSet: applicationset.argoproj.io {quote(name)} not found"
            raise Refused(NOT_FOUND, message)
        return found


def _list(path: str, data: HttpData, cluster: KubernetesData) -> Object | None:
    """A list as ArgoCD answers it: recorded from it, else made of the cluster's objects; None without either."""
    found = data.json(path)
    if isinstance(found, dict):
        return {**found, "items": found.get("items") or []}
    recorded = cluster.lists.get(LISTS[path])
    if recorded is None:
        return None
    # ArgoCD answers its objects without their kind.
    items = [
        {name: value for name, value in item.items() if name not in ("apiVersion", "kind")}
        for item in cluster.objects(LISTS[path])
    ]
    items.sort(key=lambda item: str(dig(item, ["metadata", "name"])))
    return {"metadata": {"resourceVersion": recorded.resource_version}, "items": items}


def _select(items: Iterable[Object], path: str, params: QueryParams) -> list[Object]:
    """Applications or application sets by the parameters that both have, and applications by those of theirs."""
    wanted = set(filter(None, [*params.getlist("projects"), *params.getlist("project")]))
    project = ["spec", "project"] if path == "/api/v1/applications" else ["spec", "template", "spec", "project"]
    namespace = params.get("appNamespace" if path == "/api/v1/applications" else "appsetNamespace")
    try:
        by_labels = labels.parse(params.get("selector", ""))
    except labels.SelectorError as error:
        raise Refused(UNKNOWN, f"error parsing the selector: {error}") from None
    selected = [
        item
        for item in items
        if (not wanted or dig(item, project) in wanted)
        and (not namespace or dig(item, ["metadata", "namespace"]) == namespace)
        and by_labels(dig(item, ["metadata", "labels"]) or {})
    ]
    if path == "/api/v1/applications":
        name, repository = params.get("name"), params.get("repo")
        selected = [
            item
            for item in selected
            if (not name or dig(item, ["metadata", "name"]) == name)
            and (not repository or _same_repository(repository) in map(_same_repository, _repositories(item)))
        ]
    return selected


def _repositories(application: Object) -> list[str]:
    sources = dig(application, ["spec", "sources"]) or [dig(application, ["spec", "source"])]
    return [str(source.get("repoURL", "")) for source in sources if source]


def _same_repository(url: str) -> str:
    """A repository's URL but for what does not make it another one."""
    return url.strip().lower().removesuffix("/").removesuffix(".git")


def _project(item: Object, fields: Iterable[str]) -> Object:
    """An application with these fields only; what is no field that ArgoCD knows adds nothing."""
    chosen: Object = {}
    wanted = {field.removeprefix("items.") for field in fields if field.startswith("items.")} & FIELDS.keys()
    for field in wanted:
        *parents, last = field.split(".")
        inside = any(field.startswith(f"{other}.") for other in wanted)
        absent = any(field.startswith(f"{name}.") and dig(item, name.split(".")) is None for name in OPTIONAL)
        if inside or absent:
            continue
        target = chosen
        for parent in parents:
            target = target.setdefault(parent, {})
        value = dig(item, [*parents, last])
        target[last] = FIELDS[field] if value is None else value
    return chosen


def app(recording: Recording) -> ASGIApp:
    """The ASGI app."""
    api = ArgoApi(recording)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await api.answer(Request(scope))(scope, receive, send)

    return serve


def environment(url: str, directory: Path) -> Mapping[str, str]:
    """The variables for the argocd command."""
    config = directory / "argocd"
    config.mkdir(exist_ok=True)
    return {
        "ARGOCD_SERVER": url.partition("://")[2],
        "ARGOCD_OPTS": "--grpc-web --plaintext",
        "ARGOCD_AUTH_TOKEN": "replay",  # it is not looked at
        "ARGOCD_CONFIG_DIR": str(config),
    }


SYSTEM = System(app, environment)
