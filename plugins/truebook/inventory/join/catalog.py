"""Parts and catalog become subjects.

How the catalog finds its parts, the exact before the vague; a part has one component:
1. `find.workload`, else `find.ingress` (the workloads behind it): the part of that workload.
2. `find.application`: the part in it that is called like the component, else the Application as a whole, else what
   is left of the bundle.
3. no `find`: the Application of the component's name, a part of that name, one whose workloads all have it as
   their own name or in their labels `instance` or `part-of`, or one whose annotated Ingress has it as title.
What the catalog does not name is discovered and stands after it. Names that several discovered components would
share are told apart by the Application or namespace before them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from truebook.inventory.application import Application
from truebook.inventory.discover.workloads import GROUPS
from truebook.inventory.facts import Exposure, Facts, Workload
from truebook.inventory.join.membership import Membership
from truebook.inventory.join.parts import Backends, Division, Key, Part
from truebook.inventory.join.resolver import Resolver
from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.objects import INSTANCE, PART_OF, Ref, bears
from truebook.inventory.repositories import canonical
from truebook.model import Value
from truebook.settings import CatalogComponent, Settings


def join(facts: Facts, settings: Settings) -> Joined:
    """All components of the facts and of the catalog: the catalog's first, in its order."""
    members, backends = Membership(facts), Backends(facts)
    catalog = _Catalog(facts, settings, members, backends)
    division = Division(facts, members, backends, catalog.claimed, catalog.named)
    taken = catalog.assign(division)
    subjects = list(catalog.subjects(division, taken))
    subjects += _discovered(division, taken, {subject.name for subject in subjects})
    for subject in subjects:
        _choose_main(subject, backends)
    subjects += _repositories(facts, subjects)
    return Joined(subjects, facts, members, settings, Resolver(subjects, facts, members, backends))


class _Catalog:
    """The catalog against one recording's facts."""

    def __init__(self, facts: Facts, settings: Settings, members: Membership, backends: Backends) -> None:
        self._components = settings.components
        self._file = settings.path.name if settings.path is not None else "truebook.yml"
        self._members = members
        self._exposures: dict[str, list[Exposure]] = {}
        for exposure in facts.exposures:
            self._exposures.setdefault(f"{exposure.ref.namespace}/{exposure.ref.name}", []).append(exposure)
        self._known = {workload.ref for workload in facts.workloads}
        self.claimed: dict[Ref, list[str]] = {}
        self.named: dict[str, str | None] = {}
        for component in self._components:
            for ref in self._claims(component, backends):
                self.claimed.setdefault(ref, []).append(component.name)
            if not (component.find.workload or component.find.ingress or component.find.repository):
                self.named[component.name] = component.find.application

    def _claims(self, component: CatalogComponent, backends: Backends) -> Iterator[Ref]:
        ref = expected(component)
        if ref is not None:
            if ref in self._known:
                yield ref
            return
        for exposure in self._exposures.get(component.find.ingress or "", ()):
            yield from (workload.ref for workload in backends.of(exposure.services))

    def assign(self, division: Division) -> dict[Key, str]:
        """Part → the component that takes it."""
        taken: dict[Key, str] = {}
        for ref, names in self.claimed.items():
            taken.setdefault(division.key_of[ref], names[0])
        vague = [c for c in self._components if c.name in self.named]
        within = [(c, self._members.named(c.find.application)) for c in vague if c.find.application]
        inside: dict[Ref, list[Key]] = {}
        for key in division.parts:
            if isinstance(key.scope, Ref):
                inside.setdefault(key.scope, []).append(key)
        for component, application in within:
            if application is not None and Key(application.ref, component.name) in division.parts:
                taken.setdefault(Key(application.ref, component.name), component.name)
        for component, application in within:
            if application is None or component.name in taken.values():
                continue
            free = [key for key in inside.get(application.ref, ()) if key not in taken]
            for key in [key for key in free if division.parts[key].whole] or free:
                taken[key] = component.name
        self._take_homes_of_the_missing(division, taken)
        index = _names(division)
        for component in (c for c in vague if not c.find.application):
            for key in index.get(component.name.lower(), ()):
                if key not in taken:
                    taken[key] = component.name
                    break
        return taken

    def _take_homes_of_the_missing(self, division: Division, taken: dict[Key, str]) -> None:
        """A component whose workload is gone keeps its Application, where that holds nothing of another."""
        for component in self._components:
            ref = expected(component)
            application = None if ref is None or ref in self._known else self._application(component)
            part = None if application is None else division.parts.get(Key(application.ref, ""))
            if ref is None or application is None or part is None:
                continue
            if not part.workloads or bears(ref.name, application.ref.name):
                taken.setdefault(Key(application.ref, ""), component.name)

    def _application(self, component: CatalogComponent) -> Application | None:
        """The Application that the catalog names, else the one that lists the workload that it names."""
        if component.find.application:
            return self._members.named(component.find.application)
        ref = expected(component)
        found = None if ref is None else self._members.listing(ref)
        return None if found is None else found[0]

    def subjects(self, division: Division, taken: dict[Key, str]) -> Iterator[Subject]:
        """The catalog's components with what they took."""
        parts: dict[str, list[Part]] = {}
        for key, name in taken.items():
            parts.setdefault(name, []).append(division.parts[key])
        for component in self._components:
            subject = Subject(component.name, component, self._file, expected=expected(component))
            subject.application = self._application(component)
            if component.find.repository:
                subject.repository = Value(component.find.repository, subject.line("find.repository"))
            for exposure in self._exposures.get(component.find.ingress or "", ()):
                subject.exposures.append(exposure)
                subject.links += [link for link in exposure.links if _leads_to(link.services, subject, division, taken)]
            mine = parts.get(component.name, [])
            # Of a bundle whose parts all have components of their own, what is left is the Application itself.
            subject.whole = component.name in self.named and subject.application is not None and not mine
            for part in mine:
                subject.add(part)
            yield subject


def _leads_to(services: Iterable[tuple[str, str]], subject: Subject, division: Division, taken: dict[Key, str]) -> bool:
    """Whether a link of the Ingress that the catalog names is the component's: no other has the workloads."""
    behind = [taken.get(division.key_of[w.ref]) for w in division.backends.of(services) if w.ref in division.key_of]
    return not behind or subject.name in behind


def expected(component: CatalogComponent) -> Ref | None:
    """The workload that the catalog names."""
    kind, _, where = (component.find.workload or "").partition(" ")
    namespace, _, name = where.partition("/")
    return Ref(GROUPS.get(kind, ""), kind, namespace, name) if name else None


def _names(division: Division) -> dict[str, list[Key]]:
    """Lower-case name → parts that answer to it, the best first."""
    ranks: list[dict[str, list[Key]]] = [{}, {}, {}, {}]

    def answer(rank: int, name: str, key: Key) -> None:
        if name:
            ranks[rank].setdefault(name.lower(), []).append(key)

    for key, part in division.parts.items():
        answer(0 if part.whole else 1, part.name, key)
        # A name that one of several workloads has is not the name of all of them.
        for name in sorted(set.intersection(*map(_own_names, part.workloads)) if part.workloads else ()):
            answer(2, name, key)
        for exposure in part.exposures:
            title = exposure.homepage("name")
            answer(3, "" if title is None else slug(str(title.value)), key)
    names = {name for rank in ranks for name in rank}
    return {name: [key for rank in ranks for key in rank.get(name, ())] for name in names}


def _own_names(workload: Workload) -> set[str]:
    labels = workload.labels
    return {workload.called, workload.ref.name, labels.get(INSTANCE, ""), labels.get(PART_OF, "")}


def slug(text: str) -> str:
    """Lower-case words joined by `-`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _discovered(division: Division, taken: dict[Key, str], used: set[str]) -> Iterator[Subject]:
    """What no component of the catalog took."""
    free = [(key, part) for key, part in division.parts.items() if key not in taken]
    shared = Counter(part.name for _, part in free)
    for key, part in free:
        scope, name = key.scope, part.name
        if shared[name] > 1 or name in used:
            prefix = scope if isinstance(scope, str) else scope.namespace if part.whole else scope.name
            name = _unused(f"{prefix}-{name}" if prefix else name, used)
        used.add(name)
        subject = Subject(name)
        subject.add(part)
        yield subject


def _unused(name: str, used: set[str]) -> str:
    number, found = 2, name
    while found in used:
        found, number = f"{name}-{number}", number + 1
    return found


def _choose_main(subject: Subject, backends: Backends) -> None:
    """The workload that the catalog names, else one that a URL leads to, else the first by kind and name; of several
    one of the component's name."""
    behind = {w.ref for link in subject.links for w in backends.of(link.services)}

    def rank(index: int) -> tuple[bool, bool, bool, int]:
        workload = subject.workloads[index]
        called = subject.name in {workload.ref.name, workload.called}
        return workload.ref != subject.expected, workload.ref not in behind, not called, index

    best = min(range(len(subject.workloads)), key=rank, default=None)
    subject.main = None if best is None else subject.workloads[best]


def _repositories(facts: Facts, subjects: list[Subject]) -> Iterator[Subject]:
    """A component for each Git repository that an Application comes from and the catalog does not name."""
    used = {subject.name for subject in subjects}
    known = {canonical(str(s.repository.value)) for s in subjects if s.repository is not None}
    for application in facts.applications:
        origin = application.origin
        if origin is None or origin.kind != "git":
            continue
        address = canonical(str(origin.repository.value))
        if address in known:
            continue
        known.add(address)
        owner, _, name = address.rpartition("/")
        name = name or owner.strip("/")  # an address without a path
        if not name:
            continue
        if name in used:
            name = _unused(f"{owner.rpartition('/')[2]}-{name}", used)
        used.add(name)
        yield Subject(name, repository=origin.repository)
