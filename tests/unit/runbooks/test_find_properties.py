"""What is reported as shell is what the rendered page shows as shell; and nothing that is written breaks the finder."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown import Markdown

from truebook.runbooks.blocks import Finder, split_front_matter, usual_extensions
from truebook.runbooks.blocks.find import SHELL
from truebook.runbooks.blocks.prompts import split

NAMES, CONFIGS = usual_extensions()
# The real rendering, colours and all, that only says which language each code is in.
RENDERED = Markdown(
    extensions=NAMES,
    extension_configs={**CONFIGS, "pymdownx.highlight": {"pygments_lang_class": True}},
)
FINDER = Finder(NAMES, CONFIGS)
PLAIN_NAMES = ["fenced_code", "attr_list", "tables"]
PLAIN = Markdown(extensions=PLAIN_NAMES)
PLAIN_FINDER = Finder(PLAIN_NAMES, {})

PIECES = st.sampled_from(
    [
        "```bash",
        "```",
        "````sh",
        "````",
        "~~~console",
        "~~~",
        "``` python",
        "```{ .bash #x }",
        "``` bash title='x'",
        '=== "Tab"',
        "!!! note",
        '??? tip "x"',
        "- item",
        "1. item",
        "> quote",
        "> ```bash",
        "> ```",
        ">",
        "# Heading",
        "text",
        "kubectl get pods",
        "$ kubectl get pods",
        "<!--",
        "-->",
        "<div>",
        "<div markdown>",
        "</div>",
        "<pre>",
        "</pre>",
        "<script>",
        "</script>",
        "",
        "",
        "",
        "---",
        "| a | b |",
        "|---|---|",
        "[^1]: note",
        "term",
        ": definition",
        "&lt;b&gt; <b>",
        "`code`",
        "```bash```",
        "\t```bash",
        "```bash norun",
        "``````",
        "<details>",
        "*[X]: y",
    ]
)
INDENTS = st.sampled_from(["", "", "", "    ", "        ", "  ", "\t", "> ", ">> ", ">     "])
FENCES = st.builds(
    lambda head, body: f"{head}\n{body}\n{re.match('[`~]+', head)[0]}",  # type: ignore[index]
    st.sampled_from(["```bash", "~~~sh", "````zsh", "``` console", "```{ .bash #x }", "```python", "```", "```Shell"]),
    st.sampled_from(["kubectl get pods", "a\n\nb", "", "```", "# c\n$ date\nout", "<b>&amp;</b>", "-->", "    x\n> y"]),
)
PAGES = st.lists(
    st.builds(
        lambda indent, piece: "\n".join(indent + line if line else line for line in piece.split("\n")),
        INDENTS,
        PIECES | FENCES,
    ),
    max_size=25,
).map("\n".join)


def shown(rendered: Markdown, page: str, selector: str) -> list[tuple[str, str]]:
    """Language and text of each tagged shell code of the rendered page, as a browser's tree has them."""
    soup = BeautifulSoup(rendered.reset().convert(page), "html.parser")
    found = []
    for element in soup.select(selector):
        classes = [name.lower() for name in element.get("class") or ()]
        languages = [name.removeprefix("language-") for name in classes if name.startswith("language-")]
        code = element if element.name == "code" else element.find("code")
        if languages and languages[0] in SHELL and code is not None:
            found.append((languages[0], code.get_text().strip("\n")))
    return found


def reported(finder: Finder, page: str) -> list[tuple[str, str]]:
    blocks, _ = finder.find(page, path="p.md")
    return [(block.language, block.source.strip("\n")) for block in blocks if block.language]


@settings(max_examples=300, deadline=None)
@given(PAGES)
@example("- item\n\n    ```bash\n    a\n    ```\n")
@example("<!--\n```bash\na\n```\n-->\n")
@example("<pre>\n```bash\na\n```\n</pre>\n")
def test_superfences(page: str) -> None:
    expected = [(name, text.rstrip()) for name, text in shown(RENDERED, page, "div.highlight")]
    assert [(name, text.rstrip()) for name, text in reported(FINDER, page)] == expected


@settings(max_examples=300, deadline=None)
@given(PAGES)
def test_fenced_code(page: str) -> None:
    expected = [(name, text.rstrip()) for name, text in shown(PLAIN, page, "pre > code")]
    assert [(name, text.rstrip()) for name, text in reported(PLAIN_FINDER, page)] == expected


@settings(max_examples=200, deadline=None)
@given(PAGES)
def test_lines_point_at_what_is_shown(page: str) -> None:
    """Each line of a script stands on the line of the file that it names."""
    document = split_front_matter(page)
    lines = page.split("\n")
    blocks, _ = FINDER.find(document.text, path="p.md", first_line=document.first_line)
    for block in blocks:
        opening = lines[block.line - 1].lstrip("> \t")
        assert opening.startswith(("`", "~"))
        assert lines[block.end_line - 1].lstrip("> \t").rstrip() == opening[: len(opening) - len(opening.lstrip("`~"))]
        assert block.line < block.end_line
        for text, number in zip(block.script.split("\n") if block.lines else [], block.lines, strict=True):
            assert block.line < number < block.end_line
            assert text.strip() in lines[number - 1].expandtabs(4)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_any_text(page: str) -> None:
    document = split_front_matter(page)
    FINDER.find(f"```bash\n{document.text}\n```\n\n{document.text}", path="p.md", first_line=document.first_line)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "$ kubectl get pods",
                "# kubectl get pods",
                "# comment",
                "kubectl get pods",
                "NAME   READY",
                "a   1/1",
                "> more",
                "cat <<EOF",
                "EOF",
                "echo 'open",
                "'",
                "\\",
                "a \\",
                "for i in a; do",
                "done",
                "",
                "u@h:~$ ls",
                "% ls",
                "# Expected: x",
                "# Output:",
            ]
        ),
        max_size=12,
    ),
    st.sampled_from(["bash", "console", ""]),
)
def test_a_split_loses_no_command(lines: list[str], language: str) -> None:
    """Each line is in the script, in what is expected, or is nothing but output that no one typed."""
    found = split(lines, list(range(1, len(lines) + 1)), language=language)
    assert list(found.lines) == sorted(set(found.lines))
    assert len(found.lines) == len(found.script.split("\n")) or found.script == ""
    for text, place in zip(found.script.split("\n"), found.lines, strict=False):
        assert lines[place].endswith(text)
    for place, line in enumerate(lines):
        if line.startswith("$ "):
            assert place in found.lines
