"""A request to the Kubernetes API, taken apart the way the API server does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_plus

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get"}
NAMESPACE_SUBRESOURCES = ("status", "finalize")


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for. `verb` is empty for a method that stands for none; `namespace`, `name`,
    `subresource` and what is `below` it are empty where the path has none; `group` is empty for the core group."""

    verb: str
    group: str
    version: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    below: str = ""

    @property
    def qualified(self) -> str:
        """`deployments.apps`, or the bare resource for the core group."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    @property
    def key(self) -> str:
        """The key of `KubernetesData.lists`: `apps/deployments`, `pods`."""
        return f"{self.group}/{self.resource}" if self.group else self.resource


def query(raw: str) -> dict[str, str]:
    """The parameters of a query string as Go reads it: the first of a name counts, and a pair that is wrongly
    escaped, or has a semicolon, is none."""
    found: dict[str, str] = {}
    for pair in raw.split("&"):
        if pair and ";" not in pair and not re.search("%(?![0-9A-Fa-f]{2})", pair):
            name, _, value = (unquote_plus(part, errors="surrogateescape") for part in pair.partition("="))
            found.setdefault(name, value)
    return found


def parse(method: str, path: str, watch: bool) -> Target | None:
    """The target of a resource request; None where the path is not one of a resource (`/version`, `/api/v1`)."""
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    verb = VERBS.get(method, "")
    if rest[0] == "watch" and len(rest) > 1:  # the old form of ?watch=true
        rest, watch = rest[1:], True
        verb = "watch" if verb == "get" else verb
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and not (len(rest) == 3 and rest[2] in NAMESPACE_SUBRESOURCES):
        namespace, rest = rest[1], rest[2:]
    resource, name, subresource, *below = *rest, *[""] * (3 - len(rest))
    if not name:
        verb = {"get": "watch" if watch else "list", "delete": "deletecollection"}.get(verb, verb)
    return Target(verb, group, version, resource, namespace, name, subresource, "/".join(below))
