"""Mermaid flowcharts, as far as documentation writes them: nodes, subgraphs and arrows.

    flowchart LR
        subgraph g1["Security"]
            vault[("Vault")] --> |secrets| argocd[ArgoCD] & grafana
        end

What is not understood (styles, classes, clicks, directions) is passed over. A line that is neither understood nor one
of those ends nothing: the rest of the chart is still read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEAD = re.compile(r"\s*(?:flowchart|graph)\b(?:[ \t]+\w+)?[ \t]*(?:;|$)")
_PASSED = re.compile(r"(?:style|classDef|class|linkStyle|click|direction|accTitle|accDescr)\b|%%")
_SUBGRAPH = re.compile(r"subgraph\s+(?P<rest>.+)$")
_ID = re.compile(r"[^\W_](?:[\w.]|-(?![-.>=]))*", re.UNICODE)
_SHAPES = (
    ("(((", ")))"), ("([", "])"), ("[[", "]]"), ("[(", ")]"), ("((", "))"), ("{{", "}}"), ("[/", "/]"), ("[\\", "\\]"),
    ("[/", "\\]"), ("[\\", "/]"), ("[", "]"), ("(", ")"), ("{", "}"), (">", "]"),
)  # fmt: skip
_LINK = re.compile(
    r"""\s*[<xo]?(?:
        (?:--|==)\s+(?P<middle>[^|>&\n]*?)\s+(?:-{2,}|={2,})[>xo]?  # -- text -->
      | -\.\s+(?P<dotted>[^|>&\n]*?)\s+\.+-[>xo]?                    # -. text .->
      | -{2,}[>xo]? | ={2,}[>xo]? | -\.+-[>xo]? | ~{3,}
    )\s*(?:\|(?P<label>[^|]*)\|)?\s*""",
    re.VERBOSE,
)
_CODE = re.compile(r"#(\d{1,7}|[a-zA-Z]\w{1,20});")


@dataclass(frozen=True, slots=True)
class Node:
    """A box: its label, the title of its subgraph (empty: it stands free), and the line within the text, from 0."""

    label: str
    group: str
    line: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow between two nodes, by their labels."""

    source: str
    target: str
    label: str
    line: int


@dataclass(frozen=True, slots=True)
class Flowchart:
    """All of it, in the order of the text."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]


def parse(text: str) -> Flowchart | None:
    """The flowchart of a text, None where it is another kind of diagram."""
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.strip() and not line.strip().startswith("%%")), None)
    if start is None or not (head := _HEAD.match(lines[start])):
        return None
    reader = _Reader()
    lines[start] = lines[start][head.end() :]
    for number in range(start, len(lines)):
        for statement in _statements(lines[number]):
            reader.read(statement, number)
    return reader.result()


class _Reader:
    """Reads statement by statement. A node's label may come after its first use."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}
        self._places: dict[str, tuple[str, int]] = {}
        self._links: list[tuple[str, str, str, int]] = []
        self._groups: list[str] = []

    def read(self, statement: str, line: int) -> None:
        """One statement."""
        if statement == "end":
            if self._groups:
                self._groups.pop()
        elif found := _SUBGRAPH.match(statement):
            self._groups.append(_title(found["rest"].strip()))
        elif not _PASSED.match(statement):
            self._chain(statement, line)

    def result(self) -> Flowchart:
        """What was read."""
        names = {name: self._labels.get(name, name) for name in self._places}
        nodes = tuple(Node(names[name], group, line) for name, (group, line) in self._places.items())
        arrows = tuple(Arrow(names[a], names[b], label, line) for a, b, label, line in self._links)
        return Flowchart(nodes, arrows)

    def _chain(self, statement: str, line: int) -> None:
        """`a & b --> |label| c --> d`."""
        found = self._nodes(statement, 0, line)
        if found is None:
            return
        sources, at = found
        while at < len(statement):
            link = _LINK.match(statement, at)
            if link is None or not link[0].strip():
                return
            found = self._nodes(statement, link.end(), line)
            if found is None:
                return
            targets, at = found
            label = _words(link["label"] or link["middle"] or link["dotted"] or "")
            if "~~~" not in link[0]:
                self._links += [(source, target, label, line) for source in sources for target in targets]
            sources = targets

    def _nodes(self, statement: str, at: int, line: int) -> tuple[list[str], int] | None:
        """Nodes joined by `&`, and where they end."""
        names = []
        while True:
            found = self._node(statement, at, line)
            if found is None:
                return None
            name, at = found
            names.append(name)
            rest = statement[at:]
            if not rest.lstrip().startswith("&"):
                return names, at + len(rest) - len(rest.lstrip())
            at = statement.index("&", at) + 1
            at += len(statement[at:]) - len(statement[at:].lstrip())

    def _node(self, statement: str, at: int, line: int) -> tuple[str, int] | None:
        found = _ID.match(statement, at)
        if found is None:
            return None
        name, at = found[0], found.end()
        group = self._groups[-1] if self._groups else ""
        before = self._places.get(name)
        if before is None or (group and not before[0]):
            self._places[name] = (group, line if before is None else before[1])
        for left, right in _SHAPES:
            if statement.startswith(left, at):
                end = _closing(statement, at + len(left), right)
                if end >= 0:
                    self._labels[name] = _words(statement[at + len(left) : end])
                    at = end + len(right)
                    break
        style = re.compile(r":::[\w-]+").match(statement, at)
        return name, style.end() if style else at


def _statements(line: str) -> Iterator[str]:
    """The statements of a line: semicolons part them, but not within quotes or in character codes."""
    for part in re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', _CODE.sub(lambda found: found[0].replace(";", "\0"), line)):
        statement = part.replace("\0", ";").strip()
        if statement:
            yield statement


def _closing(statement: str, at: int, right: str) -> int:
    """Where a label that begins at `at` ends; quotes keep brackets."""
    rest = statement[at:].lstrip()
    if rest.startswith('"'):
        begin = at + len(statement[at:]) - len(rest) + 1
        quote = statement.find('"', begin)
        return statement.find(right, quote) if quote >= 0 else -1
    return statement.find(right, at)


def _title(rest: str) -> str:
    """The title of a subgraph: `g1["Security"]`, `"Security"` or `Security`."""
    found = re.fullmatch(r"[\w.-]+\s*\[(?P<title>.+)\]", rest)
    return _words(found["title"] if found else rest)


def _words(written: str) -> str:
    """A label as it is shown, on one line: without quotes, codes and markup."""
    text = written.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    text = _CODE.sub(lambda found: _character(found[1]), text)
    text = re.sub(r"<br\s*/?>", " ", text, flags=re.IGNORECASE)
    return " ".join(html.unescape(text).replace("\u2060", "").strip("`").split())


def _character(code: str) -> str:
    if not code.isdecimal():
        return html.unescape(f"&{code};")
    number = int(code)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
