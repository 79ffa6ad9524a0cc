"""Tables of verbs and flags, and the parser that reads a command by them.

The parser knows every flag that a verb may be given. One that it does not know makes the command unknown: what follows
it could be its value, so nothing after it can be judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from truebook.model import VerdictKind
from truebook.runbooks.verdicts.order import rank
from truebook.runbooks.verdicts.ruling import ANY, MANY, Argv, Prints, Ruling, shown, unknown

OFF = "\x03"
"""What a switch holds that is given as `--switch=false`; no script can contain it."""

_NOT_A_WORD = frozenset({"", "-", ANY, MANY})
_FALSE = frozenset({"false", "False", "FALSE", "f", "F", "0"})


@dataclass(slots=True)
class Parsed:
    """A command's words, sorted by a table. Flags are under their first name, values in the order given."""

    operands: list[str] = field(default_factory=list)
    flags: dict[str, list[str]] = field(default_factory=dict)
    rest: list[str] | None = None
    """The words after `--`, None where there is no `--`."""

    def last(self, name: str, default: str = "") -> str:
        """The value that counts where a flag is given more than once."""
        values = self.flags.get(name)
        return values[-1] if values else default

    def on(self, name: str) -> bool:
        """Whether a switch is given and not turned off again; a value that is not known counts as on."""
        values = self.flags.get(name)
        return values is not None and values[-1] != OFF

    def all_operands(self) -> list[str]:
        """The operands on both sides of `--`."""
        return self.operands + (self.rest or [])


Rule = Callable[[Parsed], Ruling | None]
"""Looks closer than a table can; None keeps the table's verdict."""

Effects = Mapping[str, tuple[VerdictKind, str]]
"""What a flag makes of a command at the least: its verdict and the reason."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One row of a table.

    `flags` lists the flags that only this verb has, aliases joined by commas: `w,watch o,output= dry-run?`.
    `=` takes a value, `?` takes one only when it is joined on, `+` takes two words.
    """

    verdict: VerdictKind
    reason: str
    flags: str = ""
    effects: Effects = field(default_factory=dict)
    rule: Rule | None = None
    prints: Prints = ""


@dataclass(frozen=True, slots=True)
class Flags:
    """A parsed flag list: each spelling leads to its first name and its kind."""

    names: Mapping[str, tuple[str, str]]


@cache
def read_flags(spec: str) -> Flags:
    """Parse a flag list as `Verb.flags` describes it."""
    names: dict[str, tuple[str, str]] = {}
    for entry in spec.split():
        kind = entry[-1] if entry[-1] in "=?+" else ""
        aliases = entry.rstrip("=?+").split(",")
        for alias in aliases:
            names[alias] = (aliases[0], kind)
    return Flags(names)


class Unreadable(Exception):
    """The words do not fit the table."""


def _take(parsed: Parsed, name: str, value: str, kind: str) -> None:
    if MANY in value:
        raise Unreadable(f"`{shown(value)}` may stand for several words")
    if value in _FALSE and kind in ("", "?"):
        value = OFF
    parsed.flags.setdefault(name, []).append(value)


def parse(words: Argv, flags: Flags, *, go: bool = False, stop: bool = False, gnu: bool = False) -> tuple[Parsed, int]:
    """Sort `words` by `flags`; also the number of words read.

    `gnu`: an equals sign after a one-letter flag belongs to its value. `go`: one dash starts a long name, as Go's flag
    package has it. `stop`: the first operand ends the parsing.
    """
    parsed = Parsed()
    names = flags.names
    position, count = 0, len(words)
    text = "".join(words)
    marked = MANY in text or ANY in text
    while position < count:
        word = words[position]
        position += 1
        if word == "--":
            parsed.rest = list(words[position:])
            return parsed, count
        if marked and MANY in word:
            raise Unreadable(f"`{shown(word)}` may stand for several words, flags among them")
        if marked and word.startswith(ANY):
            raise Unreadable(f"`{shown(word)}` may stand for a flag")
        if not word.startswith("-") or word == "-":
            if stop:
                return parsed, position - 1
            parsed.operands.append(word)
            continue
        if word.startswith("--") or go:
            name, equals, value = word.lstrip("-").partition("=")
            if name not in names or (len(name) == 1 and not go):
                raise Unreadable(f"the flag {shown(word.partition('=')[0])} is not known here")
            first, kind = names[name]
            if kind == "=" and not equals:
                if position == count:
                    raise Unreadable(f"{word} lacks its value")
                value = words[position]
                position += 1
            elif kind == "+":
                if position + 1 >= count:
                    raise Unreadable(f"{word} lacks its values")
                value = words[position] + "=" + words[position + 1]
                position += 2
            elif not equals:
                value = "true"
            _take(parsed, first, value, kind)
            continue
        position = _short(word, words, position, parsed, names, gnu)
    return parsed, count


def _short(
    word: str, words: Argv, position: int, parsed: Parsed, names: Mapping[str, tuple[str, str]], gnu: bool
) -> int:
    """A cluster of one-letter flags, `-itn default`; the last may have its value joined on."""
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter not in names:
            raise Unreadable(f"the flag -{shown(letter)} is not known here")
        first, kind = names[letter]
        if kind == "=":
            if letters:
                value = letters if gnu else letters.removeprefix("=")
            elif position < len(words):
                value = words[position]
                position += 1
            else:
                raise Unreadable(f"-{letter} lacks its value")
            _take(parsed, first, value, kind)
            return position
        if kind == "?" and letters and gnu:
            _take(parsed, first, letters, kind)
            return position
        if letters.startswith("=") and not gnu:
            _take(parsed, first, letters[1:], kind)
            return position
        _take(parsed, first, "true", kind)
    return position


class Cli:
    """A program with verbs: `kubectl rollout status`. Calling it judges the words after the program's name.

    `aliases` are other spellings of one word of a verb, wherever it stands: `delete` for `rm`.
    """

    def __init__(
        self,
        name: str,
        verbs: Mapping[str, Verb],
        flags: str = "",
        effects: Effects | None = None,
        aliases: Mapping[str, str] | None = None,
        *,
        go: bool = False,
    ) -> None:
        self.name = name
        self.verbs = verbs
        self.flags = flags
        self.effects = effects or {}
        self.aliases = aliases or {}
        self.go = go
        self._common = read_flags(flags)
        self._groups = {" ".join(path[:n]) for path in map(str.split, verbs) for n in range(1, len(path))}
        self._rows: dict[str, tuple[Verb, Flags, Effects]] = {}

    def __call__(self, words: Argv) -> Ruling:
        """The verdict on `name words…`."""
        path = ""
        before: Argv = ()
        try:
            while not path or path in self._groups:
                if not words:
                    break
                if words[0][:1] in _NOT_A_WORD:
                    try:
                        early, used = parse(words, self._common, go=self.go, stop=True)
                    except Unreadable:
                        if path not in self.verbs:
                            raise
                        break
                    before += words[:used]
                    words = words[used:]
                    if early.rest is not None or not words:
                        break
                word = self.aliases.get(words[0], words[0])
                longer = f"{path} {word}" if path else word
                if path in self.verbs and longer not in self.verbs and longer not in self._groups:
                    break
                path, words = longer, words[1:]
            if path not in self.verbs:
                return self._no_verb(path, before)
            verb, flags, effects = self._row(path)
            parsed, _ = parse(before + words, flags, go=self.go)
            if path in self._groups and parsed.operands:
                word = parsed.operands[0]
                deeper = f"{path} {self.aliases.get(word, word)}"
                if deeper in self.verbs or deeper in self._groups:
                    raise Unreadable(f"{self.name} {deeper} with flags before its last word")
        except Unreadable as problem:
            return unknown(str(problem))
        return judge_parsed(verb, parsed, effects)

    def _row(self, path: str) -> tuple[Verb, Flags, Effects]:
        row = self._rows.get(path)
        if row is None:
            verb = self.verbs[path]
            row = self._rows[path] = (
                verb,
                read_flags(f"{self.flags} {verb.flags}"),
                {**self.effects, **verb.effects},
            )
        return row

    def _no_verb(self, path: str, before: Argv) -> Ruling:
        if {"-h", "--help"} & set(before) or not path:
            return Ruling("read", "prints help")
        return unknown(f"{self.name} {shown(path)} is not in the table of what is known")


@dataclass(frozen=True, slots=True)
class Program:
    """A program without verbs: `cat`, `grep`."""

    name: str
    verb: Verb
    go: bool = False
    stop: bool = False
    """The first operand ends the flags: the rest is a command or a script."""

    def __call__(self, words: Argv) -> Ruling:
        """The verdict on `name words…`."""
        try:
            parsed, used = parse(words, read_flags(self.verb.flags), go=self.go, stop=self.stop, gnu=True)
        except Unreadable as problem:
            return unknown(str(problem))
        if self.stop and parsed.rest is None:
            parsed.rest = list(words[used:])
        return judge_parsed(self.verb, parsed, self.verb.effects)


def judge_parsed(verb: Verb, parsed: Parsed, effects: Effects) -> Ruling:
    """The worst of a verb's own verdict, what its rule says, and the effects of its flags."""
    if parsed.on("help"):
        return Ruling("read", "prints help")
    ruling = verb.rule(parsed) if verb.rule else None
    if ruling is None:
        ruling = Ruling(verb.verdict, verb.reason, prints=verb.prints)
    for flag in parsed.flags:
        effect = effects.get(flag)
        if effect is not None and parsed.on(flag) and rank(effect[0]) > rank(ruling.verdict):
            ruling = Ruling(effect[0], effect[1], ruling.inner, ruling.opens_shell)
    return ruling
