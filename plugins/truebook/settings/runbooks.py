"""The section `runbooks` of `truebook.yml`."""

from __future__ import annotations

import re

from yaml.nodes import Node, ScalarNode

from truebook.settings import reader as read
from truebook.settings.reader import Parser, Reader, short
from truebook.settings.types import RunbookSettings

POLICIES = ("run", "list", "off")


def _policy(reader: Reader, node: Node, where: str) -> str | None:
    """`off` without quotes is YAML for false: it is meant as the word."""
    value = str(node.value) if isinstance(node, ScalarNode) else ""
    if value.lower() in POLICIES:
        return value.lower()
    reader.note(node, f"{where}{short(value)} is no policy ({read.nearest(value, list(POLICIES))})")
    return None


def _mapping(reader: Reader, node: Node, where: str) -> dict[str, str]:
    """Names to texts."""
    found = {}
    for name, (_, value) in reader.entries(node, where).items():
        text = read.text(reader, value, f"{where}{name}: ")
        if text is not None:
            found[name] = text
    return found


def _aliases(reader: Reader, node: Node, where: str) -> dict[str, str]:
    """Single words to commands."""
    found = _mapping(reader, node, where)
    for name, (key, _) in reader.entries(node, where).items():
        if re.fullmatch(r"[A-Za-z_][\w.-]*", name) is None:
            reader.note(key, f"{where}{short(name)} is not a word that a command starts with (write it like k)")
            found.pop(name, None)
    return found


def _variables(reader: Reader, node: Node, where: str) -> tuple[str, ...]:
    """Names of environment variables."""
    found = (read.variable(reader, entry, place) for entry, place in reader.sequence(node, where))
    return tuple(name for name in found if name is not None)


_RUNBOOKS: dict[str, Parser] = {
    "enabled": read.boolean,
    "policy": _policy,
    "timeout": read.duration,
    "aliases": _aliases,
    "values": _mapping,
    "environment": _variables,
    "require_policy": read.boolean,
}


def runbooks(reader: Reader, node: Node, where: str) -> RunbookSettings:
    """The section's settings."""
    return RunbookSettings(**reader.section(node, where, _RUNBOOKS))
