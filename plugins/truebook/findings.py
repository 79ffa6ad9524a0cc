"""What a check compares and finds. Data only, as in `model`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from truebook.model import BlockResult, CommandVerdict, Evidence
from truebook.settings import Ignore

StatementKind = Literal["row", "cell", "node", "arrow", "value", "text", "host", "name", "link"]
"""row, cell: of a table. node, arrow: of a flowchart. value: a single one in a line. text: a region that is none of
these. host, name: in prose, in code too for hosts. link: a URL that leads somewhere."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a page says. `line` counts from 1 in the file.

    | kind | subject | key | text |
    |---|---|---|---|
    | row | the first cell | | its link's target |
    | cell | the row's first cell | the column's header | the cell |
    | node | its label | | its subgraph |
    | arrow | `A -> B` by their labels | | its label |
    | value | `vault.url` | | the value |
    | text | | | the text |
    | host | the host | | |
    | name | the name | `namespace`, `application` or a kind | |
    """

    kind: StatementKind
    line: int
    subject: str
    key: str = ""
    text: str = ""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What it is about: the same in another text."""
        return self.kind, self.subject.casefold(), self.key.casefold()


@dataclass(frozen=True, slots=True)
class RegionStatements:
    """What a region says, and what it would say of what is live and of what Git declares.

    `declared` is None where Git is not known to declare anything else. `edited`: the text is not the one that was
    generated. `error` says why it could not be filled. `own` is True for a table or flowchart of the author's: it
    need not name everything that is live. `untold` says, in sentences, what sources kept to themselves of what the
    region is made of.
    """

    view: str
    name: str
    line: int
    end_line: int
    documented: tuple[Statement, ...] = ()
    live: tuple[Statement, ...] = ()
    declared: tuple[Statement, ...] | None = None
    edited: bool = False
    error: str = ""
    own: bool = False
    untold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageStatements:
    """What a page says. `path` is as shown, `name` the path below the docs folder; `anchors` are the ids that links may
    lead to; `ignores` those that stand in it."""

    path: str
    name: str
    regions: tuple[RegionStatements, ...] = ()
    claims: tuple[Statement, ...] = ()
    anchors: frozenset[str] = frozenset()
    ignores: tuple[Ignore, ...] = ()


Severity = Literal["error", "warning", "note", "off"]
"""How much a finding weighs. `off`: it is not looked for."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""Those that are reported, the heaviest first."""


def weighs(severity: Severity, fail_on: Severity) -> bool:
    """Whether a finding of this severity fails a check; `off` never does, and fails nothing."""
    return severity in SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on in SEVERITIES else False


Side = Literal["documented", "live", "declared", ""]
"""One of the three that should agree: what the docs say, what is live, what Git declares. Empty: none of them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement.

    `rule` is a key of `drift.rules.RULES`. `path` and `line` are those of the source file (line 0: none known).
    `subject` is what it is about, in a form that stays the same when lines move: a component, `component.column`,
    `a -> b`, a host. `documented`, `live` and `declared` are what each side says, empty where it says nothing.
    `odd` is the side that disagrees with the other two, where that can be said. `hint` is the fix.
    """

    rule: str
    severity: Severity
    path: str
    line: int
    subject: str
    message: str
    documented: str = ""
    live: str = ""
    declared: str = ""
    odd: Side = ""
    hint: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def where(self) -> str:
        """`path:line`, or the path alone."""
        return f"{self.path}:{self.line}" if self.line else self.path

    @property
    def fingerprint(self) -> str:
        """What stays the same from build to build, wherever the lines move: 32 hexadecimal digits."""
        return hashlib.sha256("\0".join((self.rule, self.path, self.subject)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class IgnoredFinding:
    """A finding that somebody wants left alone, and why. `where` is `path:line` of who says so."""

    finding: Finding
    reason: str
    where: str


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What a rule looks for, for people. `help` is Markdown; `severity` is what its findings weigh by default."""

    name: str
    title: str
    help: str
    severity: Severity = "warning"


@dataclass(frozen=True, slots=True)
class TestedBlock:
    """A block in a report: what happened to it, and what of its plan may be told. `plan_reason` says why it was
    planned so; `commands` are its verdicts, secrets hidden, with the file's lines."""

    result: BlockResult
    end_line: int = 0
    heading: str = ""
    tab: str = ""
    name: str = ""
    plan_reason: str = ""
    commands: tuple[CommandVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that was compared, whether it agreed or not: a `region`, a `table` or `diagram` of the author's, a
    `claim` in prose, a `link` from the cluster. Findings of `path` from `line` to `end_line` are about it."""

    kind: str
    path: str
    line: int
    end_line: int
    subject: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that a check found. `compared` is what was looked at: where it is empty and no block was tested, nothing can
    be said. `problems` say why something could not be told. `findings` are the new ones, in the order of path and
    line; `known` those of the baseline. `generated_at` and `recorded_at` are RFC 3339 UTC. `shard` is `2/5` where this
    is one of several reports to be merged, `shard_blocks` the number of blocks of all of them. `allow_unrecorded`: a
    block that can't be told for want of an answer that the recording does not hold is no reason not to be clean."""

    cluster: str
    origin: str
    recorded_at: str
    generated_at: str
    findings: tuple[Finding, ...] = ()
    ignored: tuple[IgnoredFinding, ...] = ()
    known: tuple[Finding, ...] = ()
    blocks: tuple[TestedBlock, ...] = ()
    compared: tuple[Compared, ...] = ()
    problems: tuple[str, ...] = ()
    fail_on: Severity = "warning"
    shard: str = ""
    shard_blocks: int = 0
    allow_unrecorded: bool = False

    @property
    def exit_code(self) -> int:
        """0 clean, 1 findings that weigh enough or failed blocks, 2 it could not be told or nothing was compared."""
        heavy = any(weighs(found.severity, self.fail_on) for found in self.findings)
        if heavy or any(block.result.state == "failed" for block in self.blocks):
            return 1
        untold = [block.result for block in self.blocks if block.result.state == "unknown"]
        unsure = self.problems or any(not (self.allow_unrecorded and result.unrecorded) for result in untold)
        tested = any(block.result.state == "passed" for block in self.blocks)
        return 2 if unsure or not (self.compared or tested) else 0
