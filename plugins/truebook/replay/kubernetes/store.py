"""The recorded objects, indexed for serving."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import msgspec

from truebook.recording import KubernetesData, ResourceList
from truebook.replay.kubernetes import fields


class Metadata(msgspec.Struct, frozen=True):
    """What selecting and ordering need of an object's metadata."""

    name: str = ""
    namespace: str = ""
    resourceVersion: str = ""  # noqa: N815 - the API's name
    labels: dict[str, str] | None = None


class Item:
    """One object. `listed` is its JSON as it is in a list, `metadata` that of its metadata, `cells` its table
    cells. `head` is the start of a JSON object with the kind: lists of built-in kinds leave it out of their items,
    those of custom resources have it."""

    __slots__ = ("cells", "head", "key", "listed", "meta", "metadata")

    def __init__(self, raw: msgspec.Raw, cells: msgspec.Raw | None, head: bytes, custom: bool) -> None:
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        self.metadata = fields.get("metadata", msgspec.Raw(b"{}"))
        self.meta = msgspec.json.decode(self.metadata, type=Metadata)
        self.cells = cells
        self.key = f"{self.meta.namespace}/{self.meta.name}" if self.meta.namespace else self.meta.name
        self.head = b"" if custom else head
        for name in ("apiVersion", "kind"):
            fields.pop(name, None)
        bare = msgspec.json.encode(fields)
        self.listed = head + b"," + bare[1:] if custom else bare

    @property
    def raw(self) -> bytes:
        """The object's JSON with its kind."""
        return self.head + b"," + self.listed[1:] if self.head else self.listed

    def decode(self) -> dict[str, Any]:
        """The object, decoded whole."""
        found: dict[str, Any] = msgspec.json.decode(self.listed)
        return found

    def decode_metadata(self) -> dict[str, Any]:
        """An object that has its metadata only."""
        return {"metadata": msgspec.json.decode(self.metadata)}

    def partial(self, version: str) -> bytes:
        """The object's PartialObjectMetadata, in this version of meta.k8s.io."""
        metadata = bytes(self.metadata)
        if TEMPLATE_GENERATION in metadata:
            metadata = _without_template_generation(metadata)
        head = {"kind": "PartialObjectMetadata", "apiVersion": f"meta.k8s.io/{version}"}
        return b'%s,"metadata":%s}' % (msgspec.json.encode(head)[:-1], metadata)


TEMPLATE_GENERATION = b'"deprecated.daemonset.template.generation"'


def _without_template_generation(raw: bytes) -> bytes:
    """A DaemonSet's metadata without the annotation that stands for a field of old: the API server adds it to
    whole objects only."""
    metadata = msgspec.json.decode(raw)
    annotations = metadata.get("annotations") or {}
    annotations.pop(TEMPLATE_GENERATION.decode().strip('"'), None)
    if not annotations:
        metadata.pop("annotations", None)
    return msgspec.json.encode(metadata)


class Objects:
    """All objects of one resource, in the order in which the API server lists them: that of its storage keys,
    where `a/z` comes after `a-b/a`."""

    def __init__(self, found: ResourceList, custom: bool) -> None:
        self.list = found
        self.custom = custom
        self.api_version = f"{found.group}/{found.version}" if found.group else found.version

    @cached_property
    def items(self) -> Sequence[Item]:
        """The objects in order. Read at first use: most recordings hold far more than is asked for."""
        cells: Sequence[msgspec.Raw | None] = self.list.cells or [None] * len(self.list.items)
        head = msgspec.json.encode({"kind": self.list.kind, "apiVersion": self.api_version})[:-1]
        items = (Item(raw, row, head, self.custom) for raw, row in zip(self.list.items, cells, strict=True))
        return sorted(items, key=lambda item: item.key)

    @cached_property
    def joined(self) -> bytes:
        """All objects as the elements of a JSON array: the whole list is what is asked for most."""
        return b",".join([item.listed for item in self.items])

    @cached_property
    def keys(self) -> Sequence[str]:
        """The objects' keys in order: `namespace/name`, or the name where the resource has no namespaces."""
        return [item.key for item in self.items]

    @cached_property
    def newest(self) -> int:
        """The list's resourceVersion, or the newest of its objects' where it is not known."""
        own = self.list.resource_version
        return int(own) if own.isdecimal() else max((version_of(item) for item in self.items), default=0)

    def get(self, namespace: str, name: str) -> Item | None:
        """The object, or None."""
        key = f"{namespace}/{name}" if namespace else name
        position = bisect_left(self.keys, key)
        return self.items[position] if position < len(self.keys) and self.keys[position] == key else None

    def within(self, namespace: str, start: str = "") -> Sequence[Item]:
        """The objects of a namespace (of all where it is empty), from the key `start` on."""
        low, high = 0, len(self.keys)
        if namespace:
            # "0" is the character after "/".
            low, high = bisect_left(self.keys, f"{namespace}/"), bisect_left(self.keys, f"{namespace}0")
        if start:
            low = max(low, bisect_left(self.keys, start))
        return self.items if (low, high) == (0, len(self.keys)) else self.items[low:high]


class Store:
    """The objects of a recording by their resource's key. `is_custom` says it of a group."""

    def __init__(self, data: KubernetesData, is_custom: Callable[[str], bool]) -> None:
        # Secrets are never recorded; were they in a file all the same, they are not served.
        self._lists = {
            key: Objects(found, is_custom(found.group)) for key, found in data.lists.items() if key != "secrets"
        }

    def get(self, key: str) -> Objects | None:
        """The objects of `group/resource`, or None where the recording does not hold them."""
        return self._lists.get(key)

    @cached_property
    def newest(self) -> int:
        """The newest resourceVersion of all."""
        return max((found.newest for found in self._lists.values()), default=0)

    @cached_property
    def selectable(self) -> dict[str, list[str]]:
        """The fields that CustomResourceDefinitions let their objects be selected by, keyed `group/resource`."""
        definitions = self._lists.get("apiextensions.k8s.io/customresourcedefinitions")
        found: dict[str, list[str]] = {}
        for item in definitions.items if definitions else ():
            spec = item.decode().get("spec") or {}
            paths = [
                str(field.get("jsonPath", "")).removeprefix(".")
                for version in spec.get("versions") or ()
                for field in version.get("selectableFields") or ()
            ]
            found[f"{spec.get('group')}/{(spec.get('names') or {}).get('plural')}"] = paths
        return found


def version_of(item: Item) -> int:
    """An object's resourceVersion as a number, 0 where it has none."""
    return int(item.meta.resourceVersion) if item.meta.resourceVersion.isdecimal() else 0


def selects(selector: fields.Selector, item: Item) -> bool:
    """Whether a field selector selects the object."""
    return selector(item.decode_metadata() if selector.shallow else item.decode())
