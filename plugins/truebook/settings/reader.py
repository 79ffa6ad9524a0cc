"""Typed values from YAML nodes: every problem is kept with its line, none stops the reading.

A parser is called as `parser(reader, node, where)` and gives the value, or None after noting the problem.
Nodes are composed, never constructed: no YAML tag is ever evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from truebook.errors import ConfigError

_TAG = "tag:yaml.org,2002:"
_AS_WRITTEN = {f"{_TAG}{kind}" for kind in ("str", "int", "float", "timestamp")}
_DURATION = re.compile(r"(\d{1,9})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")


def line_of(node: Node) -> int:
    """The line a node starts on, counted from 1."""
    return int(node.start_mark.line) + 1


def nearest(word: str, known: Mapping[str, Any] | list[str]) -> str:
    """The end of a message about an unknown word: the nearest known one, else all of them."""
    close = get_close_matches(word[:200], list(known), n=1)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known) or 'none'}"


def short(text: str) -> str:
    """What the author wrote, quoted and cut for a message."""
    return repr(text if len(text) <= 80 else text[:77] + "…")


@dataclass(slots=True)
class Reader:
    """Reads one file's nodes and collects its problems."""

    path: Path
    problems: list[tuple[int, str]] = field(default_factory=list)

    def note(self, node: Node, message: str) -> None:
        """Keep a problem of `node`; its message ends with the fix."""
        self.problems.append((line_of(node), message))

    def finish(self) -> None:
        """Raise ConfigError with all problems, each on a line of its own that starts with `path:line`."""
        if not self.problems:
            return
        (line, first), *others = sorted(self.problems)
        message = "\n".join([first, *(f"{self.path}:{number}: {text}" for number, text in others)])
        raise ConfigError(message, path=self.path, line=line)

    def entries(self, node: Node, where: str) -> dict[str, tuple[Node, Node]]:
        """Key text → (key node, value node) of a mapping; twice the same key is a problem. Null is empty."""
        if is_null(node):
            return {}
        if not isinstance(node, MappingNode):
            self.note(node, f"{where}must be a mapping (write 'key: value' lines below it)")
            return {}
        if node.tag != f"{_TAG}map":
            self.note(node, f"{where}{short(node.tag)} is a tag (tags are not evaluated: remove it)")
        found: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self.note(key, f"{where}a key must be a word (remove the brackets)")
            elif key.value in found:
                self.note(key, f"{where}{short(key.value)} stands twice (remove one)")
            else:
                found[key.value] = (key, value)
        return found

    def section(self, node: Node, where: str, parsers: Mapping[str, Parser]) -> dict[str, Any]:
        """The fields of a mapping that were given and are right; unknown keys are problems."""
        found = {}
        for name, (key, value) in self.entries(node, where).items():
            parser = parsers.get(name)
            if parser is None:
                self.note(key, f"{where}unknown key {short(name)} ({nearest(name, parsers)})")
            elif not is_null(value):
                parsed = parser(self, value, f"{where}{name}: ")
                if parsed is not None:
                    found[name] = parsed
        return found

    def sequence(self, node: Node, where: str) -> Iterator[tuple[Node, str]]:
        """The entries of a list, each with its `where`."""
        if not isinstance(node, SequenceNode):
            self.note(node, f"{where}must be a list (write '- …' lines below it)")
            return
        for number, entry in enumerate(node.value, 1):
            yield entry, f"{where.removesuffix(': ')}[{number}]: "


Parser = Callable[[Reader, Node, str], Any]


def is_null(node: Node) -> bool:
    """Whether nothing, `~` or `null` is written there."""
    return bool(node.tag == f"{_TAG}null")


def is_false(node: Node) -> bool:
    """Whether `false`, `no` or `off` is written there without quotes."""
    return bool(node.tag == f"{_TAG}bool" and str(node.value).lower() in {"false", "no", "off"})


def text(reader: Reader, node: Node, where: str) -> str | None:
    """A non-empty string; numbers and dates are kept as written, so `1.10` stays `1.10`."""
    if not isinstance(node, ScalarNode):
        reader.note(node, f"{where}must be one word or sentence, not a list or mapping (write it after the colon)")
    elif node.tag not in _AS_WRITTEN:
        plain = node.tag in {f"{_TAG}bool", f"{_TAG}null"}
        fix = f'put it in quotes: "{node.value}"' if plain else "tags are not evaluated: remove it"
        reader.note(node, f"{where}{short(node.value or node.tag)} is not text ({fix})")
    elif not node.value.strip():
        reader.note(node, f"{where}is empty (write a value or remove the line)")
    else:
        return str(node.value).strip()
    return None


def boolean(reader: Reader, node: Node, where: str) -> bool | None:
    """true or false, as YAML 1.1 writes them."""
    if isinstance(node, ScalarNode) and node.tag == f"{_TAG}bool":
        return node.value.lower() in {"true", "yes", "on"}
    reader.note(node, f"{where}must be true or false (write true or false, without quotes)")
    return None


def duration(reader: Reader, node: Node, where: str) -> float | None:
    """Seconds from `90s`, `15m`, `24h` or `7d`; not zero."""
    value = node.value if isinstance(node, ScalarNode) else ""
    found = _DURATION.fullmatch(value)
    if found and int(found[1]) > 0:
        return float(int(found[1]) * _SECONDS[found[2]])
    reader.note(node, f"{where}{short(str(value))} is not a duration (write it like 90s, 15m, 24h or 7d)")
    return None


def texts(reader: Reader, node: Node, where: str) -> tuple[str, ...]:
    """A list of strings."""
    found = (text(reader, entry, place) for entry, place in reader.sequence(node, where))
    return tuple(value for value in found if value is not None)


def domains(reader: Reader, node: Node, where: str) -> tuple[str, ...]:
    """A list of host names."""
    found = []
    for entry, place in reader.sequence(node, where):
        value = text(reader, entry, place)
        if value is not None and not _DOMAIN.fullmatch(value.lower()):
            reader.note(entry, f"{place}{short(value)} is not a domain (write it like homelab.local)")
        elif value is not None:
            found.append(value.lower())
    return tuple(found)


def resources(reader: Reader, node: Node, where: str) -> tuple[str, ...]:
    """API resources as `group/resource` (the bare resource for the core group); never Secrets."""
    found = []
    for entry, place in reader.sequence(node, where):
        value = text(reader, entry, place)
        if value is None:
            continue
        if not re.fullmatch(rf"(({_LABEL})(\.{_LABEL})*/)?[a-z][a-z0-9-]*", value):
            reader.note(entry, f"{place}{short(value)} is not a resource (write it like velero.io/backups)")
        elif value.rpartition("/")[2] == "secrets":
            reader.note(entry, f"{place}Secrets are never read (remove it)")
        else:
            found.append(value)
    return tuple(found)


def url(reader: Reader, node: Node, where: str) -> str | None:
    """An http(s) URL without credentials; a trailing slash is dropped."""
    value = text(reader, node, where)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        wrong = parts.scheme not in {"http", "https"} or not parts.hostname or (parts.port == 0)
    except ValueError:
        wrong = True
    if wrong:
        reader.note(node, f"{where}{short(value)} is not a URL (write it like https://argocd.homelab.local)")
    elif parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        reader.note(node, f"{where}must not carry credentials, a query or a fragment (use token_env or token_file)")
    else:
        return value.rstrip("/")
    return None


def file(reader: Reader, node: Node, where: str) -> Path | None:
    """A file; relative to the folder of the settings file, `~` is the home folder."""
    value = text(reader, node, where)
    return None if value is None else reader.path.parent / Path(value).expanduser()


def variable(reader: Reader, node: Node, where: str) -> str | None:
    """The name of an environment variable."""
    value = text(reader, node, where)
    if value is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        # The text may be the token itself: it is not repeated.
        reader.note(node, f"{where}is not the name of a variable (write it like ARGOCD_AUTH_TOKEN, never the token)")
        return None
    return value
