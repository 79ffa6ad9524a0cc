"""Grafana, as far as truebook asks it: health, data sources, and the search for dashboards.

Its answers have the shape of Grafana's published API description (`public/api-merged.json`: `healthResponse`,
`DataSourceListItemDTO`, `Hit`); `tests/real/test_standins.py` holds them against it. What data sources and dashboards
there are, the homelab's ConfigMaps say: what Grafana itself would have been provisioned with.

    with GrafanaStandIn() as grafana:
        grafana.url, grafana.token
"""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

import yaml

from tests.real.standins.serving import HOMELAB, Answer, Request, StandIn, config_maps, documents

READ_DATASOURCES = "datasources:read"
READ_DASHBOARDS = "dashboards:read"
LIMIT = 1000
"""Hits of a page where nothing is said; 5000 are the most."""


class GrafanaStandIn(StandIn):
    """See the module's docstring. `permissions` are those of the token's account; by default a Viewer's, as far as
    truebook needs them."""

    says = "not Grafana: a server of truebook's tests that answers by Grafana's API description"
    every = frozenset((READ_DATASOURCES, READ_DASHBOARDS))

    def __init__(self, *, permissions: frozenset[str] | None = None) -> None:
        self.datasources = _datasources()
        self.dashboards = _dashboards()
        deployment = next(
            found
            for found in documents("repository", "platform", "grafana", "grafana.yaml")
            if found["kind"] == "Deployment"
        )
        self.version = str(deployment["metadata"]["labels"]["app.kubernetes.io/version"])
        super().__init__(permissions)

    def answer(self, request: Request) -> Answer:
        if request.path == "/metrics":
            return Answer()  # nothing is measured, and that is well-formed
        if request.path == "/api/health":
            return Answer({"commit": "0" * 40, "database": "ok", "version": self.version})
        if not self.known(request):
            said = "Invalid API key" if request.token else "Unauthorized"
            return Answer({"message": said, "messageId": "auth.unauthorized", "statusCode": 401, "traceID": ""}, 401)
        if request.path == "/api/datasources":
            return self._permitted(READ_DATASOURCES) or Answer(self.datasources)
        if request.path == "/api/search":
            # Grafana shows the dashboards that one may read, and refuses nothing.
            return self._search(request, self.dashboards if READ_DASHBOARDS in self.permissions else [])
        return Answer({"message": "Not found"}, 404)

    def _permitted(self, permission: str) -> Answer | None:
        if permission in self.permissions:
            return None
        said = f"You'll need additional permissions to perform this action. Permissions needed: {permission}"
        return Answer({"accessErrorId": "ACE0000000000", "message": said, "title": "Access denied"}, 403)

    def _search(self, request: Request, found: list[dict[str, Any]]) -> Answer:
        try:
            limit = int(request.query.get("limit", LIMIT))
            page = int(request.query.get("page", 1))
        except ValueError:
            return Answer({"message": "bad request data"}, 400)
        if limit > 5000:
            return Answer({"message": "Limit is above maximum allowed (5000), use page parameter to access hits"}, 422)
        if request.query.get("type") not in (None, "", "dash-db"):
            found = []
        start = (max(1, page) - 1) * limit
        return Answer(found[start : start + limit])


def _datasources() -> list[dict[str, Any]]:
    found = []
    for data in config_maps("repository", "platform", "grafana", "datasources.yaml").values():
        for text in data.values():
            found += yaml.safe_load(text)["datasources"]
    ordered = sorted(found, key=lambda each: str(each["name"]).lower())
    return [
        {
            "id": place,
            "uid": each["uid"],
            "orgId": 1,
            "name": each["name"],
            "type": each["type"],
            "typeName": each["name"],
            "typeLogoUrl": f"public/app/plugins/datasource/{each['type']}/img/logo.svg",
            "access": each["access"],
            "url": each["url"],
            "user": "",
            "database": "",
            "basicAuth": False,
            "isDefault": each.get("isDefault", False),
            "jsonData": each.get("jsonData", {}),
            "readOnly": True,
        }
        for place, each in enumerate(ordered, 1)
    ]


def _dashboards() -> list[dict[str, Any]]:
    """What the search finds: the dashboards of the homelab's second repository."""
    models = []
    for path in sorted((HOMELAB / "dashboards" / "dashboards").glob("*.yaml")):
        for data in config_maps(*path.relative_to(HOMELAB).parts).values():
            models += [json.loads(text) for name, text in data.items() if name.endswith(".json")]
    return [_hit(model) for model in sorted(models, key=lambda model: str(model["title"]).lower())]


def _hit(model: dict[str, Any]) -> dict[str, Any]:
    slug = re.sub(r"[^a-z0-9]+", "-", str(model["title"]).lower()).strip("-")
    return {
        "id": zlib.crc32(model["uid"].encode()) % 1000 + 1,
        "orgId": 1,
        "uid": model["uid"],
        "title": model["title"],
        "uri": f"db/{slug}",
        "url": f"/d/{model['uid']}/{slug}",
        "slug": "",
        "type": "dash-db",
        "tags": sorted(model.get("tags", [])),
        "isStarred": False,
        "sortMeta": 0,
        "isDeleted": False,
    }
