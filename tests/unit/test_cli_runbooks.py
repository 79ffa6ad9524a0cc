"""`truebook list` and `truebook explain`: what goes where, and the exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from truebook.cli import main

PAGE = """\
---
title: X
---

# Scale

=== "Now"

    ```bash
    # Scale deployment
    kubectl scale deployment/<name> --replicas=3 -n <namespace>
    ```

=== "Look"

    ```console
    $ kubectl get pods \\
    >   -n <namespace>
    NAME   READY
    $ git revert <commit>
    ```
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of Markdown that nothing speaks for."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "scale.md").write_text(PAGE)
    (tmp_path / "pages" / "none.md").write_text("# No block\n\n```yaml\na: 1\n```\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def listed(*arguments: str, code: int = 0) -> list[dict[str, Any]]:
    result = run("list", *arguments, "--json")
    assert result.exit_code == code, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_the_shape_of_json() -> None:
    first, second = listed("pages", "--no-state")
    assert {key: first[key] for key in ("path", "line", "end_line", "heading", "tab", "language")} == {
        "path": "pages/scale.md",
        "line": 9,
        "end_line": 12,
        "heading": "Scale",
        "tab": "Now",
        "language": "bash",
    }
    assert (first["plan"], first["verdict"]) == ("parse", "write")
    assert first["reason"] == "not run: <name> and <namespace> are not filled"
    assert first["missing"] == ["<name>", "<namespace>"]
    assert first["commands"] == [
        {
            "line": 11,
            "text": "kubectl scale deployment/<name> --replicas=3 -n <namespace>",
            "verdict": "write",
            "reason": "scales workloads",
        }
    ]
    assert [(c["line"], c["verdict"]) for c in second["commands"]] == [(17, "read"), (20, "local")]
    assert second["missing"] == ["<namespace>", "<commit>"]


def test_values_come_from_the_state_that_would_be_used() -> None:
    first, second = listed("pages")
    assert first["plan"] in ("dry-run", "prove")  # by whether kubectl is installed
    assert first["missing"] == []
    assert {value["placeholder"]: value["origin"] for value in first["values"]} == {
        "<name>": "inventory",
        "<namespace>": "inventory",
    }
    assert all(value["evidence"] for value in first["values"])
    assert second["missing"] == ["<commit>"]


def test_variables_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUEBOOK_VAR_NAMESPACE", "from-env")
    monkeypatch.setenv("NAME", "leaked")
    Path("truebook.yml").write_text("runbooks:\n  values: {commit: abc, namespace: from-settings}\n")
    first, second = listed("pages", "--no-state", "--var", "name=web")
    assert [(v["value"], v["origin"]) for v in first["values"]] == [("web", "--var"), ("from-env", "environment")]
    assert [(v["value"], v["origin"]) for v in second["values"]] == [("from-env", "environment"), ("abc", "settings")]


def test_front_matter_gives_values_and_the_component() -> None:
    front = "---\ntruebook:\n  component: grafana\n  values: {commit: abc}\n---\n"
    Path("page.md").write_text(f"{front}```bash\nargocd app get <app> # x\ngit show <commit>\n```\n")
    (found,) = listed("page.md")
    assert found["script"] == "argocd app get grafana # x\ngit show abc"
    assert [value["origin"] for value in found["values"]] == ["inventory", "front matter"]


def test_variables_reach_the_next_block_of_a_session() -> None:
    use = "```bash\nkubectl get pods -n $NS\n```\n"
    Path("page.md").write_text(f"```bash\nNS=x\n```\n\n{use}\n<!-- truebook: session=b -->\n{use}")
    assert [one["missing"] for one in listed("page.md", "--no-state")] == [[], [], ["$NS"]]


def test_variables_of_a_block_that_is_not_run_are_not_there() -> None:
    text = "```bash norun\nNS=x\n```\n\n```bash\nkubectl get pods -n $NS\n```\n"
    Path("page.md").write_text(text)
    assert [one["missing"] for one in listed("page.md", "--no-state")] == [[], ["$NS"]]


def test_text_for_people() -> None:
    result = run("list", "pages", "--no-state")
    assert result.exit_code == 0
    assert "pages/scale.md:9" in result.stdout
    assert "Scale / Now" in result.stdout
    assert result.stderr == "2 blocks on 1 page: 2 parse\n"


def test_hostile_text_is_only_text() -> None:
    Path("evil.md").write_text("# [red]x[/red] \x1b[31m\u202e\n\n```bash\n\x1b]0;x\x07 rm -rf [bold]x[/bold]\n```\n")
    shown = run("list", "evil.md", "--no-state").stdout
    assert "[red]x[/red]" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    explained = run("explain", "evil.md:4", "--no-state").stdout
    assert "[bold]x[/bold]" in explained
    assert not {"\x1b", "\x07", "\u202e"} & set(explained)


def test_all_wrong_options_are_said_and_the_rest_is_listed() -> None:
    Path("a.md").write_text("<!-- truebook: tiemout=1s -->\n```bash\ndate\n```\n")
    Path("b.md").write_text("```bash\ndate\n```\n\n<!-- truebook: skipp -->\n```bash\ndate\n```\n")
    result = run("list", "a.md", "b.md", "--json", "--no-state")
    assert result.exit_code == 2
    assert len(json.loads(result.stdout)) == 3
    assert "truebook: a.md:2: unknown option 'tiemout' (did you mean 'timeout'?)\n" in result.stderr
    assert "truebook: b.md:6: unknown option 'skipp' (did you mean 'skip'?)\n" in result.stderr


def test_explain() -> None:
    for line in (9, 10, 12):
        result = run("explain", f"pages/scale.md:{line}")
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith("pages/scale.md:9 to 12, under Scale / Now\n")
        assert "  11  write: scales workloads\n" in result.stdout
        assert "<namespace> = " in result.stdout
        assert "(inventory, " in result.stdout
    found = json.loads(run("explain", "pages/scale.md:16", "--json", "--no-state").stdout)
    assert found["line"] == 16
    assert "expects  table, line 19: NAME READY" in run("explain", "pages/scale.md:16").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "pages/scale.md"], "names no line (write it like docs/index.md:117)"),
        (["explain", "absent.md:1"], "absent.md: there is no such file"),
        (["explain", "pages/scale.md:1", "--no-state"], "pages/scale.md:1: no shell block is shown from this line"),
        (["list", "absent"], "absent: there is no such file or folder"),
        (["list", "--var", "x"], "--var x gives no value (write it like --var app-name=vault)"),
        (["list", "--config", "absent.yml"], "absent.yml: there is no such file"),
        (["list", "--recording", "absent.json"], "absent.json: cannot read the recording"),
    ],
)
def test_errors(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_the_site_s_own_extensions_are_used(folder: Path) -> None:
    site = folder / "site"
    (site / "docs").mkdir(parents=True)
    (site / "mkdocs.yml").write_text("markdown_extensions: [tables]\n")
    (site / "docs" / "a.md").write_text('=== "T"\n\n    ```bash\n    date\n    ```\n\n```bash\nuname\n```\n')
    assert [one["script"] for one in listed("site", "--no-state")] == ["uname"]  # a tab is indented code there
    assert [one["script"] for one in listed("site/docs/a.md", "--no-state")] == ["uname"]


def test_without_a_path_it_is_the_docs_of_the_site(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    assert [one["path"] for one in listed("--no-state")] == ["pages/scale.md"] * 2
    (folder / "docs").mkdir()
    (folder / "mkdocs.yml").write_text("site_name: x\n")
    (folder / "docs" / "a.md").write_text("```bash\ndate\n```\n")
    assert [one["path"] for one in listed("--no-state")] == ["docs/a.md"]


def test_a_broken_site_is_said_and_its_pages_are_listed(folder: Path) -> None:
    (folder / "mkdocs.yml").write_text("a: [\n")
    assert len(listed("pages", "--no-state", code=2)) == 2


def test_odd_files_are_no_obstacle(folder: Path) -> None:
    (folder / "pages" / "latin.md").write_bytes(b"\xef\xbb\xbf```bash\r\nd\xe9\r\n```\r\n\x00\xff\n")
    (folder / "pages" / "empty.md").write_text("")
    (folder / "pages" / "dir.md").mkdir()
    (folder / "pages" / "loop.md").symlink_to("loop.md")
    (folder / "pages" / ".hidden").mkdir()
    (folder / "pages" / ".hidden" / "x.md").write_text("```bash\ndate\n```\n")
    assert {one["path"] for one in listed("pages", "--no-state")} == {"pages/scale.md", "pages/latin.md"}


def test_mkdocs_is_not_needed() -> None:
    """The whole command runs where MkDocs cannot be imported."""
    program = (
        "import sys; sys.modules.update(dict.fromkeys(['mkdocs', 'material', 'mermaid2']))\n"
        "from truebook.cli import main; main(['list', 'pages', '--no-state', '--json'])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert len(json.loads(ran.stdout)) == 2
