"""JUnit XML, as CI servers read it: a suite for each kind of thing, a case for each region, block and claim.

Findings are failures of the case whose lines they are in; those that weigh too little to fail a check are output of a
passed one.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping

from truebook.findings import Compared, Finding, Report, RuleInfo, TestedBlock, weighs
from truebook.redact import excerpt, printable
from truebook.report import words

LONGEST = 300


def render(report: Report, rules: Mapping[str, RuleInfo]) -> str:
    """`testsuites` with a `testsuite` for each page, one for blocks and one for what could not be told."""
    root = ET.Element("testsuites", name="truebook")
    for path, (compared, findings) in sorted(_by_page(report).items()):
        suite = ET.SubElement(root, "testsuite", name=_text(f"drift: {path or 'the whole site'}"))
        for one in compared:
            ours = [found for found in findings if one.line <= found.line <= one.end_line]
            findings = [found for found in findings if found not in ours]
            _case(suite, one.kind, one.path, one.line, f"{one.path}:{one.line} {one.subject}", ours, report)
        for found in findings:
            name = f"{found.where} {found.subject}"
            _case(suite, found.rule, found.path, found.line, name, [found], report)
    if report.blocks:
        suite = ET.SubElement(root, "testsuite", name="shell blocks")
        for block in report.blocks:
            _block(suite, block)
    if report.problems:
        suite = ET.SubElement(root, "testsuite", name="could not be told")
        for problem in report.problems:
            case = ET.SubElement(suite, "testcase", classname="truebook", name=_text(problem))
            ET.SubElement(case, "error", message=_text(problem), type="could-not-tell")
    _count(root, report.generated_at)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _by_page(report: Report) -> dict[str, tuple[list[Compared], list[Finding]]]:
    pages: dict[str, tuple[list[Compared], list[Finding]]] = defaultdict(lambda: ([], []))
    for one in report.compared:
        pages[one.path][0].append(one)
    for found in report.findings:
        pages[found.path][1].append(found)
    return pages


def _count(root: ET.Element, at: str) -> None:
    """The totals that JUnit wants of each suite and of all."""
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in root:
        counts = {
            "tests": len(suite),
            "failures": len(suite.findall("*/failure")),
            "errors": len(suite.findall("*/error")),
            "skipped": len(suite.findall("*/skipped")),
        }
        seconds = sum(float(case.get("time", "0")) for case in suite)
        suite.attrib |= {name: str(number) for name, number in counts.items()}
        suite.attrib |= {"time": f"{seconds:.3f}", "timestamp": at.removesuffix("Z")}
        totals = {name: totals[name] + number for name, number in counts.items()}
    root.attrib |= {name: str(number) for name, number in totals.items()}


def _case(
    suite: ET.Element, kind: str, path: str, line: int, name: str, findings: list[Finding], report: Report
) -> None:
    """A case that fails where one of its findings weighs enough; the others are told as its output."""
    case = ET.SubElement(suite, "testcase", classname=_text(kind), name=_text(name), file=_text(path), line=str(line))
    heavy = [found for found in findings if weighs(found.severity, report.fail_on)]
    light = [found for found in findings if found not in heavy]
    if heavy:
        message = "; ".join(found.message for found in heavy)
        failure = ET.SubElement(case, "failure", message=_text(message), type=heavy[0].rule)
        failure.text = "\n".join(map(_told, heavy))
    if light:
        ET.SubElement(case, "system-out").text = "\n".join(map(_told, light))


def _told(found: Finding) -> str:
    sides = (f"{side}: {said}" for side, said in words.sides(found))
    return _lines("\n".join((f"{found.where}: {found.message}", *sides, found.hint)))


def _block(suite: ET.Element, block: TestedBlock) -> None:
    result = block.result
    name = f"{result.path}:{result.line} {words.under(block)}".strip()
    case = ET.SubElement(
        suite, "testcase", classname=_text(result.path), name=_text(name), time=f"{result.duration:.3f}"
    )
    case.attrib |= {"file": _text(result.path), "line": str(result.line)}
    reason = _text(result.reason)
    if result.state == "failed":
        ET.SubElement(case, "failure", message=reason, type=result.plan).text = _lines(result.output or result.reason)
    elif result.state == "unknown":
        ET.SubElement(case, "error", message=reason, type="could-not-tell")
    elif result.state == "not-run":
        ET.SubElement(case, "skipped", message=reason)


def _text(value: str) -> str:
    return excerpt(value, LONGEST)


def _lines(value: str) -> str:
    """Several lines: what XML can't hold is written as its code."""
    return "\n".join(printable(line.replace("\t", "    ")) for line in value.strip().splitlines())
