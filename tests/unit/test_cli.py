"""The command line: what goes to stdout and stderr, and the exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import httpx
import msgspec
import pytest
from click.testing import CliRunner, Result

from tests.unit import recording_sample
from tests.unit.test_pipeline import KUBECONFIG, FakeCluster
from truebook import recording as recordings
from truebook.cli import main
from truebook.errors import Unreachable
from truebook.pipeline import EMBEDDED
from truebook.recording import Cluster, Read
from truebook.settings import Settings
from truebook.state import collect
from truebook.state.sources import Context, Reading, Source


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a catalog and a recording, which the command runs in."""
    (tmp_path / "truebook.yml").write_text(recording_sample.CATALOG)
    recording_sample.save(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, home: Path) -> FakeCluster:
    """A cluster that the user's kubeconfig leads to, and Git beside it."""
    (home / ".kube").mkdir()
    (home / ".kube" / "config").write_text(KUBECONFIG.format("lab"))
    fake = FakeCluster()
    sources = {"kubernetes": Source(fake, lambda settings: True), "git": Source(FakeCluster(), _git_enabled)}
    monkeypatch.setattr(collect, "SOURCES", sources)
    return fake


@pytest.fixture
def cluster_and_git(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    """The cluster, with Git read too, which is always well."""
    found = {
        name: Source(one, lambda settings: True) for name, one in (("kubernetes", cluster), ("git", FakeCluster()))
    }
    monkeypatch.setattr(collect, "SOURCES", found)
    return cluster


def _git_enabled(settings: Settings) -> bool:
    return False


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_version_and_help() -> None:
    assert run("--version").output.startswith("truebook, version ")
    for name, command in main.commands.items():
        shown = run(name, "--help")
        assert shown.exit_code == 0
        assert all(p.help for p in command.params if isinstance(p, click.Option) and p.name != "help")


def test_inventory_for_people() -> None:
    done = run("inventory", "--recording", "homelab.json")
    assert done.exit_code == 0
    assert "vault: Vault (Security)" in done.stdout
    assert "Ingress vault/vault spec.rules[0].host" in done.stdout
    assert done.stderr == "state from recording homelab.json\n"


def test_inventory_of_one_component() -> None:
    done = run("inventory", "vault", "--recording", "homelab.json")
    assert "https://vault.homelab.local" in done.stdout
    assert "argocd: ArgoCD" not in done.stdout


def test_inventory_for_programs() -> None:
    shown = json.loads(run("inventory", "--json", "--recording", "homelab.json").stdout)
    assert {"cluster", "recorded_at", "components", "relations", "sources"} <= set(shown)
    assert [c["name"] for c in shown["components"]] == ["argocd", "vault"]
    only = json.loads(run("inventory", "vault", "--json", "--recording", "homelab.json").stdout)
    assert [c["name"] for c in only["components"]] == ["vault"]
    assert only["components"][0]["values"]["version"]["value"] == "1.20.1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("inventory", "valt", "--recording", "homelab.json"), "no component is called 'valt' (did you mean 'vault'?)"),
        (("inventory", "--recording", "none.json"), "none.json: cannot read the recording"),
        (("inventory", "--config", "none.yml"), "none.yml"),
        (("record", "--output", "out.json"), "there is no cluster to read"),
        (("replay", "none.json"), "none.json: cannot read the recording"),
        (("replay", "truebook.yml"), "truebook.yml: not a truebook recording"),
    ],
)
def test_errors_are_messages_and_exit_2(arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"truebook: {message}" in done.stderr or message in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_system_refuses_is_a_message_too(folder: Path) -> None:
    (folder / "file").touch()
    done = run("replay", "homelab.json", "--directory", "file/below")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (2, "truebook: file/below: Not a directory")


def test_a_folder_that_keeps_nothing_can_be_read_in(folder: Path, cluster: FakeCluster) -> None:
    (folder / ".cache").touch()
    done = run("inventory", "vault")
    assert done.exit_code == 0
    assert "1.20.1" in done.stdout
    assert "this reading is not kept: " in done.stderr


def test_record_writes_what_was_read(folder: Path, cluster: FakeCluster) -> None:
    done = run("record", "--output", "new.json")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == ("reading the cluster of context lab\nwrote new.json: kubernetes 3 in 3 reads (fresh)\n")
    assert recordings.load(folder / "new.json").parts["kubernetes"].state == "fresh"


def test_record_says_what_was_not_there_to_read(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(context: Context) -> Reading:
        return Reading(msgspec.Raw(b"{}"), (Read("pods", "read", 1), Read("x.io/things", "absent")), Cluster("lab"))

    monkeypatch.setattr(collect, "SOURCES", {"kubernetes": Source(read, lambda settings: True)})
    done = run("record", "--output", "new.json")
    assert done.exit_code == 0
    assert done.stderr.endswith("kubernetes: not installed: x.io/things\n")


def test_a_source_that_fails_is_exit_2_and_keeps_what_was_good(folder: Path, cluster: FakeCluster) -> None:
    before = (folder / "homelab.json").read_bytes()
    cluster.error = Unreachable("connection refused")
    done = run("record", "--output", "homelab.json")
    assert done.exit_code == 2
    assert "nothing was read; homelab.json is left as it was" in done.stderr
    assert "kubernetes is stale: connection refused" in done.stderr
    assert (folder / "homelab.json").read_bytes() == before
    done = run("record", "--output", "new.json")
    assert done.exit_code == 2
    assert "new.json is not written" in done.stderr
    assert not (folder / "new.json").exists()


def test_what_was_read_is_written_beside_the_last_good_part_of_what_was_not(
    folder: Path, cluster_and_git: FakeCluster
) -> None:
    cluster_and_git.error = Unreachable("connection refused")
    done = run("record", "--output", "homelab.json")
    assert done.exit_code == 2
    found = recordings.load(folder / "homelab.json")
    assert {name: part.state for name, part in found.parts.items()} == {"git": "fresh", "kubernetes": "stale"}


def test_nothing_of_another_clusters_recording_is_kept(folder: Path, cluster_and_git: FakeCluster) -> None:
    (folder / "truebook.yml").write_text(recording_sample.CATALOG.replace("cluster: homelab", "cluster: prod"))
    cluster_and_git.error = Unreachable("connection refused")
    done = run("record", "--output", "homelab.json")
    assert done.exit_code == 2
    assert "homelab.json is of another cluster (homelab): nothing of it is kept" in done.stderr
    found = recordings.load(folder / "homelab.json")
    assert {name: part.state for name, part in found.parts.items()} == {"git": "fresh", "kubernetes": "failed"}


@pytest.mark.parametrize("text", ["my notes", "{}", '{"schema": 1}', "[]", "\x00"])
def test_a_file_that_is_no_recording_is_not_overwritten(folder: Path, cluster: FakeCluster, text: str) -> None:
    (folder / "notes").write_text(text)
    done = run("record", "--output", "notes")
    assert done.exit_code == 2
    assert done.stderr == (
        "truebook: notes: is not a recording, and is not overwritten; name another file or remove it\n"
    )
    assert (folder / "notes").read_text() == text
    assert cluster.reads == 0


def test_a_recording_of_another_schema_is_replaced_and_said(folder: Path, cluster: FakeCluster) -> None:
    (folder / "old.json").write_text('{"schema":99,"parts":{},"more":1}')
    done = run("record", "--output", "old.json")
    assert done.exit_code == 0
    assert "it will be replaced" in done.stderr
    assert recordings.load(folder / "old.json").parts["kubernetes"].state == "fresh"


def test_an_empty_file_may_be_written(folder: Path, cluster: FakeCluster) -> None:
    (folder / "new.json").touch()
    done = run("record", "--output", "new.json")
    assert (done.exit_code, done.stderr.count("\n")) == (0, 2)


@pytest.mark.parametrize(
    ("output", "message"),
    [(".", "truebook: .: is a folder; name a file"), ("truebook.yml/x.json", "cannot write the recording")],
)
def test_an_output_that_cannot_be_written_is_said_before_anything_is_read(
    cluster: FakeCluster, output: str, message: str
) -> None:
    done = run("record", "--output", output)
    assert done.exit_code == 2
    assert message in done.stderr
    assert cluster.reads == 0


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_nothing_that_was_recorded_speaks_to_the_terminal(folder: Path, options: tuple[str, ...]) -> None:
    reason = "boom \x1b]0;title\x07 \u202ex \x9b2J"
    recording_sample.save(folder, "hostile\x1b[2J.json", state="stale", reason=reason)
    done = CliRunner().invoke(main, ("inventory", "--recording", "hostile\x1b[2J.json", *options), color=True)
    assert done.exit_code == 0
    assert "kubernetes is stale: boom \\x1b]0;title\\x07 \\u202ex \\x9b2J" in done.stderr
    if options:
        assert json.loads(done.stdout)["sources"][0]["reason"] == reason
    assert [character for character in done.output if not character.isprintable() and character != "\n"] == []


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_replay_serves_until_it_is_interrupted(folder: Path, end: signal.Signals) -> None:
    recorded = recordings.load(EMBEDDED)
    temporary = folder / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", "from truebook.cli import main; main()", "replay"],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs, such as this run, may ignore it, and would hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        assert first.startswith(f"export KUBECONFIG={temporary}/")
        said = [process.stderr.readline() for _ in range(2)]
        assert said[0] == "replaying the embedded homelab\n"
        url = said[1].partition(": ")[2].strip()
        assert httpx.get(f"{url}/version", trust_env=False).json()["gitVersion"] == recorded.cluster.version
        process.send_signal(end)
        assert process.wait(30) == 0
        assert process.stderr.read().endswith("stopped\n")
        assert list(temporary.iterdir()) == []
    finally:
        process.kill()
        process.communicate()
