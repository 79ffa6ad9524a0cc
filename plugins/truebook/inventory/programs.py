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


_BY_IMAGE = {image: system for system, program in PROGRAMS.items() for image in program.images}
_BY_LABEL = {label: system for system, program in PROGRAMS.items() for label in program.labels}


def programs(workload: Workload) -> dict[str, Evidence]:
    """The systems whose main process a workload runs, each with the image or label that says so."""
    found: dict[str, Evidence] = {}
    for _, image, path in workload.containers:
        system = _BY_IMAGE.get(_bare(image))
        if system is not None and system not in found:
            found[system] = workload.evidence(*path)
    labelled = _BY_LABEL.get(workload.labels.get(NAME, ""))
    if labelled is not None and labelled not in found:
        found[labelled] = workload.evidence("metadata", "labels", NAME)
    return {system: found[system] for system in PROGRAMS if system in found} if len(found) > 1 else found


def _bare(image: str) -> str:
    """`quay.io/prometheus/prometheus:v3@sha256:…` → `prometheus/prometheus`, `docker.io/library/vault` → `vault`."""
    path = image.partition("@")[0]
    head, _, last = path.rpartition("/")
    path = f"{head}/{last.partition(':')[0]}" if head else last.partition(":")[0]
    first, slash, rest = path.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        path = rest
    return path.removeprefix("library/")
