"""`scripts/vendor`: what reaches the browser is what was reviewed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.site.building import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that holds the script and nothing else."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "vendor", tmp_path / "scripts" / "vendor")
    return tmp_path


def vendor(checkout: Path, npm: str | None = None, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it where `npm` is the given shell script, or where there is none."""
    programs = checkout / "bin"
    programs.mkdir(exist_ok=True)
    for name in ("bash", "cat", "cp", "dirname", "gzip", "mkdir", "mktemp", "openssl", "rm", "tar", "tr"):
        if not (programs / name).exists() and (found := shutil.which(name)):
            (programs / name).symlink_to(found)
    if npm is not None:
        (programs / "npm").write_text(f"#!{shutil.which('bash')}\n{npm}\n", encoding="utf-8")
        (programs / "npm").chmod(0o755)
    environment = dict(os.environ, PATH=str(programs))
    return subprocess.run(
        [checkout / "scripts" / "vendor", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_says_what_to_do_without_npm(checkout: Path) -> None:
    ended = vendor(checkout)
    assert ended.returncode == 1
    assert "npm is needed once, to fetch mermaid@12.3.0" in ended.stderr


def test_refuses_a_package_that_is_not_the_reviewed_one(checkout: Path) -> None:
    (checkout / "package" / "dist").mkdir(parents=True)
    (checkout / "package" / "dist" / "mermaid.min.js").write_text("alert(1)", encoding="utf-8")
    (checkout / "package" / "LICENSE").write_text("none", encoding="utf-8")
    ended = vendor(checkout, npm=f"tar -czf mermaid.tgz -C '{checkout}' package")
    assert ended.returncode == 1
    assert "mermaid@12.3.0 is not the package that was reviewed" in ended.stderr
    assert not (checkout / "docs").exists()


def test_reports_a_package_that_cannot_be_fetched(checkout: Path) -> None:
    ended = vendor(checkout, npm="echo 'no route' >&2; exit 1")
    assert ended.returncode == 1
    assert "no route" in ended.stderr
    assert "npm could not fetch mermaid@12.3.0" in ended.stderr


def test_does_nothing_where_all_is_there(checkout: Path) -> None:
    there = ROOT / "docs" / "assets" / "vendor"
    if not there.exists():
        pytest.skip("this checkout has no vendored files; run scripts/vendor")
    shutil.copytree(there, checkout / "docs" / "assets" / "vendor")
    ended = vendor(checkout, npm="echo 'npm was called' >&2; exit 1")
    assert (ended.returncode, ended.stderr) == (0, "")
    (checkout / "docs" / "assets" / "vendor" / "inter-latin.woff2").unlink()
    assert "npm was called" in vendor(checkout).stderr


def test_what_only_tests_need_is_kept_apart_and_checked_too(checkout: Path) -> None:
    (checkout / "package").mkdir()
    (checkout / "package" / "axe.min.js").write_text("alert(1)", encoding="utf-8")
    ended = vendor(checkout, f"tar -czf axe.tgz -C '{checkout}' package", "--tests")
    assert ended.returncode == 1
    assert "axe-core@4.14.1 is not the package that was reviewed" in ended.stderr
    assert not (checkout / "docs").exists()
    assert not (checkout / ".cache").exists()
