"""What an API server serves: aggregated discovery, and the same made from the older kind.

Since 1.27 (v2beta1) and 1.30 (v2) `/api` and `/apis` answer in one document each; older servers ignore the Accept
header's first choices, and are asked group by group. Either way the documents have the shape of
`apidiscovery.k8s.io/v2 APIGroupDiscoveryList`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from truebook.errors import BadAnswer
from truebook.state.fetch import Fetcher

ACCEPT = ", ".join(
    (
        *(f"application/json;g=apidiscovery.k8s.io;v={v};as=APIGroupDiscoveryList" for v in ("v2", "v2beta1")),
        "application/json",
    )
)
PATHS = ("/api", "/apis")


@dataclass(frozen=True, slots=True)
class Resource:
    """One listable resource in the version that the server prefers."""

    group: str
    version: str
    name: str
    kind: str
    namespaced: bool

    @property
    def key(self) -> str:
        """`group/resource`, the bare resource for the core group."""
        return f"{self.group}/{self.name}" if self.group else self.name

    @property
    def path(self) -> str:
        """The path of its list over all namespaces."""
        root = f"/apis/{self.group}" if self.group else "/api"
        return f"{root}/{self.version}/{self.name}"

    @property
    def api_version(self) -> str:
        """`apps/v1`, `v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version


def discover(fetcher: Fetcher) -> dict[str, dict[str, Any]]:
    """The discovery documents by path. Raises SourceError."""
    documents = {}
    for path in PATHS:
        document = _document(path, fetcher.get(path, accept=ACCEPT).body)
        if document.get("kind") != "APIGroupDiscoveryList":
            document = _aggregate(fetcher, path, document)
        documents[path] = document
    return documents


def _document(path: str, body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadAnswer(f"kubernetes: GET {path}: the answer is not JSON") from error
    if not isinstance(found, dict):
        raise BadAnswer(f"kubernetes: GET {path}: not a discovery document")
    return found


def _aggregate(fetcher: Fetcher, path: str, document: dict[str, Any]) -> dict[str, Any]:
    """An aggregated document out of APIVersions or an APIGroupList and the APIResourceLists it names."""
    if document.get("kind") == "APIVersions":
        groups = [("", [str(version) for version in document.get("versions") or ()])]
    elif document.get("kind") == "APIGroupList":
        groups = [(str(group.get("name")), _versions(group)) for group in document.get("groups") or ()]
    else:
        raise BadAnswer(f"kubernetes: GET {path}: not a discovery document")
    items = []
    for group, versions in groups:
        found: list[dict[str, Any]] = []
        for version in versions:
            where = f"{path}/{group}/{version}" if group else f"{path}/{version}"
            try:
                resources = _document(where, fetcher.get(where).body).get("resources") or ()
            except BadAnswer:  # an aggregated API whose server is down: the others are served all the same
                found.append({"version": version, "freshness": "Stale"})
                continue
            found.append(
                {"version": version, "resources": _resources(group, version, resources), "freshness": "Current"}
            )
        items.append({"metadata": {"name": group} if group else {}, "versions": found})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _versions(group: dict[str, Any]) -> list[str]:
    """A group's versions, the preferred one first."""
    preferred = (group.get("preferredVersion") or {}).get("version")
    versions = [str(entry.get("version")) for entry in group.get("versions") or ()]
    return sorted(versions, key=lambda version: version != preferred)


def _resources(group: str, version: str, resources: Any) -> list[dict[str, Any]]:
    """The resources of an APIResourceList, subresources within their resource."""
    found: dict[str, dict[str, Any]] = {}
    for entry in resources:
        name, _, subresource = str(entry.get("name")).partition("/")
        kind = {
            "group": entry.get("group") or group,
            "version": entry.get("version") or version,
            "kind": entry.get("kind"),
        }
        if subresource:
            inner: dict[str, Any] = {
                "subresource": subresource,
                "responseKind": kind,
                "verbs": entry.get("verbs") or [],
            }
            found.setdefault(name, {"resource": name, "verbs": []}).setdefault("subresources", []).append(inner)
            continue
        optional = {key: entry[key] for key in ("shortNames", "categories") if entry.get(key)}
        found.setdefault(name, {}).update(
            {
                "resource": name,
                "responseKind": kind,
                "scope": "Namespaced" if entry.get("namespaced") else "Cluster",
                "singularResource": entry.get("singularName") or "",
                "verbs": entry.get("verbs") or [],
                **optional,
            }
        )
    return list(found.values())


def resources(documents: dict[str, dict[str, Any]]) -> dict[str, Resource]:
    """What can be listed, by key, each in the first version (the server's order of preference) that has it."""
    found: dict[str, Resource] = {}
    for group, version, entry in _entries(documents):
        if "list" not in (entry.get("verbs") or ()):
            continue
        resource = Resource(
            group=group,
            version=version,
            name=str(entry.get("resource")),
            kind=str((entry.get("responseKind") or {}).get("kind") or ""),
            namespaced=entry.get("scope") == "Namespaced",
        )
        found.setdefault(resource.key, resource)
    return found


def stale_groups(documents: dict[str, dict[str, Any]]) -> frozenset[str]:
    """Groups that the API server knows but could not ask just now."""
    return frozenset(
        str((item.get("metadata") or {}).get("name") or "")
        for document in documents.values()
        for item in document.get("items") or ()
        for version in item.get("versions") or ()
        if version.get("freshness") == "Stale"
    )


def _entries(documents: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, document in documents.items():
        try:
            for item in document.get("items") or ():
                group = str((item.get("metadata") or {}).get("name") or "")
                for version in item.get("versions") or ():
                    for entry in version.get("resources") or ():
                        yield group, str(version.get("version")), entry
        except (AttributeError, TypeError) as error:
            raise BadAnswer(f"kubernetes: GET {path}: not a discovery document") from error
