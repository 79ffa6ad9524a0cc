"""The sandbox's own parts: the guard's sockets, what it shows, what it does where it can't be had."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.runbooks_run.conftest import LIMITS
from tests.unit.runbooks_run.samples import EchoGuard
from tests.unit.runbooks_run.test_escapes import processes_of
from truebook.errors import ConfigError, TruebookError
from truebook.runbooks.sandbox import Bare, Job, Sandbox, Unavailable, cgroup, host
from truebook.runbooks.sandbox.sockets import Listeners
from truebook.runbooks.sandbox.watch import Watched, Watcher

ASK = "for port in $PORTS; do cat < /dev/tcp/127.0.0.1/$port; done"


def test_guard_is_reached_and_only_it(sandbox: Sandbox) -> None:
    guard = EchoGuard()
    outcome = sandbox.run(Job(f"{ASK}; cat $KUBECONFIG; cat < /dev/tcp/127.0.0.1/8003", guard=guard))
    said = outcome.output.decode()
    assert said.startswith("guarded kubernetes\nguarded argocd\nports {'kubernetes': 8001, 'argocd': 8002}\n")
    assert "Connection refused" in said
    assert guard.ended == 1


def test_many_blocks_at_once_have_sockets_of_their_own(sandbox: Sandbox) -> None:
    guards = [EchoGuard(systems=(f"system-{number}",)) for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda guard: sandbox.run(Job(ASK, guard=guard)), guards))
    assert [one.output.decode() for one in outcomes] == [f"guarded system-{number}\n" for number in range(12)]


def test_no_guard_no_socket(sandbox: Sandbox) -> None:
    assert b"Connection refused" in sandbox.run(Job("cat < /dev/tcp/127.0.0.1/8001")).output


def test_socket_of_a_process_that_is_gone(sandbox: Sandbox) -> None:
    listeners = Listeners()
    try:
        with pytest.raises(TruebookError, match="no socket could be opened inside of the sandbox: No such file"):
            listeners.open(2**22 + 1, {"kubernetes": 8001})
        assert listeners.open(1, {}) == {}
    finally:
        listeners.close()


def test_working_directory(sandbox: Sandbox) -> None:
    assert sandbox.run(Job("pwd; ls", cwd="docs")).output == b"/repository/docs\npage.md\n"
    with pytest.raises(ConfigError, match="cwd"):
        sandbox.run(Job("pwd", cwd="../.."))
    with pytest.raises(Unavailable, match="Can't chdir to /repository/nowhere"):
        sandbox.run(Job("pwd", cwd="nowhere"))


def test_accounts_and_certificates(sandbox: Sandbox) -> None:
    outcome = sandbox.run(Job("id -un; getent passwd | wc -l; cat /etc/hosts; ls /etc"))
    assert outcome.output.startswith(b"truebook\n3\n127.0.0.1 localhost\n::1 localhost\n")
    assert b"shadow" not in outcome.output


def test_what_was_ignored_may_go_away(sandbox: Sandbox, repository: Path) -> None:
    with Sandbox(repository, limits=LIMITS) as other:
        (repository / ".env").rename(repository / "cache" / "moved")
        try:
            assert other.run(Job("echo fine")).output == b"fine\n"
        finally:
            (repository / "cache" / "moved").rename(repository / ".env")


def test_program_that_lives_elsewhere(
    repository: Path, kind: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    program = folder / "kubectl"
    program.write_text('#!/bin/sh\necho "my kubectl in $(dirname $0)"; ls "$(dirname $0)"\n', encoding="utf-8")
    (folder / "secret").write_text("canary", encoding="utf-8")
    program.chmod(0o755)
    folder.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    with Sandbox(repository, programs=("kubectl", "jq")) as sandbox:
        assert sandbox.programs["kubectl"] == str(program)
        assert sandbox.run(Job("kubectl")).output.decode().startswith("my kubectl in /truebook/bin\nkubectl\n")


def test_bubblewrap_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(Unavailable, match=r"bubblewrap \(bwrap\) is not installed"):
        Sandbox(tmp_path)


def test_bubblewrap_not_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n", encoding="utf-8")
    fake.chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    before = threading.active_count()
    with pytest.raises(Unavailable, match="could not make a sandbox: bwrap: No permissions to create new namespace"):
        Sandbox(tmp_path)
    assert threading.active_count() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's processes are not counted")
def test_root_without_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(cgroup, "folder", lambda: None)
    with pytest.raises(Unavailable, match="root's processes can't be bounded here"):
        Sandbox(tmp_path)


def test_runner_that_dies_takes_its_blocks_along(repository: Path) -> None:
    mark = f"4{os.getpid():06}{time.monotonic_ns() % 1000:03}"
    code = (
        "from pathlib import Path; from truebook.runbooks.sandbox import Job, Sandbox\n"
        f"with Sandbox(Path({str(repository)!r})) as sandbox:\n  sandbox.run(Job('sleep {mark} & sleep {mark}'))"
    )
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as process:
        wait_until(lambda: len(processes_of(f"sleep\0{mark}")) == 2)
        process.send_signal(signal.SIGKILL)
    wait_until(lambda: processes_of(f"sleep\0{mark}") == [])


def wait_until(condition: object) -> None:
    deadline = time.monotonic() + 30
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_watcher() -> None:
    reasons: list[str] = []
    watcher = Watcher(interval=0.01)
    try:
        with subprocess.Popen(["sh", "-c", "sleep 60 & sleep 60 & sleep 60 & wait"], start_new_session=True) as process:
            watcher.add(Watched(process.pid, 4, 2**40, reasons.append))
            watcher.add(Watched(os.getpid(), 10_000, 2**40, lambda reason: reasons.append(f"not this: {reason}")))
            wait_until(lambda: len(processes_of("sleep\x0060")) >= 3)
            time.sleep(0.1)
            assert reasons == []
            watcher.add(Watched(process.pid, 3, 2**40, reasons.append))
            wait_until(lambda: reasons)
            assert reasons[0] == "more than 3 processes"
            watcher.remove(process.pid)
            memory: list[str] = []
            watcher.add(Watched(process.pid, 100, 1024, memory.append))
            wait_until(lambda: memory)
            assert memory[0] == "more than 0 MB of memory"
            os.killpg(process.pid, signal.SIGKILL)
    finally:
        watcher.close()


def test_view_of_a_folder_without_git(tmp_path: Path) -> None:
    (tmp_path / "docs" / ".cache").mkdir(parents=True)
    (tmp_path / "docs" / "a.md").write_text("x", encoding="utf-8")
    (tmp_path / "own").mkdir()
    view = host.view(tmp_path / "docs", tmp_path / "own", programs=())
    assert view.hidden_folders == (".cache",)
    assert view.hidden_files == ()
    assert view.replaced == {}
    assert view.programs == {}


def test_what_the_environment_names_is_hidden_where_git_has_not_got_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "repository"
    (root / "docs").mkdir(parents=True)
    subprocess.run(["git", "-C", str(root), "init", "-q"], check=True)
    for name in ("config", "docs/token", "page.md", "known", "id_rsa", "a/id_rsa"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("users: [{user: {tokenFile: docs/token}}]\n", encoding="utf-8")
    subprocess.run(["git", "-C", str(root), "add", "known"], check=True)
    monkeypatch.chdir(root)
    monkeypatch.setenv("KUBECONFIG", f"config{os.pathsep}{root}/nowhere{os.pathsep}")
    monkeypatch.setenv("SOME_FILE", "known")
    monkeypatch.setenv("ODD", "a/" * 5000)
    view = host.view(root, _folder(tmp_path / "one"))
    assert sorted(view.hidden_files) == ["a/id_rsa", "config", "docs/token", "id_rsa"]
    shutil.rmtree(root / ".git")
    assert sorted(host.view(root, _folder(tmp_path / "two")).hidden_files) == ["config", "docs/token", "known"]


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_credentials_of_submodules_are_hidden(tmp_path: Path) -> None:
    root = tmp_path / "ops"
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    module = root / ".git" / "modules" / "charts" / "config"
    module.parent.mkdir(parents=True)
    module.write_text("url = https://token@git.homelab.local", encoding="utf-8")
    (root / ".git" / "FETCH_HEAD").write_text("x", encoding="utf-8")
    (root / ".git" / "logs" / "refs").mkdir(parents=True)
    (root / ".git" / "logs" / "HEAD").write_text("0 1 a <a@b> 1 +0\tpull https://x:token@git: Fast-forward\n")
    (root / ".git" / "logs" / "refs" / "stash").write_text("0 1 a <a@b> 1 +0\tWIP on main\n")
    (tmp_path / "own").mkdir()
    view = host.view(root, tmp_path / "own", programs=())
    assert view.hidden_files == (".git/modules/charts/config", ".git/logs/HEAD", ".git/FETCH_HEAD")
    assert set(view.replaced) == {".git/config"}


def test_ignored_links_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "ops"
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    (root / ".gitignore").write_text("gone\nout\n*.log\n__pycache__\n", encoding="utf-8")
    (root / "gone").symlink_to("nowhere")
    (root / "out").symlink_to(tmp_path)
    (root / "__pycache__").mkdir()
    (root / "__pycache__" / "x").write_text("", encoding="utf-8")
    (root / "b.log").write_text("x", encoding="utf-8")
    (tmp_path / "own").mkdir()
    view = host.view(root, tmp_path / "own", programs=())
    assert (view.hidden_folders, view.hidden_files) == ((), ("b.log",))


def test_without_a_sandbox_the_rest_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "x")
    bare = Bare(tmp_path)
    assert bare.description == "no sandbox"
    outcome = bare.run(Job("env; sleep 60 & echo a | false\necho b"))
    assert (outcome.exit_code, outcome.report.failed) == (1, 1)
    assert b"CANARY" not in outcome.output
    assert bare.run(Job("sleep 60", timeout=0.2)).killed == "it took longer than 0.2 s"
    assert bare.run(Job("kill -9 $$")).exit_code == 137
    assert bare.run(Job("echo $X", session=bare.run(Job("X=1")).report.session)).output == b"1\n"
