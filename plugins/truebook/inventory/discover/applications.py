"""ArgoCD's Applications, by its API or as Kubernetes objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from truebook.inventory import look
from truebook.inventory.application import Application
from truebook.inventory.discover.answers import Answers
from truebook.inventory.discover.objects import objects
from truebook.inventory.objects import Ref
from truebook.model import Evidence, Value
from truebook.recording import KubernetesData, Recording

_LIST = "/api/v1/applications"
GROUP = "argoproj.io"


def applications(recording: Recording, kubernetes: KubernetesData, argocd: Answers) -> list[Application]:
    """All Applications, by namespace and name.

    The API's word comes first, the Kubernetes object completes it (a list by the API can lack `status.history`).
    What is fresh goes before what is not; an Application that only a stale source knows is gone where the other
    has a fresh list.
    """
    by_api = list(_from_api(argocd))
    by_kubernetes = list(objects(kubernetes, f"{GROUP}/applications"))
    lists = sorted(
        (("argocd", by_api), ("kubernetes", by_kubernetes)), key=lambda named: not _is_fresh(recording, named[0])
    )
    merged: dict[Ref, list[tuple[str, dict[str, Any]]]] = {}
    for source, listed in lists:
        closed = bool(merged) and not _is_fresh(recording, source)
        for obj in listed:
            name = look.text(obj, "metadata", "name")
            ref = Ref(GROUP, "Application", look.text(obj, "metadata", "namespace"), name)
            if name and (ref in merged or not closed):
                merged.setdefault(ref, []).append((source, obj))
    all_of_them = [Application(ref, tuple(documents)) for ref, documents in merged.items()]
    return sorted(all_of_them, key=lambda application: (application.ref.namespace, application.ref.name))


def _is_fresh(recording: Recording, source: str) -> bool:
    part = recording.parts.get(source)
    return part is not None and part.state == "fresh"


def _from_api(argocd: Answers) -> Iterator[dict[str, Any]]:
    """Single answers first, they hold every field; then the lists."""
    paths = argocd.asked()
    for path in paths:
        name = path.partition("?")[0].removeprefix(f"{_LIST}/")
        if name != path.partition("?")[0] and "/" not in name:
            found = _ok(argocd, path)
            if isinstance(found, dict):
                yield found
    for path in paths:
        if path.partition("?")[0] == _LIST:
            for _, item in look.entries(_ok(argocd, path), "items"):
                yield item


def argocd_itself(argocd: Answers) -> dict[str, Value]:
    """What ArgoCD's API says of ArgoCD: its `version` and `url`, each where it is known."""
    found = {}
    version = look.text(_ok(argocd, "/api/version"), "Version").partition("+")[0]
    if version:
        found["version"] = Value(version, Evidence("argocd", f"{argocd.url}/api/version", "Version"))
    url = look.text(_ok(argocd, "/api/v1/settings"), "url")
    if url:
        found["url"] = Value(url, Evidence("argocd", f"{argocd.url}/api/v1/settings", "url"))
    return found


def _ok(argocd: Answers, path: str) -> Any:
    found = argocd.get(path)
    return None if found is None else found.ok
