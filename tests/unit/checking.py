"""A repository of docs, and the commands that compare them with the embedded homelab."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from truebook.cli import main
from truebook.pipeline import EMBEDDED

CATALOG = """\
cluster: homelab
domains: [homelab.local]
components:
  - name: vault
    title: Vault
    group: Security
    purpose: Secrets management
    find: {application: vault, workload: StatefulSet vault/vault, ingress: vault/vault}
"""
REGION = "<!-- BEGIN truebook:components group=Security columns=component,purpose,url -->\n<!-- END truebook -->\n"


@pytest.fixture(autouse=True, name="folder")
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with docs, which the command runs in. The sandbox's user may look into it."""
    for above in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        above.chmod(above.stat().st_mode | 0o055)
    (tmp_path / "docs").mkdir()
    (tmp_path / "truebook.yml").write_text(CATALOG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def page(text: str, name: str = "page.md") -> Path:
    path = Path("docs", name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def run(command: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, [command, *arguments, "--recording", str(EMBEDDED)])


def updated(text: str = f"# Page\n\n{REGION}") -> Path:
    path = page(text)
    done = run("update", "docs")
    assert done.exit_code == 0, done.output
    return path
