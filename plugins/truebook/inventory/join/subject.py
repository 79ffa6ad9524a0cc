"""A component to be, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truebook.inventory.application import Application
from truebook.inventory.facts import Exposure, Facts, Link, Workload
from truebook.inventory.join.membership import Membership
from truebook.inventory.join.parts import Part
from truebook.inventory.objects import NAME, Ref
from truebook.inventory.programs import programs
from truebook.model import Evidence, Record, Value
from truebook.settings import CatalogComponent, Settings

if TYPE_CHECKING:
    from truebook.inventory.join.resolver import Resolver


@dataclass(slots=True, eq=False)
class Subject:
    """What the catalog says of a component and what was found for it.

    `whole`: it is the Application itself, so that ArgoCD's health is its own. `expected` is the workload that the
    catalog names, found or not. `main` is the workload that stands for it. `repository` makes it a Git repository
    and nothing else. `systems` are those whose programs its workloads run, with where that was read.
    """

    name: str
    stated: CatalogComponent | None = None
    file: str = ""
    application: Application | None = None
    whole: bool = False
    workloads: list[Workload] = field(default_factory=list)
    joined: dict[Ref, Evidence] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    expected: Ref | None = None
    main: Workload | None = None
    repository: Value | None = None
    systems: dict[str, Evidence] = field(default_factory=dict)

    def add(self, part: Part) -> None:
        """Take over what a part holds."""
        self.workloads += part.workloads
        self.joined |= part.joined
        self.links = list(dict.fromkeys((*self.links, *part.links)))
        self.exposures = list(dict.fromkeys((*self.exposures, *part.exposures)))
        self.whole = self.whole or part.whole
        self.application = self.application or part.application

    def homepage(self, key: str) -> Value | None:
        """The first annotation `gethomepage.dev/<key>` of its Ingresses and HTTPRoutes."""
        return next((found for exposure in self.exposures if (found := exposure.homepage(key)) is not None), None)

    def line(self, key: str) -> Evidence:
        """The catalog's line of `key` (`purpose`, `find.workload`, `values.storage`) as evidence."""
        number = 0 if self.stated is None else self.stated.lines.get(key, self.stated.line)
        return Evidence("catalog", f"{self.file}:{number}", key)


@dataclass(slots=True)
class Joined:
    """All subjects, with what relations need to find their way.

    `settings` holds the stated arrows, `resolver` finds the component behind an address, `argocd` is the component
    that is ArgoCD, None where there is none. `records` are empty until they are made.
    """

    subjects: list[Subject]
    facts: Facts
    members: Membership
    settings: Settings
    resolver: Resolver
    argocd: Subject | None = field(init=False)
    records: tuple[Record, ...] = ()
    _records: dict[tuple[str, str | None], list[Record]] = field(default_factory=dict)
    _found: dict[tuple[str, str | None], Subject | None] = field(default_factory=dict)
    _homes: dict[int, list[Subject]] = field(default_factory=dict)
    _systems: dict[str, list[Subject]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.argocd = _argocd(self.subjects)
        for subject in self.subjects:
            if subject.application is not None:
                self._homes.setdefault(id(subject.application), []).append(subject)
            subject.systems = {name: found for w in reversed(subject.workloads) for name, found in programs(w).items()}
            for name in subject.systems:
                self._systems.setdefault(name, []).append(subject)

    def system(self, name: str, *, namespace: str | None = None) -> Subject | None:
        """The component that a system's answers are of: the one that the settings name, else the one at the address
        where it was read, else the first that runs its program. Of several, where it was read at an address that leads
        to none of them, only the one that the catalog names. With a namespace: the first that runs it there."""
        key = (name, namespace)
        if key not in self._found:
            self._found[key] = self._system(name, namespace)
        return self._found[key]

    def _system(self, name: str, namespace: str | None) -> Subject | None:
        running = self._systems.get(name, [])
        if namespace is not None:
            there = [s for s in running if any(workload.ref.namespace == namespace for workload in s.workloads)]
            return next(iter(there), None)
        if name == "argocd":
            return self.argocd
        stated = self.settings.systems.get(name)
        if stated is not None and stated.component:
            return self.resolver.named(stated.component)
        url = self.facts.told.urls.get(name, "")
        found = self.resolver.url(url) if url else None
        if found is not None:
            return found
        # It may be any of them, or none: what it said must not be put into another's mouth.
        likely = [s for s in running if s.stated is not None] if url and len(running) > 1 else running
        return likely[0] if len(likely) == 1 or (likely and not url) else None

    def keep(self, records: tuple[Record, ...]) -> None:
        """Hold the records that were made, for the values that they come to."""
        self.records = records
        for record in records:
            self._records.setdefault((record.kind, None), []).append(record)
            self._records.setdefault((record.kind, record.component), []).append(record)

    def records_of(self, kind: str, component: str | None = None) -> list[Record]:
        """The records of one kind, of one component or of all."""
        return self._records.get((kind, component), [])

    def running(self, name: str) -> list[Subject]:
        """All components that run a system's program."""
        return self._systems.get(name, [])

    def of_application(self, application: Application) -> list[Subject]:
        """The components of an Application, that which is the Application itself first."""
        return sorted(self._homes.get(id(application), ()), key=lambda subject: not subject.whole)


def _argocd(subjects: list[Subject]) -> Subject | None:
    """The component that is ArgoCD: the one that runs its controller or server, by the labels of its manifests, else
    the one of its name."""
    own = {"argocd-server", "argocd-application-controller"}
    for subject in subjects:
        if any(workload.labels.get(NAME) in own or workload.called == "argocd" for workload in subject.workloads):
            return subject
    return next((subject for subject in subjects if subject.name.lower().replace("-", "") == "argocd"), None)
