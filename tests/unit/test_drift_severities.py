"""How much a finding counts: severities, ignores and the baseline."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.unit.drift_sample import ARROWS, AUTH, MOVED, NOW, UNSEALED, drift, inventory, told
from truebook.drift import Facts, baseline, find
from truebook.errors import ConfigError, ReportError
from truebook.pages import statements
from truebook.settings import CheckSettings, Ignore, Settings


def test_severities_are_those_of_the_settings() -> None:
    settings = Settings(check=CheckSettings(severities={"cell-differs": "error", "value-differs": "off"}))
    live = inventory(MOVED, AUTH, arrows=ARROWS)
    assert [(one.rule, one.severity) for one in drift(UNSEALED, live, settings=settings)] == [("cell-differs", "error")]


def test_a_rule_that_there_is_not_is_told() -> None:
    check = CheckSettings(severities={"cell-difers": "off"}, lines={"severities": 7})
    settings = Settings(path=Path("truebook.yml"), check=check)
    said = r"truebook\.yml:7: .*no rule 'cell-difers' \(did you mean 'cell-differs'\?\)"
    with pytest.raises(ConfigError, match=said):
        drift("", settings=settings)


CHANGED = inventory(MOVED, AUTH, arrows=ARROWS)


@pytest.mark.parametrize(
    ("ignore", "expected"),
    [
        (Ignore("moves", rule="cell-differs"), ["21 value-differs vault.version"]),
        (Ignore("moves", subject="[Vv]ault*"), []),
        (Ignore("moves", page="index.md", until="2026-11-24"), []),
        (Ignore("moves", page="docs/*", rule="*-differs"), []),
        (Ignore("moves", page="other.md", line=3),
         ["6 cell-differs Vault.URL", "21 value-differs vault.version", "3 unused-ignore * other.md *"]),
        (Ignore("moves", until="2026-11-23", line=4),
         ["6 cell-differs Vault.URL", "21 value-differs vault.version", "4 ended-ignore * * *"]),
    ],
)  # fmt: skip
def test_ignores_of_the_settings(ignore: Ignore, expected: list[str]) -> None:
    settings = Settings(path=Path("truebook.yml"), check=CheckSettings(ignores=(ignore,)))
    assert [line.split(":")[0] for line in told(drift(UNSEALED, CHANGED, settings=settings))] == expected


def test_an_ignore_beside_the_region_has_its_reason_and_place() -> None:
    text = UNSEALED + '\n<!-- truebook:ignore rule="*-differs" reason="renamed next week" -->\n'
    page = statements.page(
        text, path="docs/index.md", name="index.md", live=CHANGED, declared=None, page_url=lambda x: None
    )
    found = find(Facts((page,), CHANGED, Settings(), NOW))
    assert not found.findings
    assert {(one.reason, one.where) for one in found.ignored} == {("renamed next week", "docs/index.md:23")}


def test_a_baseline_knows_findings_wherever_they_move(tmp_path: Path) -> None:
    before = drift(UNSEALED, CHANGED)
    path = tmp_path / "baseline.json"
    baseline.save(before, path)
    known_ones = baseline.load(path)
    moved = drift("One more line.\n\n" + UNSEALED, CHANGED)
    assert {one.fingerprint for one in moved} == known_ones
    assert [one.line for one in moved] != [one.line for one in before]
    assert len(yaml.safe_load(path.read_text())["findings"]) == len(before)


@pytest.mark.parametrize("body", ["{", '{"schema": 1}', '{"schema": 2, "findings": {}}'])
def test_what_is_no_baseline_is_told(tmp_path: Path, body: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(body)
    with pytest.raises(ReportError, match=str(path)):
        baseline.load(path)
