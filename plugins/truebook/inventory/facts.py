"""What the join and the values work on: the objects of a recording, cut down to what is used of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from truebook.inventory import look
from truebook.inventory.look import Step
from truebook.model import Evidence, Value
from truebook.recording import GitRemote

NAME = "app.kubernetes.io/name"
INSTANCE = "app.kubernetes.io/instance"
PART_OF = "app.kubernetes.io/part-of"
VERSION = "app.kubernetes.io/version"
COMPONENT = "app.kubernetes.io/component"
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


@dataclass(frozen=True, slots=True)
class Claim:
    """Storage that a workload asks for: a claim's name, its size, and where that was read."""

    name: str
    size: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, eq=False)
class Workload(Thing):
    """A Deployment, StatefulSet, DaemonSet, Rollout or CronJob.

    `containers` are (name, image, path of the image). `ready` and `desired` count pods and are None where the kind
    has no such count; `health` is one of ArgoCD's words, judged by the same rules.
    """

    pod_labels: Mapping[str, str]
    containers: tuple[tuple[str, str, tuple[Step, ...]], ...]
    claims: tuple[Claim, ...] = ()
    volumes: tuple[str, ...] = ()
    ready: int | None = None
    ready_field: str = ""
    desired: int | None = None
    desired_field: str = ""
    health: str = ""
    message: str = ""
    health_field: str = ""

    @property
    def called(self) -> str:
        """The name operators know it by: part-of where the name label starts with it (`argocd-server` of
        `argocd`), else the name label, empty where there is none."""
        name, whole = self.labels.get(NAME, ""), self.labels.get(PART_OF, "")
        return whole if whole and bears(name, whole) else name


@dataclass(frozen=True, slots=True)
class Link:
    """One URL that an Ingress or HTTPRoute serves, with the Services (namespace, name) behind it."""

    url: str
    evidence: Evidence
    services: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Exposure(Thing):
    """An Ingress or HTTPRoute. `services` are all those behind it, also of hosts that make no URL."""

    links: tuple[Link, ...] = ()
    services: tuple[tuple[str, str], ...] = ()

    def homepage(self, key: str) -> Value | None:
        """An annotation `gethomepage.dev/<key>`, where its author enabled them."""
        if self.annotations.get(f"{HOMEPAGE}enabled", "").strip().lower() != "true":
            return None
        name = f"{HOMEPAGE}{key}"
        found = self.annotations.get(name, "").strip()
        return Value(found, self.evidence("metadata", "annotations", name)) if found else None


@dataclass(frozen=True, slots=True, eq=False)
class Application:
    """An ArgoCD Application. `documents` are what each source says of it, (source, object), the best first:
    a list by the API may lack fields that the Kubernetes object has."""

    ref: Ref
    documents: tuple[tuple[str, Mapping[str, Any]], ...]

    def evidence(self, source: str, *path: Step) -> Evidence:
        """A field of this Application as `source` gave it."""
        return Evidence(source, str(self.ref), look.field(*path))

    def text(self, *path: Step) -> Value | None:
        """The non-empty string at `path` with its evidence, from the first document that has one."""
        for source, document in self.documents:
            found = look.text(document, *path)
            if found:
                return Value(found, self.evidence(source, *path))
        return None

    def metadata(self) -> Thing:
        """Its metadata, as the best document has it."""
        source, document = self.documents[0]
        return Thing(
            self.ref,
            look.strings(document, "metadata", "labels"),
            look.strings(document, "metadata", "annotations"),
            owners(document),
            source=source,
        )

    def best(self, *path: Step) -> tuple[str, Mapping[str, Any]]:
        """The first (source, document) that has anything at `path`, else the first of all."""
        for source, document in self.documents:
            if look.at(document, *path) not in (None, "", [], {}):
                return source, document
        return self.documents[0]


@dataclass(slots=True)
class Facts:
    """All that was discovered.

    `services` maps (namespace, name) to the selector, `claims` (namespace, claim name) to a PersistentVolumeClaim's
    storage, `backup_storage` a namespace to Velero's buckets, `remotes` a canonical repository to its refs. `argocd`
    is what ArgoCD's API says of itself. `read` holds the kinds of workload whose list was read, also when empty.
    `applications_are_local`: ArgoCD stands in the cluster that was read.
    """

    applications: list[Application] = field(default_factory=list)
    workloads: list[Workload] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    services: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    claims: dict[tuple[str, str], Claim] = field(default_factory=dict)
    backup_storage: dict[str, list[Value]] = field(default_factory=dict)
    remotes: dict[str, GitRemote] = field(default_factory=dict)
    argocd: dict[str, Value] = field(default_factory=dict)
    read: frozenset[str] = frozenset()
    applications_are_local: bool = False


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


def listed_ref(entry: Any) -> Ref:
    """The object that an entry of an Application's `status.resources` names."""
    return Ref(*(look.text(entry, key) for key in ("group", "kind", "namespace", "name")))
