"""OpenAPI v3, as much as clients need before they write: which parameters the methods of a resource take.

kubectl asks whether the server checks fields (`fieldValidation`) before it creates, applies or replaces. The schemas
are not recorded: the documents have none, so that nothing is explained or checked by them.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

import msgspec

from truebook.replay.kubernetes.discovery import Discovery, Resource
from truebook.replay.kubernetes.status import no_such_resource

Json = dict[str, Any]
METHODS = {"create": ("post", True), "update": ("put", False), "patch": ("patch", False), "delete": ("delete", False)}
PARAMETERS = {
    "post": ("dryRun", "fieldManager", "fieldValidation"),
    "put": ("dryRun", "fieldManager", "fieldValidation"),
    "patch": ("dryRun", "fieldManager", "fieldValidation", "force"),
    "delete": ("dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"),
}


class OpenApi:
    """The index and the documents of one API server."""

    def __init__(self, discovery: Discovery) -> None:
        self._documents = {
            f"apis/{name}/{version.version}" if name else f"api/{version.version}": (name, version)
            for name, group in discovery.groups.items()
            for version in group.versions
        }

    @cached_property
    def index(self) -> Json:
        """What `/openapi/v3` answers."""
        paths = {}
        for path in sorted(self._documents):
            mark = hashlib.sha256(msgspec.json.encode(self.document(path))).hexdigest().upper()
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={mark}"}
        return {"paths": paths}

    def document(self, path: str) -> Json:
        """The document of a group's version, by its path (`apis/apps/v1`). Raises Refused where there is none."""
        if path not in self._documents:
            raise no_such_resource()
        group, version = self._documents[path]
        paths: Json = {}
        for resource in version.resources:
            paths.update(_paths(f"/{path}", group, version.version, resource))
        info = {"title": "Kubernetes", "version": "replay"}
        return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": {}}}


def _paths(root: str, group: str, version: str, resource: Resource) -> Json:
    scope = "/namespaces/{namespace}" if resource.scope == "Namespaced" else ""
    kind = {"group": group, "version": version, "kind": resource.responseKind.get("kind", ""), **_given(resource)}
    found: Json = {}
    for verb, (method, collection) in METHODS.items():
        if verb in resource.verbs:
            path = f"{root}{scope}/{resource.resource}" + ("" if collection else "/{name}")
            parameters = [{"name": name, "in": "query", "schema": {"type": _type(name)}} for name in PARAMETERS[method]]
            answers = {"200": {"description": "OK"}}
            found.setdefault(path, {})[method] = {
                "parameters": parameters,
                "responses": answers,
                "x-kubernetes-action": verb.replace("update", "put").replace("create", "post"),
                "x-kubernetes-group-version-kind": kind,
            }
    return found


def _given(resource: Resource) -> dict[str, str]:
    """A response's group and version, where they are not those of the path."""
    return {name: value for name in ("group", "version") if (value := resource.responseKind.get(name))}


def _type(parameter: str) -> str:
    if parameter == "gracePeriodSeconds":
        return "integer"
    return "boolean" if parameter in ("force", "orphanDependents") else "string"
