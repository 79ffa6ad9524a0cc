"""A component's status as one word and a class: what operators look for first."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from truebook.model import Component
from truebook.pages import escape


@dataclass(frozen=True, slots=True)
class Status:
    """`word` is for people; `kind` is one of `KINDS`, for styles."""

    word: str
    kind: str

    @property
    def markup(self) -> Markup:
        """As a `truebook-status` element. The word says it all; a stylesheet may add a colour and an icon."""
        return Markup('<span class="truebook-status truebook-status--{}">{}</span>').format(
            self.kind, escape.html(self.word)
        )


KINDS = ("healthy", "progressing", "degraded", "suspended", "missing", "outofsync", "unknown")

UNKNOWN = Status("Unknown", "unknown")
NOT_FOUND = Status("Not found", "missing")

_WORDS = {
    # ArgoCD's health and sync
    "healthy": "healthy",
    "synced": "healthy",
    "progressing": "progressing",
    "degraded": "degraded",
    "suspended": "suspended",
    "missing": "missing",
    "outofsync": "outofsync",
    # alerts
    "firing": "degraded",
    "pending": "progressing",
    "silenced": "suspended",
    "inactive": "healthy",
    # checks, targets, storage
    "yes": "healthy",
    "no": "degraded",
    "up": "healthy",
    "down": "degraded",
    "available": "healthy",
    "unavailable": "degraded",
    # what systems say of themselves
    "ready": "healthy",
    "not ready": "degraded",
    "active": "healthy",
    "standby": "healthy",
    "performance standby": "healthy",
    "disaster recovery secondary": "healthy",
    "sealed": "degraded",
    "uninitialised": "degraded",
    "not initialised": "degraded",
    "removed": "missing",
    # backups
    "completed": "healthy",
    "partiallyfailed": "outofsync",
    "failed": "degraded",
    "failedvalidation": "degraded",
    "inprogress": "progressing",
    "paused": "suspended",
    # sync windows
    "allow": "healthy",
    "deny": "suspended",
}


def named(word: str) -> Status:
    """A system's word for a status of its own; a word we do not know keeps its text and no colour."""
    return Status(word, _WORDS.get(word.casefold(), "unknown")) if word else UNKNOWN


def of(component: Component) -> Status:
    """The status to show for a component.

    ArgoCD calls a workload without replicas healthy, and its answer may be older than the pods': what it calls
    healthy is checked against the pods that are ready. Any other word of its stands.
    """
    health = component.text("health")
    if health.casefold() not in ("", "healthy", "unknown"):
        return named(health)
    ready, desired = component.get("ready"), component.get("desired")
    if isinstance(ready, int) and isinstance(desired, int):
        if desired == 0:
            return Status("Scaled to zero", "suspended")
        if ready == 0:
            return Status("Not ready", "degraded")
        if ready < desired:
            return Status("Partly ready", "progressing")
        return Status("Healthy", "healthy")
    return named(health)
