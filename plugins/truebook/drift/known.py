"""What there is in the cluster, from the recording: names by kind, and hosts that are served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from truebook.drift.facts import Known
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
    metadata = obj.get("metadata") if isinstance(obj, dict) else None
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _applications(argocd: HttpData) -> Iterator[str]:
    answer = argocd.json("/api/v1/applications")
    items = answer.get("items") if isinstance(answer, dict) else None
    for item in items if isinstance(items, list) else ():
        yield _name(item)


def _hosts(kubernetes: KubernetesData) -> Iterator[str]:
    for obj in kubernetes.objects("networking.k8s.io/ingresses"):
        for rule in _list(obj, "spec", "rules"):  # a host that only stands in `tls` is not served
            yield _text(rule, "host")
    yield from _routed(kubernetes)
    for obj in kubernetes.objects("nodes"):
        yield _name(obj)
        for address in _list(obj, "status", "addresses"):
            yield _text(address, "address")
    for obj in kubernetes.objects("services"):
        annotations = _at(obj, "metadata", "annotations")
        if isinstance(annotations, dict):
            yield from str(annotations.get("external-dns.alpha.kubernetes.io/hostname", "")).split(",")


def _routed(kubernetes: KubernetesData) -> Iterator[str]:
    """The hosts of HTTPRoutes; one without any serves those of the listeners that it is attached to."""
    parents = set()
    for obj in kubernetes.objects("gateway.networking.k8s.io/httproutes"):
        hosts = _list(obj, "spec", "hostnames")
        yield from map(str, hosts)
        if not hosts:
            namespace = _text(_at(obj, "metadata"), "namespace")
            for parent in _list(obj, "spec", "parentRefs"):
                parents.add((_text(parent, "namespace") or namespace, _text(parent, "name")))
    for obj in kubernetes.objects("gateway.networking.k8s.io/gateways"):
        if (_text(_at(obj, "metadata"), "namespace"), _name(obj)) in parents:
            for listener in _list(obj, "spec", "listeners"):
                yield _text(listener, "hostname")


def _at(obj: Any, *path: str) -> Any:
    for step in path:
        obj = obj.get(step) if isinstance(obj, dict) else None
    return obj


def _list(obj: Any, *path: str) -> list[Any]:
    found = _at(obj, *path)
    return found if isinstance(found, list) else []


def _text(obj: Any, key: str) -> str:
    found = _at(obj, key)
    return found if isinstance(found, str) else ""
