"""Somebody else's site: `pip install` of this repository, two lines in its `mkdocs.yml`, its own catalog.

It is installed from a copy into a virtual environment of its own, so that what is missing in the package is missing
here too. With --real everything it needs is installed afresh as well; else that is taken from the environment of the
tests, which saves two minutes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.unit import recording_sample
from truebook.pipeline import VARIABLE

pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).parents[2]

CATALOG = """\
cluster: attic
components:
  - name: safe
    title: The safe
    group: Basement
    page: safe.md
    find: {workload: StatefulSet vault/vault}
    values: {key_holder: Ann}
"""

INDEX = """\
# The attic

<!-- BEGIN truebook:components group=Basement columns=component,url,key_holder live=version,ready -->
<!-- END truebook -->

The safe runs <!-- BEGIN truebook:value safe.version -->?<!-- END truebook -->.
"""


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program as a person would, with nothing of this checkout in reach."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        command, cwd=cwd, env={**inherited, **environment}, capture_output=True, text=True, timeout=800, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module", params=["borrowed", pytest.param("fresh", marks=pytest.mark.real)])
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that truebook was installed into."""
    folder = tmp_path_factory.mktemp("foreign")
    copy = folder / "truebook"
    shutil.copytree(ROOT / "plugins", copy / "plugins", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy / name)
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    found = folder / "venv" / "bin" / "python"
    install: list[str | Path] = [found, "-m", "pip", "install", "-q", copy]
    if request.param == "fresh":
        run(*install, "mkdocs<2", "properdocs", cwd=folder)
    else:
        # Packages of a path in a .pth file can be imported; its own .pth files, this checkout's too, do not count.
        (library,) = (folder / "venv" / "lib").glob("python*/site-packages")
        (library / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
        run(*install, "--no-deps", cwd=folder)
    where = run(found, "-c", "import truebook; print(truebook.__file__)", cwd=folder).stdout
    assert where.startswith(str(folder / "venv")), where
    return found


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The foreign site's folder."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "theme").mkdir()
    (tmp_path / "theme" / "main.html").write_text("{{ page.content }}")
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: Attic\ntheme: {name: null, custom_dir: theme}\nplugins:\n  - truebook/state\n"
    )
    (tmp_path / "truebook.yml").write_text(CATALOG)
    (tmp_path / "docs" / "index.md").write_text(INDEX)
    (tmp_path / "docs" / "safe.md").write_text("# The safe\n")
    recording_sample.save(tmp_path, "attic.json", cluster="attic")
    return tmp_path


@pytest.mark.parametrize("builder", ["mkdocs", "properdocs"])
def test_a_foreign_site_is_filled_from_its_own_recording(python: Path, site: Path, builder: str) -> None:
    recording = {VARIABLE: str(site / "attic.json")}
    done = run(python, "-m", builder, "build", "--strict", "-f", "mkdocs.yml", cwd=site, **recording)
    assert "reading state from recording attic.json" in done.stderr
    html = (site / "site" / "index.html").read_text()
    assert '<td><a href="safe/">The safe</a></td>' in html
    assert '<td>Ann</td>\n<td><span class="truebook-version">1.20.1</span></td>\n<td>1 of 1</td>' in html
    assert "-->1.20.1<!--" in html


def test_the_embedded_homelab_comes_with_the_package_and_is_not_taken_for_the_sites_own(
    python: Path, site: Path
) -> None:
    done = run(python.with_name("truebook"), "inventory", "--json", cwd=site)
    assert "pages show the embedded homelab, not attic" in done.stderr
    assert '"cluster": ' in done.stdout


def test_the_command_is_installed(python: Path, site: Path) -> None:
    done = run(python.with_name("truebook"), "inventory", "safe", "--recording", "attic.json", cwd=site)
    assert "1.20.1" in done.stdout
