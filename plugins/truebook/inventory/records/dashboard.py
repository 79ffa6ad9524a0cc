"""Grafana's dashboards.

Values: `title`, `url` (in the Grafana that has it), `uid`, `tags`, `folder`.
"""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory import hosts
from truebook.inventory.join.subject import Joined
from truebook.inventory.records.row import kept, row
from truebook.inventory.told import Dashboard
from truebook.inventory.uses.dashboards import Naming, grafana_of
from truebook.inventory.values import address
from truebook.model import Record, Value


def dashboards(joined: Joined) -> Iterator[Record]:
    """One for each, of the component that it is about."""
    naming = Naming(joined)
    for dashboard in joined.facts.told.dashboards:
        place = dashboard.place
        yield row(
            "dashboard",
            dashboard.uid or dashboard.title,
            naming.of(dashboard),
            {
                "title": place.value(dashboard.title, "title"),
                "url": _url(joined, dashboard),
                "uid": kept(place, dashboard.uid, "uid"),
                "tags": kept(place, dashboard.tags, "tags"),
                "folder": kept(place, dashboard.folder, "folderTitle"),
            },
        )


def _url(joined: Joined, dashboard: Dashboard) -> Value | None:
    """Below the address of Grafana; what Grafana says is a path, and anything else is none of ours."""
    grafana = grafana_of(joined, "" if dashboard.config is None else dashboard.config.namespace)
    base = None if grafana is None else address.url(grafana, joined)
    if base is None or not dashboard.path.startswith("/") or dashboard.path.startswith("//"):
        return None
    url = hosts.web(f"{base.value}{dashboard.path}")
    return None if url is None else dashboard.place.value(url, "url" if dashboard.config is None else "uid")
