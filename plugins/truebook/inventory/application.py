"""An ArgoCD Application: where it comes from, what was deployed, what it lists.

Where it comes from is one source, several, or a hydrated branch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from truebook.inventory import look
from truebook.inventory.look import Step
from truebook.inventory.objects import Ref, Thing, owners
from truebook.model import Evidence, Value


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


@dataclass(frozen=True, eq=False)
class Application:
    """`documents` are what each source says of it, (source, object), the best first: a list by the API may lack
    fields that the Kubernetes object has."""

    ref: Ref
    documents: tuple[tuple[str, Mapping[str, Any]], ...]

    def evidence(self, source: str, *path: Step) -> Evidence:
        """A field of this Application as `source` gave it."""
        return Evidence(source, str(self.ref), look.field(*path))

    def text(self, *path: Step) -> Value | None:
        """The non-empty string at `path` with its evidence, from the first document that has one."""
        for source, document in self.documents:
            found = look.text(document, *path)
            if found:
                return Value(found, self.evidence(source, *path))
        return None

    def best(self, *path: Step) -> tuple[str, Mapping[str, Any]]:
        """The first (source, document) that has anything at `path`, else the first of all."""
        for source, document in self.documents:
            if look.at(document, *path) not in (None, "", [], {}):
                return source, document
        return self.documents[0]

    @cached_property
    def metadata(self) -> Thing:
        """Its metadata, as the best document has it."""
        source, document = self.documents[0]
        return Thing(
            self.ref,
            look.strings(document, "metadata", "labels"),
            look.strings(document, "metadata", "annotations"),
            owners(document),
            source=source,
        )

    @cached_property
    def resources(self) -> dict[Ref, tuple[int, dict[str, Any]]]:
        """Its own list, `status.resources`: object → index and entry."""
        _, document = self.best("status", "resources")
        found: dict[Ref, tuple[int, dict[str, Any]]] = {}
        for index, entry in look.entries(document, "status", "resources"):
            ref = Ref(*(look.text(entry, key) for key in ("group", "kind", "namespace", "name")))
            found.setdefault(ref, (index, entry))
        return found

    def listed(self, index: int, *path: Step) -> Evidence:
        """An entry of `resources`, or a field of it, as evidence."""
        return self.evidence(self.best("status", "resources")[0], "status", "resources", index, *path)

    @cached_property
    def declares(self) -> bool:
        """Whether it is an app of apps: it deploys Applications or ApplicationSets."""
        kinds = {"Application", "ApplicationSet"}
        return any(ref.group == "argoproj.io" and ref.kind in kinds for ref in self.resources)

    @cached_property
    def origins(self) -> tuple[Origin, ...]:
        """All sources. `spec.sources` counts where it is not empty, a hydrator before all."""
        source, document = self.best("spec")
        dry = ("spec", "sourceHydrator", "drySource", "repoURL")
        if look.text(document, *dry):
            branch = look.text(document, "spec", "sourceHydrator", "syncSource", "targetBranch")
            place = look.text(document, "spec", "sourceHydrator", "syncSource", "path")
            return (Origin("git", Value(look.text(document, *dry), self.evidence(source, *dry)), place, branch, None),)
        several = list(look.entries(document, "spec", "sources"))
        if not several:
            return tuple(self._origin(source, look.at(document, "spec", "source"), None))
        return tuple(origin for index, entry in several for origin in self._origin(source, entry, index))

    def _origin(self, source: str, entry: Any, index: int | None) -> Iterator[Origin]:
        url = look.text(entry, "repoURL")
        if not url:
            return
        where: tuple[Step, ...] = ("spec", "source") if index is None else ("spec", "sources", index)
        kind: Literal["git", "chart", "oci"] = "git"
        if look.text(entry, "chart"):
            kind = "chart"
        elif url.startswith("oci://"):
            kind = "oci"
        repository = Value(url, self.evidence(source, *where, "repoURL"))
        yield Origin(kind, repository, look.text(entry, "path"), look.text(entry, "targetRevision"), index)

    @cached_property
    def origin(self) -> Origin | None:
        """The source that an operator edits: the first Git source with a path, else the first Git source (values
        for a chart), else the first."""
        git = [origin for origin in self.origins if origin.kind == "git"]
        return next(iter((*(origin for origin in git if origin.path), *git, *self.origins)), None)

    def deployed(self, origin: Origin) -> Value | None:
        """The revision of `origin` that was deployed last: `history[-1]`, else what the last successful sync says,
        else what was compared while it is Synced (then they are the same). It is not the branch's head."""
        source, document = self.best("status", "history")
        history = look.at(document, "status", "history")
        if isinstance(history, list) and history:
            found = self._revision(source, document, origin, "status", "history", len(history) - 1)
            if found is not None:
                return found
        source, document = self.best("status", "operationState")
        if look.text(document, "status", "operationState", "phase") == "Succeeded":
            found = self._revision(source, document, origin, "status", "operationState", "syncResult")
            if found is not None:
                return found
        source, document = self.best("status", "sync", "revisions" if origin.index is not None else "revision")
        if look.text(document, "status", "sync", "status") == "Synced":
            return self._revision(source, document, origin, "status", "sync")
        return None

    def _revision(self, source: str, document: Any, origin: Origin, *path: Step) -> Value | None:
        full = (*path, "revision") if origin.index is None else (*path, "revisions", origin.index)
        found = look.text(document, *full)
        return Value(found, self.evidence(source, *full)) if found else None
