"""What there is in the cluster, from the recording: names by kind, and hosts that are served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from truebook.drift.facts import Known
from truebook.inventory import look
from truebook.recording import HttpData, KubernetesData, Recording

_KINDS = {
    "namespaces": "namespace",
    "services": "service",
    "apps/deployments": "deployment",
    "apps/statefulsets": "statefulset",
    "apps/daemonsets": "daemonset",
    "batch/cronjobs": "cronjob",
    "networking.k8s.io/ingresses": "ingress",
    "argoproj.io/applications": "application",
}
"""`group/resource` → the kind as pages name it."""


def known(recording: Recording) -> Known:
    """Decode what claims are compared with, each kind once. Raises RecordingError where a part has another schema."""
    kubernetes = recording.kubernetes()
    names = {
        kind: frozenset(_name(obj) for obj in kubernetes.objects(key))
        for key, kind in _KINDS.items()
        if key in kubernetes.lists
    }
    argocd = recording.http("argocd")
    if "/api/v1/applications" in argocd.answers:
        names["application"] = names.get("application", frozenset()) | frozenset(_applications(argocd))
    return Known(names, frozenset(host.lower() for host in _hosts(kubernetes) if host))


def _name(obj: Any) -> str:
    return look.text(obj, "metadata", "name")


def _applications(argocd: HttpData) -> Iterator[str]:
    answer = argocd.json("/api/v1/applications")
    items = look.at(answer, "items")
    for item in items if isinstance(items, list) else ():
        yield _name(item)


def _hosts(kubernetes: KubernetesData) -> Iterator[str]:
    for obj in kubernetes.objects("networking.k8s.io/ingresses"):
        for _, rule in look.entries(obj, "spec", "rules"):  # a host that only stands in `tls` is not served
            yield look.text(rule, "host")
    yield from _routed(kubernetes)
    for obj in kubernetes.objects("nodes"):
        yield _name(obj)
        for _, address in look.entries(obj, "status", "addresses"):
            yield look.text(address, "address")
    for obj in kubernetes.objects("services"):
        yield from look.text(obj, "metadata", "annotations", "external-dns.alpha.kubernetes.io/hostname").split(",")


def _routed(kubernetes: KubernetesData) -> Iterator[str]:
    """The hosts of HTTPRoutes; one without any serves those of the listeners that it is attached to."""
    parents = set()
    for obj in kubernetes.objects("gateway.networking.k8s.io/httproutes"):
        hosts = [host for _, host in look.texts(obj, "spec", "hostnames")]
        yield from hosts
        if not hosts:
            namespace = look.text(obj, "metadata", "namespace")
            for _, parent in look.entries(obj, "spec", "parentRefs"):
                parents.add((look.text(parent, "namespace") or namespace, look.text(parent, "name")))
    for obj in kubernetes.objects("gateway.networking.k8s.io/gateways"):
        if (look.text(obj, "metadata", "namespace"), _name(obj)) in parents:
            for _, listener in look.entries(obj, "spec", "listeners"):
                yield look.text(listener, "hostname")
