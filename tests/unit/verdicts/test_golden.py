"""Golden tables: one per tool, and one for the shell around them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from truebook.runbooks.verdicts import judge
from truebook.runbooks.verdicts.builtins import BUILTINS
from truebook.runbooks.verdicts.table import Cli, read_flags
from truebook.runbooks.verdicts.tools import TOOLS, unix, wrappers

FOLDER = Path(__file__).parent
FAMILIES = {**dict.fromkeys(wrappers.WRAPPERS, "wrappers"), **dict.fromkeys(unix.PROGRAMS, "unix")}


def load(path: Path) -> dict[str, list[str]]:
    table: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return table


def rows(paths: list[Path]) -> list[object]:
    return [
        pytest.param(command, verdict, reason, id=f"{path.stem}: {command}")
        for path in paths
        for command, (verdict, reason) in load(path).items()
    ]


@pytest.mark.parametrize(("command", "verdict", "reason"), rows(sorted((FOLDER / "golden").glob("*.yaml"))))
def test_a_command_gets_its_verdict_and_its_reason(command: str, verdict: str, reason: str) -> None:
    judgement = judge(command)
    assert judgement.verdict == verdict
    assert any(reason in row.reason for row in judgement.commands if row.verdict == verdict)


@pytest.mark.parametrize(("script", "verdict", "reason"), rows([FOLDER / "golden_shell.yaml"]))
def test_a_script_gets_the_verdict_of_its_worst_command(script: str, verdict: str, reason: str) -> None:
    judgement = judge(script)
    assert (judgement.verdict, judgement.reason) == (verdict, reason)


@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_every_tool_has_a_golden_row(tool: str) -> None:
    table = load(FOLDER / "golden" / f"{FAMILIES.get(tool, tool)}.yaml")
    assert any(tool in command.replace("'", " ").split() for command in table)


@pytest.mark.parametrize(("tool", "least"), [("kubectl", 60), *((name, 20) for name in (
    "argocd", "vault", "bao", "velero", "helm", "mc", "git", "curl", "openssl", "oc"
))])  # fmt: skip
def test_the_tables_of_the_big_tools_are_broad(tool: str, least: int) -> None:
    assert len(load(FOLDER / "golden" / f"{tool}.yaml")) >= least


def test_no_builtin_hides_a_tool() -> None:
    assert not BUILTINS.keys() & TOOLS.keys()


@pytest.mark.parametrize(("name", "tool"), [(name, tool) for name, tool in TOOLS.items() if isinstance(tool, Cli)])
def test_a_table_lists_no_broken_flag(name: str, tool: Cli) -> None:
    flags = read_flags(" ".join((tool.flags, *(verb.flags for verb in tool.verbs.values())))).names
    assert [flag for flag in flags if flag.endswith("-") or flag.startswith("-")] == []
