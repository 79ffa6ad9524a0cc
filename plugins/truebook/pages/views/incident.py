"""`truebook:incident`: what is not well now, the worst first, each with the page that helps.

Looked at are components, firing alerts, backups, certificates, sources that did not answer, and what this build found
out about the docs themselves. All of it changes by itself, and nothing of it is committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from markupsafe import Markup

from truebook.model import Component, Record
from truebook.pages import escape, templating
from truebook.pages.views import alerts, backups, cells, links, sources, status
from truebook.pages.views.cells import UNKNOWN
from truebook.pages.views.cron import period
from truebook.pages.views.diagram import shape_of
from truebook.pages.views.status import Status
from truebook.pages.views.table import Row
from truebook.pages.views.view import Request, View

PASSING = "What is not well is filled in when the site is built."
HEADERS = ("What", "State", "Runbook", "Why")
ORDER = ("degraded", "missing", "outofsync", "progressing", "unknown")
"""The kinds of what is not well, the worst first."""

LOOKED_AT = {"Alerts": alerts.TABLE.sources, "Backups": backups.TABLE.sources, "Backups made": backups.MADE}
"""What is looked at, and who tells of it."""

ENDS_SOON = timedelta(days=21)
"""How long before its end a certificate is worth a line."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is not well; all but `state` are Markdown, escaped already."""

    what: Markup
    state: Status
    why: Markup
    runbook: Markup


def _render(request: Request, _options: Mapping[str, Any]) -> str:
    if not request.live:
        return PASSING
    found = [
        *_alerts(request),
        *_components(request),
        *_backups(request),
        *_certificates(request),
        *_sources(request),
        *_docs(request),
    ]
    found.sort(key=lambda trouble: ORDER.index(trouble.state.kind) if trouble.state.kind in ORDER else len(ORDER))
    headers = [escape.cell(header) for header in HEADERS]
    return templating.render(
        "records.md.j2",
        request.templates,
        notes=[],
        headers=headers,
        rule=[Markup("-" * (len(header) + 2)) for header in headers],  # noqa: S704 - dashes
        rows=[Row(None, (one.what, one.state.markup, one.runbook or UNKNOWN, one.why or UNKNOWN)) for one in found],
        empty="Nothing is known to be wrong.",
        live=request.live,
    ).strip("\n")


def _alerts(request: Request) -> Iterator[Trouble]:
    for record in request.inventory.records_of("alert"):
        if record.text("state").casefold() != "firing":
            continue
        severity = record.text("severity")
        state = Status(f"Firing, {severity}" if severity else "Firing", _weight(severity))
        said = _joined(escape.cell(record.text("summary")), _since(record.text("since"), request))
        url = record.text("runbook_url")
        runbook = links.to(url, request) if url else _page_of(record.component, request)
        yield Trouble(_named(record.text("alertname"), record, request), state, said, runbook)


def _weight(severity: str) -> str:
    return {"warning": "outofsync", "info": "progressing"}.get(severity.casefold(), "degraded")


def _since(stamp: str, request: Request) -> Markup:
    at = cells.moment(stamp, request.inventory.recorded_at) if stamp else ""
    return Markup("since {}").format(at) if isinstance(at, Markup) else Markup()


def _named(name: str, record: Record, request: Request) -> Markup:
    of = cells.component(record.component, request) if record.component else Markup()
    return Markup("{} ({})").format(escape.cell(name), of) if of else escape.cell(name)


def _components(request: Request) -> Iterator[Trouble]:
    """Those that are not healthy, that say so themselves, or that differ from Git."""
    for component in request.inventory.components:
        if shape_of(component) == "external":
            continue
        title = cells.component(component.name, request)
        helps = _page_of(component.name, request)
        why = escape.cell(component.text("status_message"))
        health, own = status.of(component), component.text("state")
        if health.kind in ("degraded", "missing", "progressing", "outofsync"):
            ready, desired = component.get("ready"), component.get("desired")
            pods = f"{ready} of {desired} pods ready" if isinstance(ready, int) and isinstance(desired, int) else ""
            yield Trouble(title, health, _joined(escape.cell(pods), why), helps)
        if own and status.named(own).kind in ("degraded", "missing"):
            yield Trouble(title, status.named(own), escape.cell("says so itself"), helps)
        if component.text("sync").casefold() == "outofsync":
            yield Trouble(title, status.named("OutOfSync"), escape.cell("differs from Git"), helps)


def _backups(request: Request) -> Iterator[Trouble]:
    """Schedules without a good backup that is young enough for how often they run, and whose last one went wrong."""
    now = cells.read_time(request.inventory.recorded_at)
    for record in request.inventory.records_of("backup"):
        if record.get("paused") is True:
            continue
        name = Markup("{} {}").format(escape.cell("Backup"), _named(record.name, record, request))
        helps = _page_of(record.component, request)
        known = sources.was_read(request.inventory, backups.MADE)
        last_good, every = cells.read_time(record.text("last_good_at")), period(record.text("schedule"))
        last = status.named(record.text("last_phase"))
        if last_good is None and known:
            yield Trouble(name, Status("No good backup", "degraded"), Markup(), helps)
        elif last_good and now and every and (now - last_good).total_seconds() > every + min(every / 2, 86400.0):
            shown = cells.moment(record.text("last_good_at"), request.inventory.recorded_at)
            yield Trouble(name, Status("Too old", "degraded"), Markup("last good {}").format(shown), helps)
        elif last.kind in ("degraded", "outofsync"):
            yield Trouble(name, last, _joined(Markup("the last one"), escape.cell(record.text("last"))), helps)


def _certificates(request: Request) -> Iterator[Trouble]:
    now = cells.read_time(request.inventory.recorded_at)
    for record in request.inventory.records_of("certificate"):
        ends = cells.read_time(record.text("not_after"))
        if now is None or ends is None or ends - now > ENDS_SOON:
            continue
        state = Status("Ended", "degraded") if ends <= now else Status("Ends soon", "outofsync")
        what = Markup("Certificate of {}").format(_named(record.name, record, request))
        shown = cells.moment(record.text("not_after"), request.inventory.recorded_at)
        yield Trouble(what, state, Markup("good until {}").format(shown), _page_of(record.component, request))


def _sources(request: Request) -> Iterator[Trouble]:
    """What could not be read may be well or not; nor is it known of what a source keeps to itself."""
    for what, names in LOOKED_AT.items():
        if sources.withheld(request.inventory, names) and not sources.was_read(request.inventory, names):
            why = escape.cell(sources.why_unread(request.inventory, names))
            yield Trouble(escape.cell(what), Status("Not told", "unknown"), why, Markup())
    for source in request.inventory.sources:
        if source.state in ("failed", "stale"):
            state = Status("Not read" if source.state == "failed" else "Not read anew", "unknown")
            helps = next((c.name for c in request.inventory.components if _speaks_for(c, source.name)), source.name)
            what, why = escape.cell(sources.title(source.name)), escape.cell(source.reason)
            yield Trouble(what, state, why, _page_of(helps, request))


def _speaks_for(component: Component, source: str) -> bool:
    systems = component.get("systems")
    return isinstance(systems, tuple) and source in systems


def _docs(request: Request) -> Iterator[Trouble]:
    """What pages say that is not so, and commands on them that fail."""
    checked = request.checked
    counted = [found for found in checked.findings or () if found.severity in ("error", "warning")]
    if counted:
        worst = "degraded" if any(found.severity == "error" for found in counted) else "outofsync"
        says = f"{len(counted)} {'statements' if len(counted) > 1 else 'statement'} of its pages and the cluster differ"
        yield Trouble(
            escape.cell("This manual"), Status("Drift", worst), escape.cell(says), _link(checked.drift, request)
        )
    failed = sum(result.state == "failed" for page in checked.tested or () for _, result in page.blocks)
    if failed:
        says = f"{failed} {'blocks' if failed > 1 else 'block'} of commands failed when tested"
        where = _link(checked.verification, request)
        yield Trouble(escape.cell("This manual"), Status("Failed", "degraded"), escape.cell(says), where)


def _link(page: str, request: Request) -> Markup:
    where = request.page_url(page) if page else None
    title = page.rpartition("/")[2].removesuffix(".md").capitalize()
    return escape.link(title, escape.target(where)) if where else Markup()


def _page_of(name: str, request: Request) -> Markup:
    """The page that helps with a component: its own, else that of what deploys it."""
    inventory = request.inventory
    deployers = [r.source for r in inventory.relations if r.target == name and r.kind == "deploys"]
    for one in (name, *deployers):
        component = inventory.component(one)
        page = component.text("page") if component is not None else ""
        where = request.page_url(page) if page else None
        if component is not None and where:
            return escape.link(component.title, escape.target(where))
    return Markup()


def _joined(*parts: Markup) -> Markup:
    return Markup(", ").join(part for part in parts if part)


VIEW = View(_render)
