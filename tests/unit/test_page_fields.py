"""Marks in the HTML of a fence: the code stays sign for sign, and nothing of it becomes markup."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import markdown
import pytest

from truebook.model import Block, Copyable, Field
from truebook.pages.fields import data, mark
from truebook.runbooks.blocks import find_blocks
from truebook.runbooks.copying import copyable
from truebook.runbooks.fill import fill

HOSTILE = "echo <x\"'onclick=alert(1)> '</span></code><script>alert(1)</script>' <a&b>"
PAGE = """\

# Look at <pods>
kubectl get pods -n <name space> -l "app=<app>" # of <nobody>

$ kubectl logs <pod-name> && echo $NS '<quoted one>'
äö <ü> <last>
"""
STYLES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "plain": (["fenced_code"], {}),
    "lines": (["pymdownx.superfences"], {"pymdownx.highlight": {"anchor_linenums": True, "line_spans": "__span"}}),
    "table": (["pymdownx.superfences"], {"pymdownx.highlight": {"linenums": True, "linenums_style": "table"}}),
    "inline": (["pymdownx.superfences"], {"pymdownx.highlight": {"linenums": True, "linenums_style": "inline"}}),
    "browser": (["pymdownx.superfences"], {"pymdownx.highlight": {"use_pygments": False}}),
}


def rendered(code: str, style: str, language: str = "bash") -> tuple[str, Block, Copyable]:
    extensions, configs = STYLES[style]
    names = [*extensions, *(["pymdownx.highlight"] if configs else [])]
    page = f"```{language}\n{code}\n```\n"
    html = markdown.markdown(page, extensions=names, extension_configs=configs)
    (block,) = find_blocks(page, path="p.md", extensions=names, extension_configs=configs)
    copied = copyable(block, fill(block, inventory=None))
    assert copied is not None
    return html, block, copied


def plain(html: str) -> str:
    return unescape(re.sub("<[^>]+>", "", html))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("language", ["bash", "console", "sh"])
def test_marks_change_no_sign_of_the_code(style: str, language: str) -> None:
    html, block, copied = rendered(PAGE, style, language)
    marked = mark(html, block.source, copied)
    bare = re.sub(r'<span class="truebook-(?:field|skip|line|field__rest)"[^>]*>', "<!>", marked)
    assert bare.count("<!>") > 4
    assert plain(marked) == plain(html)
    assert re.sub("<!>|</span>", "", bare) == html.replace("</span>", "")
    assert marked.count("<span") == marked.count("</span>")
    fields = re.findall(r'<span class="truebook-field"[^>]*data-text="([^"]*)"', marked)
    assert [unescape(text) for text in fields] == [field.text for *_, field in copied.fields]


@pytest.mark.parametrize("style", STYLES)
def test_a_field_stands_around_its_placeholder(style: str) -> None:
    html, block, copied = rendered("kubectl logs <pod> -n <name space>", style)
    marked = mark(html, block.source, copied)
    for text in ("<pod>", "<name space>"):
        start = marked.index(f'data-text="{text.replace("<", "&lt;").replace(">", "&gt;")}"')
        assert plain(marked[marked.index(">", start) + 1 :]).startswith(text)


def test_what_stands_in_code_stays_text() -> None:
    html, block, copied = rendered(HOSTILE, "lines")
    marked = mark(html, block.source, copied)
    assert plain(marked) == plain(html)
    tags = set(re.findall(r"<([a-z]+)", marked))
    assert tags <= {"div", "pre", "span", "code", "a", "p"}
    assert "<script" not in marked
    copied = Copyable(((Field('<"x>', '"><script>', "bare", ('"><b>',), '"', '"'),),), ((0, 0),), (), ())
    one = Copyable(copied.commands, copied.starts, (), ((0, 5, 9, copied.commands[0][0]),))  # type: ignore[arg-type]
    marked = mark("<pre><code>echo wxyz</code></pre>", "echo wxyz", one)
    assert "<script" not in marked
    assert "<b>" not in marked
    assert re.findall(r'data-key="([^"]*)"', marked) == ["&quot;&gt;&lt;script&gt;"]


def test_commands_are_data_in_an_attribute() -> None:
    _, _, copied = rendered('echo "<a>" \'"&\' # c\necho <b>', "lines")
    written = data(copied)
    assert '"' not in written
    assert "<" not in written
    assert json.loads(unescape(written)) == [['echo "', 0, "\" '\"&'"], ["echo ", 1]]


def test_code_that_is_not_the_blocks_is_not_marked() -> None:
    html, _, copied = rendered("echo <a>", "lines")
    assert mark(html, "echo <b>", copied) == html


def test_a_field_says_how_its_value_has_to_be_written() -> None:
    html, block, copied = rendered("cat <<EOF\n<a>\nEOF\nsh -c 'ls <b>' \"<c>\"\nvault login YOUR_TOKEN", "lines")
    marked = mark(html, block.source, copied)
    fields = [
        dict(re.findall(r'data-([a-z]+)="([^"]*)"', tag)) for tag in re.findall("<span[^>]*data-field[^>]*>", marked)
    ]
    told = [(unescape(one["text"]), one["mode"], one.get("until"), one.get("secret")) for one in fields]
    assert told == [
        ("<a>", "heredoc", "EOF", None),
        ("<b>", "plain", None, None),
        ("<c>", "plain", None, None),
        ("YOUR_TOKEN", "bare", None, "yes"),
    ]
