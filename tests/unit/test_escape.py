"""No text from a cluster becomes markup, wherever it is written."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import markdown
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from truebook.pages import escape

# The site's own extensions, then those that many sites add and that give more characters a meaning.
SITE = [
    "abbr",
    "admonition",
    "attr_list",
    "def_list",
    "md_in_html",
    "tables",
    "pymdownx.details",
    "pymdownx.inlinehilite",
    "pymdownx.superfences",
    "pymdownx.tabbed",
]
MORE = [
    *SITE,
    "footnotes",
    "pymdownx.arithmatex",
    "pymdownx.betterem",
    "pymdownx.blocks.admonition",
    "pymdownx.caret",
    "pymdownx.critic",
    "pymdownx.emoji",
    "pymdownx.keys",
    "pymdownx.magiclink",
    "pymdownx.mark",
    "pymdownx.snippets",
    "pymdownx.tasklist",
    "pymdownx.tilde",
]

HOSTILE = [
    "a | b",
    "`code`",
    "``",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onclick="x',
    "'",
    "](javascript:alert(1))",
    "[x](http://evil)",
    "![x](http://evil/x.png)",
    "\n\n# Heading",
    "\r\n| new | row |",
    "end",
    "%%{init: {}}%%",
    "&lt;",
    "&#60;b&#62;",
    "\u202egnp.exe",
    "\u200b",
    "\x00",
    "\x02wzxhzdk:0\x03",
    "x" * 10_240,
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{: .cls onclick=x }",
    "{ .cls }",
    ":smile:",
    "http://evil.example",
    "https://evil.example/a_b_c",
    "www.evil.example",
    "me@evil.example",
    "<http://evil.example>",
    '--8<-- "/etc/passwd"',
    "*em*",
    "_em_",
    "__strong__",
    "a_b_c",
    "~~del~~",
    "^^ins^^",
    "==mark==",
    "++ctrl+alt++",
    "{++add++}",
    "$x$",
    "\\(x\\)",
    "\\",
    "\\\\|",
    "[^1]",
    "[^1]: note",
    "*[HTML]: x",
    "- item",
    "1. item",
    "> quote",
    "# h",
    '=== "Tab"',
    "!!! danger",
    "??? note",
    "/// note",
    ": def",
    "---",
    "***",
    "    code",
    "```sh",
    "~~~",
    "[ ] task",
    "<!-- END truebook -->",
    "-->",
    "]]>",
    "<?php",
    "#1 fa:fa-bug",
    "$$x$$",
    "![](",
    "[[wiki]]",
]

names = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=6), min_size=1, max_size=4).map("".join)


class Elements(HTMLParser):
    """The elements of a document with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.cells:
            self.cells[-1] += data

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.found]


# Converters are costly to make and `reset` makes them as new.
CONVERTERS = {
    "site": markdown.Markdown(extensions=SITE),
    "more": markdown.Markdown(extensions=MORE, extension_configs={"pymdownx.snippets": {"check_paths": True}}),
}


def rendered(text: str, extensions: str) -> Elements:
    return Elements(CONVERTERS[extensions].reset().convert(text))


TABLE = ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]


@pytest.mark.parametrize("extensions", ["site", "more"])
@settings(max_examples=300, deadline=None)
@given(name=names)
@example(name="a|b")
@example(name="{: .cls }")
def test_a_cell_is_one_cell_of_plain_text(extensions: str, name: str) -> None:
    found = rendered(f"| A | B |\n|---|---|\n| {escape.cell(name)} | last |\n", extensions)
    assert found.tags == TABLE
    assert not any(attributes for _, attributes in found.found)
    assert found.cells[3].strip() == "last"
    assert found.cells[2].strip() == escape.visible(name)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("extensions", ["site", "more"])
def test_each_hostile_text_alone_is_plain_text(extensions: str, hostile: str) -> None:
    found = rendered(f"| A | B |\n|---|---|\n| {escape.cell(hostile)} | last |\n", extensions)
    assert (found.tags, found.cells[2].strip()) == (TABLE, escape.visible(hostile))
    found = rendered(f"{escape.text(hostile)}\n", extensions)
    assert found.tags == (["p"] if escape.visible(hostile) else [])
    assert found.text.strip() == escape.visible(hostile)


@pytest.mark.parametrize("extensions", ["site", "more"])
@settings(max_examples=200, deadline=None)
@given(name=names)
@example(name="_em_www.evil.example")
def test_text_at_the_start_of_a_line_begins_no_block(extensions: str, name: str) -> None:
    found = rendered(f"before\n\n{escape.text(name)}\n{escape.text(name)}\n\nafter\n", extensions)
    assert set(found.tags) == {"p"}
    assert not any(attributes for _, attributes in found.found)


@pytest.mark.parametrize("extensions", ["site", "more"])
@settings(max_examples=200, deadline=None)
@given(name=names)
def test_a_link_has_just_its_target(extensions: str, name: str) -> None:
    found = rendered(f"see {escape.link(name, 'vault.md')} here\n", extensions)
    if not escape.visible(name):
        return
    assert found.found == [("p", {}), ("a", {"href": "vault.md"})]
    assert found.text.strip() == f"see {escape.visible(name)} here"


@pytest.mark.parametrize("extensions", ["site", "more"])
@settings(max_examples=200, deadline=None)
@given(name=names)
@example(name="\ufffe")
def test_raw_html_keeps_its_elements_and_attributes(extensions: str, name: str) -> None:
    shown = escape.html(name)
    found = rendered(f'| A | B |\n|---|---|\n| <span title="{shown}">{shown}</span> | last |\n', extensions)
    assert found.tags == [*TABLE[:8], "span", "td"]
    assert found.found[8][1] == {"title": escape.visible(name)}
    found = rendered(f"<details><summary>{shown}</summary><ul><li>{shown}</li></ul></details>\n", extensions)
    assert found.tags == ["details", "summary", "ul", "li"]


@settings(max_examples=500, deadline=None)
@given(name=names)
def test_a_mermaid_label_is_codes_and_ordinary_characters(name: str) -> None:
    coded = str(escape.mermaid(name))
    bare = re.sub(r"#\d+;", "", coded)
    assert not re.search(r"[\"'`<>&{}\[\]|;%#:\\\x00-\x1f*_~$@=+]", bare)
    decoded = re.sub(r"#(\d+);", lambda m: chr(int(m[1])), coded)
    assert decoded.replace("\u2060", "") == escape.visible(name, escape.LABEL_LIMIT)
    assert "$$" not in decoded
    assert ":fa-" not in decoded.lower()


@pytest.mark.parametrize("word", ["end", "End", "style x", "a subgraph", "click"])
def test_a_mermaid_label_holds_no_statement(word: str) -> None:
    assert not re.search(r"\b(end|style|subgraph|click)\b", str(escape.mermaid(word)), re.IGNORECASE)


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("https://argocd.homelab.local", "https://argocd.homelab.local"),
        ("http://x:8080/a?b=c&d=e#f", "http://x:8080/a?b=c&d=e#f"),
        ("https://x/a_(b)", "https://x/a_%28b%29"),
        ("https://x/a|b`c", "https://x/a%7Cb%60c"),
        ('https://x/"><script>', "https://x/%22%3E%3Cscript%3E"),
        ("https://x/&copy;", "https://x/&copy%3B"),
        ("javascript:alert(1)", ""),
        ("JAVASCRIPT:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//evil.example", ""),
        ("https://", ""),
        ("https://user:secret@host/", ""),
        ("https://x/a b", ""),
        ("https://x/\n# h", ""),
        ("https://x/\u202e", ""),
        ("https://evil\\@x/", ""),
        ("https://[::1", ""),
        ("https://x/" + "a" * 3000, ""),
    ],
)
def test_urls(written: str, target: str) -> None:
    assert escape.url(written) == target


@settings(max_examples=300, deadline=None)
@given(name=names)
def test_a_url_of_any_text_leaves_the_link_whole(name: str) -> None:
    target = escape.url(f"https://host/{name}")
    found = rendered(f"| A | B |\n|---|---|\n| {escape.link('x', target)} | last |\n", "site")
    assert found.tags == ([*TABLE[:8], "a", "td"] if target else TABLE)


def test_long_text_is_cut_and_says_so() -> None:
    shown = escape.visible("x" * 10_240)
    assert len(shown) == escape.TEXT_LIMIT
    assert shown.endswith("x…")
    assert escape.visible(" " * 5000 + "x") == "…"


def test_invisible_characters_show() -> None:
    assert escape.visible("a\u202eb\u200bc\x00d\ufffe") == "a\ufffdb\ufffdc\ufffdd\ufffd"
    assert escape.visible(" a\n\tb ") == "a b"


@pytest.mark.parametrize("name", ["argocd-server", "user_service_1", "v3.6.1", "MinIO S3", "10.0.0.1:8080", "a/b (c)"])
def test_ordinary_names_stay_readable_in_the_source(name: str) -> None:
    assert escape.text(name) == name
