"""Regions: which markers count, what is wrong with them, and that all else stays as it is."""

from __future__ import annotations

import re
from pathlib import Path

import markdown as python_markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.pages_sample import SAMPLE, component, inventory, page_url
from truebook.errors import RegionError
from truebook.pages import regions
from truebook.pages.views import VIEWS

END = "<!-- END truebook -->"


def fill(text: str, *, live: bool = True, first_line: int = 1) -> str:
    return regions.fill(
        text, path="docs/index.md", inventory=SAMPLE, page_url=page_url, live=live, first_line=first_line
    )


def value(text: str) -> str:
    return f"<!-- BEGIN truebook:value {text} -->?{END}"


def test_a_page_without_regions_is_the_same_object() -> None:
    for text in ("", "# Vault\n\nNothing here.\n", "It names truebook:components in prose.\n"):
        assert fill(text) is text


def test_a_region_knows_where_it_is_and_what_it_wants() -> None:
    begin = '    <!-- BEGIN truebook:components group="Home apps,Other" live=status -->'
    text = f"- list\n\n{begin}\n    | a |\n\n    b\n    {END}\n"
    (found,) = regions.parse(text, path="a.md", first_line=11)
    assert (found.path, found.line, found.end_line, found.prefix, found.inline) == ("a.md", 13, 17, "    ", False)
    assert (found.view, found.arguments, dict(found.options)) == (
        "components",
        (),
        {"group": "Home apps,Other", "live": "status"},
    )
    assert found.body == "| a |\n\nb\n"


def test_the_end_may_name_the_view_and_carry_a_checksum() -> None:
    (found,) = regions.parse("<!-- BEGIN truebook:stack -->\n<!-- END truebook:stack checksum=0a1b -->", path="a.md")
    assert (found.checksum, found.body) == ("0a1b", "")


@pytest.mark.parametrize(
    "code",
    [
        "```markdown\n{}\n```\n",
        "~~~~\n```\n{}\n~~~~\n",
        "````\n```\n{}\n```\n````\n",
        "text\n\n    {}\n",
        '=== "Tab"\n\n    ```\n    {}\n    ```\n',
        '=== "Tab"\n\n        {}\n',
        "> ```\n> {}\n> ```\n",
        "- item\n\n    ~~~\n    {}\n    ~~~\n",
        "`{}`\n",
        "two ticks ``a ` {}`` here\n",
        "```\nnever closed\n{}\n",
    ],
)
def test_markers_in_code_are_examples(code: str) -> None:
    text = code.format("<!-- BEGIN truebook:nonsense -->")
    assert fill(text) == text


@pytest.mark.parametrize(
    ("before", "prefix"),
    [
        ("", ""),
        ("text\n", ""),
        ('=== "Tab"\n\n', "    "),
        ('!!! note\n    === "Tab"\n\n', "        "),
        ("- item\n\n", "    "),
        ("1. item\n\n    - item\n\n", "        "),
        ("> quote\n>\n", "> "),
        ("```\ncode\n```\n\n", ""),
        ('=== "Tab"\n\n    ```\n    code\n    ```\n\n', "    "),
        ("    code\n\ntext\n\n", ""),
    ],
)
def test_a_region_is_filled_where_it_stands(before: str, prefix: str) -> None:
    text = f"{before}{prefix}<!-- BEGIN truebook:components group=Backup -->\n{prefix}old\n{prefix}{END}\nafter\n"
    found = fill(text, live=False)
    head, _, tail = found.partition("-->\n")
    assert text.startswith(head)
    assert tail.splitlines()[0] == f"{prefix}| Component | Purpose | URL |"
    assert tail.endswith(f"{prefix}{END}\nafter\n")
    assert fill(found, live=False) == found


@pytest.mark.parametrize("before", ["", '=== "Tab"\n\n', '!!! note\n    === "Tab"\n\n', "- item\n\n", "> quote\n>\n"])
def test_a_filled_table_is_a_table_in_every_container(before: str) -> None:
    prefix = {"": "", "> quote\n>\n": "> ", '!!! note\n    === "Tab"\n\n': "        "}.get(before, "    ")
    text = f"{before}{prefix}<!-- BEGIN truebook:components group=Backup live=status -->\n{prefix}{END}\n"
    extensions = ["tables", "admonition", "pymdownx.tabbed", "pymdownx.superfences"]
    html = python_markdown.markdown(fill(text), extensions=extensions)
    assert html.count("<tr>") == 3
    assert '<td><span class="truebook-status truebook-status--suspended">Scaled to zero</span></td>' in html


def test_a_value_stays_within_its_line() -> None:
    text = f"| ArgoCD {value('argocd.version')} | {value('vault.version')} |\r\n"
    assert fill(text) == text.replace("?", "v3.6.1", 1).replace("?", "—")


def test_line_ends_stay() -> None:
    text = f"a\r\n\r\n<!-- BEGIN truebook:components group=Backup -->\r\nold\r\n{END}\r\nb\r\n"
    found = fill(text, live=False)
    assert "old" not in found
    assert found.count("\n") == found.count("\r\n")


words = st.sampled_from(
    [
        "a",
        " ",
        "\n",
        "\r\n",
        "    ",
        "```\n",
        "~~~\n",
        "`",
        "- ",
        "> ",
        '=== "T"\n',
        "| a |",
        "<!-- x -->",
        "é",
        "\x0b",
        "\u2028",
    ]
)


@settings(max_examples=300, deadline=None)
@given(before=st.lists(words, max_size=12).map("".join), after=st.lists(words, max_size=12).map("".join))
def test_all_outside_of_a_region_stays_byte_for_byte(before: str, after: str) -> None:
    text = f"{before}\n\n{value('argocd.version')}\n\n{after}"
    found = fill(text)
    assert found in (text, text.replace("?", "v3.6.1"))


pieces = st.sampled_from(
    [
        *(
            "a",
            " ",
            "\n",
            "\n\n",
            "\r\n",
            "\t",
            "    ",
            "```\n",
            "~~~\n",
            "`",
            "- ",
            "> ",
            '=== "T"\n',
            "| a |",
            "--",
            ">",
        ),
        *("<!-- BEGIN truebook:stack -->", "<!-- BEGIN truebook:components group=Backup -->", "<!-- BEGIN truebook"),
        *(
            "<!-- BEGIN truebook:value argocd.version -->",
            END,
            "<!-- END truebook:stack -->",
            "-->",
            "<!--",
            "truebook:",
        ),
    ]
)


@settings(max_examples=600, deadline=None)
@given(text=st.lists(pieces, max_size=24).map("".join))
def test_any_page_is_filled_or_refused_and_what_was_filled_stays(text: str) -> None:
    found, refused = text, ""
    try:
        found = fill(text, live=False)
    except RegionError as error:
        refused = str(error)
    assert all(re.match(r"docs/index\.md:\d+: .", line) for line in refused.splitlines())
    if refused:
        return
    views = [[region.view for region in regions.parse(page, path="a.md")] for page in (text, found)]
    assert views[0] == views[1]
    assert fill(found, live=False) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"<!-- BEGIN truebook:componets -->\n{END}", "1: unknown view 'componets'; did you mean 'components'?"),
        (f"<!-- BEGIN truebook:zzz -->\n{END}", f"1: unknown view 'zzz'; known: {', '.join(VIEWS)}"),
        (
            f"<!-- BEGIN truebook components -->\ntruebook:\n{END}",
            f"1: the marker names no view; write BEGIN truebook:VIEW with one of {', '.join(VIEWS)}",
        ),
        ("<!-- BEGIN truebook:stack -->\n", "1: the region has no END; add <!-- END truebook --> after it"),
        (
            f"<!-- BEGIN truebook:stack -->\n```mermaid\n{END}",
            "1: the region has no END (the code fence of line 2 is not closed); add <!-- END truebook --> after it",
        ),
        (f"\n{END}", "2: END without BEGIN; remove it, or put <!-- BEGIN truebook:… --> before it"),
        (
            f"<!-- BEGIN truebook:stack -->\n<!-- BEGIN truebook:stack -->\n{END}\n{END}",
            "2: a region begins inside the one of line 1; put <!-- END truebook --> before it",
        ),
        (
            f"<!-- BEGIN truebook:stack -->\n  {END}",
            "2: END is not indented as BEGIN in line 1; indent both alike",
        ),
        (
            "<!-- BEGIN truebook:stack -->\n<!-- END truebook:value -->",
            "2: the END of the stack region reads ':value'; write <!-- END truebook -->",
        ),
        (
            "<!-- BEGIN truebook:stack\n-->\n",
            "1: the BEGIN marker does not end in --> on its own line",
        ),
        (
            f"a <!-- BEGIN truebook:stack -->{END}",
            "1: a region of stack is a block; put BEGIN and END on lines of their own",
        ),
        (
            f"<!-- BEGIN truebook:value argocd.version -->\nx\n{END}",
            "1: a value stands within one line; put END on the same line as BEGIN",
        ),
        (
            f"<!-- BEGIN truebook:components grup=Security -->\n{END}",
            "1: unknown option 'grup'; did you mean 'group'?",
        ),
        (
            f"<!-- BEGIN truebook:components group=Security group=Backup -->\n{END}",
            "1: option 'group' is given twice; keep one",
        ),
        (
            f"<!-- BEGIN truebook:components Security -->\n{END}",
            "1: 'Security' is not an option; options are written group=…, columns=…, live=…",
        ),
        (
            f'<!-- BEGIN truebook:components group="Sec -->\n{END}',
            "1: cannot read the marker's options: No closing quotation; check the quotes in 'group=\"Sec'",
        ),
        (
            f"<!-- BEGIN truebook:components group=Secur -->\n{END}",
            "1: option 'group': no component is in 'Secur'; did you mean 'Security'?",
        ),
        (
            f"<!-- BEGIN truebook:components group=a,,b -->\n{END}",
            "1: option 'group': 'a,,b' is no list; write words between commas",
        ),
        (
            f"<!-- BEGIN truebook:components columns=component,prupose -->\n{END}",
            "1: option 'columns': unknown column 'prupose'; did you mean 'purpose'?",
        ),
        (
            f"<!-- BEGIN truebook:components columns=purpose -->\n{END}",
            "1: option 'columns': rows are matched by their component; add 'component'",
        ),
        (
            f"<!-- BEGIN truebook:components columns=component,status -->\n{END}",
            "1: option 'columns': 'status' changes by itself and is not committed; put it in live=",
        ),
        (
            f"<!-- BEGIN truebook:stack direction=UP -->\n{END}",
            "1: option 'direction': 'UP' is not possible; known: BT, LR, RL, TB",
        ),
        (
            f"<!-- BEGIN truebook:stack groups=Backups -->\n{END}",
            "1: option 'groups': no component is in 'Backups'; did you mean 'Backup'?",
        ),
        (value(""), "1: the marker names no COMPONENT.KEY; write it after the view's name"),
        (value("argocd"), "1: 'argocd' names no value; write COMPONENT.KEY, such as argocd.version"),
        (value("argo.version"), "1: unknown component 'argo'; did you mean 'argocd'?"),
        (value("argocd.versoin"), "1: unknown value 'versoin'; did you mean 'version'?"),
        (value("argocd.version now"), "1: 'now' is not an option; options are written nowhere in this view; remove it"),
    ],
)
def test_errors_name_the_place_and_the_fix(text: str, message: str) -> None:
    with pytest.raises(RegionError) as caught:
        fill(text)
    assert str(caught.value) == f"docs/index.md:{message}"
    assert (caught.value.path, caught.value.line) == ("docs/index.md", int(message.partition(":")[0]))


def test_all_that_is_wrong_on_a_page_is_said_at_once() -> None:
    text = f"{value('nobody.version')}\n\n{value('argocd.nothing')}\n"
    with pytest.raises(RegionError) as caught:
        fill(text, first_line=5)
    places = [line.partition(": ")[0] for line in str(caught.value).splitlines()]
    assert places == ["docs/index.md:5", "docs/index.md:7"]


def test_markers_and_what_they_ask_for_are_looked_at_together() -> None:
    text = f"{value('nobody.version')}\n\n<!-- BEGIN truebook:stack direction=LR direction=LR -->\n{END}\n{END}\n"
    with pytest.raises(RegionError) as caught:
        fill(text)
    places = [line.partition(": ")[0] for line in str(caught.value).splitlines()]
    assert places == ["docs/index.md:1", "docs/index.md:3", "docs/index.md:5"]


def test_markers_in_small_letters_are_markers() -> None:
    assert "?" not in fill("<!-- begin truebook:value argocd.version -->?<!-- End truebook -->")
    with pytest.raises(RegionError, match="1: the region has no END"):
        fill("<!-- begin truebook:stack -->\n")


def test_a_site_can_override_a_template_and_cannot_forget_to_escape(tmp_path: Path) -> None:
    (tmp_path / "value.md.j2").write_text("{{ component.title }}: {{ value }}")
    hostile = inventory(component("x", "<b> | {{ 1 }}", "G", version="1.2"))
    text = regions.fill(value("x.version"), path="a.md", inventory=hostile, page_url=page_url, templates=tmp_path)
    assert "-->&#60;b&#62; &#124; &#123;&#123; 1 &#125;&#125;: 1.2<!--" in text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ nothing }}", "template value.md.j2: 'nothing' is undefined"),
        ("{% if %}", "value.md.j2:1: "),
        ("{{ component.__class__.__mro__ }}", "template value.md.j2: "),
        ("{{ 1 / 0 }}", "template value.md.j2: ZeroDivisionError: division by zero"),
        ("{{ component.values + 1 }}", "template value.md.j2: TypeError: "),
    ],
)
def test_a_template_that_is_wrong_is_named(tmp_path: Path, template: str, message: str) -> None:
    (tmp_path / "value.md.j2").write_text(template)
    with pytest.raises(RegionError) as caught:
        regions.fill(value("argocd.version"), path="a.md", inventory=SAMPLE, page_url=page_url, templates=tmp_path)
    assert str(caught.value).startswith("a.md:1: ")
    assert message in str(caught.value)
