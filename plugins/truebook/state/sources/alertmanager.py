"""The source `alertmanager`: whether it is ready, which alerts fire, and which are silenced.

Its status holds its whole configuration too, receivers' credentials among it: of that nothing is kept.
"""

from __future__ import annotations

from truebook.state.source import Context, Reading
from truebook.state.systems import SCALAR, TEXT, Ask, Each, Shape, System, connect, scalars

ALERTMANAGER = System("alertmanager", ("http-web", "web", "http", 9093), variable="ALERTMANAGER_TOKEN")

_LABELS = Each(SCALAR)
_STATUS: Shape = {
    "versionInfo": {"version": SCALAR, "revision": SCALAR},
    "cluster": {"status": SCALAR},
    "uptime": SCALAR,
}
_ALERT: Shape = {
    "labels": _LABELS,
    "annotations": _LABELS,
    # Not updatedAt and endsAt, which move on every minute.
    **scalars("startsAt", "fingerprint", "generatorURL"),
    "status": {"state": SCALAR, "silencedBy": [SCALAR], "inhibitedBy": [SCALAR]},
}
_SILENCE: Shape = {
    **scalars("id", "startsAt", "endsAt", "createdBy", "comment"),
    "status": {"state": SCALAR},
    "matchers": [scalars("name", "value", "isRegex", "isEqual")],
}

ASKS = (
    Ask("/-/ready", TEXT, statuses={503}),
    Ask("/api/v2/status", _STATUS, require=("versionInfo",)),
    Ask("/api/v2/alerts", [_ALERT]),
    Ask("/api/v2/silences", [_SILENCE]),
)


def read(context: Context) -> Reading:
    """Read Alertmanager. Raises NotSetUp where it can't be found, SourceError where nothing can be said."""
    with connect(context, ALERTMANAGER) as alertmanager:
        alertmanager.put(*ASKS)
        return alertmanager.read()
