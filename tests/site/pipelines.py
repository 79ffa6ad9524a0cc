"""Runs the steps of a CI configuration on this machine, as its host does as far as that matters here.

What installs or changes the machine (apt-get, pip, sysctl) is only written down; `truebook` and `mkdocs` are those of
this environment. Actions of GitHub's are stood in for: artifacts are folders, all others do nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / "deploy" / "ci" / "github" / "truebook.yml"
GITLAB = ROOT / "deploy" / "ci" / "gitlab" / ".gitlab-ci.yml"

EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
NOT_CANCELLED = "!cancelled()"
ACTIONS = ("actions/checkout", "actions/setup-python", "github/codeql-action/upload-sarif")
"""That there is nothing to do for here."""


class _Loader(yaml.SafeLoader):
    """YAML 1.2 as far as CI hosts go: `on` is a word and no truth value."""


_Loader.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)


@dataclass(frozen=True)
class Ran:
    """A step that was run."""

    name: str
    code: int
    output: str


@dataclass
class Machine:
    """A runner: `workspace` is the checkout, `folder` is for all else."""

    workspace: Path
    folder: Path
    sandbox: bool = True
    artifacts: Path = field(init=False)
    log: Path = field(init=False)
    summary: Path = field(init=False)

    def __post_init__(self) -> None:
        self.tools, self.artifacts = self.folder / "tools", self.folder / "artifacts"
        self.log, self.summary = self.folder / "installed.log", self.folder / "summary.md"
        for made in (self.tools, self.artifacts, self.folder / "temp"):
            made.mkdir(parents=True)
        self.summary.touch()
        self._tool("sudo", 'exec "$@"')
        for name in ("apt-get", "pip", "sysctl"):
            self._tool(name, f"printf '%s\\n' \"{name} $*\" >>'{self.log}'")
        for name in ("truebook", "mkdocs"):
            self._tool(name, f'exec {sys.executable} -m {name} "$@"')
        if not self.sandbox:
            self._tool("bwrap", "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1")

    def _tool(self, name: str, body: str) -> None:
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def bash(self, script: str, variables: Mapping[str, str]) -> tuple[int, str]:
        """Run a script as CI hosts do."""
        path = f"{self.tools}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.workspace,
            env={"HOME": os.environ["HOME"], "LANG": "C.UTF-8", "CI": "true", **variables, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        return done.returncode, done.stdout

    # --- GitHub -----------------------------------------------------------------------------------------------------

    def github(
        self, workflow: Any, job: str, context: Mapping[str, str], *, leave_out: Collection[str] = ()
    ) -> list[Ran]:
        """Run a job; the steps that were run, of which some may have failed. `context` has `secrets.…` and so on;
        `leave_out` are the names of steps that there is no need for."""
        told = self.folder / "github-env"
        told.write_text("")
        own = workflow["jobs"][job]
        base = {
            "GITHUB_ENV": str(told),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(self.folder / "temp"),
            **evaluated(workflow.get("env", {}), context),
            **evaluated(own.get("env", {}), context),
        }
        ran: list[Ran] = []
        for number, step in enumerate(own["steps"], 1):
            if any(one.code for one in ran) and NOT_CANCELLED not in str(step.get("if", "")):
                continue
            if step.get("name") in leave_out:
                continue
            if "uses" in step:
                self._action(step, context)
                continue
            learnt = dict(line.split("=", 1) for line in told.read_text().splitlines())
            variables = base | learnt | evaluated(step.get("env", {}), context)
            code, output = self.bash(step["run"], variables)
            ran.append(Ran(step.get("name", str(number)), code, output))
        return ran

    def _action(self, step: Any, context: Mapping[str, str]) -> None:
        action, given = step["uses"].partition("@")[0], evaluated(step.get("with", {}), context)
        if action == "actions/upload-artifact":
            target = self.artifacts / given["name"]
            for pattern in given["path"].split():
                for found in sorted(self.workspace.glob(pattern)):
                    target.mkdir(exist_ok=True)
                    (shutil.copytree if found.is_dir() else shutil.copy)(found, target / found.name)
            assert target.exists() or given.get("if-no-files-found") != "error"
        elif action == "actions/download-artifact":
            for found in sorted(self.artifacts.glob(given["pattern"])):
                shutil.copytree(found, self.workspace / given["path"], dirs_exist_ok=True)
        else:
            assert action in ACTIONS, action

    # --- GitLab -----------------------------------------------------------------------------------------------------

    def gitlab(self, pipeline: Any, job: str, variables: Mapping[str, str]) -> Ran:
        """Run a job: all its lines are one script."""
        own = pipeline[job]
        base = pipeline[own["extends"]]
        lines = [*base.get("before_script", ()), *own["script"]]
        code, output = self.bash("\n".join(lines), {**pipeline["variables"], **variables})
        return Ran(job, code, output)


def evaluated(values: Mapping[str, Any], context: Mapping[str, str]) -> dict[str, str]:
    """Values with their expressions: names, words in quotes and `||`."""

    def value(expression: str) -> str:
        terms = (term.strip() for term in expression.split("||"))
        found = (term[1:-1] if term.startswith("'") else context.get(term, "") for term in terms)
        return next((one for one in found if one), "")

    return {name: EXPRESSION.sub(lambda match: value(match[1]), str(text)) for name, text in values.items()}
