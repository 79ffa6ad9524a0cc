"""Where an Application comes from: one source, several, or a hydrated branch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from truebook.inventory import look
from truebook.inventory.facts import Application
from truebook.model import Value


@dataclass(frozen=True, slots=True)
class Origin:
    """One source of an Application. `index` is its place in `spec.sources`, None where there is one alone.

    `target` is the branch, tag, commit or version range it tracks, empty for the default branch.
    """

    kind: Literal["git", "chart", "oci"]
    repository: Value
    path: str
    target: str
    index: int | None


def origins(application: Application) -> Iterator[Origin]:
    """All sources. `spec.sources` counts where it is not empty, a hydrator before all."""
    source, document = application.best("spec")
    dry = look.text(document, "spec", "sourceHydrator", "drySource", "repoURL")
    if dry:
        path = ("spec", "sourceHydrator", "drySource", "repoURL")
        branch = look.text(document, "spec", "sourceHydrator", "syncSource", "targetBranch")
        place = look.text(document, "spec", "sourceHydrator", "syncSource", "path")
        yield Origin("git", Value(dry, application.evidence(source, *path)), place, branch, None)
        return
    several = list(look.entries(document, "spec", "sources"))
    if not several:
        yield from _origin(application, source, look.mapping(document, "spec", "source"), None)
    for index, entry in several:
        yield from _origin(application, source, entry, index)


def _origin(application: Application, source: str, entry: object, index: int | None) -> Iterator[Origin]:
    url = look.text(entry, "repoURL")
    if not url:
        return
    where = ("spec", "source", "repoURL") if index is None else ("spec", "sources", index, "repoURL")
    kind: Literal["git", "chart", "oci"] = "git"
    if look.text(entry, "chart"):
        kind = "chart"
    elif url.startswith("oci://"):
        kind = "oci"
    repository = Value(url, application.evidence(source, *where))
    yield Origin(kind, repository, look.text(entry, "path"), look.text(entry, "targetRevision"), index)


def main_origin(application: Application) -> Origin | None:
    """The source that an operator edits: the first Git source with a path, else the first Git source (values for
    a chart), else the first."""
    found = list(origins(application))
    git = [origin for origin in found if origin.kind == "git"]
    return next(iter((*(origin for origin in git if origin.path), *git, *found)), None)


def deployed(application: Application, origin: Origin) -> Value | None:
    """The revision of `origin` that was deployed last: `history[-1]`, else what the last successful sync says,
    else what was compared while it is Synced (then they are the same). It is not the branch's head."""
    source, document = application.best("status", "history")
    history = look.at(document, "status", "history")
    if isinstance(history, list) and history:
        found = _revision(application, source, document, origin, ("status", "history", len(history) - 1))
        if found is not None:
            return found
    source, document = application.best("status", "operationState")
    if look.text(document, "status", "operationState", "phase") == "Succeeded":
        found = _revision(application, source, document, origin, ("status", "operationState", "syncResult"))
        if found is not None:
            return found
    source, document = application.best("status", "sync", "revisions" if origin.index is not None else "revision")
    if look.text(document, "status", "sync", "status") == "Synced":
        return _revision(application, source, document, origin, ("status", "sync"))
    return None


def _revision(
    application: Application, source: str, document: object, origin: Origin, path: tuple[look.Step, ...]
) -> Value | None:
    full = (*path, "revision") if origin.index is None else (*path, "revisions", origin.index)
    found = look.text(document, *full)
    return Value(found, application.evidence(source, *full)) if found else None
