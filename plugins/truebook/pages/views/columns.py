"""The columns of component tables, and how each value is written in a cell or in a line of prose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup

from truebook.inventory.keys import KEYS, LIVE
from truebook.inventory.repositories import is_commit
from truebook.model import Component, Inventory
from truebook.pages import escape
from truebook.pages.views import status
from truebook.pages.views.diagram import shape_of
from truebook.pages.views.view import Request

UNKNOWN = Markup("—")
"""What stands where a value is not known."""

ITEMS_SHOWN = 8
"""Items of a list value that a cell shows before it only counts."""

Write = Callable[[Component, Request], Markup | str]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, how its cell is written, and whether it may be committed.

    `volatile` ones change without anybody changing the documentation's subject (a restart, a sync): they are
    added at build only.
    """

    title: str
    write: Write
    volatile: bool = False

    def cell(self, component: Component, request: Request) -> Markup:
        """The cell for a component; an em dash where the value is not known."""
        written = self.write(component, request)
        if not written:
            return UNKNOWN
        return written if isinstance(written, Markup) else escape.cell(written)


def plain(key: str) -> Write:
    """The value as text; of a long list the first items and how many more there are."""

    def write(component: Component, _request: Request) -> str | Markup:
        found = component.get(key)
        if isinstance(found, tuple):
            shown = [escape.cell(item) for item in found[:ITEMS_SHOWN]]
            if len(found) > len(shown):
                shown.append(escape.cell(f"… and {len(found) - len(shown)} more"))
            return Markup(", ").join(shown)
        return component.text(key)

    return write


def _component(component: Component, request: Request) -> Markup:
    page = component.text("page")
    where = request.page_url(page) if page else None
    return escape.link(component.title, escape.target(where) if where else "")


def host_and_path(written: str) -> str:
    """`https://argocd.homelab.local/` as people say it: `argocd.homelab.local`."""
    try:
        parts = urlsplit(written)
    except ValueError:
        return written
    return parts.netloc + parts.path.rstrip("/") if parts.netloc else written


def _linked(written: str) -> Markup:
    return escape.link(host_and_path(written), escape.url(written))


def _url(component: Component, _request: Request) -> str | Markup:
    written = component.text("url")
    return _linked(written) if written else ""


def _urls(component: Component, _request: Request) -> str | Markup:
    found = component.get("urls") or component.get("url") or ()
    urls = found if isinstance(found, tuple) else (str(found),)
    return Markup(", ").join(_linked(url) for url in urls[:ITEMS_SHOWN])


def _revision(component: Component, _request: Request) -> str | Markup:
    written = component.text("revision")
    return escape.link(short_revision(written), escape.url(component.text("revision_url"))) if written else ""


def _branch_head(component: Component, _request: Request) -> str:
    return short_revision(component.text("branch_head"))


def short_revision(revision: str) -> str:
    """A commit id's first seven characters; a chart's version or a digest as it is."""
    return revision[:7] if is_commit(revision) else revision


def _status(component: Component, _request: Request) -> Markup | str:
    """Nothing for what is outside of the cluster: nobody here asks how it is."""
    return "" if shape_of(component) == "external" else status.of(component).markup


def _word(key: str) -> Write:
    def write(component: Component, _request: Request) -> str | Markup:
        written = component.text(key)
        return status.named(written).markup if written else ""

    return write


def _ready(component: Component, _request: Request) -> str:
    ready, desired = component.get("ready"), component.get("desired")
    return "" if ready is None or desired is None else f"{ready} of {desired}"


COLUMNS: dict[str, Column] = {
    "component": Column("Component", _component),
    "purpose": Column("Purpose", plain("purpose")),
    "group": Column("Group", lambda component, _request: component.group),
    "url": Column("URL", _url),
    "urls": Column("URLs", _urls),
    "namespace": Column("Namespace", plain("namespace")),
    "storage": Column("Storage", plain("storage")),
    "version": Column("Version", plain("version")),
    "workloads": Column("Workloads", plain("workloads"), volatile=True),
    "images": Column("Images", plain("images"), volatile=True),
    "repository": Column("Repository", plain("repository")),
    "application": Column("Application", plain("application")),
    "status": Column("Status", _status, volatile=True),
    "ready": Column("Ready", _ready, volatile=True),
    "sync": Column("Sync", _word("sync"), volatile=True),
    "health": Column("Health", _word("health"), volatile=True),
    "status_message": Column("Message", plain("status_message"), volatile=True),
    "revision": Column("Revision", _revision, volatile=True),
    "branch_head": Column("Branch head", _branch_head, volatile=True),
}


def column(name: str, inventory: Inventory) -> Column | None:
    """The column called `name`: one of ours, else one for any other value there is; None where unknown."""
    if name in COLUMNS:
        return COLUMNS[name]
    if name in KEYS or any(name in component.values for component in inventory.components):
        return Column(name.replace("_", " ").capitalize(), plain(name), volatile=name in LIVE)
    return None


def names(inventory: Inventory) -> set[str]:
    """All names that `column` knows here."""
    return set(COLUMNS).union(KEYS, *(component.values for component in inventory.components))
