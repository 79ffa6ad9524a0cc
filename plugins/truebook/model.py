"""The dataclasses that flow between rooms. No behaviour beyond small derived properties; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Scalar = str | int | bool
"""What a component's value may be; a list value is a tuple of strings."""

SourceState = Literal["fresh", "stale", "failed", "absent"]
"""fresh: read now. stale: the last good reading, this one failed. failed: nothing to show. absent: not set up."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The object and field a value or an arrow was read from.

    `source` is a source's name (`kubernetes`, `argocd`, `git`) or `catalog`.
    `object` is `Kind namespace/name` (`Kind name` when cluster-scoped), a URL, or `path:line` of the catalog.
    `field` is a path within it: `status.sync.status`, `spec.rules[0].host`.
    """

    source: str
    object: str
    field: str

    def __str__(self) -> str:
        return f"{self.object} {self.field}".strip()


@dataclass(frozen=True, slots=True)
class Value:
    """One fact about a component, with its evidence. `value` is JSON-shaped."""

    value: Scalar | tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Component:
    """One thing that operators name. The keys of `values` are listed in `inventory/keys.py`."""

    name: str
    title: str
    group: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def get(self, key: str) -> Scalar | tuple[str, ...] | None:
        """The bare value of `key`, or None where it is not known."""
        found = self.values.get(key)
        return None if found is None else found.value

    def text(self, key: str) -> str:
        """The value of `key` as one string, empty where it is not known."""
        found = self.get(key)
        if found is None:
            return ""
        return ", ".join(found) if isinstance(found, tuple) else str(found)


@dataclass(frozen=True, slots=True)
class Relation:
    """An arrow between two components (by name), with the label to draw and where it was read.

    `kind` names the rule that found it (`feeds`, `deploys`, `app-of-apps`, `stated`, …);
    `stated` ones stand in the catalog only and are drawn dashed.
    """

    source: str
    target: str
    label: str
    kind: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source fared when the state was read. `read_at` is RFC 3339 UTC or empty."""

    name: str
    state: SourceState
    reason: str = ""
    read_at: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that pages are filled from.

    `origin` says what the state was read from, for people: `recording homelab.json`, `cluster prod (context prod)`.
    """

    cluster: str
    cluster_version: str
    recorded_at: str
    origin: str
    components: tuple[Component, ...] = ()
    relations: tuple[Relation, ...] = ()
    sources: tuple[SourceStatus, ...] = ()

    def component(self, name: str) -> Component | None:
        """The component called `name`, or None."""
        return next((c for c in self.components if c.name == name), None)


VerdictKind = Literal["read", "write", "destructive", "exec", "interactive", "secret", "local", "unknown"]
"""What a command would do. `local` writes files here, `secret` prints one, `interactive` waits or never ends."""


@dataclass(frozen=True, slots=True)
class CommandVerdict:
    """One simple command of a script. `line` counts from 1 within the script; `text` is the command as written."""

    line: int
    text: str
    verdict: VerdictKind
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A script's verdict: that of its worst command, whose reason is repeated here."""

    verdict: VerdictKind
    reason: str
    commands: tuple[CommandVerdict, ...] = ()
