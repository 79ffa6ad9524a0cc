"""The embedded homelab and its documentation agree; 25 breaks of the docs and 25 of the homelab are all found, each at
its line, and nothing else is."""

from __future__ import annotations

import copy
import html
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tests.unit.homelab_breaks import DOCS, HOMELAB, Recorded
from truebook import pipeline, pipeline_check, settings
from truebook.errors import RegionError
from truebook.findings import Finding, Report
from truebook.pipeline import EMBEDDED, State
from truebook.recording import Recording

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 25, tzinfo=UTC)
PAGES = (Path("docs"),)
STATUS = {"truebook.yml out-of-sync paperless", "truebook.yml unhealthy ollama"}
"""What is not well on purpose: a status, noted and no drift."""


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    found: Recorded = json.loads(EMBEDDED.read_text())
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, recorded: Recorded) -> Iterator[Path]:
    """A copy of the docs, as the last update left them."""
    folder = tmp_path_factory.mktemp("homelab")
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("vendor"))
    for name in ("mkdocs.yml", "truebook.yml"):
        shutil.copy(ROOT / name, folder)
    with chdir(folder):
        yield folder


def check(recorded: Recorded) -> Report:
    state = State(msgspec.json.decode(json.dumps(recorded).encode(), type=Recording), "a test", replayed=True)
    ours = settings.load(Path("truebook.yml"))
    inventory = pipeline.build_inventory(state, ours)
    return pipeline_check.check(state, inventory, ours, pipeline_check.Asked(PAGES, now=NOW))


def told(findings: tuple[Finding, ...]) -> list[str]:
    return sorted(f"{one.path} {one.rule} {one.subject}" for one in findings)


def new(report: Report) -> list[Finding]:
    """Those that are not the status of every day."""
    return [one for one in report.findings if f"{one.path} {one.rule} {one.subject}" not in STATUS]


def test_the_docs_are_those_that_an_update_writes(site: Path, recorded: Recorded) -> None:
    state = State(msgspec.json.decode(json.dumps(recorded).encode(), type=Recording), "a test", replayed=True)
    ours = settings.load(Path("truebook.yml"))
    changes = pipeline_check.updates(PAGES, pipeline.build_inventory(state, ours), ours)
    assert [change.page.path for change in changes] == [], "run truebook update docs"


def test_the_homelab_is_clean(site: Path, recorded: Recorded) -> None:
    report = check(recorded)
    assert (set(told(report.findings)), report.problems, report.exit_code) == (STATUS, (), 0)
    assert len(report.compared) > 100


def test_there_are_25_breaks_of_each() -> None:
    assert (len(DOCS), len(HOMELAB)) == (25, 25)


@pytest.mark.parametrize("name", DOCS)
def test_a_break_of_the_docs_is_found(site: Path, recorded: Recorded, name: str) -> None:
    broken = DOCS[name]
    path = site / broken.page
    written = path.read_text()
    text = written if broken.sealed else re.sub(r" checksum=[0-9a-f]+", "", written)
    assert broken.before in text, "the docs have changed; change the break"
    path.write_text(text.replace(broken.before, broken.after, 1))
    try:
        findings = new(check(recorded))
        assert told(tuple(findings)) == sorted(broken.found)
        for found in findings:
            at_its_line(found)
    finally:
        path.write_text(written)


@pytest.mark.parametrize("name", HOMELAB)
def test_a_break_of_the_homelab_is_found(site: Path, recorded: Recorded, name: str) -> None:
    broken = copy.deepcopy(recorded)
    HOMELAB[name].change(broken)
    findings = new(check(broken))
    assert told(tuple(findings)) == sorted(HOMELAB[name].found)
    for found in findings:
        at_its_line(found)


def at_its_line(found: Finding) -> None:
    """What a finding is about stands in the line that it names."""
    assert found.line > 0, found
    line = html.unescape(Path(found.path).read_text().splitlines()[found.line - 1])
    kind, _, what = found.rule.partition("-")
    if found.path == "truebook.yml" or found.rule == "certificate-ends" or "runbook" in found.rule:
        leads = found.rule == "broken-runbook-link" and found.path == "truebook.yml"
        assert ("site_url" in line) if leads else (found.line == 1), found
    elif what == "not-documented" or found.rule in ("column-missing", "region-error"):
        assert "BEGIN truebook:" in line, (found, line)
    elif kind == "value":
        assert f"truebook:value {found.subject} " in line, (found, line)
    elif kind == "arrow":
        assert "--" in line, (found, line)
    elif kind == "unknown":
        assert found.subject.rpartition(" ")[2] in line, (found, line)
    else:
        name = found.subject.rpartition(".")[0] if found.rule in ("cell-differs", "not-deployed", "hand-edited") else ""
        assert (name or found.subject) in line, (found, line)


WITHHELD: dict[str, dict[str, tuple[str, ...]]] = {
    "what there is of backups": {"kubernetes": ("velero.io/schedules", "velero.io/backupstoragelocations")},
    "who takes secrets": {"kubernetes": ("external-secrets.io/externalsecrets",)},
    "who signs in": {"authentik": ("/api/v3/providers/oauth2/", "/api/v3/core/applications/")},
    "what Grafana draws": {"grafana": ("/api/search", "/api/datasources"), "configmaps": ()},
    "when ArgoCD may sync": {"argocd": ("/api/v1/projects",), "kubernetes": ("argoproj.io/appprojects",)},
}


@pytest.mark.parametrize("name", WITHHELD)
def test_what_was_not_permitted_to_be_read_is_no_drift_and_can_t_be_told(
    site: Path, recorded: Recorded, name: str
) -> None:
    changed = copy.deepcopy(recorded)
    for source, paths in WITHHELD[name].items():
        forbid(changed["parts"][source], paths)
    report = check(changed)
    assert told(report.findings) == sorted(STATUS)
    assert report.problems
    assert all(problem.startswith("docs/") for problem in report.problems)
    assert report.exit_code == 2
    state = State(msgspec.json.decode(json.dumps(changed).encode(), type=Recording), "a test", replayed=True)
    ours = settings.load(Path("truebook.yml"))
    with pytest.raises(RegionError, match=r"says what was not told this time: .* was not read"):
        pipeline_check.updates(PAGES, pipeline.build_inventory(state, ours), ours)


def forbid(part: Recorded, paths: tuple[str, ...]) -> None:
    """Take out of a part what begins so, as if the account were not permitted to read it; all of it for nothing."""
    if not paths:
        part.update(state="absent", data={}, reads=[])
        return
    held = part["data"]["lists" if "lists" in part["data"] else "answers"]
    for key in [key for key in held if key.startswith(paths)]:
        del held[key]
    for read in part["reads"]:
        if read["what"].startswith(paths):
            read.update(state="forbidden", count=0, reason="403 Forbidden")
