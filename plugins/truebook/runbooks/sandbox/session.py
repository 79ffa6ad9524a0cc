"""What a block hands on to the next of its session: values of variables, and the folder it ended in. Data, never text
that is run.

A block says what its variables are on a file descriptor that all it starts inherit, so that a program, or a page that
somebody proposes, may say there whatever it likes. So this is read strictly: what is not wholly made of bash's own
`declare -p` is not believed at all. Of it, names and values are kept, and whether they are exported. Functions,
aliases, traps and attributes are not: a nameref, an integer or a constant would give a later assignment another meaning
than was judged. Names that decide which programs run, what they read or whom they talk to are never handed on. What
the next block gets is written here anew, every value in single quotes.

A value itself is the block's word and may be forged. That gives nothing away: verdicts take each variable of an earlier
block for any text whatsoever, and `only` keeps no more than the names that they knew of.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from truebook.runbooks.verdicts.variables import dangerous, set_by_bash

Values = tuple[tuple[bytes, bytes], ...]
"""An array's keys and values."""

LARGEST = 256 * 1024
"""Bytes of names and values that are handed on."""

_OF_BASH = """
BASH BASHPID DIRSTACK EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME GROUPS HOSTNAME HOSTTYPE LINENO MACHTYPE OLDPWD OPTERR
OSTYPE PIPESTATUS PPID PWD RANDOM SECONDS SHLVL SRANDOM UID
"""
_KEPT_FROM_BLOCKS = frozenset(_OF_BASH.split())
_OURS = "__truebook"

# Possessive, so that what never ends is not read in a thousand ways.
_QUOTED = rb'"(?:[^"\\$`\0]++|\\["\\$`])*+"'
_ANSI = rb"\$'(?:[^'\\\0]++|\\[abefnrtvE\\'\"?]|\\[0-7]{3})*+'"
_BARE = rb"[\w./:@%+,=~#-]+"
_VALUE = rb"(?:" + _QUOTED + rb"|" + _ANSI + rb")"
_ELEMENT = re.compile(rb"\[(" + _BARE + rb"|" + _VALUE + rb")\]=(" + _VALUE + rb") ?")
_DECLARATION = re.compile(
    rb"declare -(-|[aAilnrtucxI]+) ([A-Za-z_][A-Za-z0-9_]*)"
    rb"(?:=(?:(" + _VALUE + rb")|\(((?:\[(?:" + _BARE + rb"|" + _VALUE + rb")\]=" + _VALUE + rb" ?)*)\)))?\n"
)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"e": b"\x1b", b"E": b"\x1b", b"f": b"\f", b"n": b"\n", b"r": b"\r"}
_ESCAPES |= {b"t": b"\t", b"v": b"\v"}
_CHANGES_MEANING = frozenset("ilnucI")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable's value: of an array, what is in it. `kind` is bash's letter for it, empty for a plain one."""

    value: bytes | Values
    kind: Literal["", "a", "A"] = ""
    exported: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """What the next block gets: variables by name, and the folder where the last one ended, empty for the usual."""

    variables: Mapping[str, Variable] = field(default_factory=dict)
    folder: bytes = b""

    def only(self, names: Collection[str]) -> Session:
        """The same with no other variables than these."""
        return Session({name: one for name, one in self.variables.items() if name in names}, self.folder)

    def declarations(self, reserved: Collection[str] = (), *, folder: bool = True) -> bytes:
        """bash's text for it, without variables of `reserved` names."""
        lines = [_declaration(name, one) for name, one in self.variables.items() if name not in reserved]
        if folder and self.folder:
            lines.append(b"cd -- " + _quoted(self.folder))
        return b"".join(line + b"\n" for line in lines)


def read(said: bytes) -> Session:
    """What a block said of its variables. Nothing where it is anything but declarations, or too much."""
    variables: dict[str, Variable] = {}
    folder, at, size = b"", 0, 0
    while found := _DECLARATION.match(said, at):
        at = found.end()
        name, flags = found[2].decode(), found[1].decode()
        if name == "PWD" and found[3] is not None:
            folder = _text(found[3])
        if not may_be_handed_on(name) or (variable := _variable(flags, found)) is None:
            continue
        size += found.end() - found.start()
        variables[name] = variable
    if at != len(said) or size > LARGEST:
        return Session()
    return Session(variables, folder if folder.startswith(b"/") else b"")


@lru_cache(1024)
def may_be_handed_on(name: str) -> bool:
    """Whether a block may set this variable for the next one."""
    return not (dangerous(name) or set_by_bash(name) or name in _KEPT_FROM_BLOCKS or name.startswith(_OURS))


def _variable(flags: str, found: re.Match[bytes]) -> Variable | None:
    """A declared variable; None for one without a value, or that is more than a value."""
    exported = "x" in flags
    if _CHANGES_MEANING & set(flags):
        return None
    kind: Literal["", "a", "A"] = "A" if "A" in flags else "a" if "a" in flags else ""
    if kind == "" and found[3] is not None:
        return Variable(_text(found[3]), "", exported)
    if kind and found[4] is not None:
        values = tuple(_elements(found[4]))
        # Of an indexed array bash would calculate what its subscripts say.
        if kind == "A" or all(key.isdigit() and len(key) < 10 for key, _ in values):
            return Variable(values, kind, exported)
    return None


def _elements(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    for key, value in _ELEMENT.findall(text):
        yield _text(key), _text(value)


def _text(written: bytes) -> bytes:
    """What bash's quoted text stands for."""
    if written.startswith(b'"'):
        return re.sub(rb'\\(["\\$`])', rb"\1", written[1:-1])
    if written.startswith(b"$'"):
        return _ESCAPE.sub(_unescaped, written[2:-1])
    return written


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) & 0xFF]) if len(code) == 3 else _ESCAPES.get(code, code)


def _declaration(name: str, one: Variable) -> bytes:
    flags = f"{one.kind}{'x' if one.exported else ''}"
    head = f"declare -{flags or '-'} {name}=".encode()
    if isinstance(one.value, bytes):
        return head + _quoted(one.value)
    return head + b"(" + b" ".join(b"[" + _quoted(key) + b"]=" + _quoted(value) for key, value in one.value) + b")"


def _quoted(value: bytes) -> bytes:
    # A NUL can't be in a variable; what forged one would end the text early.
    return b"'" + value.replace(b"\0", b"").replace(b"'", b"'\\''") + b"'"
