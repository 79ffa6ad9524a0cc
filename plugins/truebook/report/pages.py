"""The site's own pages about itself: every shell block with its result, and every finding.

Badges are those of the other pages: an icon of the stylesheet's beside a word. Links are HTML, as the anchors of blocks
are not in the Markdown in which MkDocs looks for those that there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from markupsafe import Markup

from truebook.findings import SEVERITIES, Finding, Report, RuleInfo, Severity, TestedBlock
from truebook.model import BlockResult
from truebook.pages.escape import cell, html, target, text
from truebook.pages.results import anchor, outcome, partly
from truebook.pages.views.cells import moment
from truebook.report import words
from truebook.report.history import Build
from truebook.report.plot import plot

PageLink = Callable[[str], str | None]
"""The URL to write for a page as it is shown (`docs/vault.md`), None where it is no page of the site."""

_STATES = {
    "passed": "healthy",
    "failed": "degraded",
    "unknown": "outofsync truebook-status--untold",
    "not-run": "suspended",
}
_WEIGHTS: dict[Severity, str] = {
    "error": "degraded",
    "warning": "outofsync",
    "note": "unknown truebook-status--note",
    "off": "unknown",
}


def verification(report: Report, builds: list[Build], page_link: PageLink) -> str:
    """Markdown of the page of all blocks."""
    return "\n".join(_verification(report, builds, page_link)) + "\n"


def _verification(report: Report, builds: list[Build], page_link: PageLink) -> Iterator[str]:
    yield "# Verification"
    yield ""
    if not report.blocks:
        yield "No shell block was tested in this build."
        return
    counts = Counter(block.result.state for block in report.blocks)
    said = (_badge(f"{counts[state]} {word}", _STATES[state]) for state, word in words.STATES.items() if counts[state])
    yield f"{' '.join(said)} against {text(report.origin)} as it was at {_moment(report.recorded_at)}."
    yield from _trend(builds)
    yield from ("", '<div class="truebook-report truebook-report--blocks truebook-verification" markdown>', "")
    yield from ("| Block | Result | What and why | Tested |", "|---|---|---|---|")
    for block in report.blocks:
        result = block.result
        yield _row(_where(block, page_link), _result(result), _what(result), _tested(result))
    yield from ("", "</div>")


def _badge(word: str, kind: str) -> Markup:
    """A word as tables and diagrams show a status; `kind` is the class that gives it its icon and colour."""
    return Markup('<span class="truebook-status truebook-status--{}">{}</span>').format(kind, html(word))


def _result(result: BlockResult) -> Markup:
    kind = _STATES[result.state]
    if partly(result):
        kind = "suspended truebook-status--untold"
    elif result.plan == "refuse":
        kind = "suspended truebook-status--refused"
    return _badge(outcome(result), kind)


def _where(block: TestedBlock, page_link: PageLink) -> Markup:
    """The block's page and line as a link to it, and below which heading it stands."""
    result = block.result
    page = page_link(result.path)
    place = _link(f"{result.path}:{result.line}", page and f"{page}#{anchor(result)}")
    under = words.under(block)
    return Markup("{}<br>{}").format(place, cell(under)) if under else place


def _what(result: BlockResult) -> Markup:
    """Its verdict and why that came of it."""
    reason = result.reason.removeprefix("not run: ").removeprefix("could not be told: ")
    verdict = Markup('<span class="truebook-result__word">{}</span>').format(html(result.verdict))
    return Markup("{} {}").format(verdict, cell(reason))


def _tested(result: BlockResult) -> Markup:
    if not result.started_at:
        return Markup("")
    took = "as before" if result.cached else f"in {result.duration:.2f} s"
    return Markup("{}<br>{}").format(_moment(result.started_at), cell(took))


def _moment(stamp: str) -> Markup:
    found = moment(stamp, "")
    return found if isinstance(found, Markup) else cell(found)


def _link(label: str, where: str | None) -> Markup:
    """Text, as a link where there is something to link to."""
    return Markup('<a href="{}">{}</a>').format(html(target(where)), html(label)) if where else cell(label)


def _row(*cells: Markup) -> str:
    return f"| {' | '.join(cells)} |"


def drift(report: Report, rules: Mapping[str, RuleInfo], builds: list[Build], page_link: PageLink) -> str:
    """Markdown of the page of all findings."""
    return "\n".join(_drift(report, rules, builds, page_link)) + "\n"


def _drift(report: Report, rules: Mapping[str, RuleInfo], builds: list[Build], page_link: PageLink) -> Iterator[str]:
    yield "# Drift"
    yield ""
    told = words.compared(report)
    yield f"**{text(words.conclusion(report))}**"
    if told:
        yield f"Compared {text(told)} with {text(report.origin)}, as it was at {_moment(report.recorded_at)}."
    yield from _trend(builds)
    if report.problems:
        yield from ("", '!!! warning "Could not be told"', "", *(f"    - {text(one)}" for one in report.problems))
    yield from _bad_blocks(report, page_link)
    by_rule: dict[str, list[Finding]] = {}
    for found in report.findings:
        by_rule.setdefault(found.rule, []).append(found)
    order = sorted(by_rule, key=lambda rule: (SEVERITIES.index(by_rule[rule][0].severity), rule))
    for rule in order:
        info = rules.get(rule) or RuleInfo(rule, rule, "")
        weight = by_rule[rule][0].severity
        yield from ("", f"## {text(info.title)}", "", f"{_badge(weight, _WEIGHTS[weight])} {text(rule)}", "")
        yield from (info.help, "", *_findings(by_rule[rule], info, page_link))
    if report.ignored:
        yield from ("", "## Ignored", "")
        yield from (
            f"- {text(one.finding.where)}: {text(one.finding.message)} ({text(one.reason)}, {text(one.where)})"
            for one in report.ignored
        )


def _bad_blocks(report: Report, page_link: PageLink) -> Iterator[str]:
    """The blocks for which a check does not end with 0: those that failed, then those that could not be tested."""
    order = ("failed", "unknown")
    bad = sorted(
        (block for block in report.blocks if block.result.state in order),
        key=lambda block: order.index(block.result.state),
    )
    if bad:
        yield from ("", "## Shell blocks that failed or could not be tested", "")
        yield from ('<div class="truebook-report truebook-report--blocks" markdown>', "")
        yield from ("| Block | Result | Why |", "|---|---|---|")
        yield from (_row(_where(block, page_link), _result(block.result), _why(block.result)) for block in bad)
        yield from ("", "</div>")


def _why(result: BlockResult) -> Markup:
    line = f"line {result.failed_line}: " if result.failed_line else ""
    return cell(f"{line}{result.reason.removeprefix('could not be told: ')}")


def _findings(found: list[Finding], rule: RuleInfo, page_link: PageLink) -> Iterator[str]:
    """A table of a rule's findings, with columns for the sides that say something."""
    sides = [
        ("Documented", [one.documented for one in found]),
        ("Live", [one.live for one in found]),
        ("In Git", [one.declared for one in found]),
    ]
    told = [(name, said) for name, said in sides if any(said)]
    yield from ('<div class="truebook-report" markdown>', "")
    yield f"| {' | '.join(['Where', 'What', *(name for name, _ in told)])} |"
    yield "|---|---|" + "---|" * len(told)
    for number, one in enumerate(found):
        odd = f" ({cell(words.odd(one))})" if one.odd else ""
        hint = f"<br>{cell(one.hint)}" if one.hint and one.hint not in rule.help else ""
        what = Markup("{}{}{}").format(cell(one.message), Markup(odd), Markup(hint))  # noqa: S704 - escaped here
        yield _row(_link(one.where, page_link(one.path)), what, *(_side(name, said[number]) for name, said in told))
    yield from ("", "</div>")


def _side(name: str, said: str) -> Markup:
    """What one side says; its name is shown where there is no room for headers."""
    named = Markup('<span class="truebook-report__side">{} </span>').format(name)
    return Markup("{}{}").format(named, cell(said)) if said else Markup("")


def _trend(builds: list[Build]) -> Iterator[str]:
    drawn = plot(builds) if len(builds) > 1 else ""
    caption = "The last builds: shell blocks above the line, findings below it."
    if drawn:
        yield from ("", f'<figure class="truebook-trend-figure">{drawn}<figcaption>{caption}</figcaption></figure>')
