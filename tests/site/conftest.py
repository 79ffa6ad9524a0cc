"""The site, built once for each run and served to the browser tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.site import browsing
from tests.site.building import build, serving


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this repository's site, built strictly and without a network from the embedded homelab."""
    target = tmp_path_factory.mktemp("site")
    built = build(target)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr, built.stderr
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
