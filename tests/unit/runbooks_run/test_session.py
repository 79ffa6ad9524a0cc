"""What reaches the next block of a session: values, whatever the block before says on the descriptor for reports."""

from __future__ import annotations

import time

import pytest

from tests.unit.runbooks_run.samples import EchoGuard, planned
from truebook.runbooks.run import Runner
from truebook.runbooks.sandbox import Job, Sandbox, Session
from truebook.runbooks.sandbox.session import LARGEST, Variable, may_be_handed_on, read

REPORT = "for fd in /proc/self/fd/*; do [[ $(readlink $fd) != pipe:* || ${fd##*/} -lt 3 ]] || break; done"
"""Finds the descriptor as a block would that wants to lie."""

NASTY = (
    *(b"", b" ", b"it's", b'say "hi"', b"$(touch /tmp/x)`id`", b"a\nb\\n\tc", b"\xff\xc3\xa9", b"end\n", b"~", b"*"),
    *(b"!", b"'; touch /tmp/x; '", b"\\", b"\x01\x7f\x1b", b"[0]=1", b"]", b"@"),
)


def forged(sandbox: Sandbox, said: str) -> Session:
    """What a block leaves that writes its own report and keeps bash from writing another."""
    script = f"{REPORT}\nfd=${{fd##*/}}\ncat >&$fd <<'FORGED'\nend\n{said}\nFORGED\nkill -9 $$"
    outcome = sandbox.run(Job(script))
    assert outcome.report.ended, outcome
    return outcome.report.session


@pytest.mark.parametrize("value", NASTY)
def test_values_survive_in_every_kind_of_variable(sandbox: Sandbox, value: bytes) -> None:
    key = value or b"k"
    given = Session(
        {
            "plain": Variable(value),
            "shown": Variable(value, exported=True),
            "list": Variable(((b"0", value), (b"7", b"x")), "a"),
            "map": Variable(((key, value), (b"other", value)), "A"),
            "empty": Variable((), "a"),
        },
        b"/repository/docs",
    )
    said = sandbox.run(Job("ls /tmp/x 2>/dev/null || true", session=given))
    assert said.output == b""
    kept = said.report.session.only(given.variables)
    assert kept.folder == given.folder
    assert {name: _sorted(one) for name, one in kept.variables.items()} == {
        name: _sorted(one) for name, one in given.variables.items()
    }


def _sorted(one: Variable) -> object:
    return one.value if isinstance(one.value, bytes) else tuple(sorted(one.value)), one.kind, one.exported


@pytest.mark.parametrize(
    "said",
    [
        "echo canary",
        'declare -- X="1"; echo canary',
        'declare -- X="$(echo canary)"',
        'declare -- X="`echo canary`"',
        "declare -- X=$(echo canary)",
        'declare -- X="1" Y="2"',
        'declare -- X="a" b "c"',
        "declare -- X=$'a'$(echo canary)",
        "declare -- X='a'",
        "X=1",
        "export X=1",
        'declare -x BASH_FUNC_ls%%="() { echo canary; }"',
        'declare -f X="1"',
        'declare -a X=([$(echo canary)]="1")',
        'declare -a X=([a[$(echo canary)]]="1")',
        'declare -A X=(["k"]="$(echo canary)")',
        'declare -- X="1"\nkubectl() { echo canary; }',
        'declare -- X="1"\nalias kubectl="echo canary"',
        'declare -- X="1"\ntrap "echo canary" EXIT',
        'declare -- X="1"\ncd -- /usr',
        'declare -- X="1"\nend\ndeclare -- Y="1"',
        'declare -- X="1\ndeclare -- Y=1',
        'declare -- __truebook_soft-x="1"',
        "\udcff",
        'declare -- X="1"\n\n',
    ],
)
def test_what_is_not_wholly_declarations_is_not_believed(said: str) -> None:
    assert read(said.encode(errors="surrogateescape") + b"\n") == Session()


def test_what_is_not_ended_is_not_believed() -> None:
    assert read(b'declare -- X="1"\ndeclare -- Y="2') == Session()


@pytest.mark.parametrize(
    "said",
    [
        'declare -n X="PATH"',
        'declare -i X="3"',
        'declare -ir X="3"',
        'declare -l X="get"',
        'declare -u X="get"',
        'declare -c X="get"',
        "declare -x X",
        "declare -a X",
        'declare -a X=([k]="1")',
        'declare -a X="1"',
        'declare -- X=([0]="1")',
    ],
)
def test_what_is_more_than_a_value_is_left_out(said: str) -> None:
    assert set(read(f'{said}\ndeclare -- Y="2"\n'.encode()).variables) == {"Y"}


def test_constants_are_values_only() -> None:
    assert read(b'declare -rx X="1"\n').variables == {"X": Variable(b"1", exported=True)}


NEVER = """
PATH BASH_ENV ENV IFS PS4 PROMPT_COMMAND LD_PRELOAD LD_LIBRARY_PATH HOME SHELLOPTS BASHOPTS CDPATH GLOBIGNORE TMPDIR
KUBECONFIG KUBECTL_EXTERNAL_DIFF KUBECACHEDIR KUBE_EDITOR ARGOCD_SERVER ARGOCD_OPTS ARGOCD_AUTH_TOKEN VAULT_ADDR
VAULT_TOKEN BAO_ADDR HTTP_PROXY https_proxy NO_PROXY ALL_PROXY SSL_CERT_FILE CURL_CA_BUNDLE CURL_HOME GIT_CONFIG_COUNT
GIT_SSH_COMMAND GIT_EXTERNAL_DIFF PYTHONPATH BASH_ALIASES BASH_CMDS UID PWD OLDPWD _ FUNCNAME PIPESTATUS OPTIND EDITOR
__truebook_soft __truebook_status
"""


@pytest.mark.parametrize("name", NEVER.split())
def test_names_that_are_never_handed_on(name: str) -> None:
    assert not may_be_handed_on(name)
    assert read(f'declare -x {name}="/tmp/forged"\n'.encode()).variables == {}


@pytest.mark.parametrize("name", ["NAMESPACE", "APP", "TZ", "LANG", "USER", "name", "_x", "VAULT_NAMESPACE", "PATHS"])
def test_names_that_are(name: str) -> None:
    assert may_be_handed_on(name)


@pytest.mark.parametrize("folder", ["docs", "", "-"])
def test_a_folder_is_a_whole_path(folder: str) -> None:
    assert read(f'declare -x PWD="{folder}"\n'.encode()).folder == b""


def test_the_guards_own_variables_stay(sandbox: Sandbox) -> None:
    session = Session({"PORTS": Variable(b"9", exported=True), "X": Variable(b"1")})
    outcome = sandbox.run(Job("echo $PORTS $X", session=session, guard=EchoGuard()))
    assert outcome.output == b"8001 8002 1\n"


def test_too_much_is_not_handed_on() -> None:
    one = f'declare -- X="{"a" * 1000}"\n'
    assert read(one.encode()).variables
    assert read(one.encode() * (LARGEST // len(one) + 1)) == Session()


@pytest.mark.parametrize(
    "said", [b'declare -- X="', b"declare -- X=$'", b'declare -A X=(["a"]="b" ', b'declare -- X="a\\']
)
def test_what_never_ends_is_soon_read(said: bytes) -> None:
    started = time.monotonic()
    for forged_text in (said + b"a" * 1024 * 1024, said * (1024 * 1024 // len(said))):
        assert read(forged_text) == Session()
    assert time.monotonic() - started < 5


def test_forged_code_does_not_run(sandbox: Sandbox) -> None:
    for said in (
        "echo canary",
        'declare -- X="$(echo canary >&2)"',
        "ls() { echo canary; }",
        "trap 'echo canary' EXIT",
    ):
        session = forged(sandbox, said)
        assert sandbox.run(Job("ls docs; true", session=session)).output == b"page.md\n"


def test_a_value_that_is_forged_is_a_value(sandbox: Sandbox) -> None:
    session = forged(sandbox, 'declare -- X="\\$(echo canary); echo canary"\ndeclare -x PATH="/tmp"\ndeclare -ir Y="1"')
    assert set(session.variables) == {"X"}
    outcome = sandbox.run(Job("echo $X; Y=get; echo $Y; ls docs", session=session))
    assert outcome.output == b"$(echo canary); echo canary\nget\npage.md\n"


def test_functions_aliases_and_traps_end_with_their_block(sandbox: Sandbox) -> None:
    blocks = [
        planned("X=1\nls() { echo canary; }\nalias pwd='echo canary'\ntrap 'echo canary' EXIT\nset -f"),
        planned("echo $X\nls -d docs\npwd\necho docs/*"),
    ]
    results = Runner(sandbox).run(blocks)
    assert results[1].output == "1\ndocs\n/repository\ndocs/page.md\n"
