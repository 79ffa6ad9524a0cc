"""The paths of the Kubernetes API: an allow-list of shapes, read as the API server itself reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_GROUP = r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?"
_VERSION = r"v[0-9]+(?:(?:alpha|beta)[0-9]+)?"
_WORD = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAME = r"[^/%]+"

_RESOURCE = re.compile(
    rf"(?:/api/(?P<core>v1)|/apis/(?P<group>{_GROUP})/(?P<version>{_VERSION}))"
    rf"(?:/namespaces/(?P<namespace>{_WORD})(?=/))?"
    rf"/(?P<resource>{_WORD})(?:/(?P<name>{_NAME})(?:/(?P<subresource>{_WORD}))?)?"
)
_NAMESPACE_SUBRESOURCES = ("status", "finalize")
# `/api/v1/watch/…` and `/api/v1/proxy/…` are older ways to say watch and proxy.
_VERBS_IN_THE_PATH = ("watch", "proxy")

_DISCOVERY = re.compile(
    rf"/|/api|/api/v1|/apis|/apis/{_GROUP}|/apis/{_GROUP}/{_VERSION}"
    r"|/openapi/v2|/openapi/v3(?:/[A-Za-z0-9.\-]+){0,4}"
    r"|/version|/(?:healthz|livez|readyz)(?:/[A-Za-z0-9.\-]+){0,2}|/metrics(?:/slis)?"
    r"|/\.well-known/openid-configuration|/openid/v1/jwks"
)


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """An object, a collection (`name` empty) or a subresource. `group` is empty for the core group; `namespace` is
    empty for what is cluster-scoped and for collections of all namespaces."""

    group: str
    version: str
    namespace: str
    resource: str
    name: str = ""
    subresource: str = ""

    @property
    def kind(self) -> str:
        """`resource`, `resource.group` or `resource/subresource`, for people and tables."""
        plain = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{plain}/{self.subresource}" if self.subresource else plain

    @property
    def object_path(self) -> str:
        """The path of the object that a subresource belongs to."""
        api = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{self.namespace}" if self.namespace else ""
        return f"{api}{scope}/{self.resource}/{self.name}"


def is_discovery(path: str) -> bool:
    """Whether a path is discovery, OpenAPI, the version, health, metrics or the OIDC documents."""
    return _DISCOVERY.fullmatch(path) is not None


def parse(path: str) -> ResourcePath | None:
    """A resource's path; None for any other, and for one that has a verb in it."""
    found = _RESOURCE.fullmatch(path)
    if found is None:
        return None
    part = {key: value or "" for key, value in found.groupdict().items()}
    group, version = part["group"], part["core"] or part["version"]
    if part["namespace"] and part["resource"] in _NAMESPACE_SUBRESOURCES:
        if group or part["name"]:
            return None
        return ResourcePath("", version, "", "namespaces", part["namespace"], part["resource"])
    if part["resource"] in _VERBS_IN_THE_PATH:
        return None
    return ResourcePath(group, version, part["namespace"], part["resource"], part["name"], part["subresource"])
