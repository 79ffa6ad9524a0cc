"""The site, built once for each run and served to the browser tests."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.site import browsing, fielded
from tests.site.building import build, serving


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this repository's site, built strictly and without a network from the embedded homelab.

    One for all workers of a run: nobody writes to it."""
    own = tmp_path_factory.getbasetemp()
    run = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    target, done = run / "site", run / "site.done"
    with (run / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            built = build(target)
            assert built.returncode == 0, built.stderr
            assert "WARNING" not in built.stderr, built.stderr
            done.touch()
    return target


@pytest.fixture(scope="session")
def base(site: Path) -> Iterator[str]:
    """The URL of the served site."""
    with serving(site) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module; each test opens windows of its own in it.

    Not for the whole run: while Playwright is open, its event loop runs in this thread, and no test could run one.
    """
    if browsing.executable() is None:
        pytest.skip("no Chromium; install one, or name it in TRUEBOOK_CHROMIUM")
    with sync_playwright() as playwright, browsing.launch(playwright) as found:
        yield found


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small site with fields, whose blocks are listed and not run."""
    return fielded.made(tmp_path_factory.mktemp("fields"))


@pytest.fixture(scope="session")
def small(folder: Path) -> Iterator[str]:
    """The URL of that site, served."""
    with serving(folder) as url:
        yield url


@pytest.fixture(scope="session")
def instant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same with instant navigation, which asks for the site's own address."""
    made = tmp_path_factory.mktemp("instant")
    with serving(made / "site") as url:
        fielded.made(made, url, ", navigation.instant")
        yield url


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a small site whose blocks were run against the embedded homelab."""
    with serving(fielded.tested(tmp_path_factory.mktemp("ran"))) as url:
        yield url


@pytest.fixture
def page(browser: Browser, small: str) -> Iterator[Page]:
    """The page with fields, open in a window that may use the clipboard."""
    with browsing.visit(browser, small) as found:
        yield fielded.opened(found)
