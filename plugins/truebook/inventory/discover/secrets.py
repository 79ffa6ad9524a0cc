"""Who gets what out of Vault: ExternalSecrets, VaultStaticSecrets, and the agent that is put into pods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from truebook.inventory import look
from truebook.inventory.discover.answers import Answers
from truebook.inventory.discover.objects import objects
from truebook.inventory.discover.workloads import GROUPS
from truebook.inventory.facts import Workload
from truebook.inventory.look import Step
from truebook.inventory.objects import Ref, thing
from truebook.inventory.told import SecretUse, place_of
from truebook.recording import KubernetesData

_ESO, _VSO = "external-secrets.io", "secrets.hashicorp.com"
_INJECT = "vault.hashicorp.com/"
_SECRET = f"{_INJECT}agent-inject-secret-"
_RESTARTED = ("spec", "rolloutRestartTargets")
_ADDRESS = "AGENT_INJECT_VAULT_ADDR"


@dataclass(frozen=True, slots=True)
class _Store:
    """What a (Cluster)SecretStore says of its Vault."""

    server: str
    mount: str


def secret_uses(kubernetes: KubernetesData, workloads: Iterable[Workload]) -> Iterator[SecretUse]:
    """All of them; what comes from another store than a Vault is none."""
    yield from _external(kubernetes)
    yield from _static(kubernetes)
    yield from _injected(list(workloads))


def _external(kubernetes: KubernetesData) -> Iterator[SecretUse]:
    stores = {
        (kind, found.ref.namespace, found.ref.name): _Store(
            look.text(obj, "spec", "provider", "vault", "server"), look.text(obj, "spec", "provider", "vault", "path")
        )
        for kind in ("SecretStore", "ClusterSecretStore")
        for obj in objects(kubernetes, f"{_ESO}/{kind.lower()}s")
        if (found := thing(obj, _ESO, kind)) is not None
    }
    for obj in objects(kubernetes, f"{_ESO}/externalsecrets"):
        found = thing(obj, _ESO, "ExternalSecret")
        if found is None:
            continue
        secret = look.text(obj, "spec", "target", "name")
        where: tuple[Step, ...] = ("spec", "target", "name")
        if not secret:
            secret, where = found.ref.name, ("metadata", "name")
        by_store: dict[_Store, list[tuple[str, tuple[Step, ...]]]] = {}
        for key, path, ref in _references(obj):
            kind = look.text(ref, "kind") or "SecretStore"
            namespace = "" if kind == "ClusterSecretStore" else found.ref.namespace
            store = stores.get((kind, namespace, look.text(ref, "name")))
            if store is not None and store.server:
                by_store.setdefault(store, []).append((key, path))
        for store, paths in by_store.items():
            via = str(found.ref)
            yield SecretUse(place_of(found), found, via, store.server, store.mount, tuple(_once(paths)), secret, where)


def _references(obj: Any) -> Iterator[tuple[str, tuple[Step, ...], Any]]:
    """(key in the store, where it stands, reference to the store). What is looked for by name or tag is all below a
    path: `team/*`."""
    default = look.at(obj, "spec", "secretStoreRef")
    for index, entry in look.entries(obj, "spec", "data"):
        yield from _keyed(entry, "remoteRef", default, ("spec", "data", index))
    for index, entry in look.entries(obj, "spec", "dataFrom"):
        where: tuple[Step, ...] = ("spec", "dataFrom", index)
        yield from _keyed(entry, "extract", default, where)
        store = _store(entry, default)
        if isinstance(look.at(entry, "find"), dict) and store is not None:
            below = look.text(entry, "find", "path").strip("/")
            yield f"{below}/*" if below else "*", (*where, "find", *(("path",) if below else ())), store


def _keyed(entry: Any, by: str, default: Any, where: tuple[Step, ...]) -> Iterator[tuple[str, tuple[Step, ...], Any]]:
    key, store = look.text(entry, by, "key"), _store(entry, default)
    if key and store is not None:
        yield key, (*where, by, "key"), store


def _store(entry: Any, default: Any) -> Any:
    """The reference to the store that an entry has of its own, else the object's; None for what is generated."""
    own = look.mapping(entry, "sourceRef")
    return own.get("storeRef") or (default if not own.get("generatorRef") else None)


def _once(paths: list[tuple[str, tuple[Step, ...]]]) -> Iterator[tuple[str, tuple[Step, ...]]]:
    seen: set[str] = set()
    for key, path in paths:
        if key not in seen:
            seen.add(key)
            yield key, path


def _static(kubernetes: KubernetesData) -> Iterator[SecretUse]:
    servers = {
        (found.ref.namespace, found.ref.name): look.text(obj, "spec", "address")
        for obj in objects(kubernetes, f"{_VSO}/vaultconnections")
        if (found := thing(obj, _VSO, "VaultConnection")) is not None
    }
    auths = {
        (found.ref.namespace, found.ref.name): look.text(obj, "spec", "vaultConnectionRef") or "default"
        for obj in objects(kubernetes, f"{_VSO}/vaultauths")
        if (found := thing(obj, _VSO, "VaultAuth")) is not None
    }
    for obj in objects(kubernetes, f"{_VSO}/vaultstaticsecrets"):
        found = thing(obj, _VSO, "VaultStaticSecret")
        path = look.text(obj, "spec", "path")
        if found is None or not path:
            continue
        auth = _named(look.text(obj, "spec", "vaultAuthRef") or "default", found.ref.namespace)
        connection = _named(auths.get(auth, "default"), auth[0])
        restarted = tuple(
            (Ref(GROUPS[kind], kind, found.ref.namespace, look.text(entry, "name")), (*_RESTARTED, index, "name"))
            for index, entry in look.entries(obj, *_RESTARTED)
            if (kind := look.text(entry, "kind")) in GROUPS
        )
        yield SecretUse(
            place_of(found),
            found,
            str(found.ref),
            servers.get(connection, ""),
            look.text(obj, "spec", "mount"),
            ((path, ("spec", "path")),),
            look.text(obj, "spec", "destination", "name"),
            ("spec", "destination", "name"),
            restarted,
        )


def _named(name: str, namespace: str) -> tuple[str, str]:
    """`name` or `namespace/name`."""
    where, slash, rest = name.partition("/")
    return (where, rest) if slash else (namespace, name)


def _injected(workloads: list[Workload]) -> Iterator[SecretUse]:
    """The agent's default address is that of its one injector; of several nobody can say which it was."""
    defaults = {value for workload in workloads for name, value, _ in workload.variables if name == _ADDRESS}
    default = next(iter(defaults)) if len(defaults) == 1 else ""
    for workload in workloads:
        notes = workload.pod_annotations
        if notes.get(f"{_INJECT}agent-inject", "").strip().lower() != "true":
            continue
        paths = tuple(
            (notes[key], ("metadata", "annotations", key)) for key in sorted(notes) if key.startswith(_SECRET)
        )
        server = notes.get(f"{_INJECT}service", "") or default
        if paths:
            place = place_of(workload).at(*workload.template)
            yield SecretUse(place, workload, "injector", server, "", paths, workloads=((workload.ref, ()),))


def mounts(vault: Answers) -> dict[str, tuple[str, str]]:
    """Vault's engines, `mount/` → (type, version), where a token could list them."""
    answer = vault.get("/v1/sys/mounts")
    body = None if answer is None else answer.ok
    found = look.mapping(body, "data") or look.mapping(body)
    return {
        path: (look.text(engine, "type"), look.text(engine, "options", "version"))
        for path, engine in found.items()
        if path.endswith("/") and look.text(engine, "type")
    }
