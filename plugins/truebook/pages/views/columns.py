"""The columns of component tables, and how each value is written in a cell or in a line of prose."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from markupsafe import Markup

from truebook.inventory.repositories import is_commit
from truebook.model import Component, Inventory
from truebook.pages import escape
from truebook.pages.views import status
from truebook.pages.views.cells import Column, check, link, plain, when, word
from truebook.pages.views.diagram import shape_of
from truebook.pages.views.status import Status
from truebook.pages.views.view import Request
from truebook.settings.keys import KEYS, LIVE

Write = Callable[[Component, Request], Markup | str]


def _component(component: Component, request: Request) -> Markup:
    page = component.text("page")
    where = request.page_url(page) if page else None
    return escape.link(component.title, escape.target(where) if where else "")


def _urls(component: Component, request: Request) -> str | Markup:
    return link("urls" if component.get("urls") else "url")(component, request)


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


def _version(component: Component, request: Request) -> Markup | str:
    """What is deployed; in a build beside it what runs, where that says it is another."""
    deployed, reported = component.text("version"), component.text("reported_version")
    if not request.live or not deployed:
        return deployed
    shown = Markup('<span class="truebook-version">{}</span>').format(escape.html(deployed))
    if not reported or bare(reported) == bare(deployed):
        return shown
    return Markup("{} {}").format(shown, Status(f"runs {reported}", "outofsync").markup)


def bare(version: str) -> str:
    """`v1.21.1+build` and `1.21.1-alpine` are both 1.21.1."""
    return version.strip().removeprefix("v").partition("+")[0].partition("-")[0]


def _of(key: str, whole: str, after: str = "") -> Write:
    """Two numbers as `2 of 3`."""

    def write(component: Component, _request: Request) -> str:
        part, all_of_it = component.get(key), component.get(whole)
        return "" if part is None or all_of_it is None else f"{part} of {all_of_it}{after}"

    return write


COLUMNS: dict[str, Column[Component]] = {
    "component": Column("Component", _component),
    "purpose": Column("Purpose", plain("purpose")),
    "group": Column("Group", lambda component, _request: component.group),
    "url": Column("URL", link("url")),
    "urls": Column("URLs", _urls),
    "namespace": Column("Namespace", plain("namespace")),
    "storage": Column("Storage", plain("storage")),
    "version": Column("Version", _version),
    "workloads": Column("Workloads", plain("workloads"), volatile=True),
    "images": Column("Images", plain("images"), volatile=True),
    "repository": Column("Repository", plain("repository")),
    "application": Column("Application", plain("application")),
    "status": Column("Status", _status, volatile=True),
    "ready": Column("Ready", _of("ready", "desired"), volatile=True),
    "sync": Column("Sync", word("sync"), volatile=True),
    "health": Column("Health", word("health"), volatile=True),
    "status_message": Column("Message", plain("status_message"), volatile=True),
    "revision": Column("Revision", _revision, volatile=True),
    "branch_head": Column("Branch head", _branch_head, volatile=True),
    "state": Column("State", word("state"), volatile=True),
    "reported_version": Column("Reports version", plain("reported_version"), volatile=True),
    "targets": Column("Targets", _of("targets_up", "targets", " up"), volatile=True),
    "last_backup_at": Column("Last good backup", when("last_backup_at"), volatile=True),
    "storage_available": Column("Storage available", check("storage_available"), volatile=True),
    "compare_url": Column("Compare", link("compare_url"), volatile=True),
}


_MADE_OF = {
    "status": ("health", "ready", "desired"),
    "ready": ("ready", "desired"),
    "targets": ("targets_up", "targets"),
    "version": ("version", "reported_version"),
}


def sources_of(component: Component, names: Iterable[str]) -> set[str]:
    """The sources that the cells of these columns were read from."""
    keys = {key for name in names for key in _MADE_OF.get(name, (name,))}
    return {value.evidence.source for key, value in component.values.items() if key in keys}


def column(name: str, inventory: Inventory) -> Column[Component] | None:
    """The column called `name`: one of ours, else one for any other value there is; None where unknown."""
    if name in COLUMNS:
        return COLUMNS[name]
    if name in KEYS or any(name in component.values for component in inventory.components):
        return Column(name.replace("_", " ").capitalize(), plain(name), volatile=name in LIVE)
    return None


def names(inventory: Inventory) -> set[str]:
    """All names that `column` knows here."""
    return set(COLUMNS).union(KEYS, *(component.values for component in inventory.components))
