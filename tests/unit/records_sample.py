"""Systems for the tests of records, and what a record holds."""

from __future__ import annotations

from typing import Any

from tests.unit.inventory_objects import ingress, runs, service
from truebook.model import Inventory, Record

MONITORING: dict[str, Any] = {
    "deployments": [runs(name, "monitoring") for name in ("prometheus", "alertmanager", "grafana")],
    "services": [service(name, "monitoring") for name in ("prometheus", "alertmanager", "grafana")],
}


def told(record: Record) -> dict[str, Any]:
    return {key: value.value for key, value in record.values.items()}


def the(inventory: Inventory, kind: str) -> Record:
    (record,) = inventory.records_of(kind)
    return record


SIGN_IN: dict[str, Any] = {
    "deployments": [runs("authentik", "authentik"), runs("grafana", "monitoring")],
    "services": [service("authentik", "authentik"), service("grafana", "monitoring")],
    "ingresses": [
        ingress("authentik", "auth.local", namespace="authentik"),
        ingress("grafana", "grafana.local", namespace="monitoring"),
    ],
}
