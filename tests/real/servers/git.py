"""A Git repository in a folder, for servers that deploy from one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


class GitRepository:
    """A repository of its own with one branch, `main`; its remote address is a file:// URL."""

    def __init__(self, folder: Path, files: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._git("init", "--quiet", "--initial-branch=main")
        if files:
            self.commit(files, "The first state")

    @property
    def url(self) -> str:
        return self.folder.resolve().as_uri()

    @property
    def head(self) -> str:
        """The commit that main stands at."""
        return self._git("rev-parse", "main")

    def commit(self, files: Mapping[str, str | None], message: str = "A change") -> str:
        """Write files (None removes one) and commit them; the new commit."""
        for name, text in files.items():
            path = self.folder / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)
        return self.head

    def _git(self, *arguments: str) -> str:
        # Neither the user's configuration nor a repository around this one may have a say.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(self.folder.parent),
            **{f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in _PERSON.items()},
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()


_PERSON = {"NAME": "Operator", "EMAIL": "operator@homelab.local"}
