"""What Vault's answers prove of a write to a KV engine. The same for OpenBao.

A mount is found by Vault itself (`sys/internal/ui/mounts`), as its path may have several segments. Values are never
read: metadata says what versions there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from truebook.claims import Reply, dig, items, text, unknown
from truebook.model import Claim

PATH = re.compile(r"[A-Za-z0-9_.\-]+(?:/[A-Za-z0-9_.\-]+)*")
"""A path within Vault that a question may hold: no empty, `.` or `..` segment is among them, see `is_path`."""

Verb = Literal["put", "patch", "delete", "undelete", "destroy", "rollback", "metadata put", "metadata patch",
               "metadata delete"]  # fmt: skip

NEEDED: dict[Verb, str] = {
    "put": "create or update",
    "patch": "patch",
    "delete": "delete",
    "undelete": "update",
    "destroy": "update",
    "rollback": "create or update",
    "metadata put": "create or update",
    "metadata patch": "patch",
    "metadata delete": "delete",
}
"""The capability that each write needs."""


def is_path(path: str) -> bool:
    """Whether this is a plain path, that no server reads in two ways."""
    return PATH.fullmatch(path) is not None and not any(part in (".", "..") for part in path.split("/"))


@dataclass(frozen=True, slots=True)
class Mount:
    """A secrets engine or auth method: its path without slashes at the ends, its type, and a KV engine's version."""

    path: str
    type: str
    version: int = 0


def mount_path(path: str) -> str:
    """The path, below /v1/, that tells which engine serves `path`."""
    return f"sys/internal/ui/mounts/{path}"


def mount(reply: Reply) -> Mount | None:
    """The engine that such an answer names."""
    path, kind = text(reply.get("data", "path")).strip("/"), text(reply.get("data", "type"))
    if not reply.ok or not path or not kind:
        return None
    if kind not in ("kv", "generic"):
        return Mount(path, kind)
    return Mount(path, "kv", 2 if reply.get("data", "options", "version") == "2" else 1)


def is_kv(path: str, reply: Reply) -> Claim:
    """A KV engine serves the path."""
    found = mount(reply)
    if found is None:
        # Vault says 403 both of a mount that is not there and of one without any permission, lest it be guessed.
        if reply.status in (403, 404):
            return Claim(f"no engine serves {path}, or the account may not use it", False, reply.source)
        return unknown(f"a KV engine serves {path}", reply)
    if found.type != "kv":
        return Claim(f"{found.path}/ is not a KV engine but {found.type}", False, reply.source)
    return Claim(f"{found.path}/ is a KV engine, version {found.version}", True, reply.source)


def api_path(engine: Mount, verb: Verb, secret: str) -> str:
    """The path, below /v1/, that a write to a secret of a KV engine goes to. `secret` is the path within the engine."""
    if engine.version == 1:
        return f"{engine.path}/{secret}"
    part = {"undelete": "undelete", "destroy": "destroy"}.get(
        verb, "metadata" if verb.startswith("metadata") else "data"
    )
    return f"{engine.path}/{part}/{secret}"


def current_version(metadata: Reply) -> int | None:
    """The newest version of a secret, 0 where there is none, None where it is not known."""
    if metadata.status == 404:
        return 0
    found = metadata.get("data", "current_version")
    return found if metadata.ok and isinstance(found, int) else None


def exists(path: str, metadata: Reply) -> Claim:
    """The secret is there."""
    version = current_version(metadata)
    if version is None:
        return unknown(f"the secret {path} exists", metadata)
    if version == 0:
        return Claim(f"the secret {path} does not exist", False, metadata.source)
    return Claim(f"the secret {path} exists, in version {version}", True, metadata.source)


def has_version(path: str, number: int, metadata: Reply) -> Claim:
    """A version of the secret can still be read."""
    if current_version(metadata) is None:
        return unknown(f"the secret {path} has a version {number}", metadata)
    found = metadata.get("data", "versions", str(number))
    if not isinstance(found, dict):
        return Claim(f"the secret {path} has no version {number}", False, metadata.source)
    if found.get("destroyed") or found.get("deletion_time"):
        return Claim(f"version {number} of the secret {path} was deleted", False, metadata.source)
    return Claim(f"the secret {path} has a version {number}", True, metadata.source)


def permitted(path: str, needed: str, reply: Reply) -> Claim:
    """The account has one of the capabilities (`create or update`) on a path below /v1/."""
    claim = f"the account may {needed} {path}"
    found = reply.get("data", path)
    if found is None:
        found = reply.get(path)
    if found is None:
        found = reply.get("data", "capabilities")
    if not reply.ok or not isinstance(found, list):
        return unknown(claim, reply)
    if "deny" not in found and ({"root", *needed.split(" or ")} & {text(word) for word in items(found)}):
        return Claim(claim, True, reply.source)
    return Claim(f"the account may not {needed} {path}", False, reply.source)


def needed(verb: Verb, metadata: Reply) -> str:
    """The capability that a write needs, as far as metadata tells which of two it is."""
    if verb not in ("put", "rollback"):
        return NEEDED[verb]
    version = current_version(metadata)
    if version is None:
        return NEEDED[verb]
    newest = dig(metadata.get("data", "versions"), str(version))
    gone = bool(dig(newest, "destroyed")) or bool(dig(newest, "deletion_time"))
    return "create" if version == 0 or gone else "update"


def check_and_set(path: str, cas: int | None, metadata: Reply) -> tuple[Claim, ...]:
    """The version that a write with check-and-set expects is the newest; where it is required, it is given."""
    version = current_version(metadata)
    if cas is None:
        if metadata.get("data", "cas_required") is True:
            return (Claim(f"the secret {path} takes no write without check-and-set", False, metadata.source),)
        return ()
    if version is None:
        return (unknown(f"the secret {path} is in version {cas}", metadata),)
    return (Claim(f"the secret {path} is in version {version}, {cas} is expected", version == cas, metadata.source),)
