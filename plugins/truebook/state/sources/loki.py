"""The source `loki`: whether it is ready, and its version."""

from __future__ import annotations

from truebook.state.source import Context, Reading
from truebook.state.systems import SCALAR, TEXT, Ask, System, connect

LOKI = System("loki", ("http-metrics", "http", 3100), variable="LOKI_TOKEN")

ASKS = (
    Ask("/ready", TEXT, statuses={503}),
    Ask("/loki/api/v1/status/buildinfo", {"version": SCALAR, "revision": SCALAR}, require=("version",)),
)


def read(context: Context) -> Reading:
    """Read Loki. Raises NotSetUp where it can't be found, SourceError where nothing can be said."""
    with connect(context, LOKI) as loki:
        loki.put(*ASKS)
        return loki.read()
