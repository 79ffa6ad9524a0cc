"""Velero's storage locations.

Values: `phase` (Available, Unavailable), `bucket`, `url`, `last_validated` (RFC 3339), `message`, `store` (the
component at that address).
"""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.inventory.records.row import kept, row
from truebook.model import Record


def storage_locations(joined: Joined) -> Iterator[Record]:
    """One for each."""
    for location in joined.facts.told.locations:
        place, namespace = location.place, location.ref.namespace
        store = joined.resolver.url(location.url, namespace) if location.url else None
        yield row(
            "storage_location",
            location.ref.name,
            joined.system("velero", namespace=namespace),
            {
                "phase": kept(place, location.phase, "status", "phase"),
                "bucket": kept(place, location.bucket, "spec", "objectStorage", "bucket"),
                "url": kept(place, location.url, "spec", "config", "s3Url"),
                "last_validated": kept(place, location.validated, "status", "lastValidationTime"),
                "message": kept(place, location.message, "status", "message"),
                "store": kept(place, None if store is None else store.name, "spec", "config", "s3Url"),
            },
        )
