"""The site in a real Chromium: what readers see, on a desk and on a phone, by day and by night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.browsing import Scheme, visit
from tests.site.test_pages import NODES, PAGES, ROWS
from truebook import recording as recordings
from truebook.pages.views.status import KINDS
from truebook.pipeline import EMBEDDED

pytestmark = pytest.mark.browser

SHOWN = [
    "index.html",
    "stack.html",
    "argocd.html",
    "vault.html",
    "oidc.html",
    "alertmanager.html",
    "velero.html",
    "runbooks/rotate-secrets.html",
    "incident/index.html",
    "incident/identify.html",
    "incident/investigate.html",
]

CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_main_pages_look_right(browser: Browser, base: str, scheme: Scheme, device: str) -> None:
    with visit(browser, base, scheme=scheme, device=device) as found:
        for name in SHOWN:
            found.open(name)
            found.screenshot(f"{name.removesuffix('.html').replace('/', '-')}-{device}-{scheme}")


def test_the_diagram_is_drawn(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        diagram = page.locator(".mermaid svg")
        expect(diagram).to_have_count(1)
        labels = " ".join(diagram.locator(".node").all_text_contents())
        for name in NODES:
            assert name in labels
        clusters = diagram.locator(".cluster").all_text_contents()
        assert {"GitOps", "Security", "Observability", "Backup"} <= {text.strip() for text in clusters}
        edges = " ".join(diagram.locator(".edgeLabel").all_text_contents())
        assert all(word in edges for word in ("deploys", "SSO", "secrets"))
        assert diagram.locator(".node.healthy").count() >= 5
        expect(page.locator(".truebook-legend")).to_contain_text("Healthy")


def test_a_node_opens_its_page(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        page.locator(".mermaid svg a", has_text="Vault").click()
        expect(page.locator("h1")).to_contain_text("Vault")
        assert page.url == f"{base}vault.html"


def test_each_table_shows_live_status(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        for group, rows in ROWS.items():
            table = page.locator(f"h3:has-text('{group}') ~ .md-typeset__scrollwrap table").first
            for title, *_ in rows:
                row = table.locator("tr", has=page.get_by_role("link", name=title, exact=True))
                badge = row.locator(".truebook-status")
                expect(badge).to_be_visible()
                assert badge.inner_text().strip()
                icon = "getComputedStyle(element, '::before').maskImage"
                assert badge.evaluate(f"element => {icon}").startswith("url(")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_states_are_readable_in_each_scheme(browser: Browser, base: str, scheme: Scheme) -> None:
    with visit(browser, base, scheme=scheme) as found:
        page = found.open("index.html")
        for selector in (".truebook-status", ".mermaid .node", ".mermaid .edgeLabel p", ".truebook-freshness span"):
            contrasts = page.evaluate(CONTRAST, selector)
            assert contrasts
            assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_systems_tell_is_readable_in_each_scheme(browser: Browser, base: str, scheme: Scheme) -> None:
    with visit(browser, base, scheme=scheme) as found:
        for name, selectors in {
            "oidc.html": (".truebook-note", ".truebook-status"),
            "alertmanager.html": (".truebook-time", ".truebook-status"),
        }.items():
            page = found.open(name)
            for selector in selectors:
                contrasts = page.evaluate(CONTRAST, f"article {selector}")
                assert contrasts, f"{name} {selector}"
                assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []
        for kind in ("failed", "stale", "absent", "stand-in"):  # the homelab has only one of them
            page.evaluate(
                """kind => {
                  document.querySelectorAll(".probe").forEach((old) => old.remove());
                  const note = document.createElement("span");
                  note.className = `truebook-note truebook-note--${kind} probe`;
                  note.textContent = `Vault: ${kind}`;
                  document.querySelector("article").append(note);
                }""",
                kind,
            )
            assert min(ratio for _, ratio in page.evaluate(CONTRAST, ".probe")) >= 4.5, kind
            icon = "element => getComputedStyle(element, '::before').maskImage"
            assert page.locator(".probe").evaluate(icon).startswith("url(")


def test_a_table_that_is_scrolled_aside_still_says_whose_row_it_is(browser: Browser, base: str) -> None:
    with visit(browser, base, device="phone") as found:
        page = found.open("alertmanager.html")
        table = page.locator("h2#what-fires-now ~ .md-typeset__scrollwrap table").first
        box, first = table.locator("xpath=ancestor::div[1]/.."), table.locator("tbody td").first
        name = first.inner_text()
        scrolled = box.evaluate("box => { box.scrollLeft = 10_000; return box.scrollLeft; }")
        assert scrolled > 0
        assert name
        place = first.bounding_box()
        assert place is not None
        assert 0 <= place["x"] < 40


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_status_has_its_colours_and_icon(browser: Browser, base: str, scheme: Scheme) -> None:
    """The homelab does not show all of them, so they are put on the page here."""
    with visit(browser, base, scheme=scheme) as found:
        page = found.open("index.html")
        icons = set()
        for kind in KINDS:
            page.evaluate(
                """kind => {
                  const badge = document.createElement("span");
                  badge.className = `truebook-status truebook-status--${kind} probe`;
                  badge.textContent = kind;
                  const node = document.querySelector(".mermaid .node.healthy").cloneNode(true);
                  node.classList.replace("healthy", kind);
                  node.classList.add("probe");
                  document.querySelectorAll(".probe").forEach((old) => old.remove());
                  document.querySelector("article").append(badge);
                  document.querySelector(".mermaid .nodes").append(node);
                }""",
                kind,
            )
            contrasts = page.evaluate(CONTRAST, ".probe")
            assert len(contrasts) == 2
            assert min(ratio for _, ratio in contrasts) >= 4.5, kind
            icon = "element => getComputedStyle(element, '::before').maskImage"
            icons.add(page.locator("span.probe").evaluate(icon))
        assert len(icons) == len(KINDS)


def test_the_scheme_can_be_switched_and_redraws_nothing(browser: Browser, base: str) -> None:
    with visit(browser, base, scheme="light") as found:
        page = found.open("index.html")
        shape = page.locator(".mermaid .node.healthy .label-container").first
        before = shape.evaluate("element => getComputedStyle(element).fill")
        for _ in range(3):
            page.locator("label[title]:visible >> nth=0").click()
            if page.locator("body").get_attribute("data-md-color-scheme") == "slate":
                break
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
        assert shape.evaluate("element => getComputedStyle(element).fill") != before


def test_tabs_show_one_runbook_at_a_time(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        vault, scale = page.get_by_text("vault kv put").first, page.get_by_text("kubectl scale").first
        expect(vault).not_to_be_visible()
        page.locator(".tabbed-labels label", has_text="Rotate Secrets").click()
        expect(vault).to_be_visible()
        expect(scale).not_to_be_visible()
        page.keyboard.press("ArrowRight")
        expect(scale).to_be_visible()
        expect(vault).not_to_be_visible()


def test_the_keyboard_reaches_links_and_shows_where_it_is(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        reached: list[str] = []
        while len(reached) < 200:
            page.keyboard.press("Tab")
            at = page.evaluate(
                """() => {
                  const at = document.activeElement, tabs = at.matches(".tabbed-set > input");
                  const seen = tabs ? at.parentElement.querySelector(".tabbed-labels") : at;
                  const mark = getComputedStyle(seen).outlineStyle === "none" ? "no outline: " : "";
                  return at === document.body ? null : mark + (tabs ? "tabs" : at.textContent.trim());
                }"""
            )
            if at is None:  # around: the next one is the first again
                break
            reached.append(at)
        for name in ("ArgoCD", "Velero", "tabs", "Identify", "OIDC Integration"):
            assert name in reached
        within = reached[reached.index("ArgoCD") :]
        assert [name for name in within if name.startswith("no outline")] == []


def test_no_page_is_wider_than_a_phone(browser: Browser, base: str) -> None:
    with visit(browser, base, device="phone") as found:
        for name in PAGES:
            page = found.open(name)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
            # What is wider scrolls in a box of its own.
            wide = page.evaluate(
                """() => [...document.querySelectorAll("article table, article pre, article svg")].filter((element) => {
                  if (element.getBoundingClientRect().right <= 360) return false;
                  for (let at = element; at.tagName !== "ARTICLE"; at = at.parentElement)
                    if (["auto", "scroll"].includes(getComputedStyle(at).overflowX)) return false;
                  return true;
                }).map((element) => element.outerHTML.slice(0, 80))"""
            )
            assert wide == [], name


def test_opens_from_a_disk(browser: Browser, site: Path) -> None:
    with browser.new_context() as context:
        page: Page = context.new_page()
        page.goto(f"{site.as_uri()}/index.html")
        page.locator(".mermaid svg .node").first.wait_for()
        page.get_by_role("link", name="Vault", exact=True).first.click()
        expect(page.locator("h1")).to_contain_text("Vault")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_grows_old_while_nobody_builds_it(browser: Browser, base: str, scheme: Scheme) -> None:
    with visit(browser, base, scheme=scheme) as found:
        line, age = found.page.locator(".truebook-freshness"), found.page.get_by_text("more than 24 hours ago")
        recorded = datetime.fromisoformat(recordings.load(EMBEDDED).recorded_at)
        found.page.clock.install(time=recorded + timedelta(hours=23, minutes=59))
        found.open("vault.html")
        expect(age).to_be_attached()
        assert age.is_hidden() or datetime.now(UTC) > recorded + timedelta(hours=24)  # else it was old when built
        found.page.clock.run_for(120_000)
        expect(age).to_be_visible()
        expect(line).to_contain_class("truebook-freshness--stale")
        contrasts = found.page.evaluate(CONTRAST, ".truebook-freshness span, .truebook-freshness strong")
        assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []
        found.screenshot(f"vault-old-{scheme}")


def test_reads_without_javascript(browser: Browser, base: str) -> None:
    with visit(browser, base, javascript=False) as found:
        page = found.open("index.html", drawn=False)
        expect(page.locator(".mermaid")).to_be_visible()
        expect(page.locator(".mermaid")).to_contain_text("flowchart")
        expect(page.locator(".truebook-status").first).to_be_visible()
        expect(page.locator(".truebook-freshness")).to_be_visible()


def test_search_finds_a_component(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        page.keyboard.press("/")
        page.keyboard.type("unseal")
        result = page.locator(".md-search-result__link").first
        expect(result).to_contain_text("Vault")
