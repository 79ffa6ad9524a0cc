"""Application → the Applications that it declares, itself or through an ApplicationSet."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.parents import declaring
from truebook.inventory.join.subject import Joined
from truebook.model import Relation


def app_of_apps(joined: Joined) -> Iterator[Relation]:
    """An arrow to each component of a declared Application."""
    for child in joined.facts.applications:
        found = declaring(child, joined.members)
        if found is None:
            continue
        parent, evidence = found
        for source in joined.of_application(parent)[:1]:
            for target in joined.of_application(child):
                yield Relation(source.name, target.name, "app of apps", "app-of-apps", evidence)
