"""How values are written in a cell or in a line of prose: one function per kind of value.

All of them work on whatever has facts, a component or a record, and give nothing where a value is not known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from markupsafe import Markup

from truebook.model import Facts
from truebook.pages import escape
from truebook.pages.views import status
from truebook.pages.views.view import Request

UNKNOWN = Markup("—")
"""What stands where a value is not known."""

ITEMS_SHOWN = 8
"""Items of a list value that a cell shows before it only counts."""

BREAK = Markup("<br>")


Subject = TypeVar("Subject")
Write = Callable[[Facts, Request], Markup | str]


@dataclass(frozen=True, slots=True)
class Column(Generic[Subject]):
    """A column of a table of `Subject`s: its header, how its cell is written, and whether it may be committed.

    `volatile` ones change without anybody changing the documentation's subject (a restart, a sync): they are
    added at build only.
    """

    title: str
    write: Callable[[Subject, Request], Markup | str]
    volatile: bool = False

    def cell(self, subject: Subject, request: Request) -> Markup:
        """The cell for a subject; an em dash where the value is not known."""
        written = self.write(subject, request)
        if not written:
            return UNKNOWN
        return written if isinstance(written, Markup) else escape.cell(written)


def plain(key: str) -> Write:
    """The value as text; of a long list the first items and how many more there are."""

    def write(facts: Facts, _request: Request) -> str | Markup:
        found = facts.get(key)
        if isinstance(found, tuple):
            shown = [escape.cell(item) for item in found[:ITEMS_SHOWN]]
            return Markup(", ").join([*shown, *more(len(found))])
        return facts.text(key)

    return write


def more(count: int) -> list[Markup]:
    """What a cell ends with that does not show all of `count` items."""
    return [escape.cell(f"… and {count - ITEMS_SHOWN} more")] if count > ITEMS_SHOWN else []


def word(key: str) -> Write:
    """The value as a status, in a colour and with an icon where its word is known."""

    def write(facts: Facts, _request: Request) -> str | Markup:
        written = facts.text(key)
        return status.named(written).markup if written else ""

    return write


def check(key: str) -> Write:
    """Whether something holds: yes, no, or what is said of it in place of that."""

    def write(facts: Facts, _request: Request) -> str | Markup:
        found = facts.get(key)
        if isinstance(found, bool):
            return status.named("yes" if found else "no").markup
        return facts.text(key)

    return write


def link(key: str) -> Write:
    """The value as a link that shows where it leads."""

    def write(facts: Facts, _request: Request) -> str | Markup:
        found = facts.get(key) or ()
        urls = found if isinstance(found, tuple) else (str(found),)
        return Markup(", ").join([*map(linked, urls[:ITEMS_SHOWN]), *more(len(urls))])

    return write


def titled(key: str, url_key: str) -> Write:
    """One value as a link to another."""

    def write(facts: Facts, _request: Request) -> str | Markup:
        return escape.link(facts.text(key), escape.url(facts.text(url_key))) if facts.text(key) else ""

    return write


def host(key: str) -> Write:
    """A URL that is of no use to a browser (a Service's): its host and path as text."""

    def write(facts: Facts, _request: Request) -> str:
        return host_and_path(facts.text(key))

    return write


def of_component(key: str) -> Write:
    """The component that the value names, as a link to its page."""

    def write(facts: Facts, request: Request) -> str | Markup:
        return component(facts.text(key), request) if facts.text(key) else ""

    return write


def linked(written: str) -> Markup:
    """A URL as a link; just its text where it must not be one."""
    return escape.link(host_and_path(written), escape.url(written))


def host_and_path(written: str) -> str:
    """`https://argocd.homelab.local/` as people say it: `argocd.homelab.local`."""
    try:
        parts = urlsplit(written)
    except ValueError:
        return written
    return parts.netloc + parts.path.rstrip("/") if parts.netloc else written


def when(key: str) -> Write:
    """A moment, and how long before (or after) the reading of the state it was."""

    def write(facts: Facts, request: Request) -> str | Markup:
        return moment(facts.text(key), request.inventory.recorded_at)

    return write


def moment(stamp: str, now: str) -> str | Markup:
    """`2026-11-24T03:00:00Z` as a `time` element with its distance from `now`; anything else as it stands. The year
    is said where it is another than that of `now`."""
    at = read_time(stamp)
    if at is None:
        return stamp
    read = read_time(now)
    day = "%b" if read is not None and read.year == at.year else "%b %Y"
    shown = Markup('<time class="truebook-time" datetime="{}">{}</time>').format(
        escape.html(f"{at:%Y-%m-%dT%H:%M:%SZ}"), escape.html(f"{at.day} {at:{day}, %H:%M} UTC")
    )
    if read is None:
        return shown
    seconds = (read - at).total_seconds()
    distance = f"{duration(seconds)} before" if seconds >= 0 else f"in {duration(-seconds)}"
    return Markup("{} ({})").format(shown, escape.html(distance))


def read_time(stamp: str) -> datetime | None:
    """An RFC 3339 moment in UTC; None for anything else, a moment without its zone included."""
    try:
        found = datetime.fromisoformat(stamp)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def duration(seconds: float) -> str:
    """A duration in the largest unit that it fills: `3 days`, `5 h`, `1 min`."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        count = int(seconds // size)
        if count >= (2 if unit == "days" else 1):  # 30 hours say more than 1 day
            return f"{count} {unit}"
    return "under 1 min"


def component(name: str, request: Request) -> Markup:
    """A component's title as a link to its page; its name where the inventory does not have it."""
    found = request.inventory.component(name)
    if found is None:
        return escape.cell(name)
    page = found.text("page")
    where = request.page_url(page) if page else None
    return escape.link(found.title, escape.target(where) if where else "")
