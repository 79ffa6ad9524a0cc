"""All rules over all facts: severities and ignores applied, in the order of the pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from truebook.drift.facts import Facts
from truebook.drift.rules import CHECKS, RULES
from truebook.errors import ConfigError
from truebook.findings import Compared, Finding, IgnoredFinding, RuleInfo, Severity
from truebook.settings import Ignore, Settings

ENDED = RULES["ended-ignore"]
UNUSED = RULES["unused-ignore"]


@dataclass(frozen=True, slots=True)
class Found:
    """What all rules found, and what they looked at."""

    findings: tuple[Finding, ...]
    ignored: tuple[IgnoredFinding, ...]
    compared: tuple[Compared, ...]


def find(facts: Facts) -> Found:
    """Every finding, by path and line. Raises ConfigError for a rule in the settings that there is not."""
    severities = _severities(facts.settings)
    checks = [check for check in CHECKS.values() if facts.share[0] == 1 or check.of_results]
    made = [one for check in checks for one in check.find(facts)]
    weighed = [one for one in (_weighed(found, severities) for found in made) if one.severity != "off"]
    kept, ignored, unused = _sorted_out(weighed, facts)
    kept += [_weighed(one, severities) for one in unused]
    compared = [one for check in checks for one in check.compared(facts)]
    return Found(
        tuple(sorted(dict.fromkeys(one for one in kept if one.severity != "off"), key=_place)),
        tuple(sorted(ignored, key=lambda one: _place(one.finding))),
        tuple(sorted(dict.fromkeys(compared), key=lambda one: (one.path, one.line, one.kind, one.subject))),
    )


def _place(found: Finding) -> tuple[str, int, str, str]:
    return found.path, found.line, found.rule, found.subject


def _severities(settings: Settings) -> Mapping[str, str]:
    for rule in settings.check.severities:
        if rule not in RULES:
            close = get_close_matches(rule, RULES, n=1)
            fix = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(sorted(RULES))}"
            message = f"check.severities: there is no rule '{rule[:80]}' ({fix})"
            raise ConfigError(message, path=settings.path, line=settings.check.lines.get("severities"))
    return settings.check.severities


def _weighed(found: Finding, severities: Mapping[str, str]) -> Finding:
    wanted = severities.get(found.rule)
    if wanted is None:
        return found
    severity: Severity = {"error": "error", "warning": "warning", "note": "note"}.get(wanted, "off")  # type: ignore[assignment]
    return replace(found, severity=severity)


def _sorted_out(found: list[Finding], facts: Facts) -> tuple[list[Finding], list[IgnoredFinding], list[Finding]]:
    """What stays, what is ignored, and findings about the ignores themselves."""
    today = facts.now.date().isoformat()
    ignores = list(_ignores(facts))
    used: set[int] = set()
    kept: list[Finding] = []
    ignored: list[IgnoredFinding] = []
    for one in found:
        match = next((i for i, (ignore, _) in enumerate(ignores) if _matches(ignore, one)), None)
        if match is None:
            kept.append(one)
            continue
        used.add(match)
        ignore, where = ignores[match]
        if ignore.until and ignore.until < today:
            kept.append(one)
        else:
            ignored.append(IgnoredFinding(one, ignore.reason, f"{where}:{ignore.line}"))
    about = []
    if facts.share[0] != 1:
        return kept, ignored, []
    looked = [rule.name for check in CHECKS.values() if check.looks(facts) for rule in check.rules]
    for i, (ignore, where) in enumerate(ignores):
        ended = bool(ignore.until) and ignore.until < today
        if ended:
            about.append(_about(ENDED, ignore, where, f"this ignore ended on {ignore.until}: {ignore.reason}"))
        elif i not in used and facts.whole and any(fnmatchcase(rule, ignore.rule) for rule in looked):
            about.append(_about(UNUSED, ignore, where, f"there is nothing left to ignore here: {ignore.reason}"))
    return kept, ignored, about


def _ignores(facts: Facts) -> Iterator[tuple[Ignore, str]]:
    """All ignores, each with the file it stands in."""
    path = facts.settings.path
    where = path.as_posix() if path is not None else "truebook.yml"
    for ignore in facts.settings.check.ignores:
        yield ignore, where
    for page in facts.pages:
        for ignore in page.ignores:
            yield ignore, page.path


def _matches(ignore: Ignore, found: Finding) -> bool:
    page = fnmatchcase(found.path, ignore.page) or fnmatchcase(found.path, f"*/{ignore.page}")
    return page and fnmatchcase(found.rule, ignore.rule) and fnmatchcase(found.subject, ignore.subject)


def _about(rule: RuleInfo, ignore: Ignore, where: str, message: str) -> Finding:
    subject = f"{ignore.rule} {ignore.page} {ignore.subject}"
    return Finding(
        rule.name, rule.severity, where, ignore.line, subject, message, hint="remove it, or give it a new end"
    )
