"""What every object has: an identity and metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from truebook.inventory import look
from truebook.inventory.look import Step
from truebook.model import Evidence

NAME = "app.kubernetes.io/name"
INSTANCE = "app.kubernetes.io/instance"
PART_OF = "app.kubernetes.io/part-of"
VERSION = "app.kubernetes.io/version"
TRACKING = "argocd.argoproj.io/tracking-id"
HOMEPAGE = "gethomepage.dev/"


@dataclass(frozen=True, slots=True)
class Ref:
    """Which object: API group (empty for core), kind, namespace (empty when cluster-scoped), name."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """An object's identity and metadata. `owners` are its ownerReferences, in its own namespace."""

    ref: Ref
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    owners: tuple[Ref, ...]
    source: str = field(default="kubernetes", kw_only=True)

    def evidence(self, *path: Step) -> Evidence:
        """A field of this object."""
        return Evidence(self.source, str(self.ref), look.field(*path))


def bears(name: str, whole: str) -> bool:
    """Whether `name` is `whole` or one of its pieces: `argocd-server` bears `argocd`."""
    return name == whole or name.startswith(f"{whole}-")


def thing(obj: Any, group: str, kind: str) -> Thing | None:
    """The identity of an object, None where it has no name."""
    name = look.text(obj, "metadata", "name")
    if not name:
        return None
    namespace = look.text(obj, "metadata", "namespace")
    return Thing(
        Ref(group, kind, namespace, name),
        look.strings(obj, "metadata", "labels"),
        look.strings(obj, "metadata", "annotations"),
        owners(obj),
    )


def owners(obj: Any) -> tuple[Ref, ...]:
    """The ownerReferences of an object; an owner stands in the same namespace."""
    return tuple(
        Ref(
            look.text(owner, "apiVersion").rpartition("/")[0],
            look.text(owner, "kind"),
            look.text(obj, "metadata", "namespace"),
            look.text(owner, "name"),
        )
        for _, owner in look.entries(obj, "metadata", "ownerReferences")
    )
