"""What a region says of the systems it was to be filled from: those that were not read, and those that were played.

A name is that of a source, or with a word more that of one thing which it is asked for: `grafana /api/search`,
`kubernetes velero.io/backups`. A source may answer and keep just this to itself, for want of a permission: then nobody
knows what there is, and no page may say that there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from truebook.model import Inventory, SourceStatus, Unread

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
    """What people call a source, and what it is asked for."""
    source, _, what = name.partition(" ")
    called = TITLES.get(source, source)
    return f"{called} ({what})" if what else called


def was_read(inventory: Inventory, names: Iterable[str]) -> bool:
    """Whether any of these has something to show, be it of an earlier reading; or none of them is installed."""
    names = tuple(names)
    return any(_status(inventory, name).state in ("fresh", "stale") for name in names) or all(
        _not_installed(inventory, name) for name in names
    )


def all_read(inventory: Inventory, names: Iterable[str]) -> bool:
    """Whether each of these was read now, or is not installed: only then is what is missing really not there."""
    return all(_status(inventory, name).state == "fresh" or _not_installed(inventory, name) for name in names)


def failed(inventory: Inventory, names: Iterable[str]) -> bool:
    """Whether any of these should have been read and could not be."""
    return any(_status(inventory, name).state == "failed" for name in names)


def withheld(inventory: Inventory, names: Iterable[str]) -> list[str]:
    """Those of these whose source answers and does not tell just this."""
    return [name for name in names if _is_withheld(inventory, name)]


def untold(inventory: Inventory, names: Iterable[str], *, joined: bool = False) -> list[str]:
    """What these keep to themselves that no other says, in a sentence each. `joined` as in `notes`."""
    names = tuple(names)
    missed = joined or not was_read(inventory, names)
    return [unread(_status(inventory, name)) for name in withheld(inventory, names) if missed]


def notes(inventory: Inventory, names: Iterable[str], *, joined: bool = False) -> list[Note]:
    """What is to be said of the sources of a table.

    One that is not set up, or does not tell, is missed only where none of them was read: the others then say it all.
    Where they are `joined`, each says what no other does.
    """
    names = tuple(names)
    read = was_read(inventory, names)
    found = []
    for name in names:
        status = _status(inventory, name)
        missed = not read or (joined and _is_withheld(inventory, name))
        if status.state == "failed" or (status.state == "absent" and missed and not _not_installed(inventory, name)):
            found.append(Note(status.state, unread(status)))
        elif status.state == "stale":
            of = title(_source(name))
            shown = f"{of} was not read anew, shown is what it said at {status.read_at or 'an earlier time'}"
            found.append(Note("stale", _because(shown, status.reason)))
    return [*dict.fromkeys(found), *_stand_ins(inventory, names)]


def _stand_ins(inventory: Inventory, names: Iterable[str]) -> list[Note]:
    """One note for each stand-in, with all the sources that it answered for."""
    played: dict[str, list[str]] = {}
    for name in names:
        status = _status(inventory, name)
        if status.stand_in and status.state in ("fresh", "stale"):
            played.setdefault(status.stand_in, []).append(title(_source(name)))
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


def _source(name: str) -> str:
    return name.partition(" ")[0]


def _status(inventory: Inventory, name: str) -> SourceStatus:
    """That of the source; where it does not tell what it is asked for, failed or absent for that reason."""
    source = _source(name)
    missing = SourceStatus(source, "absent", "this state was recorded without it")
    status = next((status for status in inventory.sources if status.name == source), missing)
    held = _unread(status, name)
    if held is None or status.state not in ("fresh", "stale"):
        return status
    reason = held.reason.removeprefix(f"{source}: ")
    return replace(status, name=name, state="failed" if held.state == "failed" else "absent", reason=reason)


def _unread(status: SourceStatus, name: str) -> Unread | None:
    """What of a source's unread things is this one, whatever query it was asked with."""
    what = name.partition(" ")[2]
    return next((one for one in status.unread if one.what.partition("?")[0] == what), None)


def _not_installed(inventory: Inventory, name: str) -> bool:
    """Whether the cluster answered that it has no such kind: then there is nothing of it."""
    status = next((status for status in inventory.sources if status.name == _source(name)), None)
    held = None if status is None or status.name != "kubernetes" else _unread(status, name)
    return held is not None and held.state == "absent"


def _is_withheld(inventory: Inventory, name: str) -> bool:
    status = next((status for status in inventory.sources if status.name == _source(name)), None)
    held = None if status is None or status.state not in ("fresh", "stale") else _unread(status, name)
    return held is not None and not _not_installed(inventory, name)
