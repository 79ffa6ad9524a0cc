"""The inventory: components, the relations between them and the records of them, each with its evidence.

    recording ─► discover/ ─► facts, told ─► join/ (parts, catalog, resolver) ─► records/, relations/, values/
                                                        uses/ ───────────────────┘

`facts.Facts` is what the cluster, ArgoCD and Git say, `told.Told` what the other systems do. `uses/` joins what several
of the last three need: who gets which secret, who signs in where. A value, an arrow or a record more is one small
function and one line in `values.VALUES`, `relations.RELATIONS` or `records.RECORDS`.
"""

from __future__ import annotations

from truebook.inventory.build import build

__all__ = ["build"]
