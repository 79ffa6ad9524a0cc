"""Verdicts: what a script's commands would do, by their words alone.

`judge` reads a script as bash would and asks a table per tool. It is an allow-list: a program, verb, flag or bit of
shell that it does not know makes the command `unknown`, and an unknown command is never run. A block is as bad as its
worst command, in the order `read`, `local`, `write`, `destructive`, `secret`, `exec`, `interactive`, `unknown`.

A variable that the script sets is followed; text that only running would show is never taken for a verb or a flag.
A variable that nothing sets is taken for a name, as a placeholder is: who fills it has the filled text judged again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from truebook.model import CommandVerdict, Judgement
from truebook.runbooks.fill.scan import names_set
from truebook.runbooks.verdicts.commands import MOST_COMMANDS
from truebook.runbooks.verdicts.order import ORDER, rank, worst
from truebook.runbooks.verdicts.plain import judge_lines
from truebook.runbooks.verdicts.ruling import ANY
from truebook.runbooks.verdicts.variables import Scope
from truebook.runbooks.verdicts.walk import judge_script

__all__ = ["ORDER", "judge", "rank", "worst"]


_USED = re.compile(r"\$\{?([A-Za-z_]\w*)")


def _set_somewhere(script: str) -> frozenset[str]:
    """The variables that a script both uses and sets. Few do: a name that stands behind a dollar alone is not set."""
    if "$" not in script:
        return frozenset()
    used = Counter(_USED.findall(script))
    if all(script.count(name) == count for name, count in used.items()):
        return frozenset()
    return names_set(script) & used.keys()


def judge(
    script: str, *, aliases: Mapping[str, str] | None = None, variables: Mapping[str, str | None] | None = None
) -> Judgement:
    """The verdict on `script` and on each of its commands. Never raises, runs nothing, reads nothing.

    `aliases` are names that stand for the first words of a command (`{"k": "kubectl"}`).
    `variables` are those that earlier blocks of a session set: to a text, or to one that is not known (None).
    """
    try:
        rows = _rows(script, aliases or {}, variables or {})
    except RecursionError:
        rows = (CommandVerdict(1, script.split("\n", 1)[0], "unknown", "nested too deeply"),)
    bad = max(rows, key=_badness, default=_NOTHING)
    return Judgement(bad.verdict, bad.reason, rows)


_NOTHING = CommandVerdict(0, "", "read", "runs nothing")


def _badness(row: CommandVerdict) -> int:
    return rank(row.verdict)


def _rows(script: str, aliases: Mapping[str, str], variables: Mapping[str, str | None]) -> tuple[CommandVerdict, ...]:
    set_somewhere = _set_somewhere(script)
    start = judge_lines(script, aliases, variables=bool(variables or set_somewhere))
    if not start.rest:
        return start.rows
    scope = Scope({name: frozenset({ANY if value is None else value}) for name, value in variables.items()})
    scope.set_somewhere = set_somewhere
    budget = [MOST_COMMANDS - start.commands]
    return judge_script(start.rest, scope=scope, aliases=aliases, budget=budget, before=start.rows)
