"""Which fences are blocks, where they stand, and what is read from them."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from truebook.errors import ConfigError
from truebook.model import Block, BlockOptions
from truebook.runbooks.blocks import Finder, find_blocks, read_site, split_front_matter, usual_extensions

GOLDEN = Path(__file__).parent / "golden" / "pages.yaml"
ACCEPT = bool(os.environ.get("ACCEPT_GOLDEN"))
CASES: list[dict[str, Any]] = yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))
ROOT = Path(__file__).parents[3]


def find(page: str, extensions: list[str] | None = None) -> list[Block]:
    names, configs = usual_extensions()
    document = split_front_matter(page)
    return find_blocks(
        document.text,
        path="page.md",
        extensions=names if extensions is None else extensions,
        extension_configs=configs,
        first_line=document.first_line,
    )


def summary(block: Block) -> dict[str, Any]:
    """A block as the golden shows it: what is as usual is left out."""
    shown: dict[str, Any] = {
        "at": f"{block.line}-{block.end_line}",
        "under": " | ".join(part for part in (block.heading, block.tab) if part),
        "language": block.language,
        "script": block.script,
        "lines": " ".join(map(str, block.lines)),
        "expects": [f"{one.line} {one.kind}: {one.text}" for one in block.expectations],
        "options": {
            field.name: value if isinstance(value, str | int | float) else str(value)
            for field in fields(BlockOptions)
            if (value := getattr(block.options, field.name)) != getattr(BlockOptions(), field.name)
        },
        "session": "" if block.session == "page.md" else block.session,
    }
    return {key: value for key, value in shown.items() if value}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as they are."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def test_pages() -> None:
    for case in CASES:
        found = [summary(block) for block in find(case["page"], case.get("extensions"))]
        if ACCEPT:
            case["blocks"] = found
        else:
            assert found == case["blocks"], case["name"]
    if ACCEPT:
        head = GOLDEN.read_text(encoding="utf-8").split("\n", 1)[0]
        body = yaml.dump(CASES, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
        GOLDEN.write_text(f"{head}\n{body}", encoding="utf-8")


def test_included_files_are_found_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    part = tmp_path / "docs" / "part.md"
    part.write_text("intro\n\n```bash\ndate\n```\n\n# --8<-- [start:cut]\n```sh\nuname\n```\n# --8<-- [end:cut]\n")
    (tmp_path / "docs" / "run.sh").write_text("kubectl get pods\nkubectl get nodes\n")
    page = (
        '```bash\na\n```\n\n--8<-- "docs/part.md"\n\n```bash\n--8<-- "docs/run.sh"\n```\n\n--8<-- "docs/part.md:cut"\n'
    )
    finder = Finder(["pymdownx.superfences", "pymdownx.snippets"], {}, folder=tmp_path, shown=lambda path: path.name)
    blocks, problems = finder.find(page, path="page.md")
    assert problems == []
    assert [(b.path, b.line, b.end_line, b.script, b.lines) for b in blocks] == [
        ("page.md", 1, 3, "a", (2,)),
        ("part.md", 3, 5, "date", (4,)),
        ("part.md", 8, 10, "uname", (9,)),
        ("page.md", 7, 9, "kubectl get pods\nkubectl get nodes", (7, 7)),
        ("part.md", 8, 10, "uname", (9,)),
    ]


def test_nothing_outside_of_the_folder_is_included(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("```bash\nsecret\n```\n")
    folder = tmp_path / "site"
    folder.mkdir()
    page = '--8<-- "secret.md"\n\n--8<-- "../secret.md"\n\n```bash\na\n```\n'
    for base in ("..", str(tmp_path), ["..", "."]):
        config = {"pymdownx.snippets": {"base_path": base, "restrict_base_path": False}}
        blocks, _ = Finder(["pymdownx.superfences", "pymdownx.snippets"], config, folder=folder).find(page, path="p")
        assert [block.script for block in blocks] == ["a"]


def test_line_ends_and_tabs() -> None:
    (block,) = find("# T\r\n\r\n```bash\r\ncat <<-E\r\n\tx\r\n\tE\r\n```\r\n")
    assert (block.line, block.end_line, block.lines) == (3, 7, (4, 5, 6))
    assert block.script == "cat <<-E\n    x\n    E"  # as the browser shows it


@pytest.mark.parametrize(
    ("fence", "problem"),
    [
        ('```{ .bash data-timout="10s" }', "unknown option 'timout' (did you mean 'timeout'?)"),
        ("<!-- truebook: skipp=x -->\n```bash", "unknown option 'skipp' (did you mean 'skip'?)"),
        (
            "<!-- truebook: timeout=soon -->\n```bash",
            "timeout: 'soon' is not a duration (write it like 90s, 15m or 24h)",
        ),
        (
            "<!-- truebook: timeout=999d -->\n```bash",
            "timeout: '999d' is longer than a day (write it like 90s, 15m or 24h)",
        ),
        ("<!-- truebook: timeout=0s -->\n```bash", "timeout: '0s' is not a duration (write it like 90s, 15m or 24h)"),
        ("<!-- truebook: returncode=300 -->\n```bash", "returncode: '300' is not a number from 0 to 255"),
        ("<!-- truebook: retry=-1 -->\n```bash", "retry: '-1' is not a number"),
        ("<!-- truebook: cwd=../.. -->\n```bash", "cwd: '../..' is not below the repository's root"),
        ("<!-- truebook: cwd=/etc -->\n```bash", "cwd: '/etc' is not below the repository's root"),
        ("<!-- truebook: values=x -->\n```bash", "values: 'x' is not a value"),
        ("<!-- truebook: name -->\n```bash", "name needs a value"),
        ("<!-- truebook: output=maybe -->\n```bash", "output: 'maybe' is neither true nor false"),
        ("<!-- truebook: ?? -->\n```bash", "unknown option '??'"),
    ],
)
def test_wrong_options_are_errors_with_their_place(fence: str, problem: str) -> None:
    page = f"{fence}\na\n```\n"
    with pytest.raises(ConfigError) as error:
        find(page)
    assert str(error.value).startswith(f"page.md:{page.split('```')[0].count(chr(10)) + 1}: ")
    assert problem in str(error.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        find("<!-- truebook: a b -->\n```bash\nx\n```\n\n<!-- truebook: c=1 -->\n```bash\nx\n```\n")
    assert [line.split(" (")[0] for line in str(error.value).split("\n")] == [
        "page.md:2: unknown option 'a'",
        "page.md:2: unknown option 'b'",
        "page.md:7: unknown option 'c'",
    ]


def test_a_page_that_cannot_be_rendered_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    names, configs = usual_extensions()
    blocks, problems = Finder(names, configs).find(">" * 3000 + " x\n\n```bash\na\n```\n", path="deep.md")
    assert [block.script for block in blocks] == ["a"] or [str(problem) for problem in problems] == [
        "deep.md:1: cannot be rendered as Markdown (RecursionError)"
    ]


def test_formatters_of_fences_are_never_called() -> None:
    def run(*_: Any, **__: Any) -> str:
        raise AssertionError("ran what stands in the fence")

    fences = [
        {"name": "bash", "class": "x", "format": run, "validator": lambda *_: False},
        {"name": "mermaid", "class": "mermaid", "format": run},
        {"name": "sh", "class": "x", "format": run},
        {"name": "zsh", "class": "x", "format": run, "validator": None},
    ]
    page = "```bash\na\n```\n\n```mermaid\nb\n```\n\n```sh\nc\n```\n\n```zsh\nd\n```\n"
    names = ["pymdownx.superfences"]
    blocks = find_blocks(page, path="p", extensions=names, extension_configs={names[0]: {"custom_fences": fences}})
    assert [block.script for block in blocks] == ["a"]  # the others are shown in a form of the site's own


def test_a_site_is_read_without_evaluating_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIL", "pymdownx.b64")
    (tmp_path / "base.yml").write_text("docs_dir: pages\nmarkdown_extensions:\n  - attr_list\n")
    (tmp_path / "mkdocs.yml").write_text(
        "INHERIT: base.yml\n"
        "markdown_extensions:\n"
        "  - pymdownx.superfences:\n"
        "      custom_fences:\n"
        "        - {name: mermaid, class: mermaid, format: !!python/name:os.system }\n"
        "  - pymdownx.emoji: {emoji_index: !!python/name:material.extensions.emoji.twemoji }\n"
        "  - !ENV [EVIL, admonition]\n"
        "x: !!python/object/apply:os.system ['exit 1']\n"
    )
    site = read_site(tmp_path / "mkdocs.yml")
    assert site.docs == tmp_path / "pages"
    assert site.extensions == (
        "toc", "tables", "fenced_code", "pymdownx.superfences", "pymdownx.emoji", "admonition",
    )  # fmt: skip
    blocks, problems = Finder(site.extensions, site.configs).find("```bash\na\n```\n\n```mermaid\nb\n```\n", path="p")
    assert (len(blocks), problems) == (1, [])


@pytest.mark.parametrize("text", ["a: [", "markdown_extensions: 3", "\x00", "x: *a\n"])
def test_a_broken_site_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mkdocs.yml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"mkdocs\.yml") as error:
        read_site(path)
    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize(
    "text", ["", "- x", "a: &a [*a]\n", "markdown_extensions: {}\n", "markdown_extensions: [{1: 2}]\n"]
)
def test_a_site_without_extensions_has_those_of_mkdocs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mkdocs.yml"
    path.write_text(text)
    assert read_site(path).extensions == ("toc", "tables", "fenced_code")


def test_every_shell_fence_of_the_site_is_found() -> None:
    """The site's own pages hold no fence in a comment: all that stand there are shown, but for those that stand in a
    fence of four marks, as Markdown."""
    site = read_site(ROOT / "mkdocs.yml")
    finder = Finder(site.extensions, site.configs, folder=site.folder)
    count = 0
    for path in sorted(site.docs.rglob("*.md")):
        content = path.read_text(encoding="utf-8")
        document = split_front_matter(content)
        blocks, problems = finder.find(document.text, path=path.name, first_line=document.first_line)
        lines = content.split("\n")
        assert problems == []
        outer = [line.strip().startswith("````") for line in lines]
        opened = [
            number
            for number, line in enumerate(lines, 1)
            if line.strip() in ("```bash", "```console") and sum(outer[:number]) % 2 == 0
        ]
        assert [block.line for block in blocks] == opened, path
        for block in blocks:
            assert lines[block.end_line - 1].strip() == "```"
            for text, number in zip(block.script.split("\n"), block.lines, strict=True):
                assert lines[number - 1].strip().removeprefix("$ ") == text.strip()
        count += len(blocks)
    assert count > 100


def test_the_three_tabs_of_the_operations_page() -> None:
    site = read_site(ROOT / "mkdocs.yml")
    path = site.docs / "index.md"
    blocks, _ = Finder(site.extensions, site.configs).find(path.read_text(encoding="utf-8"), path="index.md")
    assert [(block.heading, block.tab) for block in blocks] == [
        ("Common Operations", "Deploy Changes"),
        ("Common Operations", "Rotate Secrets"),
        ("Common Operations", "Scale Workloads"),
    ]
    assert [block.ordinal for block in blocks] == [0, 1, 2]
