"""Puts a line below each page's title: what its live facts were read from, when, and what could not be read.

Reads `config.plugins["truebook/state"].inventory` (`truebook.model.Inventory`). Everything in it came from a
cluster or a file, so all of it is escaped. A build without the plugin, or with it disabled, says so too: a
page that looks live and is not is worse than one that admits it.
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


def line(inventory: Inventory | None) -> str:
    """The freshness line as HTML. Search engines and the site's own search leave it out."""
    if inventory is None:
        return (
            '<p class="truebook-freshness truebook-freshness--off" data-search-exclude>'
            "This build was not filled from live state: tables and diagrams show what was committed.</p>"
        )
    lines = [f"<span>{_origin(inventory)}</span>", *_problems(inventory.sources)]
    trouble = " truebook-freshness--stale" if len(lines) > 1 else ""
    recorded = escape(inventory.recorded_at, quote=True)
    return (
        f'<p class="truebook-freshness{trouble}" data-recorded-at="{recorded}" data-search-exclude>{"".join(lines)}</p>'
    )


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


def _readable(stamp: str) -> str:
    """`2026-11-24T05:30:00Z` as `on 24 November 2026, 05:30 UTC`; anything else as it stands."""
    if not stamp:
        return "at an unknown time"
    try:
        moment = datetime.fromisoformat(stamp).astimezone(UTC)
    except ValueError:
        return stamp
    return f"on {moment.day} {moment:%B %Y, %H:%M} UTC"
