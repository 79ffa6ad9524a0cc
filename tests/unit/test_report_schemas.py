"""SARIF by its schema, JUnit by a reader of the kind that CI servers have: for an ordinary report and a hostile one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped

from tests import schemas
from tests.unit.report_sample import BLOCKS, FINDINGS, HOSTILE, RULES, hostile, report
from truebook.drift import RULES as REAL_RULES
from truebook.findings import Report
from truebook.report import FORMATS

REPORTS: dict[str, Report] = {
    "one of everything": report(),
    "hostile": hostile(),
    "nothing": report(findings=(), ignored=(), known=(), blocks=(), compared=(), problems=()),
    "no lines": report(findings=tuple(replace(one, line=0, path="") for one in FINDINGS)),
    "spaces and colons": report(findings=tuple(replace(one, path="docs/a b:c#d?.md") for one in FINDINGS)),
    "every severity": report(
        findings=tuple(replace(one, severity=s) for one in FINDINGS for s in ("error", "warning", "note", "off"))
    ),
    "every rule": report(findings=tuple(replace(FINDINGS[0], rule=name) for name in REAL_RULES)),
    "unknown rule": report(findings=(replace(FINDINGS[0], rule="no-such-rule"),)),
    "no blocks' lines": report(
        blocks=tuple(replace(one, result=replace(one.result, duration=0.0, reason="", output="")) for one in BLOCKS)
    ),
}
LEVELS = {"error": "error", "warning": "warning", "note": "note", "off": "none"}

each_report = pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS)


def sarif(made: Report) -> Any:
    return json.loads(FORMATS["sarif"](made, {**REAL_RULES, **RULES}))


@each_report
def test_sarif_is_valid(made: Report) -> None:
    assert schemas.faults(schemas.SARIF, sarif(made)) == []


@each_report
def test_sarif_says_what_code_hosts_ask_for(made: Report) -> None:
    """What the schema leaves open and an upload is refused or mixed up without: results that point at their rule, a
    relative place, a fingerprint of their own."""
    (run,) = sarif(made)["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["help"]["text"].strip()
        assert rule["shortDescription"]["text"].strip()
    failed = sum(block.result.state == "failed" for block in made.blocks)
    assert len(run["results"]) == len(made.findings) + len(made.known) + len(made.ignored) + failed
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert not place["artifactLocation"]["uri"].startswith(("/", "file:"))
        assert ":" not in place["artifactLocation"]["uri"]  # it would be read as a scheme
        assert place.get("region", {"startLine": 1})["startLine"] >= 1
        assert result["partialFingerprints"]["truebook/v1"]
    assert [one["level"] for one in run["results"]][: len(made.findings)] == [
        LEVELS[one.severity] for one in made.findings
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda run: run["results"][0].update(level="fatal"),
        lambda run: run["results"][0].pop("message"),
        lambda run: run["results"][0].update(surprise=1),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"].update(region={"startLine": 0}),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"].update(uri="a b`"),
        lambda run: run["invocations"][0].update(endTimeUtc="yesterday"),
        lambda run: run["tool"].pop("driver"),
        lambda run: run["results"][0].update(ruleIndex=-2),
    ],
)
def test_the_schema_would_find_a_fault(spoil: Callable[[Any], object]) -> None:
    found = sarif(report())
    spoil(found["runs"][0])
    assert schemas.faults(schemas.SARIF, found) != []


@each_report
def test_junit_is_read(made: Report, tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text(FORMATS["junit"](made, RULES), encoding="utf-8")
    read = JUnitXml.fromfile(str(path))
    cases = [case for suite in read for case in suite]
    told = [(read.tests, read.failures, read.errors, read.skipped)]
    told += [tuple(sum(values) for values in zip(*map(_numbers, read), strict=True)) or (0, 0, 0, 0)]
    read.update_statistics()  # type: ignore[no-untyped-call] # counts anew
    assert told == [(read.tests, read.failures, read.errors, read.skipped)] * 2
    assert all(case.name and case.classname is not None for case in cases)
    results = [result for case in cases for result in case.result]
    blocks = [block.result.state for block in made.blocks]
    assert sum(isinstance(one, Error) for one in results) == len(made.problems) + blocks.count("unknown")
    assert sum(isinstance(one, Skipped) for one in results) == blocks.count("not-run")
    assert sum(isinstance(one, Failure) for one in results) >= blocks.count("failed")
    assert bool(results) or made.exit_code != 1


def _numbers(suite: Any) -> tuple[int, int, int, int]:
    return suite.tests, suite.failures, suite.errors, suite.skipped


def test_what_junit_shows_of_hostile_text_is_one_line_of_text(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text(FORMATS["junit"](hostile(), RULES), encoding="utf-8")
    names = [case.name for suite in JUnitXml.fromfile(str(path)) for case in suite]
    assert any("<script>" in name for name in names)  # as text, which the reader has decoded
    assert all("\n" not in name and "\x1b" not in name and "\u202e" not in name for name in names)
    assert HOSTILE not in names
