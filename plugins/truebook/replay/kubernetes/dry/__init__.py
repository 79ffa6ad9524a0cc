"""Dry runs: what the API server would answer to a write, and nothing is written.

Only what follows from the recorded objects and from rules that are written down here is answered. A field whose
defaults or checks are not known here, an admission webhook's say, the ownership of fields: a recording does not hold
them. What depends on a field that is not in these tables is refused with 501 (`NotImplemented`) rather than guessed;
webhooks are taken to change and deny nothing.
"""

from __future__ import annotations

from truebook.replay.kubernetes.dry.answers import Place, answer, scale_of
from truebook.replay.kubernetes.dry.asks import SUBRESOURCES, Ask, asks_for_dry_run
from truebook.replay.kubernetes.dry.scale import SCALED

__all__ = ["SCALED", "SUBRESOURCES", "Ask", "Place", "answer", "asks_for_dry_run", "scale_of"]
