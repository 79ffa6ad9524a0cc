"""`velero …`, asked of its objects in Kubernetes: the backup, schedule or restore that a command names is there."""

from __future__ import annotations

import re

from truebook.claims import Reply, dig, items, text, unknown
from truebook.model import Claim
from truebook.runbooks.proofs.client import Client
from truebook.runbooks.proofs.words import Command, unclear
from truebook.runbooks.verdicts.ruling import literal

HOME = "velero"
"""The namespace that the command looks in when it is not told of another."""

_GROUP = "/apis/velero.io/v1"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?")
_PLURALS = {
    "backup": "backups",
    "restore": "restores",
    "schedule": "schedules",
    "backup-location": "backupstoragelocations",
    "snapshot-location": "volumesnapshotlocations",
    "repo": "backuprepositories",
}
_ACTIONS = frozenset(("get", "create", "delete", "describe", "logs"))


def prove(command: Command, earlier: tuple[Command, ...], client: Client) -> tuple[Claim, ...]:
    """The claims of one `velero` command."""
    first, _, second = command.verb.partition(" ")
    noun, action = (second, first) if first in _ACTIONS else (first, second)
    noun = noun.removesuffix("s") if noun.removesuffix("s") in _PLURALS else noun
    if noun not in _PLURALS:
        return (Claim(f"what '{command}' needs can't be checked through the API", None),)
    if command.parsed.last("namespace") and not command.flag("namespace"):
        return (unclear(command, "namespace", command.parsed.last("namespace")),)
    namespace = command.flag("namespace") or HOME
    if not _NAME.fullmatch(namespace):
        return (Claim(f"{namespace[:60]!r} is not a name that a namespace can have", False),)
    if action == "create":
        return _created(command, namespace, client)
    if command.operands:
        return tuple(_there(command, noun, name, namespace, client)[0] for name in command.operands)
    reply = client.ask("kubernetes", f"{_GROUP}/namespaces/{namespace}/{_PLURALS[noun]}")
    claim = f"{_PLURALS[noun]} of {namespace} can be listed"
    if not reply.ok:
        return (unknown(claim, reply),)
    return (Claim(f"{claim}: {len(items(reply.get('items')))}", True, reply.source),)


def _created(command: Command, namespace: str, client: Client) -> tuple[Claim, ...]:
    """What a new backup or restore is made from is there, and can be written to or read from."""
    claims: list[Claim] = []
    if backup := command.parsed.last("from-backup"):
        there, reply = _there(command, "backup", backup, namespace, client)
        claims.append(there)
        if there.holds:
            phase = text(reply.get("status", "phase")) or "New"
            usable = phase == "Completed" or (
                phase == "PartiallyFailed" and command.parsed.on("allow-partially-failed")
            )
            claims.append(Claim(f"the backup {backup} is {phase}", usable, reply.source))
    if schedule := command.parsed.last("from-schedule"):
        claims.append(_there(command, "schedule", schedule, namespace, client)[0])
    if command.verb in ("backup create", "create backup", "create backups"):
        claims.append(_location(command, namespace, client))
    return tuple(claims) or (Claim(f"what '{command}' needs can't be checked through the API", None),)


def _location(command: Command, namespace: str, client: Client) -> Claim:
    """The location that a backup goes to is Available: the one that is named, else any."""
    reply = client.ask("kubernetes", f"{_GROUP}/namespaces/{namespace}/{_PLURALS['backup-location']}")
    claim = "a backup location is Available"
    if not reply.ok:
        return unknown(claim, reply)
    named = command.flag("storage-location")
    found = [
        text(dig(item, "metadata", "name"))
        for item in items(reply.get("items"))
        if dig(item, "status", "phase") == "Available" and named in ("", dig(item, "metadata", "name"))
    ]
    if found:
        return Claim(f"the backup location {found[0]} is Available", True, reply.source)
    return Claim(f"no backup location{f' {named}' if named else ''} is Available", False, reply.source)


def _there(command: Command, noun: str, name: str, namespace: str, client: Client) -> tuple[Claim, Reply]:
    """An object is there; with it the answer that says so."""
    what = noun.replace("-", " ")
    if not literal(name):
        return unclear(command, what, name), Reply(0)
    if not _NAME.fullmatch(name):
        return Claim(f"{name[:60]!r} is not a name that a {what} can have", False), Reply(0)
    reply = client.ask("kubernetes", f"{_GROUP}/namespaces/{namespace}/{_PLURALS[noun]}/{name}")
    if reply.ok:
        return Claim(f"the {what} {name} exists", True, reply.source), reply
    if reply.status == 404:
        return Claim(f"the {what} {name} does not exist", False, reply.source), reply
    return unknown(f"the {what} {name} exists", reply), reply
