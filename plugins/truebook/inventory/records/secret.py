"""Who gets which path out of Vault. Never a value: nobody asked for one.

Values: `path` (`secret/paperless/db`, `secret/paperless/*` for all below), `mount` (the engine's), `via`
(`ExternalSecret ns/name`, `VaultStaticSecret ns/name`, `injector`), `secret_name` (the Kubernetes Secret that it
becomes), `consumer` (the component) and its `workload`, `vault` (the component that has it).
"""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.inventory.records.row import kept, row
from truebook.inventory.uses.secrets import Consumer, Consumers, mount_and_path, vault_of
from truebook.model import Record, Value


def secrets(joined: Joined) -> Iterator[Record]:
    """One for each path and consumer; one of no component where none is known."""
    known = Consumers(joined)
    for use in joined.facts.told.secret_uses:
        vault = vault_of(joined, use)
        by_component = _by_component(known.of(use))
        for path, where in use.paths:
            mount, whole = mount_and_path(joined, use, path)
            evidence = use.place.evidence(*where)
            for consumer, workloads in by_component or [(None, ())]:
                subject = None if consumer is None else consumer.subject
                told = None if consumer is None else consumer.workload
                yield row(
                    "secret",
                    f"{whole} → {use.via if subject is None else subject.name}",
                    subject,
                    {
                        "path": Value(whole, evidence),
                        "mount": Value(mount, evidence) if mount else None,
                        "via": Value(use.via, evidence),
                        "secret_name": kept(use.place, use.secret, *use.secret_path),
                        "consumer": None
                        if subject is None
                        else Value(subject.name, told.evidence if told else evidence),
                        "workload": Value(workloads, told.evidence) if told is not None else None,
                        "vault": None if vault is None else Value(vault.name, evidence),
                    },
                )


def _by_component(consumers: list[Consumer]) -> list[tuple[Consumer | None, tuple[str, ...]]]:
    """Each component once, with all its workloads that get the secret."""
    found: dict[str, list[Consumer]] = {}
    for consumer in consumers:
        found.setdefault(consumer.subject.name, []).append(consumer)
    return [
        (mine[0], tuple(str(one.workload.value) for one in mine if one.workload is not None)) for mine in found.values()
    ]
