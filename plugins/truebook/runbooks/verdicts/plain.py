"""Lines that need no parser: each is judged by itself, once, wherever it stands again.

Most lines of a runbook are such, and those that a script begins with stand within no other statement. Their rows hold
in any script, as long as no other line changes what they mean: the tree is asked from the first line on that sets a
variable which another could use, that opens a shell, or that is more than plain words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from truebook.model import CommandVerdict, VerdictKind
from truebook.runbooks import shell
from truebook.runbooks.shell import Problem
from truebook.runbooks.verdicts import filters, lines
from truebook.runbooks.verdicts.commands import MOST_COMMANDS, rule
from truebook.runbooks.verdicts.ruling import unknown
from truebook.runbooks.verdicts.variables import Scope
from truebook.runbooks.verdicts.walk import Walker

Aliases = tuple[tuple[str, str], ...]
Row = tuple[str, VerdictKind, str]


class Line(msgspec.Struct, frozen=True, gc=False):
    """A plain line: text, verdict and reason of each command, and what it has to do with other lines."""

    rows: tuple[Row, ...] = ()
    commands: int = 0
    """How many of `MOST_COMMANDS` it takes."""
    sets: bool = False
    """It sets a variable."""
    uses: bool = False
    """What a variable holds may matter to it: it names one, or runs a script that could."""


class Start(msgspec.Struct, frozen=True):
    """What a script begins with: its rows, and the rest of the script below as many empty lines."""

    rows: tuple[CommandVerdict, ...] = ()
    commands: int = 0
    rest: str = ""


_BLANK = Line()


def judge_lines(script: str, aliases: Mapping[str, str], *, variables: bool) -> Start:
    """A row for each command of the lines that can be judged by themselves. `variables`: some may be set already."""
    known = tuple(aliases.items())
    texts = script.split("\n")
    rows: list[CommandVerdict] = []
    commands = 0
    start: Start | None = None
    for number, text in enumerate(texts, 1):
        line = judge_line(text, known)
        if line is _BLANK:
            continue
        if line is None or (line.uses and (variables or start is not None)):
            return start or _start(rows, commands, number, texts)
        if line.sets and start is None:
            start = _start(rows, commands, number, texts)
        commands += line.commands
        if commands > MOST_COMMANDS:
            return start or _start(rows, commands - line.commands, number, texts)
        rows.extend([CommandVerdict(number, *row) for row in line.rows])
    return Start(tuple(rows), commands)


def _start(rows: Iterable[CommandVerdict], commands: int, number: int, texts: Sequence[str]) -> Start:
    """All before the line `number`."""
    return Start(tuple(rows), commands, "\n" * (number - 1) + "\n".join(texts[number - 1 :]))


@lru_cache(maxsize=16_384)
def judge_line(text: str, aliases: Aliases) -> Line | None:
    """One line by itself, None where it has to be parsed or where its effect on later lines goes beyond variables."""
    commands = lines.read_line(text)
    if commands is None or not (text.isprintable() or _harmless(text)):
        return None
    if not commands:
        return _BLANK
    rows = None if aliases else _stateless(commands)
    if rows is not None:
        return Line(rows, len(commands), uses="$" in text)
    return _Judge(dict(aliases)).line(text, commands)


def _harmless(text: str) -> bool:
    try:
        shell.refuse_text(text)
    except Problem:
        return False
    return True


def _stateless(commands: lines.Commands) -> tuple[Row, ...] | None:
    """The rows of commands that run no others and set nothing, as most do: their tables say all there is to say."""
    rows: dict[str, Row] = {}
    for written, argv in commands:
        if argv[0] == "=":
            return None
        ruling = rule(argv)
        if ruling.inner or ruling.assigns or ruling.opens_shell:
            return None
        rows[written] = (written, ruling.verdict, ruling.reason)
    return tuple(rows.values())


class _Judge(Walker):
    """Judges one line."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        super().__init__("", scope=Scope(), aliases=aliases)
        self.ran_script = False

    def line(self, text: str, commands: lines.Commands) -> Line | None:
        """The line of these commands, whose output goes from each to the next."""
        for position, (written, argv) in enumerate(commands):
            if argv[0] == "=":
                export = written.startswith("export") and not written.startswith("export=")
                row: Row = (written, "read", "export sets variables" if export else f"sets the variable {argv[1]}")
                return Line((row,), sets=True)
            self.fed = position > 0
            try:
                self.command((1, written), argv)
            except Problem as problem:
                self.add((1, written), unknown(problem.reason))
            if len(commands) > 1:
                self.feed = self.prints or filters.passed_on(written, self.feed)
        if self.elsewhere:
            return None
        rows = tuple((row.text, row.verdict, row.reason) for row in self.rows.values())
        used = MOST_COMMANDS - self.budget[0]
        return Line(rows, used, bool(self.scope), self.ran_script or "$" in text)

    def script(self, text: str, *, aliases: Mapping[str, str]) -> tuple[CommandVerdict, ...]:
        """Judges text that an inner shell runs, and which may use a variable that another line exports."""
        self.ran_script = True
        return super().script(text, aliases=aliases)
