"""`truebook run` and `truebook accept`: exit codes, what is printed, what is written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from truebook import recording as recordings
from truebook.cli import main
from truebook.pipeline import EMBEDDED
from truebook.replay import serve
from truebook.state.sources import SOURCES

SANDBOXED = pytest.mark.skipif(
    shutil.which("bwrap") is None or shutil.which("kubectl") is None, reason="needs bubblewrap and kubectl"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with docs, which the command runs in. The sandbox's user may look into it."""
    for above in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        above.chmod(above.stat().st_mode | 0o055)
    (tmp_path / "docs").mkdir()
    (tmp_path / "truebook.yml").write_text("cluster: homelab\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def page(text: str, name: str = "page.md") -> None:
    Path("docs", name).write_text(text)


def fence(*commands: str) -> str:
    return "\n".join(["```bash", *commands, "```", "", ""])


def run(*arguments: str, command: str = "run") -> Result:
    return CliRunner().invoke(main, [command, *arguments, "--recording", str(EMBEDDED)])


@SANDBOXED
def test_all_well_is_0_and_the_file_says_what_happened(folder: Path) -> None:
    page("# Page\n\n" + fence("kubectl get statefulset <name> -n vault -o name") + fence("kubectl exec -it x -- sh"))
    found = run("docs", "--var", "name=vault", "--json", "out.json")
    assert found.exit_code == 0, found.output
    rows = [line.split() for line in found.stdout.splitlines()]
    assert rows[1][:3] == ["docs/page.md:3", "passed", "run"]
    assert rows[2][:4] == ["docs/page.md:7", "not", "run", "refuse"]
    assert "2 shell blocks: 1 passed, 1 not run" in found.stderr
    said = json.loads(Path("out.json").read_text())
    assert (said["exit_code"], said["cluster"], said["replayed"], said["sandbox"]) == (0, "homelab", True, "bubblewrap")
    first, second = said["blocks"]
    assert (first["path"], first["line"], first["result"], first["exit_code"]) == ("docs/page.md", 3, "passed", 0)
    assert first["values"] == [{"placeholder": "<name>", "value": "vault", "origin": "--var", "evidence": ""}]
    assert first["output"] == "statefulset.apps/vault\n"
    assert {"system": "kubernetes", "method": "GET", "decision": "forward", "status": 200}.items() <= first["requests"][
        -1
    ].items()
    assert first["tools"]["kubectl"].startswith("v1.")
    assert (second["result"], second["plan"]) == ("not-run", "refuse")
    assert sorted(path.name for path in folder.iterdir()) == [".cache", "docs", "out.json", "truebook.yml"]
    again = run("docs", "--var", "name=vault")
    assert again.exit_code == 0
    assert "as before" in again.stdout
    assert "as before" not in run("docs", "--var", "name=vault", "--fresh").stdout


@SANDBOXED
def test_a_failed_block_is_1_named_with_its_line() -> None:
    page("# Page\n\n" + fence("echo fine", "kubectl get pod <pod> -n vault"))
    found = run("docs/page.md", "--var", "pod=nothing")
    assert found.exit_code == 1
    assert "docs/page.md:5" in found.stdout
    assert 'docs/page.md:5: exit code 1: Error from server (NotFound): pods "nothing" not found' in found.stderr
    assert "  with <pod> = nothing\n" in found.stderr
    assert "  | fine\n" in found.stderr


@SANDBOXED
def test_what_could_not_be_told_is_2() -> None:
    page("# Page\n\n" + fence("true") + fence("curl -fsS https://vault.homelab.local/ui/"))
    found = run("--json", "out.json")
    assert found.exit_code == 2
    assert "1 passed, 1 not told by the recording" in found.stderr
    assert [block["unrecorded"] for block in json.loads(Path("out.json").read_text())["blocks"]] == [False, True]
    assert run("--allow-unrecorded").exit_code == 0


def test_without_a_sandbox_it_is_2_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder / "no-programs"))
    page("# Page\n\n" + fence("touch canary") + fence("argocd app sync vault"))
    found = run("--json", "out.json")
    assert found.exit_code == 2
    assert "bubblewrap (bwrap) is not installed: nothing was run, only what can be proved was checked" in found.stderr
    said = json.loads(Path("out.json").read_text())
    assert [block["result"] for block in said["blocks"]] == ["unknown", "passed"]
    assert said["notes"]
    assert not Path("canary").exists()


def test_the_sandbox_is_turned_off_by_name_only_and_that_is_said(folder: Path) -> None:
    page("# Page\n\n" + fence('test -n "$HOME"', "ls docs"))
    found = run("--sandbox", "none", "--json", "out.json")
    assert "the sandbox is turned off: blocks saw this machine's files and network" in found.stderr
    assert json.loads(Path("out.json").read_text())["blocks"][0]["result"] == "passed", found.output


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("# No blocks\n", (), "there are no shell blocks to test"),
        ("# Page\n\n" + fence("true"), ("--tag", "nightly"), "no shell block has the tag nightly"),
        ("# Page\n\n" + fence("true"), ("nowhere.md",), "there is no such file or folder"),
        ("# Page\n\n" + fence("true"), ("--var", "x"), "gives no value"),
    ],
)
def test_nothing_to_test_is_2(text: str, arguments: tuple[str, ...], message: str) -> None:
    page(text)
    found = run(*arguments)
    assert found.exit_code == 2
    assert message in found.stderr


def test_blocks_of_which_none_is_tested_are_2() -> None:
    page("# Page\n\n" + fence("kubectl exec -it x -- sh"))
    assert run().exit_code == 2


def test_runbooks_that_are_off_are_2(folder: Path) -> None:
    page("# Page\n\n" + fence("true"))
    Path("truebook.yml").write_text("runbooks: {policy: off}\n")
    found = run()
    assert found.exit_code == 2
    assert "runbooks are off" in found.stderr


@SANDBOXED
def test_only_blocks_with_the_tag_are_tested() -> None:
    page("# Page\n\n<!-- truebook: tag=quick -->\n" + fence("true") + fence("false"))
    found = run("--tag", "quick", "--tag", "other")
    assert found.exit_code == 0, found.output
    assert "1 shell block: 1 passed" in found.stderr


@SANDBOXED
def test_a_wrong_option_is_said_and_never_green() -> None:
    page("# Page\n\n<!-- truebook: skipp -->\n" + fence("true"))
    found = run()
    assert found.exit_code == 2
    assert "docs/page.md:4: unknown option 'skipp'" in found.stderr
    assert "1 passed" in found.stderr


@SANDBOXED
def test_a_file_that_cannot_be_written_is_2(folder: Path) -> None:
    page("# Page\n\n" + fence("true"))
    found = run("--json", "nowhere/out.json")
    assert found.exit_code == 2
    assert "nowhere/out.json: cannot be written" in found.stderr


EXPECTING = """\
# Page

1. First

    ```bash
    kubectl get statefulset vault -n vault -o name
    ```

    ```text
    statefulset.apps/{}
    ```
"""


@SANDBOXED
def test_accept_writes_what_is_printed_now() -> None:
    page(EXPECTING.format("old"))
    assert run().exit_code == 1
    found = run(command="accept")
    assert found.exit_code == 0, found.output
    assert "docs/page.md:10: written" in found.stderr
    assert Path("docs/page.md").read_text() == EXPECTING.format("vault")
    assert run().exit_code == 0
    assert run(command="accept").exit_code == 0
    assert Path("docs/page.md").read_text() == EXPECTING.format("vault")


@SANDBOXED
@pytest.mark.parametrize("before", ["> ", ">", "    > ", "> > "])
def test_accept_writes_into_a_quotation(before: str) -> None:
    lines = ["```bash", "printf '  a\\n\\n> b\\n'", "```", "", "```text", "{}", "```", ""]
    text = ("- item\n\n" if before.startswith(" ") else "") + "\n".join(f"{before}{line}".rstrip() for line in lines)
    page(text.replace("{}", f"  old\n{before.rstrip()}\n{before}older"))
    assert run(command="accept").exit_code == 0
    assert Path("docs/page.md").read_text() == text.replace("{}", f"  a\n{before.rstrip()}\n{before}> b")
    assert run().exit_code == 0


@SANDBOXED
@pytest.mark.parametrize("text", ["statefulset.apps/o* (glob)", "...\nstatefulset.apps/old"])
def test_accept_leaves_patterns_to_people(text: str) -> None:
    page("# Page\n\n" + fence("kubectl get statefulset vault -n vault -o name") + f"```text\n{text}\n```\n")
    before = Path("docs/page.md").read_text()
    found = run(command="accept")
    assert found.exit_code == 1
    assert "docs/page.md:8: has to be changed by hand" in found.stderr
    assert Path("docs/page.md").read_text() == before


@SANDBOXED
@pytest.mark.parametrize("printed", ["```", "~~~~", '--8<-- "/etc/hostname"', "<!-- END truebook -->"])
def test_accept_writes_nothing_that_a_fence_does_not_hold_as_text(printed: str) -> None:
    page("# Page\n\n" + fence(f"echo '{printed}'") + "```text\nold\n```\n")
    before = Path("docs/page.md").read_text()
    found = run(command="accept")
    assert found.exit_code == 1
    assert "the output does not fit into a fence" in found.stderr
    assert Path("docs/page.md").read_text() == before


@SANDBOXED
def test_accept_writes_nothing_for_a_block_that_failed() -> None:
    page("# Page\n\n" + fence("echo new", "false") + "```text\nold\n```\n")
    before = Path("docs/page.md").read_text()
    found = run(command="accept")
    assert found.exit_code == 1
    assert "docs/page.md:5: failed: exit code 1" in found.stderr
    assert Path("docs/page.md").read_text() == before


@SANDBOXED
def test_a_live_cluster_is_reached_with_the_callers_credentials_through_the_guard(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page(
        "# Page\n\n"
        + fence("kubectl get statefulset vault -n vault -o name")
        + fence("kubectl scale deployment/grafana --replicas=3 -n monitoring")
        + fence("argocd app sync vault")
    )
    with serve.start(recordings.load(EMBEDDED), directory=folder / "replay") as replay:
        for name, value in replay.environment.items():
            monkeypatch.setenv(name, value)
        url = replay.urls["argocd"]
        off = "".join(f"  {name}: {{enabled: false}}\n" for name, source in SOURCES.items() if source.system)
        settings = f"cluster: homelab\nargocd: {{url: {url}}}\ngit: {{enabled: false}}\nsystems:\n{off}"
        Path("truebook.yml").write_text(settings)
        found = CliRunner().invoke(main, ["run", "--json", "out.json"])
    assert "state from the cluster of context " in found.stderr
    assert found.exit_code == 0, found.output
    said = json.loads(Path("out.json").read_text())
    assert (said["replayed"], said["changes"], said["unread"]) == (False, [], [])
    assert [(block["plan"], block["result"]) for block in said["blocks"]] == [
        ("run", "passed"),
        ("dry-run", "passed"),
        ("prove", "passed"),
    ]
    assert said["blocks"][1]["requests"][-1]["decision"] == "dry-run"
