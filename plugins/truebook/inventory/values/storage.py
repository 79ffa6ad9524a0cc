"""Where a component's data is."""

from __future__ import annotations

from truebook.inventory.facts import Claim
from truebook.inventory.join.subject import Joined, Subject
from truebook.model import Value


def storage(subject: Subject, known: Joined) -> Value | None:
    """Velero's buckets; else the volumes that the workloads claim, `name size`."""
    if any(workload.called == "velero" for workload in subject.workloads) and subject.main is not None:
        buckets = known.facts.backup_storage.get(subject.main.ref.namespace, [])
        if buckets:
            return Value(", ".join(str(bucket.value) for bucket in buckets), buckets[0].evidence)
    claims = _claims(subject, known)
    if not claims:
        return None
    return Value(", ".join(f"{claim.name} {claim.size}".strip() for claim in claims), claims[0].evidence)


def _claims(subject: Subject, known: Joined) -> list[Claim]:
    found: list[Claim] = []
    for workload in subject.workloads:
        found += workload.claims
        for name in workload.volumes:
            claim = known.facts.claims.get((workload.ref.namespace, name))
            if claim is not None and claim not in found:
                found.append(claim)
    return found
