"""Every test starts from a scrubbed environment; real servers are used where --real asks for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROBE = """
import os
import pytest

{fixture}

def test_plain():
    kept = {{name for name in os.environ if name in {names!r}}}
    assert not kept
    assert os.environ["HOME"] != {home!r}

@pytest.mark.real
def test_real({argument}):
    pass
"""

USERS = {
    "KUBECONFIG": "/home/user/config",
    "ARGOCD_SERVER": "argocd.example",
    "VAULT_TOKEN": "s.users",
    "TRUEBOOK_RECORDING": "users.json",
    "https_proxy": "http://proxy.example",
    "KUBERNETES_SERVICE_HOST": "10.0.0.1",
    "CI": "true",
    "GIT_DIR": "/home/user/.git",
}


def run_pytest(tmp_path: Path, *options: str, fixture: str = "", argument: str = "", **environment: str) -> str:
    """What pytest says of a plain and of a real test under this project's conftest."""
    probe = PROBE.format(names=tuple(USERS), home=os.environ["HOME"], fixture=fixture, argument=argument)
    (tmp_path / "test_probe.py").write_text(probe)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml")]
    command += ["--rootdir", str(tmp_path), "-p", "no:cacheprovider", *options, str(tmp_path / "test_probe.py")]
    outer = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    variables = {**outer, **USERS, **environment, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_real_tests_are_left_out_and_counted(tmp_path: Path, options: tuple[str, ...]) -> None:
    said = run_pytest(tmp_path, *options)
    assert "1 passed" in said
    assert "1 tests of real servers were not run; --real runs them" in said


def test_real_tests_run_where_asked_for(tmp_path: Path) -> None:
    said = run_pytest(tmp_path, "--real")
    assert "2 passed" in said
    assert "were not run" not in said


MISSING = """
from tests.real.conftest import _start
from tests.real.servers.binaries import Unavailable

@pytest.fixture
def server(request):
    def make():
        raise Unavailable("etcd: not here")
    with _start(request, make) as made:
        yield made
"""


STARTED = """
from contextlib import nullcontext
from tests.real.conftest import _start

@pytest.fixture
def server(request):
    with _start(request, lambda: nullcontext(1)) as made:
        yield made
"""


def test_the_summary_says_how_long_servers_took(tmp_path: Path) -> None:
    said = run_pytest(tmp_path, "--real", "-n", "1", "--dist", "loadgroup", fixture=STARTED, argument="server")
    assert "2 passed" in said
    assert "real servers were ready: server in 0.0 s" in said


def test_a_server_that_cannot_be_had_skips_its_tests_and_is_listed(tmp_path: Path) -> None:
    said = run_pytest(tmp_path, "--real", fixture=MISSING, argument="server")
    assert "1 passed, 1 skipped" in said
    assert "1 tests did not run: etcd: not here" in said


def test_a_server_that_cannot_be_had_fails_its_tests_where_it_is_required(tmp_path: Path) -> None:
    said = run_pytest(tmp_path, "--real", fixture=MISSING, argument="server", TRUEBOOK_REQUIRE_REAL="1")
    assert "1 passed, 1 error" in said
    assert "1 tests did not run: etcd: not here" in said
