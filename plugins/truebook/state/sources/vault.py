"""The source `vault`: the state of a Vault or OpenBao, and with a token its mounts and how people sign in to it.

Health and seal state need no token, and health tells its state by the status. No secret is ever asked for: the policy
`deploy/vault-policy.hcl` is all that the token needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from truebook.recording import Read
from truebook.state.source import Context, Reading
from truebook.state.systems import SCALAR, Ask, Each, Session, Shape, System, connect, scalars
from truebook.state.systems.shape import Misshapen, keep

VAULT = System("vault", ("http", "https", 8200), variable="VAULT_TOKEN", headers=lambda token: {"X-Vault-Token": token})
HEALTH = "/v1/sys/health"
STATES = {
    429: "standby",
    472: "a DR secondary",
    473: "a performance standby",
    501: "not initialized",
    503: "sealed",
    530: "removed from its cluster",
}
"""What its health says by another status than 200."""
SILENT = (472, 501, 503, 530)
"""In these it answers to no token."""

_MOUNT: Shape = {"type": SCALAR, "description": SCALAR, "options": {"version": SCALAR}}


def _mounts(body: Any) -> Any:
    """Path → its engine, as the answer has it twice: as it is, and below `data`."""
    paths = keep(body.get("data") if isinstance(body, dict) else None, Each(_MOUNT))
    return {**paths, "data": paths}


_LEADER: Shape = {
    **scalars("ha_enabled", "is_self", "active_time", "leader_address", "leader_cluster_address"),
    "performance_standby": SCALAR,
    "errors": [SCALAR],
}


def _leader(body: Any) -> Any:
    """Who leads, or that a sealed one, which has others beside it, can't tell."""
    found = keep(body, _LEADER)
    if "ha_enabled" in found or found.get("errors"):
        return found
    raise Misshapen


OPEN = (
    Ask(
        HEALTH,
        {
            **scalars("initialized", "sealed", "standby", "performance_standby", "version"),
            **scalars("cluster_name", "enterprise", "removed_from_cluster"),
        },
        statuses=frozenset(STATES),
        require=("initialized", "sealed"),
    ),
    Ask(
        "/v1/sys/seal-status",
        {
            **scalars("type", "initialized", "sealed", "t", "n", "progress", "version", "build_date"),
            **scalars("migration", "recovery_seal", "storage_type", "cluster_name"),
        },
        require=("sealed",),
    ),
    # What the command `vault status` asks beside these.
    Ask("/v1/sys/leader", _leader, statuses={503}),
)
"""Answered to anyone."""
CLOSED = (Ask("/v1/sys/mounts", _mounts, closed=True), Ask("/v1/sys/auth", _mounts, closed=True))
"""Answered to a token that may read them."""

_CONFIG: Shape = scalars("oidc_discovery_url", "oidc_client_id", "bound_issuer", "default_role", "jwks_url")
_ROLE: Shape = {"allowed_redirect_uris": [SCALAR], "bound_audiences": [SCALAR], "user_claim": SCALAR}
_PLAIN = re.compile(r"(?!.*\.\.)[\w.-]+(/[\w.-]+)*", re.ASCII)
"""A mount's path or a role's name that is safe to be part of a path."""


def read(context: Context) -> Reading:
    """Read Vault. Raises NotSetUp where it can't be found, SourceError where nothing can be said."""
    with connect(context, VAULT) as vault:
        vault.put(*OPEN)
        health = vault.answers.get(HEALTH)
        if health is not None and health.status in SILENT:
            # Its word on the rest would be the same 503, five times over.
            for ask in CLOSED:
                vault.add(Read(ask.what, "absent", reason=f"not asked: it is {STATES[health.status]}"))
            return vault.read()
        vault.put(*CLOSED)
        mounts = list(_sign_in(vault))
        vault.put(*(Ask(f"/v1/auth/{mount}/config", {"data": _CONFIG}, closed=True) for mount in mounts))
        vault.put(*_roles(vault, mounts))
        return vault.read()


def _sign_in(vault: Session) -> Iterator[str]:
    """The auth mounts where people and programs sign in through another's identity provider."""
    body = vault.body("/v1/sys/auth") or {}
    for path, mount in sorted(body.get("data", {}).items()):
        name = path.strip("/")
        if mount.get("type") in ("oidc", "jwt") and _PLAIN.fullmatch(name):
            yield name


def _roles(vault: Session, mounts: list[str]) -> Iterator[Ask]:
    for mount in mounts:
        config = (vault.body(f"/v1/auth/{mount}/config") or {}).get("data", {})
        role = config.get("default_role")
        if isinstance(role, str) and _PLAIN.fullmatch(role):
            yield Ask(f"/v1/auth/{mount}/role/{quote(role, safe='')}", {"data": _ROLE}, closed=True)
