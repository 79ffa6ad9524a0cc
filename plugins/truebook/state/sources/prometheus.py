"""The source `prometheus`: whether it is ready, what it scrapes, which alerts it knows, and whom it tells."""

from __future__ import annotations

from truebook.state.source import Context, Reading
from truebook.state.systems import SCALAR, TEXT, Ask, Each, Shape, System, connect, scalars

PROMETHEUS = System("prometheus", ("http-web", "web", "http", 9090), variable="PROMETHEUS_TOKEN")

_LABELS = Each(SCALAR)
_TARGET: Shape = {
    **scalars("scrapePool", "scrapeUrl", "health", "lastError", "lastScrape"),
    "labels": _LABELS,
}
_ALERT: Shape = {"labels": _LABELS, "annotations": _LABELS, "state": SCALAR, "activeAt": SCALAR}
_RULE: Shape = {
    **scalars("name", "type", "state", "query", "duration", "health", "lastError"),
    "labels": _LABELS,
    "annotations": _LABELS,
    "alerts": [_ALERT],
}


def _data(shape: Shape) -> Shape:
    """The envelope of each of its answers."""
    return {"status": SCALAR, "data": shape}


ASKS = (
    Ask("/-/ready", TEXT, statuses={503}),
    Ask("/api/v1/status/buildinfo", _data(scalars("version", "revision")), require=("data",)),
    Ask("/api/v1/targets?state=active", _data({"activeTargets": [_TARGET]}), require=("data",)),
    Ask("/api/v1/rules?type=alert", _data({"groups": [{"name": SCALAR, "rules": [_RULE]}]}), require=("data",)),
    Ask("/api/v1/alertmanagers", _data({"activeAlertmanagers": [{"url": SCALAR}]}), require=("data",)),
)
"""Reads, all of them; a 503 says that it is not ready."""


def read(context: Context) -> Reading:
    """Read Prometheus. Raises NotSetUp where it can't be found, SourceError where nothing can be said."""
    with connect(context, PROMETHEUS) as prometheus:
        prometheus.put(*ASKS)
        return prometheus.read()
