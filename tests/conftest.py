"""Every test starts from the same environment, and real servers are used only where --real asks for them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Imported first: it keeps the real environment (the cache, TRUEBOOK_ARGOCD, PATH) before it is scrubbed here.
from tests.real.servers.binaries import ENVIRONMENT

REQUIRE_REAL = ENVIRONMENT.get("TRUEBOOK_REQUIRE_REAL", "") not in ("", "0")
UNAVAILABLE = "real server unavailable: "

# What could lead a test to a system of the user's, or change what a program prints.
SCRUBBED = re.compile(
    r"(ALERTMANAGER|ARGOCD|AWS|BAO|GF|GIT|GITHUB|GITLAB|GRAFANA|HELM|KUBE|KUBERNETES|LOKI|MC|MINIO|MKDOCS|PROMETHEUS)_"
    r"|(SSH|TRUEBOOK|VAULT|VELERO|XDG)_|KUBECONFIG$|(ALL|FTP|HTTP|HTTPS|NO)_PROXY$"
    r"|(CI|CLICOLOR|CLICOLOR_FORCE|COLUMNS|FORCE_COLOR|LINES|NO_COLOR)$",
    re.IGNORECASE,
)

SHARED = tuple(
    f"tests/real/test_{name}.py"
    for name in ("deploy", "differential", "run", "servers", "signing_in", "site", "sources")
)
"""The files of tests on the session's cluster with ArgoCD (tests/real/conftest.py): one worker runs them all, so that
these servers are started once, and no test changes them while another reads all that they have."""

FIRST = (
    *SHARED,
    *(
        f"tests/real/test_{name}.py"
        for name in ("homelab", "guard_kubernetes", "policy", "guard_argocd", "guard_vault")
    ),
    *(f"tests/site/test_{name}.py" for name in ("everywhere", "browser", "finding", "ci", "diagram", "hostile")),
)
"""The files that take longest, longest first; all others follow. A worker that gets one of these last keeps the
others waiting."""

_deselected = pytest.StashKey[int]()
STARTED = pytest.StashKey[dict[str, float]]()
"""How many seconds each real server took to be ready, for the summary."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--real", action="store_true", help="also run the tests that need real servers")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_deselected] = 0
    config.stash[STARTED] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ranks = {path: rank for rank, path in enumerate(FIRST)}
    items.sort(key=lambda item: ranks.get(file_of(item.nodeid), len(ranks)))  # stable: within files the order stays
    if config.getoption("--real"):
        return
    real = [item for item in items if item.get_closest_marker("real")]
    if real:
        items[:] = [item for item in items if item not in real]
        config.hook.pytest_deselected(items=real)
        config.stash[_deselected] = len(real)


def file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With `--dist loadfile` a worker takes all tests of a file, and all of SHARED; in the order of their collection
    with `--no-loadscope-reorder`."""
    if config.getvalue("dist") != "loadfile":
        return None
    # Not by `--dist loadgroup`: it has no effect with pytest 9.2 (pytest-xdist's issue 1386).
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    scheduling: Any = LoadFileScheduling(config, log)
    scheduling._split_scope = lambda nodeid: "shared" if file_of(nodeid) in SHARED else file_of(nodeid)
    return scheduling


def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:  # a worker of pytest-xdist: only its controller prints a summary
        output["real_deselected"] = session.config.stash[_deselected]
        output["real_started"] = session.config.stash[STARTED]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    config: pytest.Config = node.config  # type: ignore[attr-defined]
    output = getattr(node, "workeroutput", {})
    config.stash[_deselected] = max(config.stash[_deselected], output.get("real_deselected", 0))
    config.stash[STARTED].update(output.get("real_started", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left_out := config.stash[_deselected]:
        terminalreporter.write_line(f"{left_out} tests of real servers were not run; --real runs them", yellow=True)
    if started := config.stash[STARTED]:
        times = ", ".join(f"{name} in {seconds:.1f} s" for name, seconds in started.items())
        terminalreporter.write_line(f"real servers were ready: {times}")
    reasons: dict[str, int] = {}
    for report in (*terminalreporter.getreports("skipped"), *terminalreporter.getreports("error")):
        for line in str(report.longrepr).splitlines():
            if UNAVAILABLE in line:
                reason = line.partition(UNAVAILABLE)[2].rstrip("')")
                reasons[reason] = reasons.get(reason, 0) + 1
    if reasons:
        terminalreporter.section("real servers that could not be had")
        for reason, count in sorted(reasons.items()):
            terminalreporter.write_line(f"{count} tests did not run: {reason}")


@pytest.fixture(scope="session", autouse=True)
def scrubbed_environment() -> Iterator[None]:
    """Take the user's systems out of the environment. The harness of real servers has kept its own copy."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if SCRUBBED.match(name):
                patch.delenv(name)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        # A home of its own must not mean that a test which installs packages fetches all of them again.
        patch.setenv("PIP_CACHE_DIR", ENVIRONMENT.get("PIP_CACHE_DIR") or str(Path("~/.cache/pip").expanduser()))
        yield


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home of the test's own."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return folder
