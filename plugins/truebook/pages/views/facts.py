"""The facts of one component that `truebook:system` puts in a table: what the systems around it say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from truebook.model import Component, Record
from truebook.pages import escape
from truebook.pages.views import cells, links, sources, status
from truebook.pages.views.alerts import TABLE as ALERTS
from truebook.pages.views.backups import MADE, covers, narrowed
from truebook.pages.views.backups import TABLE as BACKUPS
from truebook.pages.views.cells import BREAK, ITEMS_SHOWN
from truebook.pages.views.columns import bare
from truebook.pages.views.dashboards import TABLE as DASHBOARDS
from truebook.pages.views.rules import TABLE as RULES
from truebook.pages.views.secrets import TABLE as SECRETS
from truebook.pages.views.status import Status
from truebook.pages.views.storage import TABLE as STORAGE
from truebook.pages.views.targets import TABLE as TARGETS
from truebook.pages.views.view import Request

UNLABELLED = {"datasource": "data source"}
"""What arrows without a label are called, where that is not the name of their kind."""

Write = Callable[[Component, Request], Markup | str]


@dataclass(frozen=True, slots=True)
class Fact:
    """A row: its title and what is written for a component, nothing where the row is left out.

    `sources` are those that it comes from. Where none of them was read, and one of them should have been (or always,
    where readers would take a missing row for good news: `insists`), a build says that it is not known. `joined`: each
    source says what no other does.
    """

    title: str
    write: Write
    sources: tuple[str, ...]
    volatile: bool = False
    insists: bool = False
    joined: bool = False


def _version(component: Component, _request: Request) -> Markup | str:
    """What it says of itself, and whether that is what was deployed."""
    reported, deployed = component.text("reported_version"), component.text("version")
    if not reported or not deployed or bare(reported) == bare(deployed):
        return reported
    differs = Status(f"deployed is {deployed}", "outofsync").markup
    return Markup("{} {}").format(escape.cell(reported), differs)


def _git(component: Component, _request: Request) -> Markup | str:
    """How far what is deployed is from its branch."""
    counts = [(component.get("ahead"), "not deployed yet"), (component.get("behind"), "deployed and not on its branch")]
    said = [f"{n} commit{'' if n == 1 else 's'} {words}" for n, words in counts if isinstance(n, int) and n]
    if not said:
        return ""
    where = escape.url(component.text("compare_url"))
    compare = Markup(", {}").format(escape.link("compare", where)) if where else Markup()
    return Markup("{}{}").format(escape.cell(", ".join(said)), compare)


def _targets(component: Component, request: Request) -> Markup | str:
    up, count = component.get("targets_up"), component.get("targets")
    if not isinstance(up, int) or not isinstance(count, int):
        scraped = sources.was_read(request.inventory, TARGETS.sources) and component.get("workloads")
        return Status("Not scraped", "unknown").markup if scraped else ""
    said = [Status(f"{up} of {count} up", "healthy" if up == count else "degraded").markup]
    said += [
        escape.cell(f"{target.text('job')}: {target.text('last_error')}")
        for target in _records("target", component, request)
        if target.text("last_error")
    ]
    return BREAK.join(said[: ITEMS_SHOWN + 1])


def _alerts(component: Component, request: Request) -> Markup | str:
    """Each alert with its runbook; that there is none, where that is known."""
    found = [
        record
        for record in ALERTS.of(request)
        if record.component == component.name and record.text("state").casefold() != "inactive"
    ]
    if not found:
        if component.get("alerts_firing") is not None:
            return Status("None fires", "healthy").markup
        asked = sources.was_read(request.inventory, ALERTS.sources) and component.get("workloads")
        return Status("Not watched", "unknown").markup if asked else ""
    return BREAK.join([*(_alert(record, request) for record in found[:ITEMS_SHOWN]), *cells.more(len(found))])


def _alert(record: Record, request: Request) -> Markup:
    said = Markup("{} {}").format(status.named(record.text("state")).markup, escape.cell(record.text("alertname")))
    if record.text("summary"):
        said += Markup(": {}").format(escape.cell(record.text("summary")))
    if record.text("runbook_url"):
        said += Markup(". Runbook: {}").format(links.to(record.text("runbook_url"), request))
    return said


def _held(component: Component, _request: Request) -> str:
    """How many alerts an Alertmanager holds, whatever they are about."""
    if "alertmanager" not in (component.get("systems") or ()):  # type: ignore[operator] # the value is a tuple
        return ""
    counts = [(component.get("alerts_firing"), "firing"), (component.get("alerts_silenced"), "silenced")]
    return ", ".join(f"{count} {words}" for count, words in counts if isinstance(count, int))


def _rules(component: Component, _request: Request) -> str:
    count = component.get("rules")
    return f"{count} alerting rule{'' if count == 1 else 's'}" if isinstance(count, int) else ""


def _last_backup(component: Component, request: Request) -> Markup | str:
    name, at = component.text("last_backup"), component.text("last_backup_at")
    if not name or not at:
        return name
    shown = cells.moment(at, request.inventory.recorded_at)
    return Markup("{}, {}").format(escape.cell(name), shown if isinstance(shown, Markup) else escape.cell(shown))


def _sign_in(component: Component, request: Request) -> Markup | str:
    providers = dict.fromkeys(
        r.source for r in request.inventory.relations if r.kind == "sso" and r.target == component.name
    )
    if not providers:
        return cells.component(component.text("sso"), request) if component.text("sso") else ""
    return Markup(", ").join(cells.component(name, request) for name in providers)


def _secrets(component: Component, request: Request) -> Markup:
    """The paths, and by what they get there. Never a value."""
    found = {
        f"{r.text('path')} by {r.text('via')}" if r.get("via") else r.text("path"): None
        for r in _records("secret", component, request)
    }
    return BREAK.join([*map(escape.cell, list(found)[:ITEMS_SHOWN]), *cells.more(len(found))])


def _dashboards(component: Component, request: Request) -> Markup:
    found = _records("dashboard", component, request)
    shown = [escape.link(r.text("title"), escape.url(r.text("url"))) for r in found[:ITEMS_SHOWN]]
    return Markup(", ").join([*shown, *cells.more(len(found))])


def _backed_up(component: Component, request: Request) -> Markup | str:
    """The schedules that cover its namespace; that there is none, where there are schedules at all."""
    namespace, schedules = component.text("namespace"), request.inventory.records_of("backup")
    if not namespace or not schedules:
        return ""
    found = [record for record in schedules if covers(record, namespace)]
    if not found:
        return f"no schedule covers {namespace}"
    return BREAK.join(_schedule(record, request) for record in found[:ITEMS_SHOWN])


def _schedule(record: Record, request: Request) -> Markup:
    said = escape.cell(", ".join(filter(None, (record.name, narrowed(record)))))
    if not request.live:
        return said
    if record.get("paused") is True:
        said = Markup("{} {}").format(said, Status("Paused", "suspended").markup)
    if not record.text("last_good_at") and not sources.was_read(request.inventory, MADE):
        return said
    if not record.text("last_good_at"):
        return Markup("{} {}").format(said, Status("No good backup", "degraded").markup)
    shown = cells.moment(record.text("last_good_at"), request.inventory.recorded_at)
    return Markup("{}, last good {}").format(said, shown if isinstance(shown, Markup) else escape.cell(shown))


def _arrows(end: str) -> Write:
    """What the arrows that lead to (`target`) or from (`source`) this component say, each with its other ends."""

    def write(component: Component, request: Request) -> Markup:
        ends: dict[str, dict[str, None]] = {}
        for r in request.inventory.relations:
            here, there = (r.target, r.source) if end == "target" else (r.source, r.target)
            if here == component.name:
                ends.setdefault(r.label or UNLABELLED.get(r.kind, r.kind), {})[there] = None
        return BREAK.join(_ends(label, list(names), request) for label, names in ends.items())

    return write


def _ends(label: str, names: list[str], request: Request) -> Markup:
    shown = [cells.component(name, request) for name in names[:ITEMS_SHOWN]]
    return Markup("{}: {}").format(escape.cell(label), Markup(", ").join([*shown, *cells.more(len(names))]))


def _records(kind: str, component: Component, request: Request) -> list[Record]:
    return [record for record in request.inventory.records_of(kind) if record.component == component.name]


_CLUSTER = ("kubernetes",)
FACTS = (
    Fact("State", cells.word("state"), _CLUSTER, volatile=True),
    Fact("Reports version", _version, _CLUSTER, volatile=True),
    Fact("Git", _git, ("git",), volatile=True),
    Fact("Alerts", _alerts, ALERTS.sources, volatile=True, insists=True),
    Fact("Alerts it holds", _held, ALERTS.sources[:1], volatile=True),
    Fact("Targets", _targets, TARGETS.sources, volatile=True),
    Fact("Rules", _rules, RULES.sources, volatile=True),
    Fact("Last good backup", _last_backup, MADE, volatile=True),
    Fact("Storage available", cells.check("storage_available"), STORAGE.sources, volatile=True),
    Fact("Bucket", cells.plain("bucket"), STORAGE.sources),
    Fact(
        "Sign-in",
        _sign_in,
        ("authentik /api/v3/providers/oauth2/", "argocd", "configmaps", "vault", "kubernetes"),
        joined=True,
    ),
    Fact("Secrets", _secrets, SECRETS.sources, joined=True),
    Fact("Backed up by", _backed_up, BACKUPS.sources),
    Fact("Dashboards", _dashboards, DASHBOARDS.sources),
    Fact("Arrows in", _arrows("target"), _CLUSTER),
    Fact("Arrows out", _arrows("source"), _CLUSTER),
)
"""The rows, in their order."""
