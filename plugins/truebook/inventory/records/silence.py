"""Silences of Alertmanager that are not over.

Values: `state` (active, pending), `comment`, `created_by`, `ends_at` (RFC 3339), `matchers`.
"""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.inventory.records.row import kept, row
from truebook.model import Record


def silences(joined: Joined) -> Iterator[Record]:
    """One for each, of the Alertmanager that has it; what it silences, its matchers say."""
    subject = joined.system("alertmanager")
    for silence in joined.facts.told.silences:
        place = silence.place
        yield row(
            "silence",
            silence.id,
            subject,
            {
                "state": kept(place, silence.state, "status", "state"),
                "comment": kept(place, silence.comment, "comment"),
                "created_by": kept(place, silence.created_by, "createdBy"),
                "ends_at": kept(place, silence.ends_at, "endsAt"),
                "matchers": kept(place, silence.matchers, "matchers"),
            },
        )
