"""What a reader copies of a block: its commands as they were tested, with fields in place of placeholders. Pure.

Comments are found by the parser that commands are judged with. A script that it does not understand is one command, of
which nothing is left out but prompts and output: whatever is taken away must not change what bash does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from truebook.model import Block, Copyable, Field, Filling
from truebook.redact import is_secret_name
from truebook.runbooks.fill import asked
from truebook.runbooks.fill.roles import alike, canonical
from truebook.runbooks.fill.scan import Token, shouted, tokens
from truebook.runbooks.shell import Problem, parse, walk

_ANYTHING = frozenset({"changeme", "replaceme"})
_CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*\\$")


@dataclass(frozen=True, slots=True)
class _Command:
    """Lines of a script, `first` to `last`."""

    first: int
    last: int


def copyable(block: Block, filling: Filling) -> Copyable | None:
    """What of a block is copied; None where its script does not stand in its source line for line."""
    source, script = block.source.split("\n"), block.script.split("\n")
    if len(block.places) != len(script) or not block.script.strip():
        return None
    lines = list(zip(block.places, script, strict=True))
    if any(place >= len(source) or not source[place].endswith(line) for place, line in lines):
        return None
    found = sorted([*tokens(block.script), *shouted(block.script)], key=lambda token: token.start)
    fields = list(_fields(block.script, found, filling))
    commands, comments = _read(block.script, found)
    kept = {line for command in commands for line in range(command.first, command.last + 1)}
    gone = {line for line in range(len(script)) if line not in kept}
    for line, start in comments.items():
        continued = line > 0 and _CONTINUED.search(script[line - 1])
        if not script[line][:start].strip() and not continued:  # an empty line would end what a comment does not
            gone.add(line)
    before = [len(source[place]) - len(line) for place, line in lines]
    typed = {place: line for line, place in enumerate(block.places)}
    left_out: list[tuple[int, int, int]] = []
    for place, text in enumerate(source):
        at = typed.get(place)
        if at is None or at in gone:
            left_out.append((place, 0, len(text) + 1))
            continue
        if before[at]:
            left_out.append((place, 0, before[at]))
        if at in comments:
            left_out.append((place, before[at] + comments[at], len(text)))
    return Copyable(
        tuple(_parts(command, script, gone, comments, fields) for command in commands),
        tuple((block.places[command.first], before[command.first]) for command in commands),
        tuple(left_out),
        tuple(
            (block.places[line], before[line] + start, before[line] + end, field) for line, start, end, field in fields
        ),
    )


def _fields(script: str, found: Sequence[Token], filling: Filling) -> Iterator[tuple[int, int, int, Field]]:
    """The fields of a script, by line and columns: what was filled, or should have been."""
    values = {value.placeholder: value.value for value in filling.values}
    wishes = asked(script)
    starts = [0, *(match.end() for match in re.finditer("\n", script))]
    for token in found:
        if token.text not in values and token.text not in filling.missing:
            continue
        # What may stand for anything mostly stands for a password.
        anything = token.kind == "shouted" and canonical(token.name).replace("-", "") in _ANYTHING
        secret, optional = anything or is_secret_name(token.name), token.kind == "variable"
        if secret and optional:
            continue  # it is the reader's shell that has it
        wished = wishes.get(token.text, [])
        namespaces = {wish.namespace for wish in wished}
        line = bisect_right(starts, token.start) - 1
        field = Field(
            token.text,
            alike(token.name) or canonical(token.name),
            token.mode,
            tuple(dict.fromkeys(wish.role for wish in wished)),
            namespaces.pop() if len(namespaces) == 1 else "",
            "" if secret else values.get(token.text, ""),
            optional,
            secret,
            token.until,
        )
        yield line, token.start - starts[line], token.end - starts[line], field


def _read(script: str, found: Sequence[Token]) -> tuple[list[_Command], dict[int, int]]:
    """The commands of a script, and the column at which a line's comment begins, with the blanks before it."""
    plain = list(script)
    for token in found:  # to bash, a placeholder would be two redirections
        plain[token.start : token.end] = "x" * (token.end - token.start)
    lines = script.split("\n")
    whole = [_Command(0, len(lines) - 1)]
    try:
        root, source = parse("".join(plain))
    except Problem:
        return whole, {}
    rows = source.split(b"\n")

    def column(node: Node) -> int:
        return len(rows[node.start_point[0]][: node.start_point[1]].decode())

    comments = {
        node.start_point[0]: len(lines[node.start_point[0]][: column(node)].rstrip(" \t"))
        for node in walk(root)
        if node.type == "comment"
    }
    commands: list[_Command] = []
    for node in root.children:
        if node.type == "comment":
            continue
        first, last = node.start_point[0], node.end_point[0]
        if node.end_point[1] == 0 and last > first:
            last -= 1
        if commands and first <= commands[-1].last:
            commands[-1] = _Command(commands[-1].first, max(last, commands[-1].last))
        else:
            commands.append(_Command(first, last))
    covered = {line for command in commands for line in range(command.first, command.last + 1)}
    if any(text[: comments.get(line, len(text))].strip() for line, text in enumerate(lines) if line not in covered):
        return whole, {}
    return commands, comments


def _parts(
    command: _Command,
    script: Sequence[str],
    gone: set[int],
    comments: dict[int, int],
    fields: Sequence[tuple[int, int, int, Field]],
) -> tuple[str | Field, ...]:
    parts: list[str | Field] = []
    text = ""
    kept = [line for line in range(command.first, command.last + 1) if line not in gone]
    for line in kept:
        text += "\n" if line != kept[0] else ""
        at = 0
        for _, start, end, field in (one for one in fields if one[0] == line):
            text += script[line][at:start]
            parts += [text, field] if text else [field]
            text, at = "", end
        text += script[line][at : comments.get(line)]
    return (*parts, text) if text else tuple(parts)
