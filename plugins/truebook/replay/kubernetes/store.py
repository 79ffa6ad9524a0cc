"""The recorded objects, indexed for serving."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
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


class _Head(msgspec.Struct, frozen=True):
    kind: str = ""
    metadata: msgspec.Raw = msgspec.Raw(b"{}")


class Item:
    """One object. `raw` is its JSON as recorded, `metadata` that of its metadata, `cells` its table cells."""

    __slots__ = ("cells", "key", "kind", "meta", "metadata", "raw")

    def __init__(self, raw: msgspec.Raw, cells: msgspec.Raw | None) -> None:
        head = msgspec.json.decode(raw, type=_Head)
        self.raw = raw
        self.kind = head.kind
        self.metadata = head.metadata
        self.meta = msgspec.json.decode(head.metadata, type=Metadata)
        self.cells = cells
        self.key = f"{self.meta.namespace}/{self.meta.name}" if self.meta.namespace else self.meta.name

    def decode(self) -> dict[str, Any]:
        """The object, decoded whole."""
        found: dict[str, Any] = msgspec.json.decode(self.raw)
        return found

    def decode_metadata(self) -> dict[str, Any]:
        """An object that has its metadata only."""
        return {"metadata": msgspec.json.decode(self.metadata)}

    def whole(self, api_version: str, kind: str) -> bytes:
        """The object's JSON with its kind: the items of a list go without."""
        raw = bytes(self.raw)
        if self.kind:
            return raw
        head = b'{"kind":' + msgspec.json.encode(kind) + b',"apiVersion":' + msgspec.json.encode(api_version)
        return head + (b"," if len(raw.strip()) > 2 else b"") + raw.lstrip()[1:]

    def partial(self) -> bytes:
        """The object's PartialObjectMetadata."""
        return (
            b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":' + bytes(self.metadata) + b"}"
        )


class Objects:
    """All objects of one resource, in the order in which the API server lists them: that of its storage keys,
    where `a/z` comes after `a-b/a`."""

    def __init__(self, found: ResourceList) -> None:
        self.list = found
        self.api_version = f"{found.group}/{found.version}" if found.group else found.version

    @cached_property
    def items(self) -> Sequence[Item]:
        """The objects in order. Read at first use: most recordings hold far more than is asked for."""
        cells: Sequence[msgspec.Raw | None] = self.list.cells or [None] * len(self.list.items)
        return sorted(map(Item, self.list.items, cells), key=lambda item: item.key)

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
    """The objects of a recording by their resource's key."""

    def __init__(self, data: KubernetesData) -> None:
        # Secrets are never recorded; were they in a file all the same, they are not served.
        self._lists = {key: Objects(found) for key, found in data.lists.items() if key != "secrets"}

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
