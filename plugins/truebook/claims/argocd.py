"""What ArgoCD's answers prove of a sync, a rollback, a wait or another change of an application.

What is so only for now (an operation in progress, a sync window) never disproves a command: it is said, and counts as
not known. What the command itself gets wrong (no such application) does; so does a permission that the account lacks,
which a run excuses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from truebook.claims import Reply, dig, items, text, unknown
from truebook.model import Claim

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?")
"""What an application, a project or a namespace may be called. Nothing else gets into a question's path."""
LISTED = 5
"""Objects of a difference that are named; more are counted."""


@dataclass(frozen=True, slots=True)
class Question:
    """A REST read: `path` is decoded, `query` its parameters."""

    path: str
    query: tuple[tuple[str, str], ...] = ()


def application_question(name: str, namespace: str = "") -> Question:
    """Asks for an application."""
    return Question(f"/api/v1/applications/{name}", (("appNamespace", namespace),) if namespace else ())


def permission_question(application: Reply, action: str, namespace: str = "") -> Question | None:
    """Asks whether the account may do `action` on this application; None where its project's name is no name."""
    project, name = text(application.get("spec", "project")), text(application.get("metadata", "name"))
    parts = [project or "default", *([namespace] if namespace else []), name]
    if not all(NAME.fullmatch(part) for part in parts):
        return None
    return Question(f"/api/v1/account/can-i/applications/{action}/{'/'.join(parts)}")


def windows_question(name: str, namespace: str = "") -> Question:
    """Asks for an application's sync windows."""
    return Question(f"/api/v1/applications/{name}/syncwindows", (("appNamespace", namespace),) if namespace else ())


def exists(name: str, reply: Reply) -> Claim:
    """The application is there."""
    claim = f"the application {name} exists"
    if reply.ok and isinstance(reply.get("metadata"), dict):
        return Claim(claim, True, reply.source)
    if reply.status == 404:
        return Claim(f"the application {name} does not exist", False, reply.source)
    # Without a project ArgoCD says 403 of one that is not there, lest a name be guessed.
    if reply.status == 403:
        return Claim(f"the application {name} does not exist, or the account may not see it", False, reply.source)
    return unknown(claim, reply)


def permitted(name: str, action: str, reply: Reply) -> Claim:
    """The account may do it."""
    claim = f"the account may {action} the application {name}"
    match reply.get("value") if reply.ok else None:
        case "yes":
            return Claim(claim, True, reply.source)
        case "no":
            return Claim(f"the account may not {action} the application {name}", False, reply.source)
    return unknown(claim, reply)


def idle(name: str, application: Reply) -> Claim:
    """No operation is in progress, during which ArgoCD starts no other."""
    if _busy(application):
        claim = f"an operation on the application {name} is in progress, which has to end first"
        return Claim(claim, None, application.source)
    return Claim(f"no operation on the application {name} is in progress", True, application.source)


def busy(name: str, application: Reply) -> Claim:
    """An operation is in progress that can be ended."""
    if _busy(application):
        return Claim(f"an operation on the application {name} is in progress", True, application.source)
    return Claim(
        f"no operation on the application {name} is in progress now that could be ended", None, application.source
    )


def window(name: str, reply: Reply) -> Claim:
    """No sync window forbids a sync now."""
    allowed = reply.get("canSync")
    if not reply.ok:
        return unknown(f"a sync window lets the application {name} sync now", reply)
    if allowed is True:
        return Claim(f"no sync window keeps the application {name} from a sync now", True, reply.source)
    return Claim(f"a sync window keeps the application {name} from a sync now", None, reply.source)


def difference(name: str, application: Reply) -> Claim:
    """What a sync would change is known, by the controller's last comparison.

    Not by `managed-resources`: it holds the same comparison with all states of all objects, and where ArgoCD's cache
    is cold, asking for it makes ArgoCD annotate the application.
    """
    status = text(application.get("status", "sync", "status"))
    if status == "Synced":
        return Claim(f"a sync of the application {name} would change nothing", True, application.source)
    if status == "OutOfSync":
        entries = items(application.get("status", "resources"))
        changed = [_object(entry) for entry in entries if dig(entry, "status") == "OutOfSync"]
        more = f" and {len(changed) - LISTED} more" if len(changed) > LISTED else ""
        what = ", ".join(changed[:LISTED]) + more if changed else "objects that its status does not name"
        return Claim(f"a sync of the application {name} would change {what}", True, application.source)
    return Claim(f"what a sync of the application {name} would change is not known", None, application.source)


def waited_for(name: str, application: Reply, wanted: Sequence[str] = ()) -> tuple[Claim, ...]:
    """The application is in the state that a wait is for: of `sync`, `health`, `suspended`, `degraded`, `operation`;
    without any, it is synced, healthy, and no operation is in progress."""
    wanted = wanted or ("sync", "health", "operation")
    claims = []
    if "sync" in wanted:
        status = text(application.get("status", "sync", "status")) or "Unknown"
        claims.append(Claim(f"the application {name} is {status}", status == "Synced", application.source))
    healths = {"health": "Healthy", "suspended": "Suspended", "degraded": "Degraded"}
    if good := {healths[option] for option in wanted if option in healths}:
        health = text(application.get("status", "health", "status")) or "Unknown"
        claims.append(Claim(f"the application {name} is {health}", health in good, application.source))
    if "operation" in wanted:
        claims.append(Claim(idle(name, application).text, not _busy(application), application.source))
    return tuple(claims)


def deployed_before(name: str, application: Reply, identifier: int | None) -> Claim:
    """The history holds what a rollback goes back to; without an id, the deployment before the last."""
    known = [dig(entry, "id") or 0 for entry in items(application.get("status", "history"))]
    if identifier is None or identifier < 0:
        if len(known) > 1:
            return Claim(f"the application {name} has an earlier deployment", True, application.source)
        return Claim(f"the application {name} has no earlier deployment", False, application.source)
    if identifier in known:
        return Claim(f"the application {name} has a deployment {identifier} in its history", True, application.source)
    return Claim(f"the application {name} has no deployment {identifier} in its history", False, application.source)


def manual(name: str, application: Reply) -> Claim:
    """It is not synced automatically, as ArgoCD rolls back no application that is."""
    automated = application.get("spec", "syncPolicy", "automated")
    if isinstance(automated, dict) and automated.get("enabled") is not False:
        claim = f"the application {name} is synced automatically, which has to be turned off first"
        return Claim(claim, None, application.source)
    return Claim(f"the application {name} is not synced automatically", True, application.source)


def _busy(application: Reply) -> bool:
    phase = application.get("status", "operationState", "phase")
    return application.get("operation") is not None or phase in ("Running", "Terminating")


def _object(entry: object) -> str:
    namespace, name = text(dig(entry, "namespace")), text(dig(entry, "name"))
    return f"{text(dig(entry, 'kind'))} {namespace}/{name}" if namespace else f"{text(dig(entry, 'kind'))} {name}"
