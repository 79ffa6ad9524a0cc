"""All facts of a recording."""

from __future__ import annotations

from truebook.inventory import look
from truebook.inventory.discover.applications import applications, argocd_itself
from truebook.inventory.discover.exposures import exposures, services
from truebook.inventory.discover.objects import objects
from truebook.inventory.discover.workloads import KINDS, claims, workloads
from truebook.inventory.facts import Facts
from truebook.inventory.objects import thing
from truebook.inventory.repositories import canonical
from truebook.model import Value
from truebook.recording import KubernetesData, Recording


def discover(recording: Recording) -> Facts:
    """Decode what the inventory needs, each kind once. Raises RecordingError where a part has another schema."""
    kubernetes = recording.kubernetes()
    argocd = recording.http("argocd")
    return Facts(
        applications=applications(recording, kubernetes, argocd),
        # By identity: a list that was restarted half-way may hold an object twice.
        workloads=list({found.ref: found for found in workloads(kubernetes)}.values()),
        exposures=list({found.ref: found for found in exposures(kubernetes)}.values()),
        services=dict(services(kubernetes)),
        claims=claims(kubernetes),
        backup_storage=_backup_storage(kubernetes),
        remotes={canonical(url): remote for url, remote in recording.git().remotes.items()},
        argocd=argocd_itself(argocd),
        read=frozenset(kind for key, (_, kind, _, _) in KINDS.items() if key in kubernetes.lists),
        applications_are_local=bool(getattr(kubernetes.lists.get("argoproj.io/applications"), "items", None)),
    )


def _backup_storage(kubernetes: KubernetesData) -> dict[str, list[Value]]:
    """Namespace → the buckets that Velero's storage locations there name."""
    found: dict[str, list[Value]] = {}
    for obj in objects(kubernetes, "velero.io/backupstoragelocations"):
        location = thing(obj, "velero.io", "BackupStorageLocation")
        bucket = look.text(obj, "spec", "objectStorage", "bucket")
        if location is not None and bucket:
            provider = look.text(obj, "spec", "provider")
            kind = "S3" if provider in {"aws", "velero.io/aws"} else provider
            value = Value(f"{kind} bucket {bucket}".strip(), location.evidence("spec", "objectStorage", "bucket"))
            found.setdefault(location.ref.namespace, []).append(value)
    return found
