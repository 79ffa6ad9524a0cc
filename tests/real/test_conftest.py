"""Every test starts from a scrubbed environment; real servers are used where --real asks for them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FIRST, SHARED

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
    return pytest_in(tmp_path, *options, **USERS, **environment)


def pytest_in(folder: Path, *options: str, **environment: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml")]
    command += ["--rootdir", str(folder), "-p", "no:cacheprovider", *options, str(folder)]
    outer = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    variables = {**outer, **environment, "PYTHONPATH": str(ROOT)}
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
    said = run_pytest(tmp_path, "--real", "-n", "1", "--dist", "loadfile", fixture=STARTED, argument="server")
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


# --- which worker gets which tests --------------------------------------------------------------------------------

SPREAD = ("--dist", "loadfile", "--no-loadscope-reorder", "-v")
SHARING = """
import pytest

@pytest.mark.parametrize("number", range(5))
def test_it(number):
    pass
"""


def test_workers_share_what_takes_long_to_start_and_begin_with_it(tmp_path: Path) -> None:
    paths = [*SHARED[:3], *FIRST[-2:], "tests/unit/test_a.py", "tests/unit/test_b.py"]
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(SHARING)
    for workers in (1, 3):
        said = pytest_in(tmp_path, *SPREAD, "-n", str(workers))
        ran = re.findall(r"^\[(gw\d)\].* PASSED \S*?(tests/\S+)::", said, re.MULTILINE)
        assert len(ran) == 5 * len(paths), said
        # Each file on one worker, and those that share servers on the same.
        assert len(set(ran)) == len(paths)
        assert len({worker for worker, path in ran if path in SHARED}) == 1
        if workers == 1:
            assert list(dict.fromkeys(path for _, path in ran)) == paths


def test_the_files_of_the_shared_servers_are_those_that_use_them() -> None:
    files = sorted(path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__))
    parameter = re.compile(r"\b(?:cluster_with_nodes: Cluster|argocd: ArgoCD)[,)]")
    assert [f"tests/real/{path.name}" for path in files if parameter.search(path.read_text())] == list(SHARED)
    assert [path for path in FIRST if not (ROOT / path).is_file()] == []
