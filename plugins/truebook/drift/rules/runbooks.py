"""Alerting rules and runbooks: each alert leads to a page and anchor of this site, each runbook is reached by one."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from truebook.drift.facts import Check, Facts, found
from truebook.findings import Compared, Finding, PageStatements, RuleInfo
from truebook.model import Record

BROKEN = RuleInfo(
    "broken-runbook-link",
    "An alert's runbook does not exist",
    "The rule's annotation `runbook_url` leads to this site, and there is no such page or heading. Whoever is woken by "
    "the alert finds nothing.",
    "error",
)
NONE = RuleInfo(
    "alert-without-runbook",
    "An alert has no runbook",
    "The rule has no annotation `runbook_url`. Write down what to do, and name it there.",
    "note",
)
UNREACHED = RuleInfo(
    "unreached-runbook",
    "No alert leads to a runbook",
    "The page is a runbook, and no alerting rule names it. That may be meant: many runbooks are for planned work.",
    "off",
)


def _find(facts: Facts) -> Iterator[Finding]:
    rules = facts.live.records_of("rule")
    reached: set[str] = set()
    for rule in rules:
        url = rule.text("runbook_url")
        if not url:
            yield from _finding(NONE, rule, facts, f"the alert {_alert(rule)} has no runbook", "add runbook_url")
            continue
        name = _page_name(url, facts.site_url)
        if name is None:
            continue  # it leads elsewhere
        page = _page(name, facts)
        anchor = unquote(urlsplit(url).fragment)
        if page is None and _elsewhere(name, facts):
            continue  # nobody asked for that page
        if page is None:
            message = f"the runbook of {_alert(rule)} is {url}, and there is no such page"
            yield from _finding(BROKEN, rule, facts, message, "write the page, or correct runbook_url")
            continue
        reached.add(page.name)
        if anchor and anchor not in page.anchors:
            message = f"the runbook of {_alert(rule)} is {url}, and {page.path} has no heading for #{anchor}"
            yield from _finding(BROKEN, rule, facts, message, f"known: {', '.join(sorted(page.anchors)[:8])}", page)
    if rules:
        for page in facts.pages:
            if page.name.startswith("runbooks/") and page.name not in reached:
                message = f"no alert leads to {page.name}"
                yield found(UNREACHED, page.path, 1, page.name, message, hint="name it in a rule's runbook_url")


def _finding(
    info: RuleInfo, rule: Record, facts: Facts, message: str, hint: str, page: PageStatements | None = None
) -> Iterator[Finding]:
    path, line = (page.path, 1) if page is not None else (_file(facts), _line(info, rule, facts))
    evidence = tuple(value.evidence for key, value in rule.values.items() if key in ("runbook_url", "alertname"))
    yield found(info, path, line, _alert(rule), message, hint=hint, evidence=evidence[:1])


def _file(facts: Facts) -> str:
    """Where a link from the cluster is told that leads to no page: the settings say where the site is."""
    path = facts.settings.path
    return path.as_posix() if path is not None else "truebook.yml"


def _line(info: RuleInfo, rule: Record, facts: Facts) -> int:
    """Of the site's address where a link leads nowhere below it, of the component that an alert without one is about;
    else of the system that told of the rule."""
    settings = facts.settings
    lines = [settings.check.lines.get("site_url", 0)] if info is BROKEN else []
    lines += [one.line for one in settings.components if info is NONE and one.name == rule.component]
    told = {value.evidence.source for value in rule.values.values()}
    lines += [system.line for name, system in settings.systems.items() if name in told]
    return next(filter(None, lines), 1)


def _alert(rule: Record) -> str:
    return rule.text("alertname") or rule.name


def _page_name(url: str, site_url: str) -> str | None:
    """The path below the site's address that a URL leads to, None where it leads elsewhere."""
    if not site_url:
        return None
    here, there = urlsplit(site_url), urlsplit(url)
    base = here.path.rstrip("/") + "/"
    path = there.path or "/"
    if (there.hostname or "").lower() != (here.hostname or "").lower() or not f"{path.rstrip('/')}/".startswith(base):
        return None
    return unquote(path[len(base) :]) if len(path) >= len(base) else ""


def _page(name: str, facts: Facts) -> PageStatements | None:
    """The page that is built to `name`: `vault/`, `vault/index.html`, `vault.html` or `vault`."""
    wanted = _sources(name)
    return next((page for page in facts.pages if page.name in wanted), None)


def _elsewhere(name: str, facts: Facts) -> bool:
    """Whether it is one of the site's pages that are not compared."""
    return not _sources(name).isdisjoint(facts.others)


def _sources(name: str) -> set[str]:
    bare = name.removesuffix("index.html").removesuffix(".html").strip("/")
    return {f"{bare}.md", f"{bare}/index.md", f"{bare}/README.md"} if bare else {"index.md", "README.md"}


def _compared(facts: Facts) -> Iterator[Compared]:
    for rule in facts.live.records_of("rule"):
        name = _page_name(rule.text("runbook_url"), facts.site_url)
        if name is not None and not (_page(name, facts) is None and _elsewhere(name, facts)):
            yield Compared("link", _file(facts), _line(BROKEN, rule, facts), 1, f"runbook of {_alert(rule)}")


CHECK = Check((BROKEN, NONE, UNREACHED), _find, _compared)
