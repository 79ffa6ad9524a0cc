"""Which component gets which path out of which Vault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from truebook.inventory.facts import Workload
from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.told import SecretUse, place_of
from truebook.model import Value


@dataclass(frozen=True, slots=True)
class Consumer:
    """A component that gets a secret, and the workload that does, where one is known. The evidence is what joins
    them: the pod's reference to the Secret, or the object that asks for it."""

    subject: Subject
    workload: Value | None


def vault_of(joined: Joined, use: SecretUse) -> Subject | None:
    """The component at the address that the object leads to; where it leaves that to a default, the only Vault."""
    if use.server:
        return joined.resolver.url(use.server, use.owner.ref.namespace)
    running = joined.running("vault")
    return running[0] if len(running) == 1 else None


class Consumers:
    """Finds the consumers of secrets, with one look at all workloads."""

    def __init__(self, joined: Joined) -> None:
        self._joined = joined
        self._by_secret: dict[tuple[str, str], list[tuple[Workload, Value]]] = {}
        for workload in joined.facts.workloads:
            place = place_of(workload)
            for name, path in dict(reversed(workload.secrets)).items():
                found = self._by_secret.setdefault((workload.ref.namespace, name), [])
                found.append((workload, place.value(str(workload.ref), *path)))

    def of(self, use: SecretUse) -> list[Consumer]:
        """The workloads that get the Secret, else those that the object names, else the Application it belongs to."""
        return list(self._mounting(use)) or list(self._named(use)) or list(self._owning(use))

    def _mounting(self, use: SecretUse) -> Iterator[Consumer]:
        for workload, value in self._by_secret.get((use.owner.ref.namespace, use.secret), ()) if use.secret else ():
            subject = self._joined.resolver.workload(workload.ref)
            if subject is not None:
                yield Consumer(subject, value)

    def _named(self, use: SecretUse) -> Iterator[Consumer]:
        for ref, path in use.workloads:
            subject = self._joined.resolver.workload(ref)
            if subject is not None:
                yield Consumer(subject, use.place.value(str(ref), *path))

    def _owning(self, use: SecretUse) -> Iterator[Consumer]:
        home = self._joined.members.of(use.owner)
        subject = None if home is None else self._joined.resolver.of_application(home[0])
        if subject is not None:
            yield Consumer(subject, None)


def mount_and_path(joined: Joined, use: SecretUse, path: str) -> tuple[str, str]:
    """(mount, whole path) as `vault kv get` takes it: `secret`, `secret/paperless/db`.

    The API's path of a KV engine of version 2 has `data/` after the mount; that is left out, where the engine is of
    that version, or no one said of which. The mount is empty where the path is all that there is, whatever the engine.
    """
    path = path.strip("/")
    mount = use.mount.strip("/")
    if not mount and path == "*":
        return "", path
    if mount:
        rest = path.removeprefix(f"{mount}/")
    else:
        known = sorted(joined.facts.told.mounts, key=len, reverse=True)
        mount = next((name for name in known if f"{path}/".startswith(name)), f"{path.partition('/')[0]}/").strip("/")
        rest = path.removeprefix(mount).strip("/")
    engine = joined.facts.told.mounts.get(f"{mount}/")
    if engine is None or engine[1] == "2":
        rest = rest.removeprefix("data/")
    return mount, f"{mount}/{rest}" if rest else mount
