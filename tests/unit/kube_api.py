"""A small Kubernetes API for a FaultServer's script, and what its client needs to find it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.faults import Answer, Request, json_answer
from truebook.settings import ArgoCDSettings, GitSettings, KubernetesSettings, Settings

Objects = list[dict[str, Any]]

LISTED: dict[str, tuple[str, str, str]] = {
    "namespaces": ("", "v1", "Namespace"),
    "pods": ("", "v1", "Pod"),
    "services": ("", "v1", "Service"),
    "secrets": ("", "v1", "Secret"),
    "deployments": ("apps", "v1", "Deployment"),
    "applications": ("argoproj.io", "v1alpha1", "Application"),
    "widgets": ("example.org", "v2", "Widget"),
}
"""Resources this API can serve: group, version and kind by plural."""


def item(name: str, namespace: str = "apps", **more: Any) -> dict[str, Any]:
    """An object as it stands in a list: without apiVersion and kind."""
    return {"metadata": {"name": name, "namespace": namespace, "resourceVersion": "7"}, **more}


def path_of(resource: str) -> str:
    """The path of a resource's list."""
    group, version, _ = LISTED[resource]
    return f"/apis/{group}/{version}/{resource}" if group else f"/api/{version}/{resource}"


def script(lists: Mapping[str, Objects], *, tables: bool = True) -> dict[str, Any]:
    """Version, aggregated discovery and the lists, page by page; as tables or, from an old server, as plain lists."""
    groups: dict[str, dict[str, Any]] = {}
    for resource in lists:
        group, version, kind = LISTED[resource]
        found = groups.setdefault(
            group, {"metadata": {"name": group} if group else {}, "versions": [{"version": version, "resources": []}]}
        )
        found["versions"][0]["resources"].append(
            {
                "resource": resource,
                "responseKind": {"group": group, "version": version, "kind": kind},
                "scope": "Cluster" if resource == "namespaces" else "Namespaced",
                "singularResource": kind.lower(),
                "verbs": ["get", "list", "watch"],
            }
        )
    documents = {
        "/api": [found for name, found in groups.items() if not name],
        "/apis": [found for name, found in groups.items() if name],
    }
    return {
        "/version": [json_answer({"major": "1", "minor": "36", "gitVersion": "v1.36.3"})],
        **{
            path: [
                json_answer({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items})
            ]
            for path, items in documents.items()
        },
        **{path_of(resource): pages(resource, items, tables=tables) for resource, items in lists.items()},
    }


def pages(resource: str, items: Objects, *, tables: bool = True) -> Callable[[Request], Answer]:
    """Answers that honour limit and continue."""
    group, version, kind = LISTED[resource]

    def answer(request: Request) -> Answer:
        query = parse_qs(urlsplit(request.target).query)
        start, limit = int(query.get("continue", ["0"])[0]), int(query.get("limit", ["500"])[0])
        shown = items[start : start + limit]
        listed = {"resourceVersion": "99"} | ({"continue": str(start + limit)} if start + limit < len(items) else {})
        if not tables:
            api_version = f"{group}/{version}" if group else version
            return json_answer({"kind": f"{kind}List", "apiVersion": api_version, "metadata": listed, "items": shown})
        columns = [{"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}]
        rows = [{"cells": [found["metadata"]["name"]], "object": found} for found in shown]
        return json_answer(
            {
                "kind": "Table",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": listed,
                "columnDefinitions": columns,
                "rows": rows,
            }
        )

    return answer


def kubeconfig(folder: Path, url: str, *, cluster: Mapping[str, Any] | None = None, **user: Any) -> Path:
    """Write a kubeconfig of one context, `homelab`."""
    path = folder / "kubeconfig"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "home", "cluster": {"server": url, **(cluster or {})}}],
        "users": [{"name": "reader", "user": user or {"token": "t0ken-of-the-reader"}}],
        "contexts": [{"name": "homelab", "context": {"cluster": "home", "user": "reader"}}],
        "current-context": "homelab",
    }
    path.write_text(json.dumps(config))
    return path


def only_kubernetes(timeout: float = 20, resources: tuple[str, ...] = ()) -> Settings:
    """Settings that read the cluster and nothing else."""
    return Settings(
        kubernetes=KubernetesSettings(timeout=timeout, resources=resources),
        argocd=ArgoCDSettings(enabled=False),
        git=GitSettings(enabled=False),
    )
