"""Names in backticks that say what they are the name of: namespaces, Applications, workloads."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from truebook.drift.facts import Check, Facts, found
from truebook.findings import Compared, Finding, RuleInfo

UNKNOWN = RuleInfo(
    "unknown-name",
    "A page names what does not exist",
    "There is no namespace, Application, workload, Service or Ingress of this name. Correct it, or ignore it with a "
    "reason where it is an example.",
)


def _find(facts: Facts) -> Iterator[Finding]:
    for page in facts.pages:
        for claim in page.claims:
            names = facts.known.names.get(claim.key) if claim.kind == "name" else None
            if names is not None and claim.subject not in names:
                close = get_close_matches(claim.subject, sorted(names), n=1, cutoff=0.6)
                hint = f"did you mean {close[0]}?" if close else "correct it, or ignore it with a reason"
                message = f"there is no {claim.key} {claim.subject}"
                yield found(UNKNOWN, page.path, claim.line, f"{claim.key} {claim.subject}", message, hint=hint)


def _compared(facts: Facts) -> Iterator[Compared]:
    for page in facts.pages:
        for claim in page.claims:
            if claim.kind == "name" and claim.key in facts.known.names:
                yield Compared("claim", page.path, claim.line, claim.line, f"{claim.key} {claim.subject}")


CHECK = Check((UNKNOWN,), _find, _compared)
