"""All facts of a recording."""

from __future__ import annotations

from collections.abc import Iterable

from truebook.inventory.discover.answers import Answers
from truebook.inventory.discover.applications import applications, argocd_itself
from truebook.inventory.discover.exposures import exposures, services
from truebook.inventory.discover.systems import told
from truebook.inventory.discover.workloads import KINDS, claims, workloads
from truebook.inventory.facts import Facts
from truebook.inventory.repositories import canonical
from truebook.inventory.told import Location
from truebook.model import Value
from truebook.recording import KubernetesData, Recording


def discover(recording: Recording, kubernetes: KubernetesData | None = None) -> Facts:
    """Decode what the inventory needs, each kind once; `kubernetes` is the recording's part, where it is at hand.
    Raises RecordingError where a part has another schema."""
    kubernetes = recording.kubernetes() if kubernetes is None else kubernetes
    argocd = Answers(recording, "argocd")
    # By identity: a list that was restarted half-way may hold an object twice.
    running = list({found.ref: found for found in workloads(kubernetes)}.values())
    found = list(services(kubernetes))
    systems = told(recording, kubernetes, argocd, running)
    return Facts(
        applications=applications(recording, kubernetes, argocd),
        workloads=running,
        exposures=list({found.ref: found for found in exposures(kubernetes)}.values()),
        services={service.place: service.selector for service in found},
        claims=claims(kubernetes),
        backup_storage=_backup_storage(systems.locations),
        remotes={canonical(url): remote for url, remote in recording.git().remotes.items()},
        service_labels={service.place: service.labels for service in found},
        cluster_ips={address: service.place for service in found for address in service.addresses},
        told=systems,
        argocd=argocd_itself(argocd),
        read=frozenset(kind for key, (_, kind, _, _) in KINDS.items() if key in kubernetes.lists),
        applications_are_local=bool(getattr(kubernetes.lists.get("argoproj.io/applications"), "items", None)),
    )


def _backup_storage(locations: Iterable[Location]) -> dict[str, list[Value]]:
    """Namespace → the buckets that Velero's storage locations there name."""
    found: dict[str, list[Value]] = {}
    for location in locations:
        if location.bucket:
            kind = "S3" if location.provider in {"aws", "velero.io/aws"} else location.provider
            value = location.place.value(f"{kind} bucket {location.bucket}".strip(), "spec", "objectStorage", "bucket")
            found.setdefault(location.ref.namespace, []).append(value)
    return found
