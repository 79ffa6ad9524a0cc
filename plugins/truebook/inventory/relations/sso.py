"""An identity provider → what signs in through it."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.inventory.uses.signing_in import clients, evidence
from truebook.model import Relation


def sso(joined: Joined) -> Iterator[Relation]:
    """An arrow to each component that is a client; the evidence is its own setting, else the provider's entry."""
    for client in clients(joined):
        if client.provider is not None and client.consumer is not None:
            yield Relation(client.provider.name, client.consumer.name, "SSO", "sso", evidence(client))
