"""API versions that the cluster warned about while the commands of runbooks ran."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.drift.facts import Check, Facts, found
from truebook.findings import Finding, RuleInfo

DEPRECATED = RuleInfo(
    "deprecated-api",
    "A command uses an API version that will go",
    "The API server warned about it while the command ran. It works today, and will fail after an upgrade.",
)


def _find(facts: Facts) -> Iterator[Finding]:
    for result in facts.results:
        for request in result.requests:
            for warning in request.warnings:
                if "deprecated" in warning.lower():
                    subject = f"{request.method} {request.path}"
                    yield found(DEPRECATED, result.path, result.line, subject, warning, hint="use the version it names")


CHECK = Check((DEPRECATED,), _find, looks=lambda facts: bool(facts.results), of_results=True)
