"""A Vault to lead to, and the arrows of one kind that were found."""

from __future__ import annotations

from typing import Any

from tests.unit.inventory_objects import runs, service
from truebook.model import Inventory

VAULT: dict[str, Any] = {"statefulsets": [runs("vault", "vault")], "services": [service("vault", "vault")]}


def arrows(inventory: Inventory, kind: str) -> list[tuple[str, str, str]]:
    return [(r.source, r.target, str(r.evidence)) for r in inventory.relations if r.kind == kind]
