"""Vault → what gets its secrets."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.inventory.uses.secrets import Consumers, vault_of
from truebook.model import Relation


def secrets(joined: Joined) -> Iterator[Relation]:
    """An arrow to each consumer; the evidence is the path that the object asks for."""
    consumers = Consumers(joined)
    for use in joined.facts.told.secret_uses:
        vault = vault_of(joined, use)
        for consumer in consumers.of(use) if vault is not None else ():
            assert vault is not None
            yield Relation(
                vault.name, consumer.subject.name, "secrets", "secrets", use.place.evidence(*use.paths[0][1])
            )
