"""A built site: did truebook's plugins see its pages? Their marks are in the head of each page they saw."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from truebook.drift.rules.built import NOT_FILLED, NOT_TESTED
from truebook.errors import ConfigError
from truebook.findings import Compared, Finding

STATE = 'name="truebook:state"'
RUNBOOKS = 'name="truebook:runbooks"'
FIX = "add the plugin to mkdocs.yml, and build with MkDocs or ProperDocs"


@dataclass(frozen=True, slots=True)
class Source:
    """A page's source: as it is shown, below its docs folder, and the lines of its first region and first shell block,
    0 where it has none."""

    path: str
    name: str
    region: int
    block: int


def look(site: Path, sources: Iterable[Source]) -> tuple[tuple[Finding, ...], tuple[Compared, ...]]:
    """What the plugins did not see, and the pages that were looked at. Raises ConfigError where there is no site."""
    pages = dict(_pages(site))
    if not pages:
        raise ConfigError("there is no built page (name the folder that mkdocs build wrote)", path=site)
    findings: list[Finding] = []
    compared: list[Compared] = []
    for source in sources:
        text = next((pages[name] for name in _built(source.name) if name in pages), None)
        if text is None:
            continue  # not every file is a page of this site
        compared.append(Compared("page", source.path, 1, 1, source.name))
        for rule, line, mark, what in (
            (NOT_FILLED, source.region, STATE, "regions that nothing filled"),
            (NOT_TESTED, source.block, RUNBOOKS, "shell blocks that nothing tested"),
        ):
            if line and mark not in text:
                message = f"this page was built with {what}"
                findings.append(Finding(rule.name, rule.severity, source.path, line, source.name, message, hint=FIX))
    if not findings and not any(STATE in text for text in pages.values()):
        message = "no page of this site was seen by truebook's plugins"
        findings.append(Finding(NOT_FILLED.name, NOT_FILLED.severity, site.as_posix(), 0, "site", message, hint=FIX))
    return tuple(findings), tuple(compared)


def _built(name: str) -> Iterator[str]:
    """Where a page is built to, with and without a folder of its own."""
    bare = name.rpartition(".")[0]
    yield f"{bare}.html"
    yield f"{bare}/index.html"
    folder, _, last = bare.rpartition("/")
    if last.lower() == "readme":
        yield f"{folder}/index.html" if folder else "index.html"


def _pages(site: Path) -> Iterator[tuple[str, str]]:
    """The HTML pages below a folder, by their path in it. 404.html is a template and no page."""
    for place, folders, files in os.walk(site):
        folders.sort()
        for name in sorted(files):
            path = Path(place, name)
            if path.suffix == ".html" and path != site / "404.html":
                yield path.relative_to(site).as_posix(), path.read_text(encoding="utf-8", errors="replace")
