"""Hostile text of a system never becomes markup, in any view."""

from __future__ import annotations

import re
from dataclasses import replace

import markdown as python_markdown
import pytest

from tests.unit.filled_views import EXAMPLES, filled
from tests.unit.views_sample import FULL
from truebook.model import Inventory, Value
from truebook.pages.views import VIEWS

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a | b ` c * d _e_ [x](javascript:alert(1))",
    "<!-- END truebook --> {{ 7*7 }} ${x} %%{init}%%",
    "line\n\n# head\n\n| a | b |",
    "](http://evil.example) ![i](x)",
    "\u202eesrever\u200b",
    "https://evil.example/<b>",
)


def poisoned(text: str) -> Inventory:
    """All strings that came from a system replaced by `text`, names of components aside."""

    def value(key: str, found: Value) -> Value:
        if isinstance(found.value, tuple):
            return Value((text, text), found.evidence)
        return Value(text, found.evidence) if isinstance(found.value, str) else found

    records = tuple(
        replace(one, name=text, values={key: value(key, found) for key, found in one.values.items()})
        for one in FULL.records
    )
    components = tuple(
        replace(
            one, title=text, values={k: v if k in ("page", "systems") else value(k, v) for k, v in one.values.items()}
        )
        for one in FULL.components
    )
    sources = tuple(replace(s, reason=text, stand_in=text, state="stale", read_at=text) for s in FULL.sources)
    relations = tuple(replace(one, label=text) for one in FULL.relations)
    return replace(FULL, records=records, components=components, sources=sources, relations=relations)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_never_becomes_markup(view: str, text: str) -> None:
    marker = EXAMPLES.get(view, view)
    built, plain = filled(marker, of=poisoned(text)), filled(marker, of=poisoned("harmless"))
    page = python_markdown.markdown(built, extensions=["tables", "md_in_html", "attr_list", "fenced_code"])
    expected = python_markdown.markdown(plain, extensions=["tables", "md_in_html", "attr_list", "fenced_code"])

    def tags(made: str) -> list[str]:
        return re.findall(r"<(/?[a-zA-Z]\w*)", re.sub(r"<a href=\"https?://[^\"]*\">|</a>", "", made))

    assert tags(page) == tags(expected)
    targets = re.findall(r'(?:href|src)="(.*?)"', page)
    assert [target for target in targets if not re.match(r"https?://|[\w/]+\.md(#|$)", target)] == []
    assert "\u202e" not in built
