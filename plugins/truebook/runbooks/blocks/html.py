"""Rendered pages read for what they show: marked code, and the heading and the tab it stands under."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID_NAMES = "area base br col embed hr img input link meta param source track wbr"
VOID = frozenset(_VOID_NAMES.split())
"""Elements that have no end tag."""

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PREFIXES = ("language-", "lang-", "highlight-")


@dataclass(frozen=True, slots=True)
class Shown:
    """Code as a page shows it. `mark` is the value of the attribute that was looked for.

    `code` is false where what is marked is shown in some other form than `<pre><code>`.
    """

    mark: str
    language: str
    text: str
    heading: str
    tab: str
    code: bool


def read(html: str, mark: str) -> list[Shown]:
    """All elements that carry the attribute `mark`, in the order that they are shown in."""
    reader = _Reader(mark)
    reader.feed(html)
    reader.close()
    return reader.shown


@dataclass(slots=True)
class _Element:
    name: str
    classes: frozenset[str]
    mark: str | None = None
    heading: str = ""
    is_tab: bool = False


@dataclass(slots=True)
class _TabSet:
    alternate: bool
    labels: list[str] = field(default_factory=list)
    current: int = -1


class _Reader(HTMLParser):
    """Forgiving, as browsers are: an end tag closes the nearest element of its name, one without is ignored."""

    def __init__(self, mark: str) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[Shown] = []
        self._mark = mark
        self._open: list[_Element] = []
        self._depth: dict[str, int] = {}
        self._sets: list[_TabSet] = []
        self._heading = ""
        self._text: list[str] | None = None
        self._language = ""
        self._code = False
        self._marked = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        element = _Element(tag, frozenset(classes), given.get(self._mark), self._heading, self._labels_tab(tag))
        if tag in _HEADINGS or element.is_tab or element.mark is not None:
            self._text, self._code, self._language = [], False, ""
        self._marked += element.mark is not None
        if tag == "code" and self._marked and self._open[-1].name == "pre":
            self._code, self._text = True, []
            self._language = next((c.removeprefix(p) for c in classes for p in _PREFIXES if c.startswith(p)), "")
        if "tabbed-set" in element.classes:
            self._sets.append(_TabSet("tabbed-alternate" in element.classes))
        elif self._sets and self._opens_tab(element):
            self._sets[-1].current += 1
        self._open.append(element)
        self._depth[tag] = self._depth.get(tag, 0) + 1

    def _labels_tab(self, tag: str) -> bool:
        """Labels of other things (check boxes, say) stand deeper."""
        parents = self._open[-1].classes if self._open else frozenset()
        return tag == "label" and bool(self._sets) and not parents.isdisjoint({"tabbed-labels", "tabbed-set"})

    def _opens_tab(self, element: _Element) -> bool:
        """Tabs have their labels first, or, in the older style, one before each of them."""
        if "tabbed-block" in element.classes:
            return True
        return "tabbed-content" in element.classes and not self._sets[-1].alternate

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<x/>` closes nothing in HTML."""
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self._text is not None and not any("headerlink" in element.classes for element in self._open[-1:]):
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not self._depth.get(tag):
            return
        while True:
            element = self._open.pop()
            self._depth[element.name] -= 1
            self._left(element)
            if element.name == tag:
                return

    def _left(self, element: _Element) -> None:
        text = "".join(self._text or ())
        if element.mark is not None:
            self._marked -= 1
            self._keep(element.mark, text)
        elif element.name in _HEADINGS:
            self._heading = " ".join(text.split())
        elif element.name == "label" and element.is_tab:
            self._sets[-1].labels.append(" ".join(text.split()))
        elif "tabbed-set" in element.classes and self._sets:
            self._sets.pop()
            return
        elif "tabbed-block" in element.classes or "tabbed-content" in element.classes:
            # A heading inside a tab is none for what follows the tab.
            self._heading = element.heading
            return
        else:
            return
        self._text = None

    def _keep(self, mark: str, text: str) -> None:
        tabs = [s.labels[s.current] for s in self._sets if 0 <= s.current < len(s.labels)]
        tab = " / ".join(label for label in tabs if label)
        self.shown.append(Shown(mark, self._language, text, self._heading, tab, self._code))
        self._language, self._code = "", False
