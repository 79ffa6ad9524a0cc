"""ArgoCD's Applications, by its API or as Kubernetes objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from truebook.inventory import look
from truebook.inventory.discover.objects import body, objects
from truebook.inventory.facts import Application, Ref
from truebook.recording import HttpData, KubernetesData

_LIST = "/api/v1/applications"
GROUP = "argoproj.io"


def applications(kubernetes: KubernetesData, argocd: HttpData, *, api_is_fresh: bool) -> list[Application]:
    """All Applications, by namespace and name.

    The API's word comes first while it is fresh; the Kubernetes object completes it (a list by the API can lack
    `status.history`), and replaces it where the API was not read or only long ago.
    """
    by_api = [("argocd", obj) for obj in _from_api(argocd)]
    by_kubernetes = [("kubernetes", obj) for obj in objects(kubernetes, f"{GROUP}/applications")]
    merged: dict[Ref, list[tuple[str, dict[str, Any]]]] = {}
    for source, obj in by_api + by_kubernetes if api_is_fresh else by_kubernetes + by_api:
        name = look.text(obj, "metadata", "name")
        if name:
            ref = Ref(GROUP, "Application", look.text(obj, "metadata", "namespace"), name)
            merged.setdefault(ref, []).append((source, obj))
    found = [Application(ref, tuple(documents)) for ref, documents in merged.items()]
    return sorted(found, key=lambda application: (application.ref.namespace, application.ref.name))


def _from_api(argocd: HttpData) -> Iterator[dict[str, Any]]:
    """Single answers first, they hold every field; then the lists."""
    paths = sorted(argocd.answers)
    for path in paths:
        name = path.partition("?")[0].removeprefix(f"{_LIST}/")
        if name != path.partition("?")[0] and "/" not in name:
            found = body(argocd, path)
            if isinstance(found, dict):
                yield found
    for path in paths:
        if path.partition("?")[0] == _LIST:
            for _, item in look.entries(body(argocd, path), "items"):
                yield item
