"""A script's commands as words, and a tool's words as verb, operands and flags: by the verdicts' own reading."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from truebook.model import Claim, CommandVerdict
from truebook.runbooks.proofs.client import Client
from truebook.runbooks.shell import Problem
from truebook.runbooks.verdicts.commands import Place
from truebook.runbooks.verdicts.ruling import ANY, Argv, literal, shown
from truebook.runbooks.verdicts.table import Cli, Parsed, Unreadable, parse, read_flags
from truebook.runbooks.verdicts.tools import TOOLS
from truebook.runbooks.verdicts.variables import Scope
from truebook.runbooks.verdicts.walk import Walker


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a tool: `verb` (`app sync`), empty where the tool's table does not know the words."""

    tool: str
    verb: str
    parsed: Parsed
    line: int

    @property
    def operands(self) -> list[str]:
        """What is neither verb nor flag."""
        return self.parsed.all_operands()

    def flag(self, name: str) -> str:
        """The value of a flag, empty where it is not given or not known."""
        value = self.parsed.last(name)
        return value if literal(value) else ""

    def __str__(self) -> str:
        return f"{self.tool} {self.verb}".strip()


Proof = Callable[[Command, tuple[Command, ...], Client], tuple[Claim, ...]]
"""Asks about one command, given those before it in the block; the claims."""


def read(script: str, *, aliases: Mapping[str, str], variables: Mapping[str, str | None]) -> tuple[Command, ...]:
    """The commands of a script whose tools have verbs, in their order. Raises `shell.Problem`."""
    scope = Scope({name: frozenset({ANY if value is None else value}) for name, value in variables.items()})
    collector = _Collector(script, scope=scope, aliases=aliases)
    collector.run()
    found = []
    for line, argv in dict.fromkeys(collector.found):
        name = argv[0].rpartition("/")[2]
        tool = TOOLS.get(name)
        if isinstance(tool, Cli):
            verb, parsed = _split(tool, argv[1:])
            found.append(Command(name, verb, parsed, line))
    return tuple(found)


def unclear(command: Command, what: str, word: str) -> Claim:
    """A word that only running would show."""
    return Claim(f"{command} {shown(word)}: which {what} is not known before the block runs", None)


class _Collector(Walker):
    """A walk that keeps each program's words, those that run within other programs too."""

    def __init__(self, script: str, *, scope: Scope, aliases: Mapping[str, str]) -> None:
        super().__init__(script, scope=scope, aliases=aliases)
        self.found: list[tuple[int, Argv]] = []
        self.line = 1

    def _program(self, place: Place, argv: Argv) -> None:
        self.line = place[0]
        self.found.append((place[0], argv))
        super()._program(place, argv)

    def script(self, text: str, *, aliases: Mapping[str, str]) -> tuple[CommandVerdict, ...]:
        """Judges text that an inner shell runs, whose commands are kept as well."""
        line = self.line
        inner = _Collector(text, scope=Scope(), aliases=aliases)
        with contextlib.suppress(Problem):
            inner.run()
        self.found += [(line, argv) for _, argv in inner.found]
        return super().script(text, aliases=aliases)


def _split(tool: Cli, words: Argv) -> tuple[str, Parsed]:
    """The verb of a tool's words and the rest, sorted by its row; no verb where the words do not fit its table."""
    longest = max(len(verb.split()) for verb in tool.verbs)
    try:
        early, _ = parse(
            words, read_flags(" ".join((tool.flags, *(verb.flags for verb in tool.verbs.values())))), go=tool.go
        )
    except Unreadable:
        early = None
    operands = early.operands if early else [word for word in words if not word.startswith("-")]
    for count in range(min(longest, len(operands)), 0, -1):
        verb = " ".join(tool.aliases.get(word, word) for word in operands[:count])
        if verb not in tool.verbs:
            continue
        try:
            parsed, _ = parse(words, read_flags(f"{tool.flags} {tool.verbs[verb].flags}"), go=tool.go)
        except Unreadable:
            return "", Parsed()
        parsed.operands = parsed.operands[count:]
        return verb, parsed
    return "", Parsed()
