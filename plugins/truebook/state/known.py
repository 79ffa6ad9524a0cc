"""What is known of the cluster while the other systems are being read: each thing made once, when first asked for.

A large cluster is a part of hundreds of megabytes: it is decoded once, its objects only where somebody wants them, and
components are put together only where a word in a workload gives a reason to.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from truebook.inventory.discover.answers import Answers
from truebook.inventory.discover.facts import discover
from truebook.inventory.discover.systems import told
from truebook.inventory.discover.workloads import KINDS
from truebook.inventory.facts import Facts
from truebook.inventory.join.catalog import join
from truebook.inventory.join.parts import Backends
from truebook.inventory.join.resolver import Resolver
from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.programs import PROGRAMS
from truebook.inventory.values import VALUES, intent
from truebook.model import Value
from truebook.recording import SCHEMA, Cluster, KubernetesData, Part, Recording
from truebook.settings import Settings

FIRST = ("kubernetes", "argocd")
"""The sources that say where the others are: who looks for a system needs them."""

Name = tuple[str, str]
"""Namespace and name of an object."""

_T = TypeVar("_T")


@contextmanager
def _growing() -> Iterator[None]:
    """For what makes very many objects, all of which stay: to look for garbage among them, over and over while there
    are more and more, takes almost as long as to make them."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Metadata(msgspec.Struct):
    namespace: Any = ""
    name: Any = ""


class _Named(msgspec.Struct):
    """An object, opened only as far as its name."""

    metadata: _Metadata


_NAMED = msgspec.json.Decoder(_Named)


class Known:
    """The components of a reading that is still going on, by the parts of `FIRST`. Safe to use from several threads.

    Whoever asks must need the sources of `FIRST`, so that everybody sees the same.
    """

    def __init__(self, settings: Settings, parts: Mapping[str, Part], *, at: str = "") -> None:
        self._settings, self._parts, self._at = settings, parts, at
        self._made: dict[str, Any] = {}
        self._locks: dict[str, threading.Lock] = {}

    def _once(self, name: str, make: Callable[[], _T]) -> _T:
        """What `make` gives, made by whoever asks first. Each thing has a lock of its own: nobody who wants what is
        there already waits for another thing."""
        with self._locks.setdefault(name, threading.Lock()):
            if name not in self._made:
                self._made[name] = make()
            found: _T = self._made[name]
            return found

    @property
    def recording(self) -> Recording:
        """What was read first."""
        return self._once("recording", lambda: self._recording(self._parts, FIRST))

    @property
    def kubernetes(self) -> KubernetesData:
        """The cluster's part, its objects still bytes."""
        return self._once("kubernetes", lambda: self.recording.kubernetes())

    @property
    def mentioned(self) -> frozenset[str]:
        """The systems of whose programs there is any word in a workload: the others need no search."""
        return self._once("mentioned", self._mentioned)

    @property
    def facts(self) -> Facts:
        """The objects, cut down to what the inventory uses of them."""
        return self._once("facts", _growing()(lambda: discover(self.recording, self.kubernetes)))

    @property
    def joined(self) -> Joined:
        """Components with the workloads, Services and routes that are theirs."""
        return self._once("joined", _growing()(lambda: join(self.facts, self._settings)))

    def value(self, subject: Subject, key: str) -> Value | None:
        """One value of a component of `joined`, as the inventory will have it: its address for one."""
        return intent.stated(subject, key) or VALUES[key](subject, self.joined)

    def told(self, parts: Mapping[str, Part]) -> Joined:
        """`joined`, and what the systems of `parts` say beside."""
        recording = self._recording(parts, parts)
        found = told(recording, self.kubernetes, Answers(recording, "argocd"), self.facts.workloads)
        facts = replace(self.facts, told=found)
        subjects, members = self.joined.subjects, self.joined.members
        resolver = Resolver(subjects, facts, members, Backends(facts))
        return Joined(subjects, facts, members, self._settings, resolver)

    def says(self, *words: str) -> bool:
        """Whether any workload has one of the words, anywhere. They must be of letters, `/`, `-` and `.`, which JSON
        has as they are."""
        text = self._workloads()
        return any(word.encode() in text for word in words)

    def objects(self, key: str, names: Collection[Name]) -> Iterator[Any]:
        """Those objects of the list `group/resource` that have one of the names; the others are not decoded."""
        found = self.kubernetes.lists.get(key)
        for raw in found.items if found is not None and names else ():
            try:
                metadata = _NAMED.decode(raw).metadata
                if (metadata.namespace, metadata.name) in names:
                    yield msgspec.json.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, TypeError):  # TypeError: a name that is a list
                continue

    def _recording(self, parts: Mapping[str, Part], names: Iterable[str]) -> Recording:
        chosen = {name: parts[name] for name in names if name in parts}
        return Recording(SCHEMA, Cluster(self._settings.cluster or ""), self._at, chosen)

    def _mentioned(self) -> frozenset[str]:
        text = self._workloads()
        words = {name: (*program.labels, *program.images) for name, program in PROGRAMS.items()}
        return frozenset(name for name, called in words.items() if any(word.encode() in text for word in called))

    def _workloads(self) -> bytes:
        """All workloads as they were read."""
        lists = (self.kubernetes.lists[key] for key in KINDS if key in self.kubernetes.lists)
        return b"\n".join(raw for found in lists for raw in found.items)
