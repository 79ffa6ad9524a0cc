"""The section `check` of `truebook.yml`. Which rules there are, drift knows: an unknown one is refused there."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

from yaml.nodes import Node

from truebook.settings import reader as read
from truebook.settings.reader import Parser, Reader
from truebook.settings.types import CheckSettings, Ignore

SEVERITIES = ("error", "warning", "note", "off")


def check(reader: Reader, node: Node, where: str) -> CheckSettings:
    """The section, typed."""
    lines = {word: read.line_of(key) for word, (key, _) in Reader(reader.path).entries(node, where).items()}
    return CheckSettings(**reader.section(node, where, _CHECK), lines=lines)


def _severity(reader: Reader, node: Node, where: str) -> str | None:
    # `off` without quotes is YAML for false.
    value = "off" if read.is_false(node) else read.text(reader, node, where)
    if value is not None and value not in SEVERITIES:
        reader.note(node, f"{where}{read.short(value)} is no severity (write error, warning, note or off)")
        return None
    return value


def _severities(reader: Reader, node: Node, where: str) -> dict[str, str]:
    found = {}
    for rule, (_, value) in reader.entries(node, where).items():
        severity = _severity(reader, value, f"{where}{rule}: ")
        if severity is not None:
            found[rule] = severity
    return found


def _day(reader: Reader, node: Node, where: str) -> str | None:
    value = read.text(reader, node, where)
    if value is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    reader.note(node, f"{where}{read.short(value)} is not a day (write it like 2026-12-31)")
    return None


def _ignores(reader: Reader, node: Node, where: str) -> tuple[Ignore, ...]:
    found = []
    for entry, place in reader.sequence(node, where):
        fields: dict[str, Any] = reader.section(entry, place, _IGNORE)
        if "reason" in fields:
            found.append(replace(Ignore(**fields), line=read.line_of(entry)))
        else:
            reader.note(entry, f"{place}has no reason (say why it is left alone)")
    return tuple(found)


_IGNORE: dict[str, Parser] = {
    "rule": read.text,
    "page": read.text,
    "subject": read.text,
    "reason": read.text,
    "until": _day,
}
_CHECK: dict[str, Parser] = {
    "fail_on": _severity,
    "severities": _severities,
    "ignores": _ignores,
    "documents": read.texts,
    "site_url": read.url,
    "history": read.file,
}
