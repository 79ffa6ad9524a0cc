"""What a region says of the systems it was to be filled from: those that were not read, and those that were played."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from truebook.model import Inventory, SourceStatus

TITLES = {
    "kubernetes": "The cluster",
    "argocd": "ArgoCD",
    "git": "Git",
    "vault": "Vault",
    "authentik": "Authentik",
    "oidc": "OIDC discovery",
    "prometheus": "Prometheus",
    "alertmanager": "Alertmanager",
    "grafana": "Grafana",
    "configmaps": "Grafana's ConfigMaps",
    "loki": "Loki",
    "minio": "MinIO",
    "certificates": "Certificate look-up",
}
"""What people call the sources; one that is not here goes by its own name."""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark above a table. `kind` is `failed`, `stale`, `absent` or `stand-in`, for styles."""

    kind: str
    text: str


def title(name: str) -> str:
    """What people call a source."""
    return TITLES.get(name, name)


def was_read(inventory: Inventory, names: Iterable[str]) -> bool:
    """Whether any of these sources has something to show, be it of an earlier reading."""
    return any(_status(inventory, name).state in ("fresh", "stale") for name in names)


def all_read(inventory: Inventory, names: Iterable[str]) -> bool:
    """Whether each of these sources was read now: only then is what is missing really not there."""
    return all(_status(inventory, name).state == "fresh" for name in names)


def notes(inventory: Inventory, names: Iterable[str]) -> list[Note]:
    """What is to be said of the sources of a table.

    One that is not set up is missed only where none of them was read: the others then say it all.
    """
    names = tuple(names)
    read = was_read(inventory, names)
    found = []
    for name in names:
        status = _status(inventory, name)
        if status.state == "failed" or (status.state == "absent" and not read):
            found.append(Note(status.state, unread(status)))
        elif status.state == "stale":
            shown = f"{title(name)} was not read anew, shown is what it said at {status.read_at or 'an earlier time'}"
            found.append(Note("stale", _because(shown, status.reason)))
    return [*found, *_stand_ins(inventory, names)]


def _stand_ins(inventory: Inventory, names: Iterable[str]) -> list[Note]:
    """One note for each stand-in, with all the sources that it answered for."""
    played: dict[str, list[str]] = {}
    for status in (_status(inventory, name) for name in names):
        if status.stand_in and status.state in ("fresh", "stale"):
            played.setdefault(status.stand_in, []).append(title(status.name))
    return [
        Note("stand-in", f"A stand-in answered for {' and '.join(of)} ({what.strip().rstrip('.')}).")
        for what, of in played.items()
    ]


def why_unread(inventory: Inventory, names: Iterable[str]) -> str:
    """Why none of these sources was read, in one sentence: a failure goes before what is not set up."""
    found = [_status(inventory, name) for name in names]
    return unread(next((status for status in found if status.state == "failed"), found[0]))


def unread(status: SourceStatus) -> str:
    """`Prometheus was not read: connection refused`."""
    return _because(f"{title(status.name)} was not read", status.reason)


def _because(said: str, reason: str) -> str:
    reason = reason.strip().rstrip(".")
    return f"{said}: {reason}." if reason else f"{said}."


def _status(inventory: Inventory, name: str) -> SourceStatus:
    missing = SourceStatus(name, "absent", "this state was recorded without it")
    return next((status for status in inventory.sources if status.name == name), missing)
