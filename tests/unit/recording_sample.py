"""A small recording, made as a source would make it: ArgoCD itself and a Vault that it deploys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from truebook import recording as recordings
from truebook.model import SourceState
from truebook.recording import Cluster, KubernetesData, Part, Read, Recording, ResourceList

CATALOG = """\
cluster: homelab
groups: [GitOps, Security]
components:
  - name: argocd
    title: ArgoCD
    group: GitOps
    purpose: Continuous delivery
    page: argocd.md
    find: {workload: Deployment argocd/argocd-server}
  - name: vault
    title: Vault
    group: Security
    purpose: Secrets management
    find: {workload: StatefulSet vault/vault, ingress: vault/vault}
    values: {storage: Raft}
relations:
  - {from: vault, to: argocd, label: secrets}
"""


def workload(kind: str, namespace: str, name: str, image: str, ready: int, desired: int) -> dict[str, Any]:
    """A Deployment or StatefulSet as the API gives it."""
    labels = {"app.kubernetes.io/name": name}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "generation": 1},
        "spec": {
            "replicas": desired,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": name, "image": image}]}},
        },
        "status": {
            "observedGeneration": 1,
            "replicas": desired,
            "readyReplicas": ready,
            "updatedReplicas": desired,
            "availableReplicas": ready,
        },
    }


def ingress(namespace: str, name: str, host: str) -> dict[str, Any]:
    """An Ingress with TLS for a Service of its own name."""
    backend = {"service": {"name": name, "port": {"number": 80}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "tls": [{"hosts": [host]}],
            "rules": [{"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}],
        },
    }


def _list(group: str, resource: str, kind: str, *items: dict[str, Any]) -> ResourceList:
    raw = [msgspec.Raw(msgspec.json.encode(item)) for item in items]
    return ResourceList(group, "v1", resource, kind, True, "1", items=raw)


def recording(
    *, ready: int = 1, version: str = "1.20.1", state: SourceState = "fresh", reason: str = "", cluster: str = "homelab"
) -> Recording:
    """The recording; `ready` of Vault's one pod are ready, and it runs `version`."""
    lists = [
        _list(
            "apps",
            "deployments",
            "Deployment",
            workload("Deployment", "argocd", "argocd-server", "quay.io/argoproj/argocd:v3.6.1", 2, 2),
        ),
        _list(
            "apps",
            "statefulsets",
            "StatefulSet",
            workload("StatefulSet", "vault", "vault", f"hashicorp/vault:{version}", ready, 1),
        ),
        _list("networking.k8s.io", "ingresses", "Ingress", ingress("vault", "vault", "vault.homelab.local")),
    ]
    data = KubernetesData({"gitVersion": "v1.36.3"}, {}, {found.key: found for found in lists})
    reads = [Read(found.key, "read", len(found.items)) for found in lists]
    part = Part(state, "2026-11-24T05:30:00Z", reason, reads, data=recordings.encode_kubernetes(data))
    return Recording(1, Cluster(cluster, "v1.36.3"), "2026-11-24T05:30:00Z", {"kubernetes": part})


def save(folder: Path, name: str = "homelab.json", **changes: Any) -> Path:
    """The recording as a file in `folder`."""
    path = folder / name
    recordings.save(recording(**changes), path)
    return path
