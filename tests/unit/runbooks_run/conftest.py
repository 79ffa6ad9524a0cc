"""A repository to run in, and a sandbox of each kind that there is."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from truebook.runbooks.sandbox import Limits, Sandbox, Unavailable

LIMITS = Limits(cpu=20, memory=512, processes=64, tmp=16, file=32, output=4 * 1024 * 1024, kept=1024)
"""Small, so that what goes over them is soon done."""
KINDS = ("unprivileged", "root") if os.geteuid() == 0 else ("unprivileged",)
"""Started as root, the sandbox becomes nobody, and stays root where the repository can't be read by nobody."""


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def repository(kind: str) -> Iterator[Path]:
    """A Git repository with an ignored secret, a credential in its configuration, a link out of it, and a FIFO."""
    # Not in pytest's own folder, which is closed to others.
    folder = Path(tempfile.mkdtemp(prefix="truebook-test-"))
    outside = Path(tempfile.mkdtemp(prefix="truebook-test-"))
    (outside / "secret").write_text("canary-link\n", encoding="utf-8")
    git = ["git", "-C", str(folder), "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "remote", "add", "origin", "https://canary-git@git.homelab.local/ops.git"], check=True)
    (folder / "docs").mkdir()
    (folder / "docs" / "page.md").write_text("# Page\n", encoding="utf-8")
    (folder / ".gitignore").write_text(".env\n/cache/\n", encoding="utf-8")
    (folder / ".env").write_text("TOKEN=canary-ignored\n", encoding="utf-8")
    (folder / "cache").mkdir()
    (folder / "cache" / "token").write_text("canary-ignored\n", encoding="utf-8")
    # What nobody told Git to ignore: one by its name, one that the environment names, and one that that names.
    (folder / "tls.key").write_text("canary-key\n", encoding="utf-8")
    (folder / "ci.conf").write_text(
        '{"users": [{"user": {"client-key": "keys/ci"}}], "x": "canary-named"}\n', encoding="utf-8"
    )
    (folder / "keys").mkdir()
    (folder / "keys" / "ci").write_text("canary-client\n", encoding="utf-8")
    (folder / "link").symlink_to(outside / "secret")
    os.mkfifo(folder / "fifo")
    folder.chmod(0o755 if kind == "unprivileged" else 0o700)
    yield folder
    shutil.rmtree(folder)
    shutil.rmtree(outside)


@pytest.fixture(scope="session")
def sandbox(kind: str, repository: Path) -> Iterator[Sandbox]:
    named = pytest.MonkeyPatch()
    named.setenv("TEST_FILES", f"/nowhere{os.pathsep}{repository}/ci.conf")
    try:
        made = Sandbox(repository, limits=LIMITS)
    except Unavailable as error:
        named.undo()
        pytest.skip(str(error))
    with made, contextlib.ExitStack() as stack:
        stack.callback(named.undo)
        # Else one kind would be tested twice and the other never.
        assert made.unprivileged is (kind == "unprivileged")
        yield made
