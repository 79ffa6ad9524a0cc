"""Workloads: what runs pods, with counts and health by the rules that ArgoCD uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from truebook.inventory import look
from truebook.inventory.discover import pods
from truebook.inventory.discover.objects import objects
from truebook.inventory.facts import Claim, Workload
from truebook.inventory.look import Step
from truebook.inventory.objects import Thing, thing
from truebook.model import Evidence
from truebook.recording import KubernetesData

_POD: tuple[Step, ...] = ("spec", "template")


@dataclass(frozen=True, slots=True)
class Status:
    """How many pods are ready and wanted, and how well that is."""

    ready: int | None = None
    ready_field: str = ""
    desired: int | None = None
    desired_field: str = ""
    health: str = ""
    message: str = ""
    health_field: str = ""


def deployment(obj: Any) -> Status:
    """A Deployment: Degraded past its progress deadline, Progressing while pods are replaced or missing."""
    desired = _count(obj, "spec", "replicas", default=1)
    ready = _count(obj, "status", "readyReplicas")
    health, message, where = "Healthy", "", "status.availableReplicas"
    updated, available = _count(obj, "status", "updatedReplicas"), _count(obj, "status", "availableReplicas")
    late = [
        (index, condition)
        for index, condition in look.entries(obj, "status", "conditions")
        if look.text(condition, "reason") == "ProgressDeadlineExceeded"
    ]
    if look.at(obj, "spec", "paused") is True:
        health, message, where = "Suspended", "the rollout is paused", "spec.paused"
    elif _unobserved(obj):
        health, message, where = "Progressing", "the new spec is not observed yet", "status.observedGeneration"
    elif late:
        index, condition = late[0]
        health, message = "Degraded", look.text(condition, "message")
        where = look.field("status", "conditions", index, "reason")
    elif updated < desired:
        health, message, where = "Progressing", f"{updated} of {desired} pods are updated", "status.updatedReplicas"
    elif available < desired:
        health, message = "Progressing", f"{available} of {desired} pods are available"
    return Status(ready, "status.readyReplicas", desired, "spec.replicas", health, message, where)


def stateful_set(obj: Any) -> Status:
    """A StatefulSet: Progressing while pods are missing or replaced."""
    desired = _count(obj, "spec", "replicas", default=1)
    ready = _count(obj, "status", "readyReplicas")
    health, message, where = "Healthy", "", "status.readyReplicas"
    if _unobserved(obj):
        health, message, where = "Progressing", "the new spec is not observed yet", "status.observedGeneration"
    elif ready < desired:
        health, message = "Progressing", f"{ready} of {desired} pods are ready"
    return Status(ready, "status.readyReplicas", desired, "spec.replicas", health, message, where)


def daemon_set(obj: Any) -> Status:
    """A DaemonSet: Progressing while a node lacks its pod."""
    desired = _count(obj, "status", "desiredNumberScheduled")
    ready, available = _count(obj, "status", "numberReady"), _count(obj, "status", "numberAvailable")
    health, message = "Healthy", ""
    if available < desired:
        health, message = "Progressing", f"{available} of {desired} pods are available"
    return Status(
        ready,
        "status.numberReady",
        desired,
        "status.desiredNumberScheduled",
        health,
        message,
        "status.numberAvailable",
    )


def cron_job(obj: Any) -> Status:
    """A CronJob: it has no pods between its runs, so nothing to count."""
    suspended = look.at(obj, "spec", "suspend") is True
    return Status(health="Suspended" if suspended else "Healthy", health_field="spec.suspend")


def _count(obj: Any, *path: Step, default: int = 0) -> int:
    found = look.number(obj, *path)
    return default if found is None else found


def _unobserved(obj: Any) -> bool:
    return _count(obj, "status", "observedGeneration") < _count(obj, "metadata", "generation")


KINDS: dict[str, tuple[str, str, tuple[Step, ...], Callable[[Any], Status]]] = {
    "apps/deployments": ("apps", "Deployment", _POD, deployment),
    "apps/statefulsets": ("apps", "StatefulSet", _POD, stateful_set),
    "apps/daemonsets": ("apps", "DaemonSet", _POD, daemon_set),
    "argoproj.io/rollouts": ("argoproj.io", "Rollout", _POD, deployment),
    "batch/cronjobs": ("batch", "CronJob", ("spec", "jobTemplate", "spec", "template"), cron_job),
}
"""List key → group, kind, where the pod template is, how its status is judged."""

GROUPS = {kind: group for group, kind, _, _ in KINDS.values()}
"""Kind → API group, of the kinds that are workloads."""


def workloads(kubernetes: KubernetesData) -> Iterator[Workload]:
    """All workloads; those that another workload owns are not their own."""
    for key, (group, kind, template, judge) in KINDS.items():
        for obj in objects(kubernetes, key):
            found = thing(obj, group, kind)
            if found is not None and not any(owner.kind in GROUPS for owner in found.owners):
                yield _workload(obj, found, template, judge(obj))


def _workload(obj: Any, found: Thing, template: tuple[Step, ...], status: Status) -> Workload:
    pod = (*template, "spec")
    containers = tuple(
        (look.text(container, "name"), image, (*pod, "containers", index, "image"))
        for index, container in look.entries(obj, *pod, "containers")
        if (image := look.text(container, "image"))
    )
    volumes = tuple(
        claim
        for _, volume in look.entries(obj, *pod, "volumes")
        if (claim := look.text(volume, "persistentVolumeClaim", "claimName"))
    )
    return Workload(
        **{item.name: getattr(found, item.name) for item in fields(Thing)},
        **{item.name: getattr(status, item.name) for item in fields(Status)},
        pod_labels=look.strings(obj, *template, "metadata", "labels"),
        containers=containers,
        claims=tuple(_claim_templates(obj, found)),
        volumes=volumes,
        template=template,
        pod_annotations=look.strings(obj, *template, "metadata", "annotations"),
        variables=tuple(pods.variables(look.at(obj, *pod), pod)),
        secrets=tuple(pods.secrets(look.at(obj, *pod), pod)),
        configs=tuple(pods.configs(look.at(obj, *pod))),
    )


def _claim_templates(obj: Any, found: Thing) -> Iterator[Claim]:
    size = ("spec", "resources", "requests", "storage")
    for index, claim in look.entries(obj, "spec", "volumeClaimTemplates"):
        if look.text(claim, *size):
            evidence = found.evidence("spec", "volumeClaimTemplates", index, *size)
            yield Claim(look.text(claim, "metadata", "name"), look.text(claim, *size), evidence)


def claims(kubernetes: KubernetesData) -> dict[tuple[str, str], Claim]:
    """(namespace, name) → what a PersistentVolumeClaim asks for."""
    size = ("spec", "resources", "requests", "storage")
    found = {}
    for obj in objects(kubernetes, "persistentvolumeclaims"):
        claim = thing(obj, "", "PersistentVolumeClaim")
        if claim is not None and look.text(obj, *size):
            evidence = Evidence("kubernetes", str(claim.ref), look.field(*size))
            found[claim.ref.namespace, claim.ref.name] = Claim(claim.ref.name, look.text(obj, *size), evidence)
    return found
