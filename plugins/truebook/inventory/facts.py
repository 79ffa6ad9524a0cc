"""What the join and the values work on: the objects of a recording, cut down to what is used of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from truebook.inventory.application import Application
from truebook.inventory.look import Step
from truebook.inventory.objects import HOMEPAGE, NAME, PART_OF, Thing, bears
from truebook.inventory.told import Told
from truebook.model import Evidence, Value
from truebook.recording import GitRemote


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
    has no such count; `health` is one of ArgoCD's words, judged by the same rules. `template` leads to the pod's
    template, `pod_annotations` are its. `variables` are (name, value, path) of those that hold a URL, `secrets` the
    Secrets that its pods get (name, path), `configs` the ConfigMaps that they mount.
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
    template: tuple[Step, ...] = ("spec", "template")
    pod_annotations: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[tuple[str, str, tuple[Step, ...]], ...] = ()
    secrets: tuple[tuple[str, tuple[Step, ...]], ...] = ()
    configs: tuple[str, ...] = ()

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


@dataclass(slots=True)
class Facts:
    """All that was discovered.

    `services` maps (namespace, name) to the selector, `claims` (namespace, claim name) to a PersistentVolumeClaim's
    storage, `backup_storage` a namespace to Velero's buckets, `remotes` a canonical repository to its refs,
    `service_labels` a Service to its own labels, `cluster_ips` an address to its Service. `told` is what the other
    systems say. `argocd` is what ArgoCD's API says of itself. `read` holds the kinds of workload whose list was read,
    also when empty.
    `applications_are_local`: ArgoCD stands in the cluster that was read.
    """

    applications: list[Application] = field(default_factory=list)
    workloads: list[Workload] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    services: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    claims: dict[tuple[str, str], Claim] = field(default_factory=dict)
    backup_storage: dict[str, list[Value]] = field(default_factory=dict)
    remotes: dict[str, GitRemote] = field(default_factory=dict)
    service_labels: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    cluster_ips: dict[str, tuple[str, str]] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    argocd: dict[str, Value] = field(default_factory=dict)
    read: frozenset[str] = frozenset()
    applications_are_local: bool = False
