"""Simple commands: from words to a verdict, through aliases and the commands that run other commands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from truebook.model import CommandVerdict
from truebook.runbooks.shell import Problem
from truebook.runbooks.verdicts import builtins, redirects
from truebook.runbooks.verdicts.files import is_settings
from truebook.runbooks.verdicts.order import rank, worst
from truebook.runbooks.verdicts.ruling import ANY, MANY, NAME, Argv, Inner, Prints, Ruling, literal, shown, unknown
from truebook.runbooks.verdicts.tools import TOOLS
from truebook.runbooks.verdicts.variables import UNKNOWN, Scope, Values, dangerous, limited

MOST_COMMANDS = 2_000
DEEPEST = 24
"""Limits that no runbook reaches: a script beyond them is unknown, whatever it holds."""

Place = tuple[int, str]
"""Where a command stands: its line, and its text as written."""

_ALIAS = re.compile(r"[\w./:=,@%+-]+(?: +[\w./:=,@%+-]+)*")
_PROGRAM = re.compile(r"/(?:usr/)?(?:local/)?s?bin/([\w.+-]+)")

_KNOWN_TO_SETTINGS = frozenset({"mkdir", "rmdir", "rm", "chmod", "git"})
"""Programs that write no settings into a file or folder that they are given."""


@lru_cache(maxsize=16_384)
def rule(argv: Argv) -> Ruling:
    """The verdict of the table of `argv[0]`. Pages repeat their commands, so it is remembered."""
    ruling = _ruling(argv)
    if ruling.verdict == "local" or argv[0] in ("cd", "pushd"):
        paths = [path for word in argv[1:] for path in _paths(word)]
        kernel = next(filter(redirects.is_special, paths), None)
        if kernel is not None:
            return unknown(f"{shown(kernel)} is not a plain file or folder")
        settings = next(filter(is_settings, paths), None)
        if settings is not None and argv[0] not in _KNOWN_TO_SETTINGS:
            return unknown(f"{shown(settings)} may hold settings by which a program runs others")
    return ruling


def _paths(word: str) -> Iterator[str]:
    """What of a word may be a path: all of it, a flag's value, or what is joined to one of its letters."""
    yield word.rpartition("=")[2]
    if word.startswith("-") and not word.startswith("--"):
        yield from (word[start:] for start in range(2, min(len(word), 8)))


def _ruling(argv: Argv) -> Ruling:
    name = argv[0]
    if name[0] == "/" and (found := _PROGRAM.fullmatch(name)):
        name = found[1]
    builtin = builtins.BUILTINS.get(name)
    if builtin is not None:
        return builtin(argv[1:])
    tool = TOOLS.get(name)
    if tool is None:
        return unknown(f"{shown(name)} is not a command whose effects are known")
    return tool(argv[1:])


class Commands:
    """Collects a row per command of one script. What bash keeps between commands is kept here."""

    def __init__(self, *, scope: Scope, aliases: Mapping[str, str], depth: int, budget: list[int]) -> None:
        self.scope = scope
        self.aliases = aliases
        self.depth = depth
        self.budget = budget
        self.rows: dict[tuple[int, str, bool], CommandVerdict] = {}
        self.elsewhere = ""
        self.prints: Prints = ""
        self.feed: Prints = ""
        self.fed = False
        """Whether the command reads from a pipe or a redirection: a shell that does runs what it reads."""
        self.readonly: set[str] = set()
        self.functions: Mapping[str, object] = {}

    def call(self, place: Place, name: str, arguments: Argv) -> None:
        """Judges a call of one of `functions`."""
        raise NotImplementedError

    def script(self, text: str, *, aliases: Mapping[str, str]) -> tuple[CommandVerdict, ...]:
        """Judges text that an inner shell runs."""
        raise NotImplementedError

    def command(self, place: Place, argv: Argv) -> None:
        """Judges the command of these words."""
        self.budget[0] -= 1
        if self.budget[0] < 0:
            raise Problem("more commands than are judged")
        self.prints = ""
        if not argv:
            self.add(place, Ruling("read", "runs nothing"))
            return
        name = argv[0]
        if not name or not literal(name):
            raise Problem(f"the program's name `{shown(name)}` is not known before the script runs")
        if name in self.functions:
            self.call(place, name, argv[1:])
            return
        self._program(place, self._unaliased(argv))

    def _unaliased(self, argv: Argv) -> Argv:
        if argv[0] not in self.aliases:
            return argv
        seen: set[str] = set()
        while (name := argv[0]) in self.aliases and name not in seen:
            seen.add(name)
            if not _ALIAS.fullmatch(self.aliases[name]):
                raise Problem(f"the alias {name} is more than plain words")
            argv = (*self.aliases[name].split(), *argv[1:])
        return argv

    def _program(self, place: Place, argv: Argv) -> None:
        ruling = rule(argv)
        if argv[0] in ("alias", "unalias") and any(word.partition("=")[0] in self.aliases for word in argv[1:]):
            ruling = unknown(f"{shown(' '.join(argv))} changes what an alias of the settings stands for")
        if ruling.opens_shell and self.fed:
            ruling = unknown("a shell that runs what it reads")
        self.add(place, ruling)
        if self.elsewhere:
            return
        for variable in ruling.assigns:
            self.assign(place, variable, UNKNOWN)
        self.prints = ruling.prints
        for inner in ruling.inner:
            self._inner(place, inner)
        if ruling.opens_shell:
            self.elsewhere = f"meant for the shell that line {place[0]} opens"

    def _inner(self, place: Place, inner: Inner) -> None:
        """A command that another runs gets a row of its own, with the worst of all that it runs in turn."""
        prints, rows = self.prints, self.rows
        if inner.script is not None:
            text = inner.script
            found = self.script(text, aliases={} if inner.elsewhere else self.aliases)
        else:
            argv = inner.argv
            if inner.fed and self.feed == "names":
                argv = tuple(NAME if word == MANY else word.replace(ANY, NAME) for word in argv)
            text = shown(" ".join(argv))
            self.rows = {}
            try:
                self._inner_program(place, argv, inner)
            except Problem as problem:
                self.add(place, unknown(problem.reason))
            found, self.rows = tuple(self.rows.values()), rows
        verdict = worst(row.verdict for row in found)
        reason = next((row.reason for row in found if row.verdict == verdict), "runs nothing")
        if inner.elsewhere and verdict == "local":
            verdict = "write"
        if not inner.transparent:
            self.prints = prints
        reason = f"{inner.where}: {reason}" if inner.where else reason
        self.keep(CommandVerdict(place[0], text, verdict, reason), inner=True)

    def _inner_program(self, place: Place, argv: Argv, inner: Inner) -> None:
        self.depth += 1
        try:
            if self.depth > DEEPEST:
                raise Problem("nested too deeply")
            if not argv or not argv[0] or not literal(argv[0]):
                raise Problem("the program's name is not known before the script runs")
            self._program(place, argv if inner.elsewhere else self._unaliased(argv))
        finally:
            self.depth -= 1

    def assign(self, place: Place, name: str, values: Values, *, local: bool = False) -> None:
        """Sets a variable; one that is local or read-only may keep its old value."""
        if dangerous(name):
            self.add(place, unknown(f"sets {name}, which changes what other commands do"))
        if local or name in self.readonly:
            values = values | self.scope[name]
        self.scope[name] = limited(values)

    def add(self, place: Place, ruling: Ruling) -> None:
        """A row for a command of the script itself."""
        if self.elsewhere:
            ruling = unknown(self.elsewhere)
        self.keep(CommandVerdict(place[0], place[1], ruling.verdict, ruling.reason), inner=False)

    def keep(self, row: CommandVerdict, *, inner: bool) -> None:
        """Of several readings of one command, the worst is kept."""
        key = (row.line, row.text, inner)
        known = self.rows.get(key)
        if known is None or rank(row.verdict) > rank(known.verdict):
            self.rows[key] = row
