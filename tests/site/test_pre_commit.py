"""`.pre-commit-hooks.yaml` in another repository, by pre-commit itself: it installs truebook and runs the hooks.

What truebook declares to need is not downloaded again: it is lent from here, and nothing else is, so that a dependency
that is not declared is missed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tests.site.test_ci import CATALOG, PAGE
from truebook.pipeline import EMBEDDED

ROOT = Path(__file__).parents[2]
SHIPPED = (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "plugins")
HOOKS = ("truebook-check", "truebook-update", "truebook-list")


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@homelab.local")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def repository(folder: Path) -> str:
    """Make a folder a repository of what is in it; its commit."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of docs that are right, which names the hooks of this one."""
    ours = tmp_path_factory.mktemp("truebook")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, ours / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / name, ours / name)
    folder = tmp_path_factory.mktemp("theirs")
    hooks = [{"id": name, "args": ["--recording", "recording.json"]} for name in HOOKS]
    config = {"repos": [{"repo": str(ours), "rev": repository(ours), "hooks": hooks}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (folder / "truebook.yml").write_text(CATALOG)
    (folder / "notes.txt").write_text("Nothing of the docs.\n")
    shutil.copy(EMBEDDED, folder / "recording.json")
    (folder / "docs").mkdir()
    (folder / "docs" / "index.md").write_text(PAGE + "\n```bash\ntrue\n```\n")
    command = [sys.executable, "-m", "truebook", "update", "docs", "--recording", "recording.json"]
    subprocess.run(command, cwd=folder, check=True)
    repository(folder)
    return folder


def lend(
    needed: Iterable[str], folder: Path, extras: frozenset[str] = frozenset(), seen: set[str] | None = None
) -> None:
    """Put links into `folder` to the distributions that are needed, and to what they declare to need."""
    seen = set() if seen is None else seen
    for wanted in map(Requirement, needed):
        if wanted.marker and not any(wanted.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            continue
        found = metadata.distribution(wanted.name)
        for top in {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}:
            link = folder / top
            if not link.exists():
                link.symlink_to(str(found.locate_file(top)))
        if wanted.name not in seen:
            seen.add(wanted.name)
            lend(found.requires or (), folder, frozenset(wanted.extras), seen)


def hook(theirs: Path, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PRE_COMMIT_HOME": str(home),
        "PRE_COMMIT_COLOR": "never",
        "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
        "PIP_NO_DEPS": "1",
        "PYTHONPATH": str(home / "lent"),
    }
    command = [sys.executable, "-m", "pre_commit", "run", *arguments]
    return subprocess.run(command, cwd=theirs, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installs."""
    home = tmp_path_factory.mktemp("pre-commit")
    (home / "lent").mkdir()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lend(project["dependencies"], home / "lent")
    return home


def test_the_hooks_by_pre_commit_itself(theirs: Path, installed: Path) -> None:
    clean = hook(theirs, "--all-files", home=installed)
    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert clean.stdout.count("Passed") == len(HOOKS)

    # A commit of other files is not held up.
    (theirs / "notes.txt").write_text("Still nothing.\n")
    git(theirs, "add", "notes.txt")
    other = hook(theirs, home=installed)
    assert (other.returncode, other.stdout.count("no files to check")) == (0, len(HOOKS)), other.stdout

    page = theirs / "docs" / "index.md"
    right = page.read_text()
    page.write_text(right.replace("https://vault.", "https://v."))
    git(theirs, "add", "docs")
    drifted = hook(theirs, "truebook-check", home=installed)
    assert drifted.returncode == 1, drifted.stdout
    assert "docs/index.md:6: warning: " in drifted.stdout
    mended = hook(theirs, "truebook-update", home=installed)
    assert (mended.returncode, page.read_text()) == (1, right), mended.stdout
    assert "files were modified by this hook" in mended.stdout

    page.write_text(f"{right}\n<!-- truebook: nonsense -->\n```bash\ntrue\n```\n")
    git(theirs, "add", "docs")
    wrong = hook(theirs, "truebook-list", home=installed)
    assert wrong.returncode == 1, wrong.stdout
    assert "docs/index.md" in wrong.stdout


def test_the_manifest_names_the_hooks_that_are_tested() -> None:
    manifest = yaml.safe_load((ROOT / SHIPPED[0]).read_text())
    assert [one["id"] for one in manifest] == list(HOOKS)
    assert [one["entry"].split()[0] for one in manifest] == ["truebook"] * len(HOOKS)
