"""Velero → where its backups go."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.model import Relation


def backup(joined: Joined) -> Iterator[Relation]:
    """An arrow to the component at each storage location's address."""
    for location in joined.facts.told.locations:
        velero = joined.system("velero", namespace=location.ref.namespace)
        store = joined.resolver.url(location.url, location.ref.namespace) if location.url else None
        if velero is not None and store is not None:
            yield Relation(velero.name, store.name, "", "backup", location.place.evidence("spec", "config", "s3Url"))
