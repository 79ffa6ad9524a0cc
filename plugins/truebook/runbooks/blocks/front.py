"""Front matter, taken off as MkDocs does it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

_FENCED = re.compile(r"-{3}[ \t]*\n")
_END = re.compile(r"^(?:\.{3}|-{3})[ \t]*\n", re.MULTILINE)
_KEY = re.compile(r"[ ]{0,3}(?P<key>[A-Za-z0-9_-]+):\s*(?P<value>.*)")
_MORE = re.compile(r"(?: {4}|\t)\s*(?P<value>.*)")


class Document(NamedTuple):
    """A page without its front matter. `first_line` is the number in the file of the text's first line."""

    text: str
    first_line: int
    front_matter: dict[str, Any]


def split_front_matter(content: str) -> Document:
    """The page's text, from where it starts, and what stands in its front matter: YAML between `---`, else
    `Key: value` lines at the very top. YAML that cannot be read stays a part of the text."""
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    if opened := _FENCED.match(content):
        closed = _END.search(content, opened.end())
        if closed is None:
            return Document(content, 1, {})
        try:
            values = yaml.safe_load(content[opened.end() : closed.start()])
        except (yaml.YAMLError, ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            return Document(content, 1, {})
        return _document(content, closed.end(), {str(key): value for key, value in values.items()})
    return _headers(content)


def _headers(content: str) -> Document:
    """MultiMarkdown's form, which ends at the first line that is none of it."""
    values: dict[str, Any] = {}
    key, at = "", 0
    while at < len(content):
        end = content.find("\n", at)
        line = content[at:] if end < 0 else content[at:end]
        following = len(content) if end < 0 else end + 1
        if not line.strip():
            at = following
            break
        if found := _KEY.match(line):
            key = found["key"].lower()
            values[key] = f"{values[key]} {found['value'].strip()}" if key in values else found["value"].strip()
        elif key and (more := _MORE.match(line)):
            values[key] = f"{values[key]} {more['value'].strip()}"
        else:
            break
        at = following
    return _document(content, at, values)


def _document(content: str, start: int, values: dict[str, Any]) -> Document:
    while content.startswith("\n", start):
        start += 1
    return Document(content[start:], content.count("\n", 0, start) + 1, values)
