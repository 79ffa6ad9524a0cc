"""What a run in CI leaves to be kept."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site.browsing import visit
from tests.site.building import ROOT

# What the tests come to is not the point here: they fail, and write the report that they were asked for.
TESTS = """#!/usr/bin/env bash
echo "CI=$CI TRUEBOOK_REQUIRE_REAL=$TRUEBOOK_REQUIRE_REAL" "$@" >told
for option in "$@"; do
    case $option in --junit-xml=*) mkdir -p "$(dirname "${option#*=}")" && echo '<testsuites/>' >"${option#*=}" ;; esac
done
exit 1
"""


def test_ci_leaves_its_report_and_the_site_also_where_tests_fail(tmp_path: Path) -> None:
    for path in ROOT.iterdir():
        if path.name not in (".ci", "scripts", "test-artifacts"):
            (tmp_path / path.name).symlink_to(path)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "test").write_text(TESTS)
    (tmp_path / "scripts" / "test").chmod(0o755)
    artifacts = tmp_path / "test-artifacts"
    (artifacts / "screenshots").mkdir(parents=True)
    (artifacts / "screenshots" / "of-an-earlier-run.png").touch()

    done = subprocess.run(
        [tmp_path / ".ci" / "run"], env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1, done.stderr
    told = (tmp_path / "told").read_text()
    assert told == "CI=true TRUEBOOK_REQUIRE_REAL=1 --real --junit-xml=test-artifacts/junit.xml\n"
    assert sorted(path.name for path in artifacts.iterdir()) == ["junit.xml", "site"], done.stderr
    assert "data-recorded-at=" in (artifacts / "site" / "index.html").read_text()
    assert (artifacts / "site" / "assets" / "vendor").is_dir()


@pytest.mark.browser
def test_screenshots_are_taken_beside_them(browser: Browser, base: str) -> None:
    picture = ROOT / "test-artifacts" / "screenshots" / "artifacts.png"
    picture.unlink(missing_ok=True)
    with visit(browser, base, scheme="dark", device="phone") as found:
        found.open("index.html")
        found.screenshot("artifacts")
    assert picture.read_bytes().startswith(b"\x89PNG")
    picture.unlink()
