"""`vault …` and `bao …`, asked of Vault's API.

Where Vault cannot be reached, or does not tell, the cluster's own objects say something of it: a (Cluster)SecretStore
names the mount and its version and is Ready when its account can log in, and ExternalSecrets name the paths that are
read. Permissions and versions can't be told then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from truebook.claims import Reply, dig, items, text, unknown, vault
from truebook.model import Claim
from truebook.runbooks.proofs.client import Client
from truebook.runbooks.proofs.words import Command, unclear
from truebook.runbooks.verdicts.ruling import literal

STORES = ("clustersecretstores", "secretstores")
_GROUP = "/apis/external-secrets.io/v1"

_VERBS: dict[str, vault.Verb] = {
    "kv put": "put",
    "kv patch": "patch",
    "kv delete": "delete",
    "kv undelete": "undelete",
    "kv destroy": "destroy",
    "kv rollback": "rollback",
    "kv metadata put": "metadata put",
    "kv metadata patch": "metadata patch",
    "kv metadata delete": "metadata delete",
}
_READS = {
    "secrets list": "sys/mounts",
    "auth list": "sys/auth",
    "policy list": "sys/policies/acl",
    "operator members": "sys/ha-status",
    "operator raft list-peers": "sys/storage/raft/configuration",
}


def prove(command: Command, earlier: tuple[Command, ...], client: Client) -> tuple[Claim, ...]:
    """The claims of one `vault` command."""
    verb = command.verb
    if verb == "status":
        return (_unsealed(client.ask("vault", "/v1/sys/seal-status")),)
    if verb in _READS:
        reply = client.ask("vault", f"/v1/{_READS[verb]}")
        said = f"Vault answers {_READS[verb]}"
        return (Claim(said, True, reply.source) if reply.ok else unknown(said, reply),)
    if verb in _VERBS or verb in ("kv metadata get", "kv get", "kv list"):
        return _kv(command, client)
    return (Claim(f"what '{command}' needs can't be checked without running it", None),)


def _unsealed(reply: Reply) -> Claim:
    sealed = reply.get("sealed")
    if not reply.ok or not isinstance(sealed, bool):
        return unknown("Vault is unsealed", reply)
    return Claim("Vault is sealed" if sealed else "Vault is unsealed", not sealed, reply.source)


def _kv(command: Command, client: Client) -> tuple[Claim, ...]:
    mount = command.flag("mount").strip("/")
    word = (command.operands[0] if command.operands else "").strip("/")
    if not word and not (command.verb == "kv list" and mount):
        return (Claim(f"'{command}' names no secret", False),)
    path = f"{mount}/{word}".strip("/") if mount else word
    if not literal(path):
        return (unclear(command, "secret", word),)
    if not vault.is_path(path):
        return (Claim(f"{path[:80]!r} is not a path that a secret can have", False),)
    if command.verb in ("kv put", "kv patch") and len(command.operands) < 2:
        return (Claim(f"'{command}' gives {path} no data", False),)
    found = client.ask("vault", f"/v1/{vault.mount_path(path)}")
    if found.status == 0:
        return _by_cluster(command, path, client)
    served = vault.is_kv(path, found)
    engine = vault.mount(found)
    if served.holds is not True or engine is None:
        return (served,)
    secret = path.removeprefix(engine.path).strip("/")
    claims = (served, *_secret(command, engine, secret, client))
    if secret and any(claim.holds is None for claim in claims):
        store = _store(path, client)
        claims += (_used(path, store, client),) if store is not None else ()
    return claims


def _secret(command: Command, engine: vault.Mount, secret: str, client: Client) -> tuple[Claim, ...]:
    """The claims on a secret of an engine that is known."""
    path = f"{engine.path}/{secret}"
    verb = _VERBS.get(command.verb)
    metadata = client.ask("vault", f"/v1/{engine.path}/metadata/{secret}") if engine.version == 2 else Reply(0)
    if verb is None:
        return (vault.exists(path, metadata),) if engine.version == 2 and command.verb != "kv list" else ()
    if engine.version == 1 and verb not in ("put", "delete"):
        return (Claim(f"'{command}' needs a KV engine of version 2, {engine.path}/ is of version 1", False),)
    target = vault.api_path(engine, verb, secret)
    needed = vault.needed(verb, metadata) if engine.version == 2 else vault.NEEDED[verb]
    capabilities = client.ask("vault", "/v1/sys/capabilities-self", body={"paths": [target]})
    claims = [vault.permitted(target, needed, capabilities)]
    if verb in ("patch", "undelete", "destroy", "rollback") and engine.version == 2:
        claims.append(vault.exists(path, metadata))
    number = command.flag("version") if verb == "rollback" else ""
    if number:
        valid = number.isdecimal()
        claims.append(
            vault.has_version(path, int(number), metadata) if valid else Claim(f"{number[:20]!r} is no version", False)
        )
    if verb == "put" and re.fullmatch(r"[0-9]{1,9}", command.flag("cas")):
        claims += vault.check_and_set(path, int(command.flag("cas")), metadata)
    return tuple(claims)


@dataclass(frozen=True, slots=True)
class _Store:
    """A (Cluster)SecretStore, the mount that it names, and where it was read."""

    mount: str
    spec: object
    source: str

    @property
    def name(self) -> str:
        return text(dig(self.spec, "metadata", "name"))

    @property
    def shown(self) -> str:
        return f"{text(dig(self.spec, 'kind')) or 'SecretStore'} {self.name}"


def _store(path: str, client: Client) -> _Store | None:
    """The store whose mount a path is in, the one with the longest."""
    best: _Store | None = None
    for plural in STORES:
        reply = client.ask("kubernetes", f"{_GROUP}/{plural}")
        for store in items(reply.get("items")):
            mount = text(dig(store, "spec", "provider", "vault", "path")).strip("/")
            inside = mount and (path == mount or path.startswith(f"{mount}/"))
            if inside and (best is None or len(mount) > len(best.mount)):
                best = _Store(mount, store, reply.source)
    return best


def _by_cluster(command: Command, path: str, client: Client) -> tuple[Claim, ...]:
    """What the cluster's objects say of a path in a Vault that cannot be asked."""
    store = _store(path, client)
    if store is None:
        return (Claim(f"no object of the cluster names the engine of {path}, and Vault could not be reached", None),)
    mount, source = store.mount, store.source
    version = text(dig(store.spec, "spec", "provider", "vault", "version")) or "v2"
    ready = _ready(store.spec)
    if version != "v2" and command.verb not in ("kv put", "kv delete", "kv get", "kv list"):
        said = f"'{command}' needs a KV engine of version 2, {mount}/ is {version} by {store.shown}"
        return (Claim(said, False, source),)
    return (
        Claim(f"{mount}/ is a KV engine, version {version.removeprefix('v')}, by {store.shown}", True, source),
        Claim(f"{store.shown} is {'Ready: Vault lets it in' if ready else 'not Ready'}", ready, source),
        _used(path, store, client),
        Claim(f"permissions and versions of {path}: not known, Vault could not be reached", None),
    )


def _ready(store: object) -> bool | None:
    statuses = [
        text(dig(condition, "status"))
        for condition in items(dig(store, "status", "conditions"))
        if dig(condition, "type") == "Ready"
    ]
    return statuses[0] == "True" if statuses else None


def _used(path: str, store: _Store, client: Client) -> Claim:
    """Who reads the path."""
    secret = path.removeprefix(store.mount).strip("/")
    reply = client.ask("kubernetes", f"{_GROUP}/externalsecrets")
    users = sorted(
        f"{text(dig(item, 'metadata', 'namespace'))}/{text(dig(item, 'metadata', 'name'))}"
        for item in items(reply.get("items"))
        if dig(item, "spec", "secretStoreRef", "name") == store.name
        and any(dig(entry, "remoteRef", "key") == secret for entry in items(dig(item, "spec", "data")))
    )
    if users:
        return Claim(f"{path} is read by ExternalSecret {', '.join(users[:3])}", True, reply.source)
    return Claim(f"no ExternalSecret reads {path}", None, reply.source)
