"""What Prometheus scrapes.

Values: `job`, `instance`, `health` (up, down, unknown), `scrape_url`, `last_error`.
"""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.inventory.records.row import kept, row
from truebook.inventory.uses.metrics import of_target
from truebook.model import Record


def targets(joined: Joined) -> Iterator[Record]:
    """One for each active target."""
    for target in joined.facts.told.targets:
        found = of_target(joined, target)
        place = target.place
        yield row(
            "target",
            f"{target.pool} {target.url}".strip(),
            None if found is None else found[0],
            {
                "job": kept(place, target.labels.get("job"), "labels", "job"),
                "instance": kept(place, target.labels.get("instance"), "labels", "instance"),
                "health": place.value(target.health or "unknown", "health"),
                "scrape_url": kept(place, target.url, "scrapeUrl"),
                "last_error": kept(place, target.error, "lastError"),
            },
        )
