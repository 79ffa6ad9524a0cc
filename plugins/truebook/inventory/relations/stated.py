"""Arrows that stand in the catalog."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.model import Evidence, Relation


def stated(joined: Joined) -> Iterator[Relation]:
    """The catalog's arrows, in its order."""
    path = joined.settings.path
    for relation in joined.settings.relations:
        where = f"{path.name if path is not None else 'truebook.yml'}:{relation.line}"
        yield Relation(
            relation.source, relation.target, relation.label, "stated", Evidence("catalog", where, "relations")
        )
