"""How a block is run: what fails it, which line is named, what the next of its session gets."""

from __future__ import annotations

import pytest

from truebook.runbooks.sandbox import Job, Outcome, Sandbox, Session
from truebook.runbooks.sandbox.session import Variable
from truebook.runbooks.sandbox.shell import Report, read_report


def run(sandbox: Sandbox, script: str, session: Session | None = None, cwd: str = "") -> Outcome:
    return sandbox.run(Job(script, timeout=20, session=session or Session(), cwd=cwd))


@pytest.mark.parametrize(
    ("script", "exit_code", "failed", "ended"),
    [
        ("true", 0, 0, True),
        ("echo a\nfalse\necho b", 1, 2, False),
        ("echo a\n\nexit 3", 3, 0, False),
        ("false | true", 1, 1, False),
        ("true |\n  false |\n  cat\necho b", 1, 3, False),
        ("seq 100000 | head -1\necho b", 0, 0, True),
        ("seq 100000 | head -1\nfalse\necho b", 1, 2, False),
        ("echo a\nseq 100000 | head -1", 0, 0, True),
        ("seq 100000 | cat | head -1", 0, 0, True),
        ("false | seq 100000 | head -1", 141, 1, False),
        ("seq 100000 | sh -c 'exit 141'", 141, 1, False),
        ("set +e\nfalse | seq 100000 | head -1", 141, 0, True),
        ("seq 100000 | head -1\nseq 100000 | head -1\necho b", 0, 0, True),
        ("sh -c 'exit 141'\necho b", 141, 1, False),
        ("false || true\nif false; then :; fi\n! true\necho b", 0, 0, True),
        ("(false)\necho b", 1, 1, False),
        ("x=$(false)\necho b", 1, 1, False),
        ("f() {\n  false\n}\n\nf\necho b", 1, 2, False),
        ("set +e\nfalse\necho b", 0, 0, True),
        ("set +e\nfalse", 1, 0, True),
        ("[[ -e nowhere ]] && echo b", 1, 0, True),
        ("if then", 2, 0, False),
        ("nosuchprogram --flag", 127, 1, False),
        ("kill -9 $$", 137, 0, False),
        ("echo a \\", 0, 0, True),
        ("echo a # a comment", 0, 0, True),
        ("cat <<EOF\na", 0, 0, False),
        ("echo 'a", 2, 0, False),
        ("return 0", 0, 0, False),
        ("exec true", 0, 0, False),
        ("", 0, 0, True),
    ],
)
def test_status(sandbox: Sandbox, script: str, exit_code: int, failed: int, ended: bool) -> None:
    outcome = run(sandbox, script)
    assert (outcome.exit_code, outcome.report.failed, outcome.report.ended) == (exit_code, failed, ended), outcome


def test_output_of_both_kinds_in_order_and_as_bytes(sandbox: Sandbox) -> None:
    assert run(sandbox, "echo a; echo b >&2; printf '\\xff\\n'").output == b"a\nb\n\xff\n"


def test_nothing_waits_for_input(sandbox: Sandbox) -> None:
    assert run(sandbox, "cat; read -r x || echo none").output == b"none\n"


def test_session_hands_on_variables_and_the_folder(sandbox: Sandbox) -> None:
    first = run(
        sandbox,
        "NAME=\"it's \\$HOME; false\"\ndeclare -A map=([a]='1 2')\nlist=(x 'y z')\nexport SHOWN=yes\n"
        "readonly fixed=1\ncd docs\ntrap 'echo bye' EXIT",
    )
    assert first.exit_code == 0, first
    second = run(
        sandbox,
        'echo "$NAME" "${map[a]}" "${list[1]}" $fixed\nsh -c \'echo $SHOWN$NAME\'\npwd',
        first.report.session,
    )
    assert second.output.decode() == "it's $HOME; false 1 2 y z 1\nyes\n/repository/docs\n"
    third = run(sandbox, "echo $NAME", second.report.session)
    assert third.output.decode() == "it's $HOME; false\n"


def test_a_block_with_a_folder_of_its_own_starts_there(sandbox: Sandbox) -> None:
    first = run(sandbox, "cd /usr")
    assert run(sandbox, "pwd", first.report.session).output == b"/usr\n"
    assert run(sandbox, "pwd", first.report.session, cwd="docs").output == b"/repository/docs\n"


def test_state_of_a_session_does_not_weaken_the_next_block(sandbox: Sandbox) -> None:
    first = run(sandbox, "set +e\ntrap - ERR\nshopt -s nullglob\nexec 7>&-; exec 9>&-")
    assert run(sandbox, "false\necho b", first.report.session).report.failed == 1


def test_state_is_bounded(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "x=$(head -c 3000000 /dev/zero | tr '\\0' a)")
    assert outcome.killed == "its variables take more than 1024 KB"


def test_aliases_of_the_settings(sandbox: Sandbox) -> None:
    with Sandbox(sandbox.repository, aliases={"k": "echo 'a  b'", "-x": "true"}) as other:
        assert run(other, "k c").output == b"a  b c\n"


@pytest.mark.parametrize(
    ("said", "report"),
    [
        (b"", Report()),
        (b"error 3 1\nerror 5 1\n", Report(failed=3)),
        (b"exit 4\n", Report(exited=4)),
        (b"end\n", Report(ended=True)),
        (b"error 2 1\nend\nstate\nend\n", Report(failed=2, ended=True)),
        (b'gate\nend\ndeclare -- A="1"\n', Report(ended=True, session=Session({"A": Variable(b"1")}))),
        (b'declare -- A="1"\n', Report()),
        (b"error x y\nerror\n\xff\nerror 99999999999999999999 1\nexit -1\n", Report()),
        (b"the end\n", Report()),
    ],
)
def test_report(said: bytes, report: Report) -> None:
    assert read_report(said) == report
