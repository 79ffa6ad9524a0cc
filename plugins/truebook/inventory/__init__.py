"""The inventory: components and the relations between them, each with its evidence.

    recording ─► discover/ ─► facts ─► join/ (parts, catalog) ─► values/, relations/ ─► Inventory

A value or an arrow more is one small function and one line in `values.VALUES` or `relations.RELATIONS`.
"""

from __future__ import annotations

from truebook.inventory.build import build

__all__ = ["build"]
