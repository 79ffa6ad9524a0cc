"""What ArgoCD says of components: a status, not drift, that can be made to fail."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.drift.facts import Check, Facts, found
from truebook.drift.places import place_of
from truebook.findings import Finding, RuleInfo

UNHEALTHY = RuleInfo(
    "unhealthy",
    "A component is not healthy",
    "ArgoCD or the cluster says that it is Degraded or Missing. That is a status and not drift: by default it is only "
    "noted. Set its severity to fail a check.",
    "note",
)
OUT_OF_SYNC = RuleInfo(
    "out-of-sync",
    "A component is OutOfSync",
    "What is deployed is not what Git declares. That is a status and not drift: by default it is only noted. Set its "
    "severity to fail a check.",
    "note",
)


def _find(facts: Facts) -> Iterator[Finding]:
    for component in facts.live.components:
        for rule, key, words in ((UNHEALTHY, "health", ("Degraded", "Missing")), (OUT_OF_SYNC, "sync", ("OutOfSync",))):
            value = component.values.get(key)
            if value is not None and value.value in words:
                path, line = place_of(component, facts)
                why = component.text("status_message") if rule is UNHEALTHY else ""
                message = f"{component.title} is {value.value}{f': {why}' if why else ''}"
                yield found(rule, path, line, component.name, message, evidence=(value.evidence,))


CHECK = Check((UNHEALTHY, OUT_OF_SYNC), _find)
