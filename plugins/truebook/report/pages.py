"""The site's own pages about itself: every shell block with its result, and every finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from truebook.findings import Finding, Report, RuleInfo, TestedBlock
from truebook.pages.escape import cell, link, target, text
from truebook.report import words
from truebook.report.history import Build
from truebook.report.plot import plot

PageLink = Callable[[str], str | None]
"""The link to write for a page as it is shown (`docs/vault.md`), None where it is no page of the site."""


def verification(report: Report, builds: list[Build], page_link: PageLink) -> str:
    """Markdown of the page of all blocks."""
    return "\n".join(_verification(report, builds, page_link)) + "\n"


def _verification(report: Report, builds: list[Build], page_link: PageLink) -> Iterator[str]:
    yield "# Verification"
    yield ""
    if not report.blocks:
        yield "No shell block was tested in this build."
        return
    yield text(f"{words.blocks(report)}, against {report.origin} as it was at {report.recorded_at}.")
    yield from _trend(builds)
    yield from ("", '<div class="truebook-verification" markdown>', "")
    yield from ("| Where | Result | Verdict | Done | Why | When | Took |", "|---|---|---|---|---|---|--:|")
    for block in report.blocks:
        yield _block(block, page_link)
    yield from ("", "</div>")


def _block(block: TestedBlock, page_link: PageLink) -> str:
    result = block.result
    where = page_link(result.path)
    place = f"{result.path.rpartition('/')[2]}:{result.line}"
    named = link(place, target(where)) if where else cell(place)
    under = words.under(block)
    took = "as before" if result.cached else f"{result.duration:.2f} s" if result.started_at else ""
    cells = [
        f"{named}<br>{cell(under)}" if under else str(named),
        f"**{words.STATES[result.state]}**",
        result.verdict,
        result.plan,
        str(cell(result.reason.removeprefix("not run: "))),
        str(cell(result.started_at[:16].replace("T", " "))),
        took,
    ]
    return f"| {' | '.join(cells)} |"


def drift(report: Report, rules: Mapping[str, RuleInfo], builds: list[Build], page_link: PageLink) -> str:
    """Markdown of the page of all findings."""
    return "\n".join(_drift(report, rules, builds, page_link)) + "\n"


def _drift(report: Report, rules: Mapping[str, RuleInfo], builds: list[Build], page_link: PageLink) -> Iterator[str]:
    yield "# Drift"
    yield ""
    told = words.compared(report)
    said = (
        f"Compared {told} with {report.origin}, as it was at {report.recorded_at}." if told else "Nothing was compared."
    )
    yield f"**{text(words.conclusion(report))}** {text(said)}"
    yield from _trend(builds)
    if report.problems:
        yield from ("", '!!! warning "Could not be told"', "", *(f"    - {text(one)}" for one in report.problems))
    by_rule: dict[str, list[Finding]] = {}
    for found in report.findings:
        by_rule.setdefault(found.rule, []).append(found)
    order = sorted(by_rule, key=lambda rule: (words.SEVERITIES.index(by_rule[rule][0].severity), rule))
    for rule in order:
        info = rules.get(rule) or RuleInfo(rule, rule, "")
        yield from (
            "",
            f"## {text(info.title)}",
            "",
            str(text(f"{by_rule[rule][0].severity}, {rule}.")),
            "",
            info.help,
            "",
        )
        yield from ("| Where | What | Documented | Live | In Git |", "|---|---|---|---|---|")
        yield from (_finding(found, info, page_link) for found in by_rule[rule])
    if report.ignored:
        yield from ("", "## Ignored", "")
        yield from (
            f"- {text(one.finding.where)}: {text(one.finding.message)} ({text(one.reason)}, {text(one.where)})"
            for one in report.ignored
        )


def _finding(found: Finding, rule: RuleInfo, page_link: PageLink) -> str:
    where = page_link(found.path)
    named = link(found.where, target(where)) if where else cell(found.where)
    odd = f" ({cell(words.odd(found))})" if found.odd else ""
    hint = f"<br>{cell(found.hint)}" if found.hint and found.hint not in rule.help else ""
    said = [str(cell(one)) for one in (found.documented, found.live, found.declared)]
    return f"| {' | '.join([str(named), f'{cell(found.message)}{odd}{hint}', *said])} |"


def _trend(builds: list[Build]) -> Iterator[str]:
    drawn = plot(builds) if len(builds) > 1 else ""
    caption = "The last builds: shell blocks above the line, findings below it."
    if drawn:
        yield from ("", f'<figure class="truebook-trend-figure">{drawn}<figcaption>{caption}</figcaption></figure>')
