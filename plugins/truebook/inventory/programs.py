"""Which program a workload runs: how a component is known to be the Vault, whatever its name.

By the name label or by the container's image, the registry aside. Another program is one line in `PROGRAMS`.
"""

from __future__ import annotations

from dataclasses import dataclass

from truebook.inventory.facts import Workload
from truebook.inventory.objects import NAME
from truebook.model import Evidence


@dataclass(frozen=True, slots=True)
class Program:
    """The name labels and the images (without registry and tag) of one system's main process."""

    labels: frozenset[str]
    images: frozenset[str]


def _program(labels: str, images: str) -> Program:
    return Program(frozenset(labels.split()), frozenset(images.split()))


PROGRAMS: dict[str, Program] = {
    "argocd": _program("argocd-server", "argoproj/argocd argoproj/argo-cd"),
    "vault": _program("vault openbao", "vault hashicorp/vault hashicorp/vault-enterprise openbao/openbao openbao"),
    "authentik": _program("authentik", "goauthentik/server"),
    "prometheus": _program("prometheus", "prometheus/prometheus prom/prometheus"),
    "alertmanager": _program("alertmanager", "prometheus/alertmanager prom/alertmanager"),
    "grafana": _program("grafana", "grafana/grafana grafana/grafana-oss grafana/grafana-enterprise"),
    "loki": _program("loki", "grafana/loki"),
    "velero": _program("velero", "velero/velero"),
    "minio": _program("minio", "minio/minio"),
}
"""System → its program."""


def programs(workload: Workload) -> dict[str, Evidence]:
    """The systems whose main process a workload runs, each with the label or image that says so."""
    found = {}
    name = workload.labels.get(NAME, "")
    for system, program in PROGRAMS.items():
        image = next((path for _, image, path in workload.containers if _bare(image) in program.images), None)
        if image is not None:
            found[system] = workload.evidence(*image)
        elif name in program.labels:
            found[system] = workload.evidence("metadata", "labels", NAME)
    return found


def _bare(image: str) -> str:
    """`quay.io/prometheus/prometheus:v3@sha256:…` → `prometheus/prometheus`, `docker.io/library/vault` → `vault`."""
    path = image.partition("@")[0]
    head, _, last = path.rpartition("/")
    path = f"{head}/{last.partition(':')[0]}" if head else last.partition(":")[0]
    first, slash, rest = path.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        path = rest
    return path.removeprefix("library/")
