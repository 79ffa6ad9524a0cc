"""What ArgoCD says of a component, and the cluster's word where ArgoCD says nothing of it."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory import look
from truebook.inventory.facts import Workload
from truebook.inventory.join.listed import entries
from truebook.inventory.join.parents import declaring, owning_set
from truebook.inventory.join.subject import Joined, Subject
from truebook.model import Evidence, Value

_HEALTH = ("Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown")
_SYNC = ("Synced", "Unknown", "OutOfSync")
"""From well to worst, the first in ArgoCD's own order."""


def application(subject: Subject, known: Joined) -> Value | None:
    """The Application's name."""
    return None if subject.application is None else subject.application.text("metadata", "name")


def declared_by(subject: Subject, known: Joined) -> Value | None:
    """What declares the Application: an ApplicationSet, or the Application of an app of apps."""
    app = subject.application
    if app is None:
        return None
    made = owning_set(app)
    if made is not None:
        return Value(str(made[0]), made[1])
    found = declaring(app, known.members)
    return None if found is None else Value(str(found[0].ref), found[1])


def sync(subject: Subject, known: Joined) -> Value | None:
    """The Application's; the worst of its own objects' for a component that is a part of it."""
    if subject.application is None:
        return None
    if not subject.whole:
        found = list(_words(subject, "status"))
        if found:
            return _worst(found, _SYNC)
    return subject.application.text("status", "sync", "status")


def health(subject: Subject, known: Joined) -> Value | None:
    """The Application's; for a part of it, or without one, the worst of its workloads'. A workload that the catalog
    names and the cluster does not have is Missing, and so is an Application."""
    missing = _missing(subject, known)
    if subject.application is not None and subject.whole:
        found = subject.application.text("status", "health", "status")
        if found is not None:
            return _worst([found, *([missing] if missing else [])], _HEALTH)
    listed = list(_words(subject, "health", "status"))
    judged = [
        Value(w.health, Evidence("kubernetes", str(w.ref), w.health_field)) for w in subject.workloads if w.health
    ]
    told = [*(listed or judged), *([missing] if missing else [])]
    return _worst(told, _HEALTH) if told else None


def status_message(subject: Subject, known: Joined) -> Value | None:
    """Why it is not well: ArgoCD's health message, its error conditions, a failed sync, an object's health message,
    else what the workloads lack. A message that only names the object at fault gives way to what that one lacks."""
    app = subject.application
    named = None
    if app is not None and subject.whole:
        told = app.text("status", "health", "message")
        if told is not None and str(told.value).startswith("Caused by "):
            named, told = told, None
        told = told or _condition(subject) or _failed_sync(subject)
        if told is not None:
            return told
    for index, entry in entries(subject):
        message = look.text(entry, "health", "message")
        if message and look.text(entry, "health", "status") != "Healthy" and app is not None:
            return Value(message, app.listed(index, "health", "message"))
    state = health(subject, known)
    lacking = None if state is None or state.value == "Healthy" else _lacking(subject.workloads)
    return lacking or named


def _lacking(workloads: list[Workload]) -> Value | None:
    unwell = [w for w in workloads if w.message and w.health != "Healthy"]
    worst = max(unwell, key=lambda w: _rank(w.health, _HEALTH), default=None)
    if worst is None:
        return None
    return Value(worst.message, Evidence("kubernetes", str(worst.ref), worst.health_field))


def _condition(subject: Subject) -> Value | None:
    assert subject.application is not None
    source, document = subject.application.best("status", "conditions")
    for index, condition in look.entries(document, "status", "conditions"):
        message = look.text(condition, "message")
        if look.text(condition, "type").endswith("Error") and message:
            return Value(message, subject.application.evidence(source, "status", "conditions", index, "message"))
    return None


def _failed_sync(subject: Subject) -> Value | None:
    assert subject.application is not None
    phase = subject.application.text("status", "operationState", "phase")
    if phase is None or phase.value not in {"Failed", "Error"}:
        return None
    return subject.application.text("status", "operationState", "message")


def _words(subject: Subject, *path: str) -> Iterator[Value]:
    """What the entries of its objects say in one field."""
    for index, entry in entries(subject):
        found = look.text(entry, *path)
        if found and subject.application is not None:
            yield Value(found, subject.application.listed(index, *path))


def _missing(subject: Subject, known: Joined) -> Value | None:
    """The evidence of an absence is the line that names the workload or Application; the list of those was read."""
    find = None if subject.stated is None else subject.stated.find
    if find is not None and find.application and subject.application is None and not subject.workloads:
        return Value("Missing", subject.line("find.application")) if known.facts.applications else None
    ref = subject.expected
    if ref is None or ref.kind not in known.facts.read or any(workload.ref == ref for workload in subject.workloads):
        return None
    return Value("Missing", subject.line("find.workload"))


def _rank(word: object, order: tuple[str, ...]) -> int:
    return order.index(str(word)) if word in order else len(order)


def _worst(found: list[Value], order: tuple[str, ...]) -> Value:
    return max(found, key=lambda value: _rank(value.value, order))
