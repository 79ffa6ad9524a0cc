"""Which workloads make one component, before the catalog is asked for its title and purpose.

An Application is one part, unless it is a bundle:
- no workload bears the Application's name and they bear several (`monitoring`: prometheus, grafana): each name is
  a part of its own;
- some bear it (`authentik`: authentik, postgresql): another name is a part of its own only where an Ingress or
  HTTPRoute leads to it, or the catalog names it. So a database stays with what it serves.

Workloads of no Application are parts by their name in their namespace; without a name label they are none, unless
the catalog names them or an annotated Ingress leads to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from truebook.inventory.application import Application
from truebook.inventory.facts import Exposure, Facts, Link, Workload
from truebook.inventory.join.membership import Membership
from truebook.inventory.objects import NAME, PART_OF, Ref, bears
from truebook.model import Evidence

Scope = Ref | str
"""An Application, or the namespace of what belongs to none."""


class Key(NamedTuple):
    """Which part: its name in its scope, empty for the Application as a whole. `claimant` is the component of the
    catalog that takes only the workloads it names out of a part."""

    scope: Scope
    name: str
    claimant: str = ""


@dataclass(slots=True)
class Part:
    """Workloads and links that make one component. `joined` says of each workload where that was read."""

    name: str
    application: Application | None = None
    whole: bool = False
    workloads: list[Workload] = field(default_factory=list)
    joined: dict[Ref, Evidence] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)


class Backends:
    """Finds the workloads behind a Service, by its selector."""

    def __init__(self, facts: Facts) -> None:
        self._services = facts.services
        self._by_label: dict[tuple[str, str, str], list[Workload]] = {}
        for workload in facts.workloads:
            for key, value in workload.pod_labels.items():
                self._by_label.setdefault((workload.ref.namespace, key, value), []).append(workload)

    def of(self, services: Iterable[tuple[str, str]]) -> list[Workload]:
        """The workloads behind any of the Services, in their order."""
        found: dict[Ref, Workload] = {}
        for namespace, name in services:
            selector = self._services.get((namespace, name), {})
            candidates = [self._by_label.get((namespace, key, value), []) for key, value in selector.items()]
            for workload in min(candidates, key=len, default=[]):
                if selector.items() <= workload.pod_labels.items():
                    found.setdefault(workload.ref, workload)
        return list(found.values())


class Division:
    """Divides the facts into parts.

    `claimed` are the workloads that the catalog names outright: ref → components, in its order. `named` are its
    components without such a hint: name → the Application they name, if any.
    """

    def __init__(
        self,
        facts: Facts,
        members: Membership,
        backends: Backends,
        claimed: Mapping[Ref, list[str]],
        named: Mapping[str, str | None],
    ) -> None:
        self.parts: dict[Key, Part] = {}
        self.key_of: dict[Ref, Key] = {}
        self.backends = backends
        self._members = members
        self._claimed = claimed
        self._homes = {workload.ref: members.of(workload) for workload in facts.workloads}
        self._separate = self._separate_names(facts, named)
        for application in facts.applications:
            self._part(Key(application.ref, ""), application)
        self._place_workloads(facts.workloads)
        for exposure in facts.exposures:
            self._place_exposure(exposure)
        self._drop_empty_wholes()

    def _separate_names(self, facts: Facts, named: Mapping[str, str | None]) -> dict[Ref, set[str]]:
        """Application → the names in it that are parts of their own."""
        inside: dict[Application, list[Workload]] = {}
        for workload in facts.workloads:
            home = self._homes[workload.ref]
            if home is not None and workload.called:
                inside.setdefault(home[0], []).append(workload)
        holders = Counter(name for workloads in inside.values() for name in {w.called for w in workloads})
        exposed = {w.ref for exposure in facts.exposures for w in self.backends.of(exposure.services)}
        found = {}
        for application, workloads in inside.items():
            names = {workload.called for workload in workloads}
            bearing = {name for name in names if bears(name, application.ref.name)}
            wanted = {w.called for w in workloads if w.ref in exposed or w.ref in self._claimed}
            for name in names & named.keys():
                stated = named[name]
                if holders[name] == 1 if stated is None else self._members.named(stated) is application:
                    wanted.add(name)
            if bearing:
                found[application.ref] = wanted - bearing
            elif len(names) > 1:
                found[application.ref] = names
        return found

    def _part(self, key: Key, application: Application | None) -> Part:
        if key not in self.parts:
            whole = application is not None and not (key.name or key.claimant)
            name = key.claimant or key.name or (application.ref.name if application is not None else "")
            self.parts[key] = Part(name, application, whole)
        return self.parts[key]

    def _natural(self, workload: Workload) -> Key:
        """Its part but for claims; of an empty name without an Application there is none."""
        home = self._homes[workload.ref]
        if home is None:
            return Key(workload.ref.namespace, workload.called)
        separate = workload.called in self._separate.get(home[0].ref, set())
        return Key(home[0].ref, workload.called if separate else "")

    def _place_workloads(self, workloads: Iterable[Workload]) -> None:
        """Where several components of the catalog claim workloads of one part, the one of the part's name keeps
        it (else the first), the others take only what they claim."""
        natural = {workload.ref: self._natural(workload) for workload in workloads}
        claimants: dict[Key, list[str]] = {}
        for ref, names in self._claimed.items():
            if ref in natural:
                claimants.setdefault(natural[ref], []).extend(names)
        for workload in workloads:
            home, key = self._homes[workload.ref], natural[workload.ref]
            nameless = home is None and not key.name
            mine = self._claimed.get(workload.ref)
            if mine is not None:
                called = key.name or (home[0].ref.name if home is not None else "")
                keeper = called if called in claimants[key] else claimants[key][0]
                if nameless or keeper not in mine:
                    key = key._replace(claimant=mine[0])
            elif nameless:
                continue
            part = self._part(key, None if home is None else home[0])
            part.workloads.append(workload)
            self.key_of[workload.ref] = key
            label = PART_OF if workload.called != workload.labels.get(NAME) else NAME
            part.joined[workload.ref] = home[1] if home is not None else workload.evidence("metadata", "labels", label)

    def _place_exposure(self, exposure: Exposure) -> None:
        """Each link goes to the part of the workloads behind it; without any, to the exposure's own part."""
        first: Part | None = None
        for link in exposure.links:
            part = self._part_behind(link.services) or self._own_part(exposure)
            if part is not None:
                part.links.append(link)
                first = first or part
        first = first or self._part_behind(exposure.services) or self._own_part(exposure)
        if first is not None:
            first.exposures.append(exposure)

    def _part_behind(self, services: Iterable[tuple[str, str]]) -> Part | None:
        keys = (self.key_of.get(workload.ref) for workload in self.backends.of(services))
        return next((self.parts[key] for key in keys if key is not None), None)

    def _own_part(self, exposure: Exposure) -> Part | None:
        """By its Application and name label; an annotated one of no Application is a part by itself."""
        home = self._members.of(exposure)
        scope: Scope = exposure.ref.namespace if home is None else home[0].ref
        found = self.parts.get(Key(scope, exposure.labels.get(NAME, "")))
        if found is None and home is not None:
            found = self.parts.get(Key(scope, ""))
        if found is None and home is None and exposure.homepage("name") is not None:
            found = self._part(Key(scope, exposure.ref.name), None)
        return found

    def _drop_empty_wholes(self) -> None:
        """A bundle is no component beside its parts, unless it declares Applications."""
        divided = {key.scope for key, part in self.parts.items() if not part.whole}
        for key, part in list(self.parts.items()):
            empty = part.whole and not (part.workloads or part.links)
            if empty and key.scope in divided and part.application is not None and not part.application.declares:
                del self.parts[key]
