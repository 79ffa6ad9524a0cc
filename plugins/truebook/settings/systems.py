"""The section `systems` of `truebook.yml`: the systems that are read by plain HTTP.

Which there are, the sources say, which the settings don't know: an unknown one is refused when they are read.
"""

from __future__ import annotations

from typing import Any

from yaml.nodes import Node

from truebook.settings import reader as read
from truebook.settings.reader import Parser, Reader
from truebook.settings.types import SystemSettings

_SYSTEM: dict[str, Parser] = {
    "enabled": read.boolean,
    "url": read.url,
    "component": read.text,
    "proxy": read.boolean,
    "token_env": read.variable,
    "token_file": read.file,
    "ca_file": read.file,
    "timeout": read.duration,
}


def systems(reader: Reader, node: Node, where: str) -> dict[str, SystemSettings]:
    """System → how it is read. What is not one of the fields all have is an option of its own."""
    found = {}
    for name, (key, value) in reader.entries(node, where).items():
        place = f"{where}{name}: "
        entries = reader.entries(value, place)
        known = {word: parsed for word, parsed in _known(reader, entries, place).items() if parsed is not None}
        others = {word: node for word, (_, node) in entries.items() if word not in _SYSTEM}
        options = {word: read.text(reader, node, f"{place}{word}: ") for word, node in others.items()}
        found[name] = SystemSettings(
            **known,
            options={word: text for word, text in options.items() if text is not None},
            line=read.line_of(key),
            lines={word: read.line_of(node) for word, node in others.items()},
        )
    return found


def _known(reader: Reader, entries: dict[str, tuple[Node, Node]], place: str) -> dict[str, Any]:
    return {
        word: _SYSTEM[word](reader, node, f"{place}{word}: ")
        for word, (_, node) in entries.items()
        if word in _SYSTEM and not read.is_null(node)
    }
