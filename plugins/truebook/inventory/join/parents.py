"""What declares an Application."""

from __future__ import annotations

from truebook.inventory.application import Application
from truebook.inventory.join.membership import Membership
from truebook.inventory.objects import Ref
from truebook.model import Evidence


def owning_set(application: Application) -> tuple[Ref, Evidence] | None:
    """The ApplicationSet that made it."""
    metadata = application.metadata
    for index, owner in enumerate(metadata.owners):
        if owner.kind == "ApplicationSet":
            return owner, metadata.evidence("metadata", "ownerReferences", index, "name")
    return None


def declaring(application: Application, members: Membership) -> tuple[Application, Evidence] | None:
    """The Application that deploys it, itself or through its ApplicationSet; an Application that lists itself is
    its own only in name."""
    made = owning_set(application)
    found = members.of(application.metadata) if made is None else members.listing(made[0])
    return None if found is None or found[0] is application else found
