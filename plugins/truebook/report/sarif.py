"""SARIF 2.1.0, as code hosts read it: rules with their help, results with locations and lasting fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

import msgspec

from truebook.findings import Finding, IgnoredFinding, Report, RuleInfo, TestedBlock
from truebook.redact import excerpt
from truebook.report import words

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://github.com/truebook/truebook"
LONGEST = 1000

BLOCK_RULE = RuleInfo(
    "failed-block",
    "A shell block of a runbook fails",
    "The block was run, dry-run or proved when the docs were checked, and failed. Whoever copies it will fail too.",
    "error",
)


def render(report: Report, rules: Mapping[str, RuleInfo]) -> str:
    """One run. Ignored findings are there as suppressed ones, those of the baseline as unchanged."""
    failed = [block for block in report.blocks if block.result.state == "failed"]
    known = {**rules, BLOCK_RULE.name: BLOCK_RULE}
    found = [*report.findings, *report.known, *(one.finding for one in report.ignored)]
    used = sorted({one.rule for one in found} | ({BLOCK_RULE.name} if failed else set()))
    place = {name: number for number, name in enumerate(used)}
    results = [
        *(_result(one, place, "new") for one in report.findings),
        *(_result(one, place, "unchanged") for one in report.known),
        *(_suppressed(one, place) for one in report.ignored),
        *(_block(one, place) for one in failed),
    ]
    run = {
        "tool": {
            "driver": {
                "name": "truebook",
                "version": version("truebook"),
                "rules": [_rule(known.get(name) or RuleInfo(name, name, name)) for name in used],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            "SRCROOT": {"description": {"text": "The root of the repository that the docs are in."}}
        },
        "invocations": [
            {
                "executionSuccessful": report.exit_code != 2,
                "endTimeUtc": report.generated_at,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": _text(problem)}} for problem in report.problems
                ],
            }
        ],
        "results": results,
        "properties": {"cluster": _text(report.cluster), "recordedAt": report.recorded_at},
    }
    made = msgspec.json.encode({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    return msgspec.json.format(made, indent=2).decode() + "\n"


def _rule(rule: RuleInfo) -> dict[str, Any]:
    return {
        "id": rule.name,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.title},
        "help": {"text": rule.help, "markdown": rule.help},
        "defaultConfiguration": {"level": "none" if rule.severity == "off" else rule.severity},
    }


def _result(found: Finding, place: Mapping[str, int], state: str) -> dict[str, Any]:
    said = "".join(f" {side}: {words_of}." for side, words_of in words.sides(found))
    hint = f" {found.hint}" if found.hint else ""
    return {
        "ruleId": found.rule,
        "ruleIndex": place[found.rule],
        "level": "none" if found.severity == "off" else found.severity,
        "message": {"text": _text(f"{found.message}.{said}{hint}".replace("..", "."))},
        "locations": [_location(found.path, found.line)],
        "partialFingerprints": {"truebook/v1": found.fingerprint},
        "baselineState": state,
        "properties": {"subject": _text(found.subject), "evidence": [_text(str(one)) for one in found.evidence]},
    }


def _suppressed(one: IgnoredFinding, place: Mapping[str, int]) -> dict[str, Any]:
    made = _result(one.finding, place, "unchanged")
    return made | {"suppressions": [{"kind": "external", "status": "accepted", "justification": _text(one.reason)}]}


def _block(block: TestedBlock, place: Mapping[str, int]) -> dict[str, Any]:
    result = block.result
    finding = Finding(
        BLOCK_RULE.name,
        "error",
        result.path,
        result.failed_line or result.line,
        words.under(block) or str(result.ordinal),
        f"this shell block fails: {result.reason}",
    )
    return _result(finding, place, "new")


def _location(path: str, line: int) -> dict[str, Any]:
    where: dict[str, Any] = {"artifactLocation": {"uri": quote(path), "uriBaseId": "SRCROOT"}}
    if line:
        where["region"] = {"startLine": line}
    return {"physicalLocation": where}


def _text(value: str) -> str:
    return excerpt(value, LONGEST)
