"""No way of writing a command gives it a milder verdict, and nothing that bash would run goes unseen."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from truebook.model import VerdictKind
from truebook.runbooks.verdicts import judge, rank
from truebook.runbooks.verdicts.lines import read_line
from truebook.runbooks.verdicts.plain import judge_line
from truebook.runbooks.verdicts.variables import Scope
from truebook.runbooks.verdicts.walk import Walker

FOLDER = Path(__file__).parent
COMMANDS: list[str] = sorted(
    command
    for path in (FOLDER / "golden").glob("*.yaml")
    for command in yaml.safe_load(path.read_text(encoding="utf-8"))
    if "\n" not in command
)
PLAIN = [command for command in COMMANDS if read_line(command) and not set(command) & set("'\"|")]
RELAXED = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def milder(first: VerdictKind, second: VerdictKind) -> bool:
    return rank(first) < rank(second)


WRAPPINGS = {
    "subshell": "({0})",
    "group": "{{ {0}; }}",
    "substitution": "echo $({0})",
    "quoted substitution": 'echo "$({0})"',
    "process substitution": "cat <({0})",
    "after a read": "ls; {0}",
    "and": "true && {0}",
    "or": "false || {0}",
    "not": "! {0}",
    "background": "{0} & wait",
    "if": "if true; then {0}; fi",
    "condition": "if {0}; then ls; fi",
    "for": "for i in a b; do {0}; done",
    "until": "until {0}; do sleep 1; done",
    "case": "case x in x) {0};; esac",
    "function": "f() {{ {0}; }}; f",
    "pipe into": "{0} | cat",
    "pipe from": "echo x | {0}",
    "default": "echo ${{X:-$({0})}}",
    "assignment": "X=$({0})",
    "export": 'export X="$({0})"',
    "array": "X=($({0}))",
    "test": "[[ -n $({0}) ]]",
    "here-string": 'cat <<< "$({0})"',
    "heredoc": "cat <<EOF\n$({0})\nEOF",
    "redirect": "{0} > /dev/null 2>&1",
    "time": "time {0}",
    "continued": "ls -l \\\n  ; {0}",
    "prefix": "A=b {0}",
    "comment after": "{0} # done",
    "trailing blank": "{0}   ",
    "indented": "  {0}",
}


@pytest.mark.parametrize("wrapping", WRAPPINGS.values(), ids=WRAPPINGS)
@RELAXED
@given(command=st.sampled_from(COMMANDS))
def test_a_wrapped_command_is_not_judged_milder(wrapping: str, command: str) -> None:
    assert not milder(judge(wrapping.format(command)).verdict, judge(command).verdict)


@pytest.mark.parametrize(
    "wrapper",
    [
        "sh -c '{0}'", 'bash -c "{0}"', "env A=b {0}", "timeout 5 {0}", "sudo {0}", "watch {0}", "nice {0}",
        "command {0}", "exec {0}", "xargs {0}", "trap '{0}' EXIT", "find . -exec {0} ';'", "kubectl exec x -- {0}",
        "ssh host {0}",
    ],
)  # fmt: skip
@RELAXED
@given(command=st.sampled_from(PLAIN))
def test_a_program_that_runs_it_does_not_make_a_command_milder(wrapper: str, command: str) -> None:
    assert not milder(judge(wrapper.format(command)).verdict, judge(command).verdict)


WAYS = ["plain", "single", "double", "split", "escaped", "ansi", "variable", "unquoted", "empty"]


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """A plain command, and the same with its words quoted in other ways or held by variables."""
    command = draw(st.sampled_from(PLAIN))
    before, words = [], []
    for number, word in enumerate(command.split()):
        how = draw(
            st.sampled_from(["plain", "single", "double", "split", "escaped", "ansi", "variable", "unquoted", "empty"])
        )
        cut = draw(st.integers(0, len(word)))
        words.append({
            "plain": word,
            "single": f"'{word}'",
            "double": f'"{word}"',
            "split": f"{word[:cut]}''{word[cut:]}" if cut < len(word) else f'{word}""',
            "escaped": f"{word[:cut]}\\{word[cut:]}" if cut < len(word) else word,
            "ansi": "$'" + "".join(f"\\x{ord(letter):02x}" for letter in word) + "'",
            "variable": f'"$V{number}"',
            "unquoted": f"${{V{number}}}",
            "empty": f"{word}$(true)" if cut % 2 else f"{word}${{UNSET_BY_NOBODY:+x}}",
        }[how])  # fmt: skip
        if how in ("variable", "unquoted"):
            before.append(f"V{number}={word}")
    return command, "\n".join([*before, " ".join(words)])


@RELAXED
@given(pair=spelled())
def test_quotes_and_variables_do_not_make_a_command_milder(pair: tuple[str, str]) -> None:
    command, script = pair
    assert not milder(judge(script).verdict, judge(command).verdict)


@RELAXED
@given(command=st.sampled_from(PLAIN), count=st.integers(1, 3))
def test_an_alias_does_not_make_a_command_milder(command: str, count: int) -> None:
    words = command.split()
    alias = " ".join(words[:count])
    script = " ".join(["zz", *words[count:]])
    assert not milder(judge(script, aliases={"zz": alias}).verdict, judge(command).verdict)


@RELAXED
@given(command=st.sampled_from(COMMANDS))
def test_a_plain_line_means_the_same_with_and_without_the_parser(command: str) -> None:
    if read_line(command) is None:
        return
    # A group makes the parser read the script; the line within it is the same.
    rows = Walker(f"{{\n{command}\n}}", scope=Scope(), aliases={}).run()
    assert [row.verdict for row in rows] == [row.verdict for row in judge(command).commands]


@RELAXED
@given(
    before=st.lists(st.sampled_from([*PLAIN, "X=a", "export X=a", "# note", ""]), max_size=4),
    rest=st.sampled_from([*COMMANDS, "echo $(ls) $X", "ssh host\nls", "read X", "bash -c '((X))'"]),
)
def test_the_lines_before_others_mean_the_same_by_themselves(before: list[str], rest: str) -> None:
    script = "\n".join([*before, rest, "ls $X"])
    parsed = Walker(f"{{\n{script}\n}}", scope=Scope(), aliases={})
    assert judge(script).verdict == judge(f"{{\n{script}\n}}").verdict
    assert len(judge(script).commands) == len(parsed.run())


@pytest.mark.parametrize(
    "line", ["<<<<<<< ours", "=======", "||||||| base", ">>>>>>> theirs", "a=1\r", "# \u202e", "'\u200b'"]
)
def test_text_that_no_block_should_hold_is_no_plain_line(line: str) -> None:
    assert judge_line(line, ()) is None
    assert judge(f"ls\n{line}").verdict == "unknown"


def test_a_script_that_an_exported_variable_may_reach_is_judged_with_it() -> None:
    assert judge("bash -c '((x))'").verdict == "read"
    assert judge("export x='a[`rm -rf y`]'\nbash -c '((x))'").verdict == "unknown"


def test_the_most_commands_are_counted_over_lines_and_tree() -> None:
    assert judge("ls\n" * 2000).verdict == "read"
    assert judge("ls\n" * 2001).verdict == "unknown"
    assert judge("ls\n" * 1999 + "echo $(ls)").verdict == "unknown"


@settings(max_examples=500, deadline=None)
@given(st.text())
def test_no_text_makes_it_raise(script: str) -> None:
    judge(script)


FRAGMENTS = [
    "kubectl delete x", "kubectl get x", "kubectl $X y", "kubectl ", "delete", "get", "echo a", "cat", "true", " ",
    "  ", "\t", "\n", ";", "&&", "||", "|", "&", "(", ")", "{ ", "; }", "`", "$(", "${X:-", "}", "$((", "))", "'",
    "\"", "\\", "\\\n", "#", " #", "<<EOF\n", "<<'EOF'\n", "<<-EOF\n", "\nEOF\n", "EOF", "<<<", " > f", " 2>&1", "$X",
    "X=delete\n", "X=", "$'", "[[ ", " ]]", "[ ", " ]", "if ", "; then ", "; fi", "for i in a b; do ", "; done",
    "f() ", "f", "!", "*", "=", "-", "case a in a) ", ";; esac", "<(", ">(", "~", "{a,b}", " time ",
    "while false; do ", "x=(", "export ", "sh -c '", "@P}", "%",
]  # fmt: skip


@RELAXED
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join))
def test_no_shell_text_makes_it_raise(script: str) -> None:
    judge(script)


def deletions(judged: Callable[[str], VerdictKind], folder: Path, count: int) -> list[str]:
    """Random scripts that were judged milder than destructive, and yet reached `kubectl delete` when bash ran them.

    kubectl is a stand-in that notes its first word; nothing else that could change anything is on the path.
    """
    log, programs, work = folder / "log", folder / "bin", folder / "work"
    programs.mkdir()
    work.mkdir()
    stand_in = programs / "kubectl"
    stand_in.write_text(f'#!/bin/sh\necho "$1" >> {log}\n')
    stand_in.chmod(0o755)
    for harmless in ("cat", "sh", "true"):
        (programs / harmless).symlink_to(f"/bin/{harmless}")
    chance = random.Random(20_261_124)
    found = []
    while count:
        script = "".join(chance.choice(FRAGMENTS) for _ in range(chance.randrange(2, 11)))
        if "kubectl" not in script or not milder(judged(script), "destructive"):
            continue
        count -= 1
        subprocess.run(
            ["/bin/bash", "-c", script + "\nwait"],
            env={"PATH": os.fspath(programs), "HOME": os.fspath(work)},
            cwd=work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        if log.exists():
            if "delete" in log.read_text().split():
                found.append(script)
            log.unlink()
    return found


def test_what_bash_runs_was_seen(tmp_path: Path) -> None:
    assert deletions(lambda script: judge(script).verdict, tmp_path, 150) == []


def test_a_judge_that_sees_less_is_caught_by_what_bash_runs(tmp_path: Path) -> None:
    def first_words(script: str) -> VerdictKind:
        return "destructive" if script.startswith("kubectl delete") else "read"

    assert deletions(first_words, tmp_path, 150)
