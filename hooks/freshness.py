"""Puts a line below each page's title: what its live facts were read from, when, what could not be read, and which of
the systems that answered were only played by a stand-in.

Reads `config.plugins["truebook/state"].inventory` (`truebook.model.Inventory`). Everything in it came from a
cluster or a file, so all of it is escaped. A build without the plugin, or with it disabled, says so too: a
page that looks live and is not is worse than one that admits it.

State also grows old: past `stale_after` of the settings the line says so. Pages that nobody builds again grow old in
the reader's browser, where `docs/assets/freshness.js` looks at the clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

    from truebook.model import Inventory, SourceStatus

PLUGIN = "truebook/state"


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """MkDocs event: the page's HTML with the line below its first heading, else at its start."""
    return place(html, line(getattr(config.plugins.get(PLUGIN), "inventory", None)))


def place(html: str, text: str) -> str:
    """`text` after the first `</h1>` of `html`, or before everything where there is no such heading."""
    heading = re.search(r"</h1\s*>", html, re.IGNORECASE)
    cut = heading.end() if heading else 0
    return f"{html[:cut]}\n{text}\n{html[cut:]}"


def line(inventory: Inventory | None, now: datetime | None = None) -> str:
    """The freshness line as HTML, as it stands at `now`. Search engines and the site's own search leave it out."""
    if inventory is None:
        return (
            '<p class="truebook-freshness truebook-freshness--off" data-search-exclude>'
            "This build was not filled from live state: tables and diagrams show what was committed.</p>"
        )
    problems = list(_problems(inventory.sources))
    old = _is_old(inventory, now or datetime.now(UTC))
    trouble = " truebook-freshness--stale" if problems or old else ""
    recorded = escape(inventory.recorded_at, quote=True)
    age = (
        f'<span class="truebook-freshness__age"{"" if old else " hidden"}>'
        f"That was more than {_long(inventory.stale_after)} ago: much may have changed.</span>"
    )
    return (
        f'<p class="truebook-freshness{trouble}" data-recorded-at="{recorded}" '
        f'data-stale-after="{inventory.stale_after:.0f}" data-search-exclude>'
        f"<span>{_origin(inventory)}</span>{age}{''.join(problems)}{_stand_ins(inventory.sources)}</p>"
    )


def _is_old(inventory: Inventory, now: datetime) -> bool:
    """Whether nobody may take the state for that of now. A time that cannot be read vouches for nothing."""
    try:
        recorded = datetime.fromisoformat(inventory.recorded_at).astimezone(UTC)
    except ValueError:
        return True
    return (now - recorded).total_seconds() > inventory.stale_after


def _long(seconds: float) -> str:
    """A duration in words, in the largest unit that it is a whole number of: `24 hours`, `1 minute`."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds % size == 0 and (unit != "day" or seconds > size):
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:.0f} seconds"


def _origin(inventory: Inventory) -> str:
    """From which cluster, recorded when, from a recording or live."""
    cluster = escape(inventory.cluster or "a cluster without a name")
    version = f" ({escape(inventory.cluster_version)})" if inventory.cluster_version else ""
    stamp = escape(inventory.recorded_at, quote=True)
    return (
        f"State of <strong>{cluster}</strong>{version} as it was "
        f'<time datetime="{stamp}">{escape(_readable(inventory.recorded_at))}</time>, '
        f"from {escape(inventory.origin or 'an unnamed origin')}."
    )


def _problems(sources: tuple[SourceStatus, ...]) -> Iterator[str]:
    """One line for each source that is stale or failed, with its reason."""
    for source in sources:
        if source.state == "stale":
            says = f"is stale, shown as it was {escape(_readable(source.read_at))}"
        elif source.state == "failed":
            says = "could not be read"
        else:
            continue
        reason = f": {escape(source.reason)}" if source.reason else "."
        yield (
            f'<span class="truebook-freshness__source truebook-freshness__source--{source.state}">'
            f"<strong>{escape(source.name)}</strong> {says}{reason}</span>"
        )


def _stand_ins(sources: tuple[SourceStatus, ...]) -> str:
    """The systems that did not answer themselves, with what did; what it says is shown as theirs."""
    played: dict[str, list[str]] = {}
    for source in sources:
        if source.stand_in and source.state in ("fresh", "stale"):
            played.setdefault(source.stand_in, []).append(f"<strong>{escape(source.name)}</strong>")
    if not played:
        return ""
    named = "; ".join(f"{', '.join(names)} ({escape(what)})" for what, names in played.items())
    return f'<span class="truebook-freshness__stand-in">Stand-ins answered for {named}.</span>'


def _readable(stamp: str) -> str:
    """`2026-11-24T05:30:00Z` as `on 24 November 2026, 05:30 UTC`; anything else as it stands."""
    if not stamp:
        return "at an unknown time"
    try:
        moment = datetime.fromisoformat(stamp).astimezone(UTC)
    except ValueError:
        return stamp
    return f"on {moment.day} {moment:%B %Y, %H:%M} UTC"
