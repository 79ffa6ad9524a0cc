"""The source `grafana`: its health and version, and with a token its data sources and dashboards.

The token of a service account with the basic role Viewer is enough. Without one, `configmaps` has what Grafana is
provisioned with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from truebook.state.grafana_files import datasource
from truebook.state.source import Context, Reading
from truebook.state.systems import SCALAR, Ask, Paging, System, connect, scalars

GRAFANA = System("grafana", ("http-web", "service", "http", "https", 80, 3000), variable="GRAFANA_TOKEN")
PAGE = 500
"""Dashboards of a page of the search."""


def _datasource(found: Any) -> Any:
    if not isinstance(found, dict):
        raise ValueError
    return datasource(found)


def _search(page: int) -> Paging:
    """A full page may have one after it."""

    def following(hits: Any, number: int) -> Mapping[str, str] | None:
        return {"limit": str(page), "page": str(number + 1)} if len(hits) == page else None

    return Paging("", following, {"limit": str(page)})


def asks(page: int = PAGE) -> tuple[Ask, ...]:
    """What is asked, with so many dashboards on a page."""
    return (
        Ask("/api/health", scalars("database", "version"), statuses={503}, require=("database",)),
        Ask("/api/datasources", [_datasource], closed=True),
        Ask(
            "/api/search?type=dash-db",
            [{**scalars("uid", "title", "url", "folderTitle"), "tags": [SCALAR]}],
            closed=True,
            paging=_search(page),
        ),
    )


def read(context: Context) -> Reading:
    """Read Grafana. Raises NotSetUp where it can't be found, SourceError where nothing can be said."""
    with connect(context, GRAFANA) as grafana:
        grafana.put(*asks(PAGE))
        return grafana.read()
