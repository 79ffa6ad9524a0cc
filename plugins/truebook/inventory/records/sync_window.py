"""The sync windows of ArgoCD's projects.

Values: `project`, `kind` (allow, deny), `schedule` (cron, in `time_zone`), `duration`, `applications`, `namespaces`.
"""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.inventory.records.row import kept, row
from truebook.model import Record


def sync_windows(joined: Joined) -> Iterator[Record]:
    """One for each, of ArgoCD."""
    for window in joined.facts.told.windows:
        place = window.place
        project = place.whole.value(window.project, "metadata", "name")
        yield row(
            "sync_window",
            f"{window.project}: {window.kind} {window.schedule} {window.duration}",
            joined.argocd,
            {
                "project": project,
                "kind": kept(place, window.kind, "kind"),
                "schedule": kept(place, window.schedule, "schedule"),
                "time_zone": kept(place, window.zone, "timeZone"),
                "duration": kept(place, window.duration, "duration"),
                "applications": kept(place, window.applications, "applications"),
                "namespaces": kept(place, window.namespaces, "namespaces"),
            },
        )
