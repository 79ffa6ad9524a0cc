"""A real Chromium for tests, and a visit that fails where a page asks for anything beyond the site."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, Dialog, Page, Playwright, Request, Route

from tests.real.servers.binaries import ENVIRONMENT
from tests.site.building import ROOT

SCREENSHOTS = ROOT / "test-artifacts" / "screenshots"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {"desktop": (1280, 900), "phone": (360, 780)}

Scheme = Literal["light", "dark"]


def executable() -> str | None:
    """The browser to drive: TRUEBOOK_CHROMIUM, else one of the usual names on the PATH."""
    named = ENVIRONMENT.get("TRUEBOOK_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)


@dataclass
class Visit:
    """An open page, and what went on while it was."""

    page: Page
    base: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, where: str, *, drawn: bool = True) -> Page:
        """Load a page of the site and wait until its fonts are there and its diagrams drawn."""
        self.page.goto(self.base + where)
        if drawn:
            for diagram in self.page.locator(".mermaid").all():
                diagram.locator("svg .node").first.wait_for()
        self.page.evaluate("document.fonts.ready")
        return self.page

    def screenshot(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def _dialog(self, dialog: Dialog) -> None:
        self.errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.outside.append(request.url)


@dataclass
class Gate:
    """A handler for `page.route`: what is asked for waits until the gate is opened."""

    waiting: list[Route] = field(default_factory=list)
    opened: bool = False

    def __call__(self, route: Route) -> None:
        if self.opened:
            route.continue_()
        else:
            self.waiting.append(route)

    def open(self) -> None:
        self.opened = True
        for route in self.waiting:
            route.continue_()


@contextmanager
def visit(
    browser: Browser, base: str, *, scheme: Scheme = "light", device: str = "desktop", javascript: bool = True
) -> Iterator[Visit]:
    """A browser window of its own. At its end: no request left the site, no script failed, no dialog opened."""
    width, height = WIDTHS[device]
    with browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        java_script_enabled=javascript,
    ) as context:
        page = context.new_page()
        page.set_default_timeout(20_000)
        found = Visit(page, base)
        context.on("request", found._request)
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("console", lambda said: found.errors.append(said.text) if said.type in ("error", "warning") else None)
        page.on("dialog", found._dialog)
        yield found
        assert found.outside == []
        assert found.errors == []
