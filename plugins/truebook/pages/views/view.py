"""What a view is: typed options, and a function from the inventory to Markdown."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from truebook.errors import RegionError
from truebook.findings import Finding
from truebook.model import BlockResult, Inventory, Planned

Reader = Callable[[str], Any]
"""Reads an option's value; raises RegionError that ends with the fix."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A page's shell blocks, each with what came of it. `page` is its path below the docs folder."""

    page: str
    title: str
    blocks: tuple[tuple[Planned, BlockResult], ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What this build found out about the docs themselves, before any page is rendered.

    `tested` are the pages with shell blocks, `findings` what docs and cluster disagree on; each is None where nobody
    looked. `drift` and `verification` are the pages that list all of it, empty where there are none.
    """

    tested: tuple[Tested, ...] | None = None
    findings: tuple[Finding, ...] | None = None
    drift: str = ""
    verification: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What a view renders from.

    `arguments` are the marker's plain words, `body` is what stands in the region now. `page_url` gives the link
    to write in Markdown for a docs page, `built_url` the one that works in the built page; both None where there
    is no such page. `templates` is the site's folder of overrides. `live` is False for what gets committed.
    `site_url` is where the built site is, empty where nobody says. `page` is the path below the docs folder of the page
    that is filled, empty where that is not known; `checked` what the build found out about all of them.
    """

    arguments: tuple[str, ...]
    body: str
    inventory: Inventory
    page_url: Callable[[str], str | None]
    built_url: Callable[[str], str | None]
    templates: Path | None = None
    live: bool = True
    site_url: str = ""
    page: str = ""
    checked: Checked = Checked()


@dataclass(frozen=True, slots=True)
class View:
    """A view: `render(request, options)`, where `options` holds what `readers` read, and only what was written.

    `inline` ones stand within a line. `argument` names the one plain word a view wants, empty where it wants none.
    `untold(inventory)` says, in sentences, what sources keep to themselves of what the view commits: what it has no
    word of may be there all the same.
    """

    render: Callable[[Request, Mapping[str, Any]], str]
    readers: Mapping[str, Reader] = field(default_factory=dict)
    argument: str = ""
    inline: bool = False
    untold: Callable[[Inventory], list[str]] = lambda inventory: []


def read_options(view: View, arguments: tuple[str, ...], options: Mapping[str, str]) -> dict[str, Any]:
    """The options of a marker, typed. Raises RegionError on an unknown one, a bad value, a word too many or few."""
    wanted = 1 if view.argument else 0
    if len(arguments) > wanted:
        raise RegionError(f"'{arguments[wanted]}' is not an option; options are written {_known(view)}")
    if len(arguments) < wanted:
        raise RegionError(f"the marker names no {view.argument}; write it after the view's name")
    found: dict[str, Any] = {}
    for name, written in options.items():
        if name not in view.readers:
            raise RegionError(f"unknown option '{name}'; {nearest(name, view.readers)}")
        try:
            found[name] = view.readers[name](written)
        except RegionError as error:
            raise RegionError(f"option '{name}': {error.message}") from error
    return found


def _known(view: View) -> str:
    return ", ".join(f"{name}=…" for name in view.readers) or "nowhere in this view; remove it"


def near(word: str, known: Iterable[str]) -> str | None:
    """The known word that an unknown one was probably meant to be."""
    names = {name.lower(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    return names[close[0]] if close else None


def nearest(word: str, known: Iterable[str]) -> str:
    """The fix for an unknown word: the nearest known one, or all that are known where none is near."""
    names = sorted(known)
    close = near(word, names)
    if close is not None:
        return f"did you mean '{close}'?"
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return f"known: {shown}" if names else "there are none"


def complete(inventory: Inventory) -> bool:
    """Whether every source that should have answered did: only then is what is missing really not there."""
    return all(status.state in ("fresh", "absent") for status in inventory.sources)


def check_groups(request: Request, option: str, groups: tuple[str, ...]) -> None:
    """Raise RegionError for a group that no component is in, unless it may just have gone.

    A group whose last component was deleted, or could not be read, must not stop the build: a region that was
    filled before shows what is left. What looks like a known group's name is a mistake all the same.
    """
    known = {component.group for component in request.inventory.components}
    check_known(request, option, groups, known, "component is in")


def check_known(request: Request, option: str, wanted: Iterable[str], known: set[str], what: str) -> None:
    """Raise RegionError for a word of an option that is not among the known ones, unless it may just have gone."""
    folded = {name.casefold() for name in known}
    for word in wanted:
        if word.casefold() in folded:
            continue
        may_be_gone = request.body.strip() or not complete(request.inventory)
        if not may_be_gone or near(word, known):
            raise RegionError(f"option '{option}': no {what} '{word}'; {nearest(word, known)}")


def words(written: str) -> tuple[str, ...]:
    """`a,b,c` as a tuple."""
    found = tuple(word.strip() for word in written.split(","))
    if not all(found):
        raise RegionError(f"'{written}' is no list; write words between commas")
    return found


def one_of(*allowed: str) -> Reader:
    """One of the words given."""

    def read(written: str) -> str:
        if written not in allowed:
            raise RegionError(f"'{written}' is not possible; {nearest(written, allowed)}")
        return written

    return read
