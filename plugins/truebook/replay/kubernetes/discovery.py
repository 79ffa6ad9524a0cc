"""What the API server says that it serves: the recorded aggregated documents, and the older forms made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from truebook.errors import RecordingError


class Subresource(msgspec.Struct, frozen=True):
    """A subresource as aggregated discovery describes it; `responseKind` has group, version and kind."""

    subresource: str
    responseKind: dict[str, str] = {}  # noqa: N815 - the API's name
    verbs: list[str] = []


class Resource(msgspec.Struct, frozen=True):
    """A resource as aggregated discovery describes it."""

    resource: str
    responseKind: dict[str, str] = {}  # noqa: N815 - the API's name
    scope: str = "Cluster"
    singularResource: str = ""  # noqa: N815 - the API's name
    verbs: list[str] = []
    shortNames: list[str] = []  # noqa: N815 - the API's name
    categories: list[str] = []
    subresources: list[Subresource] = []

    def subresource(self, name: str) -> Subresource | None:
        """The subresource called `name`, or None."""
        return next((found for found in self.subresources if found.subresource == name), None)


class Version(msgspec.Struct, frozen=True):
    """A version of a group."""

    version: str
    resources: list[Resource] = []


class Name(msgspec.Struct, frozen=True):
    """A group's metadata; the core group has no name."""

    name: str = ""


class Group(msgspec.Struct, frozen=True):
    """A group with its versions, the preferred one first."""

    metadata: Name = Name()
    versions: list[Version] = []


class Document(msgspec.Struct, frozen=True):
    """An APIGroupDiscoveryList; `apiVersion` is that of the document itself."""

    apiVersion: str = "apidiscovery.k8s.io/v2"  # noqa: N815 - the API's name
    items: list[Group] = []


class Discovery:
    """Answers of `/api` and `/apis` and what is below them. `raw` is keyed by these two paths.

    Raises RecordingError where it holds something else."""

    def __init__(self, raw: dict[str, msgspec.Raw]) -> None:
        self.raw = raw
        try:
            documents = {path: msgspec.json.decode(body, type=Document) for path, body in raw.items()}
        except msgspec.MsgspecError as error:
            raise RecordingError(f"the recorded discovery of the Kubernetes API can't be read: {error}") from error
        self.document_version = next((document.apiVersion.rpartition("/")[2] for document in documents.values()), "")
        self.groups = {group.metadata.name: group for document in documents.values() for group in document.items}
        self._resources = {
            (name, version.version, resource.resource): resource
            for name, group in self.groups.items()
            for version in group.versions
            for resource in version.resources
        }

    def resource(self, group: str, version: str, resource: str) -> Resource | None:
        """The resource, or None where this version of the group has none of this name."""
        return self._resources.get((group, version, resource))

    def is_custom(self, group: str) -> bool:
        """Whether the group's resources come from CustomResourceDefinitions: only those say their own group."""
        found = self.groups.get(group)
        return found is not None and any(
            resource.responseKind.get("group") == group and group != ""
            for version in found.versions
            for resource in version.resources
        )

    def legacy(self, path: str, address: str) -> dict[str, Any] | None:
        """The answer of `/api`, `/apis`, `/api/v1`, `/apis/<group>` or `/apis/<group>/<version>` as it was before
        there were aggregated documents; None where there is no such thing. `address` is the server's own."""
        match path.strip("/").split("/"):
            case ["api"]:
                versions = [version.version for version in self.groups[""].versions] if "" in self.groups else []
                servers = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
                return {"kind": "APIVersions", "versions": versions, "serverAddressByClientCIDRs": servers}
            case ["apis"]:
                groups = [_group(group) for name, group in self.groups.items() if name]
                return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
            case ["apis", name] if name in self.groups:
                return {"kind": "APIGroup", "apiVersion": "v1", **_group(self.groups[name])}
            case ["api", version]:
                return self._resource_list("", version)
            case ["apis", group, version]:
                return self._resource_list(group, version)
        return None

    def _resource_list(self, group: str, version: str) -> dict[str, Any] | None:
        versions = self.groups[group].versions if group in self.groups else []
        found = next((candidate for candidate in versions if candidate.version == version), None)
        if found is None:
            return None
        resources = [entry for resource in found.resources for entry in _entries(resource, group, version)]
        # The core group's lists are older than the field apiVersion.
        head = {"kind": "APIResourceList"} | ({"apiVersion": "v1"} if group else {})
        return {**head, "groupVersion": f"{group}/{version}" if group else version, "resources": resources}


def _group(group: Group) -> dict[str, Any]:
    name = group.metadata.name
    versions = [{"groupVersion": f"{name}/{v.version}", "version": v.version} for v in group.versions]
    return {"name": name, "versions": versions, "preferredVersion": versions[0] if versions else {}}


def _entries(resource: Resource, group: str, version: str) -> Iterator[dict[str, Any]]:
    shared = {"namespaced": resource.scope == "Namespaced"}
    entry = {
        "name": resource.resource,
        "singularName": resource.singularResource,
        **shared,
        **_kind(resource.responseKind, group, version),
        "verbs": resource.verbs,
    }
    extra = {"shortNames": resource.shortNames, "categories": resource.categories}
    yield entry | {name: value for name, value in extra.items() if value}
    for found in resource.subresources:
        yield {
            "name": f"{resource.resource}/{found.subresource}",
            "singularName": "",
            **shared,
            **_kind(found.responseKind, group, version),
            "verbs": found.verbs,
        }


def _kind(kind: dict[str, str], group: str, version: str) -> dict[str, str]:
    """The kind, with its group and version where they are not those of the resource."""
    own = (kind.get("group", ""), kind.get("version", ""))
    foreign = own not in (("", ""), (group, version))
    return ({"group": own[0], "version": own[1]} if foreign else {}) | {"kind": kind.get("kind", "")}
