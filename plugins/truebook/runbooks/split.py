"""A block of which some commands may run and others are proved: two parts, and one result of both.

    vault kv put secret/app/db password=x          proved: vault is not run
    kubectl rollout restart deployment/app         a dry run all the same

Each part keeps the block's lines, with empty ones in place of what the other does. Parts are whole statements of the
script's top level; where one of those that are proved sets a variable or changes the shell's folder or options, or the
block's exit code or output is said to be something, the block stays whole and all of it is proved.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tree_sitter import Node

from truebook.model import BlockResult, CommandVerdict, Judgement, PlanKind, Planned, ResultState
from truebook.runbooks.plan import ORDER, of_command
from truebook.runbooks.shell import Problem, parse, walk

_SETTING = frozenset({"variable_assignment", "declaration_command", "function_definition", "unset_command"})
_CHANGES = re.compile(
    rb"(?:^|[;&|({\s])(?:cd|pushd|popd|read|mapfile|readarray|exit|return|exec|set|trap|shopt|printf\s+-v)(?![\w-])"
    rb"|\$\{\w+:?="
)
"""What changes the shell for the statements after it. Found in a quoted text, it only keeps a block whole."""
_RUN: frozenset[PlanKind] = frozenset({"run", "dry-run"})
_WORST: tuple[ResultState, ...] = ("failed", "unknown", "not-run", "passed")


@dataclass(frozen=True, slots=True)
class _Statement:
    """Statements that share lines, `first` to `last` from 1, what happens to their commands, and whether they set
    variables."""

    first: int
    last: int
    plans: frozenset[PlanKind]
    sets: bool = False

    @property
    def runs(self) -> bool:
        return self.plans <= _RUN


def split(
    planned: Planned, *, tools: Collection[str] | None = None, aliases: Mapping[str, str] | None = None
) -> tuple[Planned, ...]:
    """The part that is proved and the part that runs; the block alone where it has not both."""
    options = planned.block.options
    if planned.plan != "prove" or options.returncode or planned.block.expectations:
        return (planned,)
    script = planned.filling.script
    plans = {command: of_command(command, tools, aliases or {})[0] for command in planned.judgement.commands}
    statements = tuple(_statements(script, plans))
    running = [one for one in statements if one.plans and one.runs]
    proved = [one for one in statements if not one.runs]
    if not running or not proved or any(one.sets for one in proved):
        return (planned,)
    first = _part(planned, proved, running, plans)
    return (first, _part(planned, running, proved, plans))


def join(planned: Planned, parts: Sequence[BlockResult]) -> BlockResult:
    """One result: the state and reason of the part that went worst, and what both found out."""
    if len(parts) == 1:
        return parts[0]
    worst = min(parts, key=lambda part: _WORST.index(part.state))
    run = parts[-1]
    return replace(
        run,
        state=worst.state,
        plan=planned.plan,
        verdict=planned.judgement.verdict,
        reason=planned.reason if worst.state == "passed" else worst.reason,
        started_at=min((part.started_at for part in parts if part.started_at), default=""),
        duration=round(sum(part.duration for part in parts), 3),
        requests=tuple(record for part in parts for record in part.requests),
        claims=tuple(claim for part in parts for claim in part.claims),
        tools={name: version for part in parts for name, version in part.tools.items()},
        cached=all(part.cached for part in parts),
        unrecorded=_unrecorded(parts, worst.state),
    )


def _unrecorded(parts: Sequence[BlockResult], worst: ResultState) -> bool:
    """Whether it is the end of a recording alone that kept more from being known."""
    if worst == "unknown":
        return all(part.unrecorded for part in parts if part.state == worst)
    return any(part.unrecorded for part in parts)


def _part(
    planned: Planned, kept: Iterable[_Statement], left: Iterable[_Statement], plans: Mapping[CommandVerdict, PlanKind]
) -> Planned:
    lines = {line for one in kept for line in range(one.first, one.last + 1)}
    commands = tuple(command for command in planned.judgement.commands if command.line in lines)
    plan = max((plans[command] for command in commands), key=ORDER.index)
    reason = next(command.reason for command in commands if plans[command] == plan)
    return replace(
        planned,
        filling=replace(planned.filling, script=_without(planned.filling.script, left)),
        judgement=Judgement(planned.judgement.verdict, reason, commands),
        plan=plan,
        reason=reason,
    )


def _without(script: str, statements: Iterable[_Statement]) -> str:
    gone = {line for one in statements for line in range(one.first, one.last + 1)}
    return "\n".join("" if line in gone else text for line, text in enumerate(script.split("\n"), 1))


def _statements(script: str, plans: Mapping[CommandVerdict, PlanKind]) -> Iterator[_Statement]:
    try:
        root, source = parse(script)
    except Problem:
        return
    groups: list[list[Node]] = []
    for node in root.children:
        if node.type == "comment" or not node.is_named:
            continue
        if groups and node.start_point[0] <= groups[-1][-1].end_point[0]:
            groups[-1].append(node)
        else:
            groups.append([node])
    for nodes in groups:
        first, last = nodes[0].start_point[0] + 1, nodes[-1].end_point[0] + 1
        done = frozenset(plan for command, plan in plans.items() if first <= command.line <= last)
        text = source[nodes[0].start_byte : nodes[-1].end_byte]
        sets = any(one.type in _SETTING for node in nodes for one in walk(node)) or bool(_CHANGES.search(text))
        yield _Statement(first, last, done, sets)
