"""`truebook:runbooks COMPONENT`: the runbooks that concern a component, how their blocks fared in this build, and those
of its alerts that fire now.

A page concerns a component where one of its shell blocks names it, its workload, its application or its address. All
of it is found when the site is built, and nothing of it is committed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from truebook.model import BlockResult, Component, Planned, Record
from truebook.pages import escape, templating
from truebook.pages.views import cells, links
from truebook.pages.views.cells import UNKNOWN
from truebook.pages.views.status import Status, named
from truebook.pages.views.system import named_component
from truebook.pages.views.table import Row
from truebook.pages.views.view import Request, Tested, View

PASSING = "Which runbooks there are for it, and how their commands fared, is filled in when the site is built."
HEADERS = ("Runbook", "For", "Commands", "Tested")
STEPS_SHOWN = 3
"""Of a page's headings, before the others are only counted."""

Blocks = Sequence[tuple[Planned, BlockResult]]


def _render(request: Request, _options: Mapping[str, Any]) -> str:
    component = named_component(request)
    if not request.live:
        return PASSING
    pages = request.checked.tested or ()
    rows = [_alert(record, component, request) for record in firing(component, request)]
    rows += [_page(page, blocks, request) for page, blocks in _concerning(component, pages, request)]
    headers = [escape.cell(header) for header in HEADERS]
    return templating.render(
        "records.md.j2",
        request.templates,
        notes=[],
        headers=headers,
        rule=[Markup("-" * (len(header) + 2)) for header in headers],  # noqa: S704 - dashes
        rows=[Row(None, row) for row in rows],
        empty=f"No runbook names {component.title}."
        if request.checked.tested is not None
        else "No runbook was tested in this build.",
        live=request.live,
    ).strip("\n")


def firing(component: Component, request: Request) -> list[Record]:
    """The alerts that fire, of this component or with this component's page as their runbook."""
    page = component.text("page")
    return [
        record
        for record in request.inventory.records_of("alert")
        if record.text("state").casefold() == "firing"
        and (
            record.component == component.name
            or (page and page in links.pages(record.text("runbook_url"), request.site_url))
        )
    ]


def _alert(record: Record, component: Component, request: Request) -> tuple[Markup, ...]:
    """Its runbook, the alert, and how that page's blocks fared."""
    url = record.text("runbook_url")
    of = (
        ""
        if record.component in ("", component.name)
        else Markup(" ({})").format(cells.component(record.component, request))
    )
    what = Markup("{} {}{}").format(named(record.text("state")).markup, escape.cell(record.text("alertname")), of)
    if record.text("summary"):
        what += Markup(": {}").format(escape.cell(record.text("summary")))
    leads = set(links.pages(url, request.site_url))
    blocks = [block for page in request.checked.tested or () if page.page in leads for block in page.blocks]
    return (links.to(url, request) if url else UNKNOWN, what, *summary(blocks))


def _page(page: Tested, blocks: Blocks, request: Request) -> tuple[Markup, ...]:
    """The page, the headings below which it names the component, and how those blocks fared."""
    where = request.page_url(page.page)
    if page.page == request.page:
        return (escape.cell("This page"), escape.cell("all of it"), *summary(blocks))
    headings = list(dict.fromkeys(_step(planned) for planned, _ in blocks))
    rest = len(headings) - STEPS_SHOWN
    shown = [*headings[:STEPS_SHOWN], *([f"and {rest} more"] if rest > 0 else [])]
    link = escape.link(page.title, escape.target(where) if where else "")
    return (link, Markup("; ").join(map(escape.cell, shown)), *summary(blocks))


def _step(planned: Planned) -> str:
    block = planned.block
    return f"{block.heading}: {block.tab}" if block.tab else block.heading


def summary(blocks: Blocks) -> tuple[Markup, Markup]:
    """How many of some blocks passed, as a status, and when the first of them was tested."""
    if not blocks:
        return UNKNOWN, UNKNOWN
    states = [result.state for _, result in blocks]
    passed, failed, unsure = (states.count(state) for state in ("passed", "failed", "unknown"))
    of = f"of {len(blocks)}"
    if failed:
        said = Status(f"{failed} {of} failed", "degraded")
    elif passed:
        said = Status(f"{passed} {of} passed", "healthy")
    elif unsure:
        said = Status(f"{unsure} {of} not told", "unknown")
    else:
        said = Status("Not run", "suspended")
    times = sorted(result.started_at for _, result in blocks if result.started_at)
    tested = cells.moment(times[0], "") if times else ""
    return said.markup, (tested if isinstance(tested, Markup) else escape.cell(tested)) or UNKNOWN


def _concerning(component: Component, pages: Iterable[Tested], request: Request) -> list[tuple[Tested, Blocks]]:
    """The pages that concern a component, its own and then those that say most first, with the blocks that do. The
    landing page repeats what others say better."""
    pattern = names_of(component)
    found = []
    for page in pages:
        own = page.page == component.text("page")
        blocks = [one for one in page.blocks if own or pattern.search(_commands(one[0]))]
        if blocks and (own or page.page != "index.md"):
            found.append((page, blocks))
    return sorted(found, key=lambda one: (one[0].page != request.page, -len(one[1])))


def names_of(component: Component) -> re.Pattern[str]:
    """What commands call a component: its name and title, its workloads, its application, its address."""
    workloads = component.get("workloads") or ()
    paths = (*(workloads if isinstance(workloads, tuple) else ()), component.text("application"))
    words = {component.name, component.title.casefold(), *(path.rpartition("/")[2] for path in paths)}
    words.add(cells.host_and_path(component.text("url")).partition("/")[0])
    known = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word)
    return re.compile(rf"(?<![\w.-])(?:{known})(?![\w-])", re.IGNORECASE)


def _commands(planned: Planned) -> str:
    """The script as written, without its comments."""
    return "\n".join(line for line in planned.block.script.split("\n") if not line.lstrip().startswith("#"))


VIEW = View(_render, argument="COMPONENT")
