"""What a tool's table says of one command.

A command reaches a tool as a tuple of strings, its words after expansion. Text that is not known until the script runs
is held by marks, which no script can contain:

- `NAME`: some text that is taken for a name: not empty, no blanks, no leading dash;
- `ANY`: any text, but within this one word;
- `MANY`: any number of words with any text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from truebook.model import VerdictKind

NAME = "\x00"
ANY = "\x01"
MANY = "\x02"
MARKS = NAME + ANY + MANY

Argv = tuple[str, ...]


def literal(word: str) -> bool:
    """Whether all of `word` is known."""
    return NAME not in word and ANY not in word and MANY not in word


def shown(word: str) -> str:
    """`word` for people: marks become an ellipsis."""
    return word.replace(NAME, "…").replace(ANY, "…").replace(MANY, "…")


Prints = Literal["", "names", "rows"]
"""What is known of an output: names or numbers, one a line; or rows that begin with a name; or nothing."""


class Inner(msgspec.Struct, frozen=True, gc=False):
    """A command that another one runs: as words, or as shell text. `where` ends the sentence "runs …"."""

    argv: Argv = ()
    script: str | None = None
    where: str = ""
    elsewhere: bool = False
    """Runs on another machine or in a container, where its files are not ours."""
    fed: bool = False
    """`ANY` and `MANY` in `argv` stand for what is read from standard input."""
    transparent: bool = False
    """Its output is the output of the whole command."""


class Ruling(msgspec.Struct, frozen=True, gc=False):
    """A verdict on one command, its reason, and the commands that it runs in turn."""

    verdict: VerdictKind
    reason: str
    inner: tuple[Inner, ...] = ()
    opens_shell: bool = False
    """The lines that follow are meant for the shell that this command opens."""
    prints: Prints = ""
    assigns: tuple[str, ...] = ()
    """Variables that the command sets to text that is not known."""


Tool = Callable[[Argv], Ruling]
"""Judges the words after a program's name."""


def unknown(reason: str) -> Ruling:
    """Nothing that may run."""
    return Ruling("unknown", reason)
