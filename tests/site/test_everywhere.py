"""The site wherever it is read: from a disk, under its policy, with instant navigation, by keyboard, by everyone."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.site.browsing import Gate, Scheme, visit
from tests.site.building import EMBEDDED, ROOT, serving
from tests.site.test_finding import results
from tests.site.test_pages import PAGES

pytestmark = pytest.mark.browser

GENERATED = ["verification.html", "drift.html"]


# ---- From a disk ----------------------------------------------------------------------------------------------------


def test_from_a_disk_it_draws_searches_and_sorts(browser: Browser, site: Path) -> None:
    with visit(browser, f"{site.as_uri()}/") as found:
        page = found.open("index.html")
        page.locator(".md-search__input").click()
        assert "scale-workloads.html" in results(page, "kubectl scale --replicas")[:4]
        page.locator(".md-search-result__link[href*='scale-workloads']").first.click()
        expect(page.locator("h1")).to_contain_text("Scale workloads")
        page = found.open("incident/index.html")
        page.get_by_role("button", name="Status").click()
        expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)


def test_over_http_the_search_is_a_worker_of_the_browsers_own(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        assert page.evaluate("String(Worker).includes('[native code]')")


# ---- Under its policy -----------------------------------------------------------------------------------------------


def test_nothing_runs_that_the_build_did_not_put_there(browser: Browser, base: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{base}index.html")
        blocked = page.evaluate(
            """async () => {
              const told = new Promise((done) => addEventListener("securitypolicyviolation", done, { once: true }));
              const script = document.createElement("script");
              script.textContent = "window.intruder = true";
              document.body.append(script);
              return [(await told).effectiveDirective, window.intruder];
            }"""
        )
        assert blocked == ["script-src-elem", None]
        handler = page.evaluate(
            """async () => {
              const told = new Promise((done) => addEventListener("securitypolicyviolation", done, { once: true }));
              const image = document.createElement("div");
              image.innerHTML = '<img src="nothing" onerror="window.intruder = true">';
              document.body.append(image);
              return [(await told).effectiveDirective, window.intruder];
            }"""
        )
        assert handler == ["script-src-attr", None]
        assert page.evaluate("fetch('https://example.invalid/').then(() => 'asked', () => 'refused')") == "refused"


def test_the_header_that_servers_may_send_fits_too(browser: Browser, base: str, site: Path) -> None:
    header = (site / "content-security-policy.txt").read_text(encoding="utf-8").strip()
    with visit(browser, base) as found:
        found.page.route(
            "**/*.html",
            lambda route: route.fulfill(
                response=(answer := route.fetch()), headers={**answer.headers, "content-security-policy": header}
            ),
        )
        page = found.open("index.html")
        page.locator(".md-search__input").click()
        assert results(page, "vault")


# ---- With instant navigation ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def instant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site with Material's instant navigation, which changes pages without loading them; where it is served."""
    folder = tmp_path_factory.mktemp("instant")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    changed = settings.replace("  features:\n", "  features:\n    - navigation.instant\n", 1)
    assert changed != settings
    # Beside the original, as its paths are relative to it.
    own = ROOT / f".mkdocs-instant-{port}.yml"
    own.write_text(f"site_url: http://127.0.0.1:{port}/\n{changed}", encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mkdocs", "build", "-q", "-f", str(own), "--site-dir", str(folder)],
            cwd=ROOT,
            env=dict(os.environ, NO_MKDOCS_2_WARNING="1", TRUEBOOK_RECORDING=str(EMBEDDED)),
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    finally:
        own.unlink()
    assert done.returncode == 0, done.stderr
    with serving(folder, port=port) as base:
        yield base


def test_with_instant_navigation_pages_are_as_those_that_are_loaded(browser: Browser, instant: str) -> None:
    with visit(browser, instant) as found:
        page = found.open("vault.html", drawn=False)
        page.evaluate("window.stayed = true")
        page.locator(".md-nav--primary").get_by_role("link", name="Something is wrong").click()
        expect(page.locator("h1")).to_contain_text("Something is wrong")
        assert page.evaluate("window.stayed") is True  # the page was not loaded
        page.get_by_role("button", name="Status").click()
        expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
        expect(page.locator(".truebook-freshness")).to_be_visible()
        # A page with diagrams brings Mermaid along.
        page.locator(".md-nav--primary").get_by_role("link", name="The whole stack").click()
        expect(page.locator(".mermaid svg .node").first).to_be_visible(timeout=20_000)
        expect(page.locator(".truebook-diagram__tools").first).to_be_visible()
        expect(page.locator(".mermaid svg .node.healthy .nodeLabel").first).to_have_css(
            "font-family", "Inter, sans-serif"
        )
        page.locator(".md-nav--primary").get_by_role("link", name="Operations", exact=True).click()
        expect(page.locator("h1")).to_contain_text("Operations")
        expect(page.locator(".mermaid svg .node").first).to_be_visible(timeout=20_000)
        expect(page.locator(".truebook-arrow").first).to_be_attached()
        assert page.evaluate("document.querySelectorAll('script[src*=mermaid]').length") == 1
        assert page.evaluate("window.stayed") is True


def test_with_instant_navigation_a_diagram_without_mermaid_is_text(browser: Browser, instant: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.route("**/mermaid.min.js", lambda route: route.abort())
        page.goto(f"{instant}vault.html")
        page.locator(".md-nav--primary").get_by_role("link", name="The whole stack").click()
        expect(page.locator(".mermaid").first).to_contain_text("flowchart LR", timeout=20_000)
        expect(page.get_by_text("This diagram could not be drawn").first).to_be_visible()


# ---- Our own scripts ------------------------------------------------------------------------------------------------


def test_our_javascript_is_small_and_plain(site: Path) -> None:
    """Less than a picture, in files that a person can read; nothing brings other code along."""
    scripts = [*(site / "assets").glob("truebook*.js"), *(ROOT / "docs" / "assets").glob("*.js")]
    ours = [path for path in scripts if path.name != "truebook-values.js"]  # what is live, and no code
    assert len(ours) >= 8
    assert sum(path.stat().st_size for path in ours) < 64_000
    for path in ours:
        text = path.read_text(encoding="utf-8")
        assert max(map(len, text.splitlines())) <= 160, path
        assert not re.search(r"\bimport\b|\brequire\(|\beval\(|innerHTML|document\.write\(|new Function", text), path


# ---- For everyone ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core, which `scripts/vendor --tests` fetches once."""
    path = ROOT / ".cache" / "truebook" / "vendor" / "axe.min.js"
    if not path.exists():
        done = subprocess.run(["scripts/vendor", "--tests"], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"axe-core is not there: {done.stderr.strip()}")
    return path.read_text(encoding="utf-8")


def serious(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (violation["id"], json.dumps(node["target"])[:160])
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


RUN = "rules => axe.run(document, { resultTypes: ['violations'], ...(rules && { runOnly: rules }) })"
BY_COLOUR = ["color-contrast", "link-in-text-block"]
"""What another scheme can change."""
PALETTES = {"light": "default", "dark": "slate"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("device", "schemes"), [("desktop", ("light", "dark")), ("phone", ("light",))])
def test_axe_finds_nothing_serious_on_any_page(
    browser: Browser, base: str, site: Path, axe: str, device: str, schemes: tuple[Scheme, ...]
) -> None:
    """Nor is a page wider than its window; a script that fails and a breach of the policy fail the visit."""
    pages = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    assert {*PAGES, *GENERATED, "404.html"} <= set(pages)
    wrong = {}
    with visit(browser, base, device=device) as found:
        for name in pages:
            found.page.emulate_media(color_scheme="light")
            page = found.open(name)
            for summary in page.locator("article summary:visible").all()[:2]:
                summary.click()
            page.evaluate(axe)
            for scheme in schemes:
                page.emulate_media(color_scheme=scheme)
                expect(page.locator("body")).to_have_attribute("data-md-color-scheme", PALETTES[scheme])
                if seen := serious(page.evaluate(RUN, None if scheme == schemes[0] else BY_COLOUR)):
                    wrong[name, scheme] = seen
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    assert wrong == {}


SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries())
    for (const source of one.sources ?? [])
      window.shifts.push([one.value, source.node?.className ?? source.node?.nodeName ?? "?"]);
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_nothing_moves_while_a_page_comes_up(browser: Browser, base: str, device: str) -> None:
    """Layout shifts as Chromium measures them: good pages have less than 0.1; badges alone move nothing at all."""
    with visit(browser, base, device=device) as found:
        found.page.add_init_script(SHIFTS)
        for name in ("index.html", "incident/index.html", "vault.html", "runbooks/rotate-secrets.html"):
            page = found.open(name)
            page.wait_for_load_state("networkidle")
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            shifts: list[tuple[float, str]] = page.evaluate("window.shifts")
            assert sum({value for value, _ in shifts}) < 0.1, (name, shifts)
            assert [shift for shift in shifts if "truebook-status" in str(shift[1])] == [], name


def test_nothing_moves_when_the_font_comes_late(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page, fonts = found.page, Gate()
        page.add_init_script(SHIFTS)
        page.route("**/*.woff2", fonts)
        page.goto(f"{base}vault.html", wait_until="commit")
        page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
        assert fonts.waiting
        fonts.open()
        page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(done)))")
        shifts: list[tuple[float, str]] = page.evaluate("window.shifts")
        assert sum({value for value, _ in shifts}) < 0.02, shifts


def test_the_font_is_asked_for_before_its_stylesheet_is_read(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page, stylesheet = found.page, Gate()
        page.route("**/fonts.css", stylesheet)
        with page.expect_request("**/inter-latin.woff2"):
            page.goto(f"{base}vault.html", wait_until="commit")
        stylesheet.open()
        page.wait_for_load_state()


def test_a_runbook_is_reached_read_and_left_by_keyboard_alone(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("incident/index.html")
        page.keyboard.press("Tab")
        expect(page.locator(".md-skip")).to_be_focused()
        page.keyboard.press("Enter")
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.closest('article') && document.activeElement.matches('td a')"):
                break
        assert page.evaluate("document.activeElement.textContent") == "ArgoCD"
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("ArgoCD")
        page.keyboard.press("/")
        page.keyboard.type("vault operator unseal")
        page.locator(".md-search-result__link").first.wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("Vault")
