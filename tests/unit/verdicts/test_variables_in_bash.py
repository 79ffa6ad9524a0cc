"""What variables become is what bash makes of them: no flag gets past a verdict in one."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

from truebook.model import VerdictKind
from truebook.runbooks.fill.scan import PROVIDED, names_set, tokens
from truebook.runbooks.verdicts import judge

SET = ["x", "y", "z"]
USED = [
    *("x", "y", "z", "REPLY", "PWD", "OLDPWD", "BASH_REMATCH", "_", "BASH_COMMAND", "1", "@", "*", "DIRSTACK"),
    *("MAPFILE", "RANDOM", "0", "-", "PIPESTATUS", "SHELLOPTS", "COMP_WORDBREAKS", "OPTARG", "FUNCNAME"),
]
VALUES = [
    *("'--watch'", "'a --watch'", "a", "' --watch'", '"$x"', "$y", "$(echo --watch)", "$(kubectl get pods -o name)"),
    *('"a"b', "$'\\x2d-watch'", "--w", "atch", "${x}atch", "{a,--watch}", "${x:---watch}", "~", "*", '"${y}"', "''"),
    *("$x$y", "'a[$(kubectl delete pod x)]'", "`echo --watch`"),
]
FORMS = [
    *("$%s", "${%s}", '"$%s"', "${%s:-a}", "${%s%%%%b}", "${%s#a}", "${%s/a/b}", "${%s:0:9}", "${%s[0]}", "${%s[@]}"),
    *("${#%s}", "${%s:=--watch}", "${%s+--watch}"),
]


def script(chance: random.Random, depth: int = 0) -> str:
    """One random statement that sets, tests or uses variables."""

    def inner() -> str:
        return script(chance, depth + 1) if depth < 3 else ":"

    name, value, other = chance.choice(SET), chance.choice(VALUES), chance.choice(VALUES)
    used = chance.choice(FORMS) % chance.choice(USED)
    get = f"kubectl get pods {used}"
    statements: list[Callable[[], str]] = [
        lambda: get, lambda: get, lambda: get, lambda: f"{get} {other}",
        lambda: f"{name}={value}", lambda: f"{name}+={value}", lambda: f"export {name}={value}",
        lambda: f"read -r {name} <<< {value}", lambda: f"mapfile -t {name} <<< {value}",
        lambda: f"printf -v {name} %s {value}", lambda: f"declare -r {name}={value}", lambda: f"set -- {value} {other}",
        lambda: f"[[ {value} =~ {chance.choice(['(.*)', '.*', 'a'])} ]]", lambda: f"a[{chance.choice(SET)}]={value}",
        lambda: f"(( {chance.choice(['x', 'y=x', 'x+1', '$x + 1', 'x++'])} ))",
        lambda: f"cd {chance.choice(['/', '.'])}",
        lambda: f"for {name} in {value} {other}; do {inner()}; done", lambda: f"if {inner()}; then {inner()}; fi",
        lambda: f"f() {{ {inner()}; }}; f {value}", lambda: f"( {inner()} )", lambda: f"{name}={value} {get}",
        lambda: f"echo {used} | while read -r {name}; do {inner()}; done",
        lambda: f"case {used} in a|b) {inner()};; *) {inner()};; esac",
        lambda: f"echo {value} | xargs {chance.choice(['', '-n1 '])}kubectl get pods",
        lambda: f"echo {value} | xargs -I{{}} kubectl get {{}}",
    ]  # fmt: skip
    return chance.choice(statements)()


def unfilled(text: str) -> bool:
    """Whether a variable of the script would have to be filled in before it is run."""
    known = names_set(text) | PROVIDED
    return any(token.name not in known for token in tokens(text) if token.kind == "variable")


def surprises(judged: Callable[[str], VerdictKind], folder: Path, count: int) -> list[str]:
    """Random scripts that were judged a read, and in which bash gave kubectl another verb or a flag."""
    log, programs, work = folder / "log", folder / "bin", folder / "work"
    programs.mkdir()
    work.mkdir()
    stand_in = programs / "kubectl"
    stand_in.write_text(f'#!/bin/sh\nprintf "<%s>" "$@" >> {log}\necho >> {log}\necho pod/a\n')
    stand_in.chmod(0o755)
    (programs / "xargs").symlink_to("/usr/bin/xargs")
    chance = random.Random(20_261_124)
    found = []
    while count:
        text = chance.choice(["\n", "; "]).join(script(chance) for _ in range(chance.randrange(1, 5)))
        if "kubectl" not in text or unfilled(text) or judged(text) not in ("read", "local"):
            continue
        count -= 1
        subprocess.run(
            ["/bin/bash", "--norc", "-c", text],
            env={"PATH": os.fspath(programs), "HOME": os.fspath(work)},
            cwd=work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        said = log.read_text() if log.exists() else ""
        if "<--watch>" in said or "<delete>" in said:
            found.append(text)
        log.unlink(missing_ok=True)
    return found


def test_no_flag_comes_out_of_a_variable(tmp_path: Path) -> None:
    assert surprises(lambda text: judge(text).verdict, tmp_path, 200) == []


def test_a_judge_that_does_not_follow_variables_is_caught(tmp_path: Path) -> None:
    assert surprises(lambda text: "unknown" if "--watch" in text.split() else "read", tmp_path, 100)
