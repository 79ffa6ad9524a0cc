"""A summary that people read: in a pull request, in a step's summary, as a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from truebook.findings import Finding, Report, RuleInfo
from truebook.pages.escape import cell, text
from truebook.report import words

MOST = 50
"""Findings of a page that are listed."""


def render(report: Report, rules: Mapping[str, RuleInfo]) -> str:
    """Headings, tables and lists that GitHub, GitLab and MkDocs read alike."""
    return "\n".join(_lines(report, rules)) + "\n"


def _lines(report: Report, rules: Mapping[str, RuleInfo]) -> Iterator[str]:
    yield f"# {words.conclusion(report)}"
    yield ""
    told = words.compared(report)
    what = f"Compared {told} with" if told else "Read"
    yield text(f"{what} {report.origin}, as it was at {report.recorded_at}.")
    pages: dict[str, list[Finding]] = defaultdict(list)
    for found in report.findings:
        pages[found.path].append(found)
    for path, findings in sorted(pages.items()):
        yield from ("", f"## {text(path or 'The whole site')}", "")
        yield from ("| Line | What | Documented | Live | In Git |", "|--:|---|---|---|---|")
        for found in findings[:MOST]:
            yield _row(found, rules)
        if len(findings) > MOST:
            yield from ("", f"… and {words.count(len(findings) - MOST, 'more finding')}.")
    yield from _blocks(report)
    if report.problems:
        yield from ("", "## Could not be told", "", *(f"- {text(problem)}" for problem in report.problems))
    if report.ignored:
        yield from ("", f"<details><summary>{words.count(len(report.ignored), 'ignored finding')}</summary>", "")
        yield from (
            f"- {text(one.finding.where)}: {text(one.finding.message)} ({text(one.reason)})" for one in report.ignored
        )
        yield from ("", "</details>")
    if report.known:
        yield from ("", f"{words.count(len(report.known), 'finding')} of the baseline left out.")


def _row(found: Finding, rules: Mapping[str, RuleInfo]) -> str:
    weight = "" if found.severity == "warning" else f"**{found.severity}** "
    odd = f" ({cell(words.odd(found))})" if found.odd else ""
    hint = f"<br>{cell(found.hint)}" if found.hint else ""
    said = [found.documented, found.live, found.declared]
    cells = [
        str(found.line or ""),
        f"{weight}{cell(found.message)}{odd}{hint}",
        *(cell(one) or "" for one in said),
    ]
    return f"| {' | '.join(cells)} |"


def _blocks(report: Report) -> Iterator[str]:
    if not report.blocks:
        return
    yield from ("", "## Shell blocks", "", f"{words.blocks(report)}.")
    bad = [block for block in report.blocks if block.result.state in ("failed", "unknown")]
    if not bad:
        return
    yield from ("", "| Where | Result | Why |", "|---|---|---|")
    for block in bad:
        result = words.STATES[block.result.state]
        under = words.under(block)
        where = f"{words.block_where(block)}{f' ({under})' if under else ''}"
        yield f"| {cell(where)} | {result} | {cell(block.result.reason)} |"
