"""What is known of the cluster while the other systems are being read: made once, when first asked for."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property

from truebook.inventory.build import assemble
from truebook.inventory.discover.facts import discover
from truebook.inventory.discover.workloads import KINDS
from truebook.inventory.join.catalog import join
from truebook.inventory.join.subject import Joined
from truebook.inventory.programs import PROGRAMS
from truebook.model import Inventory
from truebook.recording import SCHEMA, Cluster, KubernetesData, Part, Recording
from truebook.settings import Settings

FIRST = ("kubernetes", "argocd")
"""The sources that say where the others are: who looks for a system needs them."""


class Known:
    """The components of a reading that is still going on, by the parts of `FIRST`. Safe to use from several threads.

    Whoever asks must need the sources of `FIRST`, so that everybody sees the same.
    """

    def __init__(self, settings: Settings, parts: Mapping[str, Part], *, at: str = "") -> None:
        self._settings, self._parts, self._at = settings, parts, at
        self._lock = threading.RLock()

    @property
    def recording(self) -> Recording:
        """What was read so far."""
        with self._lock:
            return self._recording

    @property
    def kubernetes(self) -> KubernetesData:
        """The cluster's part, decoded once for all."""
        with self._lock:
            return self._kubernetes

    @property
    def mentioned(self) -> frozenset[str]:
        """The systems of whose programs there is any word in the cluster: the others need no search."""
        with self._lock:
            return self._mentioned

    @property
    def joined(self) -> Joined:
        """Components with the workloads, Services and routes that are theirs."""
        with self._lock:
            return self._joined

    @property
    def inventory(self) -> Inventory:
        """Components with their values."""
        with self._lock:
            return self._inventory

    @cached_property
    def _recording(self) -> Recording:
        parts = {name: self._parts[name] for name in FIRST if name in self._parts}
        return Recording(SCHEMA, Cluster(self._settings.cluster or ""), self._at, parts)

    @cached_property
    def _kubernetes(self) -> KubernetesData:
        return self._recording.kubernetes()

    @cached_property
    def _mentioned(self) -> frozenset[str]:
        lists = self._kubernetes.lists
        objects = [bytes(raw) for key, found in lists.items() if key in KINDS for raw in found.items]
        words = {name: {*program.labels, *program.images} for name, program in PROGRAMS.items()}
        return frozenset(
            name for name, called in words.items() if any(word.encode() in raw for word in called for raw in objects)
        )

    @cached_property
    def _joined(self) -> Joined:
        return join(discover(self._recording), self._settings)

    @cached_property
    def _inventory(self) -> Inventory:
        return assemble(self._joined, self._recording, self._settings, origin="")
