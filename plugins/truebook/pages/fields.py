"""Marks within the HTML of a fence: its fields, where its commands begin, and what copying leaves out.

The code stays as the highlighter wrote it, sign for sign; only `<span>` elements are put around stretches of it. Where
its text is not the block's, nothing is marked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape, unescape

from truebook.model import Copyable, Field

_PIECE = re.compile(
    r"""(?P<tag><!--.*?-->|<(?:[^>"']|"[^"]*"|'[^']*')*>)|(?P<sign>&(?:\#[0-9]+|\#[xX][0-9a-fA-F]+|[A-Za-z0-9]+);|.)""",
    re.DOTALL,
)
_NAME = re.compile(r"</?\s*([A-Za-z][\w:-]*)")
_LINE_NUMBERS = re.compile(r"""\bclass\s*=\s*["'][^"']*\b(?:linenos|linenodiv)\b""")
_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


def data(copied: Copyable) -> str:
    """The commands of a block as the value of an attribute: lists of texts and of fields by their place in
    `Copyable.fields`."""
    places = iter(range(len(copied.fields)))
    commands = [[part if isinstance(part, str) else next(places) for part in command] for command in copied.commands]
    return escape(json.dumps(commands, ensure_ascii=False, separators=(",", ":")))


@dataclass(slots=True)
class _Sign:
    """A tag, or one character of text as HTML. `place` is its line and column where it is code; `depth` counts the
    elements that are open around it. `before` and `after` are put around it."""

    html: str
    place: tuple[int, int] | None
    depth: int
    before: str = ""
    after: list[str] = field(default_factory=list)


def mark(fence: str, source: str, copied: Copyable) -> str:
    """A fence's HTML with the marks of a block whose code is `source`."""
    signs = list(_signs(fence))
    code = "".join(unescape(sign.html) for sign in signs if sign.place is not None)
    above = _above(source)
    shift = _above(code) - above
    if _lines(code) != _lines(source):
        return fence
    at = {sign.place: number for number, sign in enumerate(signs) if sign.place is not None}

    def stretch(line: int, start: int, end: int) -> list[int]:
        return [at[spot] for column in range(start, end) if (spot := (line + shift, column)) in at]

    for number, (line, start, end, one) in enumerate(copied.fields):
        rest = f'<span class="truebook-field__rest" data-of="{number}">'
        _put(signs, stretch(line, start, end), _field(number, one), rest)
    for line, start, end in copied.left_out:
        for run in _runs(signs, stretch(line, start, end)):
            _surround(signs, run, '<span class="truebook-skip">')
    for number, (line, column) in enumerate(copied.starts):
        if (first := at.get((line + shift, column))) is not None:
            signs[first].before = f'<span class="truebook-line" data-command="{number}"></span>{signs[first].before}'
    return "".join(f"{sign.before}{sign.html}{''.join(sign.after)}" for sign in signs)


def _above(text: str) -> int:
    """How many empty lines stand first."""
    return len(text) - len(text.lstrip("\n"))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").rstrip().split("\n")]


def _signs(fence: str) -> Iterator[_Sign]:
    """Piece by piece; what is not within `<pre><code>`, or is a line's number, is no code."""
    opened: list[tuple[str, bool]] = []
    line = column = 0
    for found in _PIECE.finditer(fence):
        html = found.group()
        if found["tag"]:
            name = _NAME.match(html)
            if name is not None and html.startswith("</"):
                while opened and opened.pop()[0] != name[1]:
                    pass
            yield _Sign(html, None, len(opened))
            if name is not None and not html.startswith("</") and name[1] not in _VOID and not html.endswith("/>"):
                opened.append((name[1], _LINE_NUMBERS.search(html) is not None))
            continue
        names = {name for name, _ in opened}
        if not {"pre", "code"} <= names or any(numbers for _, numbers in opened):
            yield _Sign(html, None, len(opened))
            continue
        yield _Sign(html, (line, column), len(opened))
        line, column = (line + 1, 0) if html == "\n" else (line, column + 1)


def _put(signs: list[_Sign], stretch: Sequence[int], tag: str, rest: str) -> None:
    """An element around a stretch; where others begin or end within it, around its first part, and others for the
    rest."""
    if not stretch:
        return
    depth = signs[stretch[0]].depth
    inside = signs[stretch[0] : stretch[-1] + 1]
    if signs[stretch[-1]].depth == depth and all(sign.depth >= depth for sign in inside):
        _surround(signs, range(stretch[0], stretch[-1] + 1), tag)
        return
    for number, run in enumerate(_runs(signs, stretch)):
        _surround(signs, run, rest if number else tag)


def _runs(signs: Sequence[_Sign], stretch: Sequence[int]) -> Iterator[range]:
    """The parts of a stretch between which no tag stands."""
    first = 0
    for number in range(1, len(stretch) + 1):
        if number == len(stretch) or stretch[number] != stretch[number - 1] + 1:
            yield range(stretch[first], stretch[number - 1] + 1)
            first = number


def _surround(signs: list[_Sign], run: range, tag: str) -> None:
    signs[run[0]].before += tag
    signs[run[-1]].after.append("</span>")


def _field(number: int, one: Field) -> str:
    """The start tag of a field. It says nothing that the page does not show, but for what it was tested with."""
    given = {
        "field": str(number),
        "key": one.key,
        "mode": one.mode,
        "text": one.text,
        "roles": " ".join(one.roles),
        "namespace": one.namespace,
        "tested": one.value,
        "optional": "yes" if one.optional else "",
        "secret": "yes" if one.secret else "",
        "until": one.until,
    }
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in given.items() if value)
    return f'<span class="truebook-field"{attributes}>'
