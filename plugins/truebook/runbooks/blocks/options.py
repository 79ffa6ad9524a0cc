"""What an author says of a block: in the fence's braces, or in a comment on the line before.

    ```{ .bash .norun data-timeout=10s #deploy }        <!-- truebook: skip="needs hardware" timeout=10s -->
    ```bash

| option | value |
|---|---|
| name | what to call the block; `#deploy` does so too |
| skip | the reason; without one: "its author says so" |
| timeout | `10s`, `5m`; a bare number is seconds |
| returncode | the exit code that is right |
| cwd | a folder below the repository's root |
| session | blocks of one name share variables; default: all of a page |
| tag | words, by commas or spaces; may stand several times |
| retry | how often to try again |
| values | `app=grafana, namespace=monitoring`: placeholders of this block |
| expect | what the output shows; ends in `(glob)` or `(regex)` where it is a pattern |
| output | show the output on the page |

In braces each may be written `data-timeout`, so that other renderers leave it alone. Other tools' words for skip are
understood: `norun`, `no-run`, `notest`, `no-test`, `testIgnore`, `excludeFromRunAll`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from truebook.errors import ConfigError
from truebook.model import BlockOptions
from truebook.settings.reader import nearest, short

SKIPS = frozenset({"norun", "no-run", "notest", "no-test", "testignore", "excludefromrunall"})
"""Other tools' words for skip, in lower case."""

NAMES = tuple(field.name for field in fields(BlockOptions))

_ATTRIBUTES = """
anchor_linenums auto_title class copy exec hl_lines hl-lines id label lang language line_anchors line_spans linenostart
linenums linestart noclasses open style title title_mode use_pygments width wrap
"""
_OF_RENDERERS = frozenset(_ATTRIBUTES.split())
"""Attributes of a fence that are the renderer's."""

LONGEST = 86400.0
"""Seconds that a block may be given at most."""

_AUTHOR = "its author says so"
_COMMENT = re.compile(r"[> \t]*<!--\s*(?P<ours>truebook:)?\s*(?P<text>.*?)\s*-->\s*$")
_TOKEN = re.compile(
    r"""\s*(?P<key>[.#]?[A-Za-z_][\w.:-]*)(?:\s*=\s*(?P<value>"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'=]\S*))?(?=\s|,|$),?"""
)
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_PAIR = re.compile(r"""\s*([A-Za-z_][\w .-]*?)\s*[=:]\s*("[^"]*"|'[^']*'|[^,\s]+)\s*(?:,|\s|$)""")


class _Wrong(Exception):
    """What is wrong with one option, ending with the fix."""


def parse(info: str, before: tuple[str, ...], *, timeout: float = 30.0) -> tuple[BlockOptions, list[str]]:
    """The options of a fence, and what is wrong with them. `info` follows the opening marks, `before` are the lines
    above, the nearest last; `timeout` is that of a fence that says none."""
    found: dict[str, Any] = {"timeout": timeout}
    problems: list[str] = []
    for pairs in (_comment(before), _braces(info)):
        for key, value in pairs:
            try:
                _take(found, key, value)
            except _Wrong as problem:
                problems.append(str(problem))
    if "tag" in found:
        found["tag"] = tuple(dict.fromkeys(found["tag"]))
    return BlockOptions(**found), problems


def error(problem: str, path: str, line: int) -> ConfigError:
    """A problem as the error to raise."""
    return ConfigError(problem, path=path, line=line)


def _take(found: dict[str, Any], key: str, value: str | None) -> None:
    name = key.lower()
    if name in SKIPS or name == "skip":
        words = {"", "true", "yes", "1"} if value is None or value.lower() in {"true", "yes", "1", ""} else set()
        if value is not None and value.lower() in {"false", "no", "0"}:
            return
        found["skip"] = _AUTHOR if words else value
        return
    parser = _PARSERS.get(name)
    if parser is None:
        raise _Wrong(f"unknown option {short(key)} ({nearest(name, list(NAMES))})")
    parsed = parser(key, value)
    if name in {"tag", "values"} and name in found:
        parsed = found[name] + parsed if name == "tag" else {**found[name], **parsed}
    found[name] = parsed


def _comment(before: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """Options of the comment on the line before; an empty line may stand between."""
    lines = [line for line in before[-2:] if line.strip(" \t>")] if before and not before[-1].strip(" \t>") else before
    found = _COMMENT.match(lines[-1]) if lines else None
    if found is None:
        return
    if found["ours"]:
        yield from _tokens(found["text"])
    elif found["text"].lower() in SKIPS:
        yield found["text"], None


def _braces(info: str) -> Iterator[tuple[str, str | None]]:
    """Options that stand in the fence's opening line. Classes and attributes that are not ours are the renderer's."""
    start, end = info.find("{"), info.rfind("}")
    if start < 0 or end < start:
        for word in info.split()[1:]:  # some tools write them bare
            bare, equals, reason = word.partition("=")
            if bare.lower() in SKIPS:
                yield bare, reason.strip("\"'") if equals else None
        return
    text = info[start + 1 : end]
    try:
        values = json.loads(info[start : end + 1])
    except (ValueError, RecursionError):
        values = None
    if isinstance(values, dict):
        for name, given in values.items():
            if name.lower() in SKIPS or name.lower() in NAMES:
                yield name, given if isinstance(given, str) else json.dumps(given)
        return
    for key, value in _tokens(text):
        if key.startswith("."):
            if key[1:].lower() in SKIPS or key[1:].lower() in {"skip", "output"}:
                yield key[1:], None
        elif key.startswith("#"):
            yield "name", key[1:]
        elif key.lower() not in _OF_RENDERERS:
            yield key.removeprefix("data-"), value


def _tokens(text: str) -> Iterator[tuple[str, str | None]]:
    at = 0
    while at < len(text) and text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            rest = text[at:].split(maxsplit=1)[0]
            if not rest.strip(":{}"):  # `{:` of older dialects
                at = text.index(rest, at) + len(rest)
                continue
            yield rest, None
            return
        value = found["value"]
        if value is not None and value[0] in "\"'":
            value = value[1:-1].replace('\\"', '"') if value[0] == '"' else value[1:-1]
        elif value is not None:
            value = value.removesuffix(",")
        yield found["key"], value
        at = found.end()


def _text(key: str, value: str | None) -> str:
    if not value:
        raise _Wrong(f"{key} needs a value (write {key}=…)")
    return value


def _folder(key: str, value: str | None) -> str:
    written = _text(key, value)
    if written.startswith(("/", "~")) or ".." in written.split("/"):
        raise _Wrong(f"{key}: {short(written)} is not below the repository's root (write a relative path)")
    return written


def duration(key: str, value: str | None) -> float:
    """Seconds from `90s`, `15m`, `24h`, `7d` or `90`; not zero."""
    found = _DURATION.fullmatch(value or "")
    if found is None or float(found[1]) <= 0:
        raise _Wrong(f"{key}: {short(value or '')} is not a duration (write it like 90s, 15m or 24h)")
    return float(found[1]) * _SECONDS[found[2]]


def _timeout(key: str, value: str | None) -> float:
    """A duration that a build can wait for."""
    seconds = duration(key, value)
    if seconds > LONGEST:
        raise _Wrong(f"{key}: {short(value or '')} is longer than a day (write it like 90s, 15m or 24h)")
    return seconds


def _number(highest: int) -> Callable[[str, str | None], int]:
    def number(key: str, value: str | None) -> int:
        if value is None or re.fullmatch("[0-9]{1,4}", value) is None or int(value) > highest:
            raise _Wrong(f"{key}: {short(value or '')} is not a number from 0 to {highest} (write {key}=1)")
        return int(value)

    return number


def _flag(key: str, value: str | None) -> bool:
    if value is None or value.lower() in {"true", "yes", "1", ""}:
        return True
    if value.lower() in {"false", "no", "0"}:
        return False
    raise _Wrong(f"{key}: {short(value)} is neither true nor false (write {key}=true)")


def _words(key: str, value: str | None) -> tuple[str, ...]:
    return tuple(re.split(r"[,\s]+", _text(key, value).strip(" ,")))


def _values(key: str, value: str | None) -> dict[str, str]:
    text, found, at = _text(key, value), {}, 0
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None:
            raise _Wrong(f'{key}: {short(text[at:])} is not a value (write {key}="app=grafana, namespace=monitoring")')
        found[pair[1]] = pair[2][1:-1] if pair[2][0] in "\"'" else pair[2]
        at = pair.end()
    return found


_PARSERS: dict[str, Callable[[str, str | None], Any]] = {
    "name": _text,
    "timeout": _timeout,
    "returncode": _number(255),
    "cwd": _folder,
    "session": _text,
    "tag": _words,
    "retry": _number(20),
    "values": _values,
    "expect": _text,
    "output": _flag,
}
