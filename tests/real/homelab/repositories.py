"""The homelab's Git repositories and its chart repository, made from the folder `homelab/`.

Authors, dates and messages come from `homelab/history.yml`, so that the same files always give the same commits.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HOMELAB = Path(__file__).parents[3] / "homelab"
CHARTS = "https://homelab-example.github.io/charts"
CHARTED = "2026-10-02T18:00:00Z"  # when the chart was released


class History:
    """One repository's commits, made one after another into a bare repository.

    :raises ValueError: a file of the folder is in no commit, or an edit does not fit it.
    """

    def __init__(self, name: str, about: dict[str, Any], author: str, root: Path) -> None:
        self.bare = root / f"{name}.git"
        self._source = HOMELAB / about["folder"]
        self._commits: list[dict[str, Any]] = list(about["commits"])
        self._tree = root / f"{name}.tree"
        self._tree.mkdir(parents=True)
        who, address = re.fullmatch(r"(.+) <(.+)>", author).groups()  # type: ignore[union-attr]
        self._person = {f"GIT_{role}_NAME": who for role in ("AUTHOR", "COMMITTER")}
        self._person |= {f"GIT_{role}_EMAIL": address for role in ("AUTHOR", "COMMITTER")}
        self._git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        self._git("config", "uploadpack.allowAnySHA1InWant", "true")  # as GitHub does
        self._check()

    @property
    def head(self) -> str:
        """The commit that main stands at."""
        return self._git("rev-parse", "main").strip()

    def push(self, *, after_deployment: bool = False) -> None:
        """Make the commits of before the deployment, or those of after it."""
        while self._commits and self._commits[0].get("after_deployment", False) is after_deployment:
            self._commit(self._commits.pop(0))

    def _commit(self, commit: dict[str, Any]) -> None:
        for path in commit.get("paths", ()):
            for file in self._files(path):
                target = self._tree / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(self._before_edits(file))
        if edit := commit.get("edit"):
            target = self._tree / edit["path"]
            target.write_text(target.read_text().replace(edit["was"], edit["now"]))
        date = {f"GIT_{role}_DATE": commit["date"].isoformat() for role in ("AUTHOR", "COMMITTER")}
        self._git("add", "--all", environment=date)
        self._git("commit", "--quiet", "--message", commit["message"], environment=date)
        if tag := commit.get("tag"):
            self._git("tag", "--annotate", "--message", tag, tag, environment=date)

    def _files(self, path: str) -> list[Path]:
        found = self._source / path
        files = [found] if found.is_file() else sorted(each for each in found.rglob("*") if each.is_file())
        return [each.relative_to(self._source) for each in files]

    def _before_edits(self, file: Path) -> str:
        """What the file held before the edits that are still to come: the folder shows how it ends."""
        text: str = (self._source / file).read_text()
        for edit in reversed([commit["edit"] for commit in self._commits if "edit" in commit]):
            if edit["path"] == str(file):
                text = text.replace(edit["now"], edit["was"])
        return text

    def _check(self) -> None:
        named = [file for commit in self._commits for path in commit.get("paths", ()) for file in self._files(path)]
        wrong = sorted(set(self._files(".")) ^ set(named)) + sorted({file for file in named if named.count(file) > 1})
        if wrong:
            raise ValueError(f"homelab/history.yml: not in exactly one commit: {', '.join(map(str, wrong))}")
        for edit in (commit["edit"] for commit in self._commits if "edit" in commit):
            if edit["now"] not in (self._source / edit["path"]).read_text():
                raise ValueError(f"homelab/history.yml: {edit['path']} does not hold: {edit['now']}")

    def _git(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        known = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._tree),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **self._person,
            **(environment or {}),
        }
        if arguments[0] != "init":
            known |= {"GIT_DIR": str(self.bare), "GIT_WORK_TREE": str(self._tree)}
        command = [shutil.which("git") or "git", *arguments]
        return subprocess.run(command, env=known, cwd=self._tree, capture_output=True, text=True, check=True).stdout


def histories(root: Path) -> dict[str, History]:
    """Make every repository of history.yml below `root`, without commits yet; by `OWNER/NAME`."""
    described = yaml.safe_load((HOMELAB / "history.yml").read_text())
    return {name: History(name, about, described["author"], root) for name, about in described["repositories"].items()}


def charts(root: Path) -> None:
    """Write a Helm chart repository with each chart of `homelab/charts` into `root`."""
    root.mkdir(parents=True)
    entries: dict[str, list[dict[str, Any]]] = {}
    for folder in sorted(path for path in (HOMELAB / "charts").iterdir() if path.is_dir()):
        about = yaml.safe_load((folder / "Chart.yaml").read_text())
        archive = f"{about['name']}-{about['version']}.tgz"
        packed = gzip.compress(_tar(folder), mtime=0)
        (root / archive).write_bytes(packed)
        entries[about["name"]] = [
            {
                **about,
                "created": CHARTED,
                "digest": hashlib.sha256(packed).hexdigest(),
                "urls": [f"{CHARTS}/{archive}"],
            }
        ]
    index = {"apiVersion": "v1", "entries": entries, "generated": CHARTED}
    (root / "index.yaml").write_text(yaml.safe_dump(index))


def _tar(folder: Path) -> bytes:
    """The folder as a tar whose bytes depend on the files' names and contents alone."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in _sorted_files(folder):
            entry = tarfile.TarInfo(f"{folder.name}/{path.relative_to(folder)}")
            entry.size, entry.mode = path.stat().st_size, 0o644
            with path.open("rb") as file:
                archive.addfile(entry, file)
    return buffer.getvalue()


def _sorted_files(folder: Path) -> Iterator[Path]:
    return iter(sorted(path for path in folder.rglob("*") if path.is_file()))
