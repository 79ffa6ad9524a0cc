"""Claims in prose: hosts under the site's domains, and names in backticks that say what they are the name of.

Examples are claims too where a reader would take them for one: hosts count in code as well, for that is where they are
copied from. Names count only beside a word that says their kind (namespace `vault`, the `grafana` Deployment). What
stands in a comment, nobody reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown.extensions.toc import slugify, unique

from truebook.findings import Statement
from truebook.pages.scan import Scanner, split_prefix

KINDS = {
    "namespace": "namespace",
    "namespaces": "namespace",
    "application": "application",
    "applications": "application",
    "app": "application",
    "deployment": "deployment",
    "statefulset": "statefulset",
    "daemonset": "daemonset",
    "cronjob": "cronjob",
    "service": "service",
    "ingress": "ingress",
}
"""The word beside a name → what it is the name of."""

_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_BEFORE = re.compile(rf"(?P<kind>[A-Za-z]+)\s+`(?P<name>{_NAME})`")
_AFTER = re.compile(rf"`(?P<name>{_NAME})`\s+(?P<kind>[A-Za-z]+)")
_PATH = re.compile(rf"`(?P<kind>[a-z]+)/(?P<name>{_NAME})`")
_WRAPPED = re.compile(rf"\s(?P<last>[A-Za-z]+|`{_NAME}`)\s*$")
"""The end of a line that may say the kind of what the next one begins with, or the name."""
_COMMENT = re.compile(r"<!--.*?(?:-->|$)")
_HEADING = re.compile(r"(?P<marks>#{1,6})\s+(?P<text>.+?)\s*#*$")
_CUSTOM = re.compile(r"\{[^{}]*?#(?P<id>[\w:.-]+)[^{}]*\}\s*$")
_HTML_ID = re.compile(r"\b(?:id|name)=[\"'](?P<id>[^\"'<>\s]+)[\"']")
_UNDERLINE = re.compile(r"(?:=+|-+)\s*$")


def claims(markdown: str, domains: Sequence[str]) -> Iterator[Statement]:
    """The claims of a page, in the order of its lines, each once a line."""
    host = _hosts(domains)
    scanner = Scanner()
    before, comment = "", False
    for number, line in enumerate(markdown.split("\n"), 1):
        code = scanner.feed(line.rstrip("\r"))
        if not code or comment:
            line, comment = _seen(line, comment)
        found: dict[Statement, None] = {}
        if host is not None:
            for match in host.finditer(line):
                found[Statement("host", number, match["host"].lower())] = None
        if not code:
            wrapped = _WRAPPED.search(before)
            joined = f"{wrapped['last']} {line.lstrip()}" if wrapped else line
            for text, patterns in ((line, (_BEFORE, _AFTER, _PATH)), (joined, (_BEFORE,))):
                for pattern in patterns:
                    for match in pattern.finditer(text):
                        kind = KINDS.get(match["kind"].lower())
                        if kind is not None:
                            found[Statement("name", number, match["name"], kind)] = None
            after = _AFTER.match(joined) if wrapped else None
            if after is not None and (kind := KINDS.get(after["kind"].lower())) is not None:
                yield Statement("name", number - 1, after["name"], kind)
        before = "" if code or line.lstrip().startswith(("#", "|")) else line
        yield from found


def _seen(line: str, comment: bool) -> tuple[str, bool]:
    """A line without its comments, and whether one goes on in the next; `comment` says so of the line before."""
    if comment:
        _, end, line = line.partition("-->")
        if not end:
            return "", True
    goes_on = line.rfind("<!--") > line.rfind("-->")
    return _COMMENT.sub("", line), goes_on


def _hosts(domains: Sequence[str]) -> re.Pattern[str] | None:
    """A host below one of the domains; not a part of a longer name, of an address for mail, or of a file's name."""
    if not domains:
        return None
    ends = "|".join(re.escape(domain) for domain in sorted(domains, key=len, reverse=True))
    label = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    return re.compile(rf"(?<![\w@.*<>{{}}$%-])(?P<host>(?:{label}\.)+(?:{ends}))(?![\w-]|\.\w)", re.IGNORECASE)


def anchors(markdown: str) -> frozenset[str]:
    """The ids of a page that links may lead to: those of its headings as the site makes them, and those in HTML."""
    used: set[str] = set()
    found = {match["id"] for match in _HTML_ID.finditer(markdown)}
    for text in _headings(markdown):
        custom = _CUSTOM.search(text)
        if custom:
            used.add(custom["id"])
            continue
        unique(slugify(_shown(text), "-"), used)
    return frozenset(found | used)


def _headings(markdown: str) -> Iterator[str]:
    scanner = Scanner()
    before = ""
    for line in markdown.split("\n"):
        if scanner.feed(line.rstrip("\r")):
            before = ""
            continue
        rest = split_prefix(line.rstrip())[1]
        if match := _HEADING.match(rest):
            yield match["text"]
        elif before and _UNDERLINE.match(rest) and not before.startswith(("|", "-", "*", ">")):
            yield before
        before = rest


def _shown(text: str) -> str:
    """A heading's text without marks: what the site makes its id from."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"<[^<>]*>", "", text)
    return re.sub(r"[*`]|(?<!\w)_|_(?!\w)", "", text)
