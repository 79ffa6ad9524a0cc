"""A built site: did truebook's plugins see its pages? Their marks are in the head of each page they saw."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from truebook.drift.rules.built import NOT_FILLED, NOT_TESTED
from truebook.errors import ConfigError
from truebook.findings import Compared, Finding

STATE = 'name="truebook:state"'
RUNBOOKS = 'name="truebook:runbooks"'

_REGION = re.compile(r"<!--\s*BEGIN\s+truebook:", re.IGNORECASE)
_SHELL = re.compile(r'class="[^"]*\blanguage-(?:bash|sh|shell|zsh|console|shell-session)\b')
FIX = "add the plugin to mkdocs.yml, and build with MkDocs or ProperDocs"


def look(site: Path) -> tuple[tuple[Finding, ...], tuple[Compared, ...]]:
    """What the plugins did not see, and the pages that were looked at. Raises ConfigError where there is no site."""
    pages = list(_pages(site))
    if not pages:
        raise ConfigError("there is no built page (name the folder that mkdocs build wrote)", path=site)
    findings: list[Finding] = []
    for path, text in pages:
        for rule, pattern, mark, what in (
            (NOT_FILLED, _REGION, STATE, "regions that nothing filled"),
            (NOT_TESTED, _SHELL, RUNBOOKS, "shell blocks that nothing tested"),
        ):
            if mark not in text and pattern.search(text):
                message = f"this page has {what}"
                findings.append(Finding(rule.name, rule.severity, path, 0, path, message, hint=FIX))
    if not findings and not any(STATE in text for _, text in pages):
        message = "no page of this site was seen by truebook's plugins"
        findings.append(Finding(NOT_FILLED.name, NOT_FILLED.severity, site.as_posix(), 0, "site", message, hint=FIX))
    return tuple(findings), tuple(Compared("page", path, 0, 0, path) for path, _ in pages)


def _pages(site: Path) -> Iterator[tuple[str, str]]:
    """The HTML pages below a folder. 404.html is a template and no page."""
    for place, folders, files in os.walk(site):
        folders.sort()
        for name in sorted(files):
            path = Path(place, name)
            if path.suffix == ".html" and path != site / "404.html":
                yield path.as_posix(), path.read_text(encoding="utf-8", errors="replace")
