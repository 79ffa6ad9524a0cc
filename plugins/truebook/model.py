"""The dataclasses that flow between rooms. No behaviour beyond small derived properties; no I/O.

What there are tens of thousands of is a Struct, which is made several times as fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

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


OTHER = "Other"
"""The group of a component for which nothing names one."""


class Facts:
    """What has values by key: a component, a record."""

    __slots__ = ()
    values: Mapping[str, Value]

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
class Component(Facts):
    """One thing that operators name. The keys of `values` are those of `settings.keys`, and the catalog's own."""

    name: str
    title: str
    group: str
    values: Mapping[str, Value] = field(default_factory=dict)


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
class Record(Facts):
    """One row of what a system told: an alert, a backup, an OIDC client, a consumer of a secret, a dashboard.

    `name` is its key within its kind, `component` the component it belongs to (empty where none is known). Which
    `values` a kind has, `inventory/records` says.
    """

    kind: str
    name: str
    component: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unread:
    """One thing that a source did not tell although it was read: `what` as it was asked (`/api/search`,
    `velero.io/backups`). absent: not installed or served there. forbidden: not permitted. failed: anything else."""

    what: str
    state: Literal["absent", "forbidden", "failed"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source fared when the state was read. `read_at` is RFC 3339 UTC or empty. `stand_in` says, where what
    answered was not the system itself, what it was. `unread` is what it has nothing to show of."""

    name: str
    state: SourceState
    reason: str = ""
    read_at: str = ""
    stand_in: str = ""
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that pages are filled from.

    `origin` says what the state was read from, for people: `recording homelab.json`, `cluster prod (context prod)`.
    `stale_after` is the age in seconds from which on nobody may take the state for that of now.
    """

    cluster: str
    cluster_version: str
    recorded_at: str
    origin: str
    components: tuple[Component, ...] = ()
    relations: tuple[Relation, ...] = ()
    sources: tuple[SourceStatus, ...] = ()
    stale_after: float = 86400.0
    records: tuple[Record, ...] = ()

    def component(self, name: str) -> Component | None:
        """The component called `name`, or None."""
        return next((c for c in self.components if c.name == name), None)

    def records_of(self, kind: str) -> tuple[Record, ...]:
        """The records of one kind, in their order."""
        return tuple(record for record in self.records if record.kind == kind)


VerdictKind = Literal["read", "write", "destructive", "exec", "interactive", "secret", "local", "unknown"]
"""What a command would do. `local` writes files here, `secret` prints one, `interactive` waits or never ends."""


class CommandVerdict(msgspec.Struct, frozen=True, gc=False):
    """One simple command of a script. `line` counts from 1 within the script; `text` is the command as written."""

    line: int
    text: str
    verdict: VerdictKind
    reason: str


class Judgement(msgspec.Struct, frozen=True):
    """A script's verdict: that of its worst command, whose reason is repeated here."""

    verdict: VerdictKind
    reason: str
    commands: tuple[CommandVerdict, ...] = ()


PlanKind = Literal["run", "dry-run", "prove", "parse", "skip", "refuse"]
"""What happens to a block. dry-run: its writes become server-side dry runs. prove: claims are checked instead."""

ResultState = Literal["passed", "failed", "not-run", "unknown"]
"""not-run: it was not meant to be (the plan's reason says why). unknown: it should have been and could not be."""

ExpectationKind = Literal["literal", "glob", "regex", "json", "table", "comment"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the output of a block must show, and the file's line that says so."""

    kind: ExpectationKind
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class BlockOptions:
    """What an author may say of a block. `timeout` is in seconds; `skip` is the reason, None to not skip."""

    name: str = ""
    skip: str | None = None
    timeout: float = 30.0
    returncode: int = 0
    cwd: str = ""
    session: str = ""
    tag: tuple[str, ...] = ()
    retry: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    expect: str = ""
    output: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A fence that the site renders as shell.

    `line` and `end_line` are those of its opening and closing fence in the source file, from 1. `source` is the
    code as written; `script` is what would be run, prompts and output taken off; `lines[i]` is the file's line of
    the script's line i, `places[i]` the line of `source` (from 0) whose end it is. `ordinal` is its place among the
    page's shell blocks, `fence` that among all the fences that the page shows, both from 0. Blocks of one `session`
    share their variables.
    """

    path: str
    line: int
    end_line: int
    heading: str
    tab: str
    language: str
    source: str
    script: str
    lines: tuple[int, ...]
    ordinal: int
    session: str = ""
    options: BlockOptions = field(default_factory=BlockOptions)
    expectations: tuple[Expectation, ...] = ()
    fence: int = 0
    places: tuple[int, ...] = ()

    @property
    def where(self) -> str:
        """`path:line`."""
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class FilledValue:
    """A placeholder and the value chosen for it. `origin` is `--var`, `environment`, `front matter`, `settings`,
    `block` or `inventory`; only the last has evidence."""

    placeholder: str
    value: str
    origin: str
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Filling:
    """A block's script with its placeholders filled. Where `missing` is not empty it must not be run.

    `secrets` are the values that were filled in for placeholders which are called like a secret: they stand in
    `script` alone, and `values` do not say them.
    """

    script: str
    values: tuple[FilledValue, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)


FieldMode = Literal["bare", "double", "single", "heredoc", "raw-heredoc", "plain"]
"""Where in a script a placeholder stands: decides how its value has to be written. `plain` is where no quoting makes it
plain text: only a value that needs none fits there."""


@dataclass(frozen=True, slots=True)
class Field:
    """A placeholder that a reader fills. `text` is as written, `key` what all of the same meaning share.

    `roles` say what it asks of the cluster (`namespace`, `app`, `deployment`, `kind:configmap`), in `namespace` where
    the command names one. `value` is what it was tested with, empty where it was not, or is a secret. An `optional` one
    is a variable, which the reader's shell may have set. `until` is the word that ends the heredoc it stands in.
    """

    text: str
    key: str
    mode: FieldMode
    roles: tuple[str, ...] = ()
    namespace: str = ""
    value: str = ""
    optional: bool = False
    secret: bool = False
    until: str = ""


@dataclass(frozen=True, slots=True)
class Copyable:
    """What of a block is typed into a shell. Lines count from 0 within `Block.source`, columns are characters.

    Each of `commands` is text and fields, without prompts, output and comments; they may run over several lines, and
    `starts` are the line and column where each begins. `left_out` are stretches (line, from, to) that belong to none;
    one that ends past its line's last character takes the line's end along. `fields` are stretches too.
    """

    commands: tuple[tuple[str | Field, ...], ...] = ()
    starts: tuple[tuple[int, int], ...] = ()
    left_out: tuple[tuple[int, int, int], ...] = ()
    fields: tuple[tuple[int, int, int, Field], ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A block and what is going to happen to it."""

    block: Block
    filling: Filling
    judgement: Judgement
    plan: PlanKind
    reason: str


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """A request that a block made, and what the guard did with it. `path` holds no query's values. `warnings` are those
    that the API server sent along."""

    system: str
    method: str
    path: str
    decision: Literal["forward", "dry-run", "answer", "refuse"]
    status: int
    reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that was checked in place of running a write; `holds` is None where it could not be told."""

    text: str
    holds: bool | None
    source: str = ""


@dataclass(frozen=True, slots=True)
class BlockResult:
    """What happened to a block. `started_at` is RFC 3339 UTC, `duration` seconds; `output` is redacted and cut.

    `failed_line` is the file's line of the command that failed, 0 where none did; `cached` results were taken over
    from an earlier run of the same block, values, tools and state. `unrecorded`: a block that was to run could not be
    told, or only be proved, for want of an answer that the recording does not hold from which it was tested.
    """

    path: str
    line: int
    ordinal: int
    state: ResultState
    plan: PlanKind
    verdict: VerdictKind
    reason: str
    started_at: str = ""
    duration: float = 0.0
    cluster: str = ""
    values: tuple[FilledValue, ...] = ()
    exit_code: int | None = None
    failed_line: int = 0
    output: str = ""
    requests: tuple[RequestRecord, ...] = ()
    claims: tuple[Claim, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    cached: bool = False
    unrecorded: bool = False
