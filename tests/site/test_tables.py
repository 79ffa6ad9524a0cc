"""Tables in a real Chromium: words with icons, headers that sort, and state that is visibly not of now."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.browsing import Scheme, visit
from tests.site.building import EMBEDDED, build, serving
from tests.site.test_browser import CONTRAST
from truebook import recording as recordings

pytestmark = pytest.mark.browser

MASK = "element => getComputedStyle(element, '::before').maskImage"


def apps(page: Page) -> Locator:
    return page.locator("h2#who-is-affected ~ * table").first


def column(table: Locator, number: int) -> list[str]:
    texts: list[str] = table.locator(f"tbody td:nth-child({number})").all_inner_texts()
    return [text.strip() for text in texts]


def test_status_sync_and_version_have_words_and_icons_of_this_site(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        for selector in (".truebook-status", "td .truebook-version"):
            shown = page.locator(selector).first
            assert shown.inner_text().strip()
            assert shown.evaluate(MASK).startswith('url("data:image/svg+xml')
        assert any("Synced" in text for text in page.locator("article table").all_inner_texts())


def test_a_header_sorts_its_column_up_down_and_back(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        table = apps(found.open("incident/index.html"))
        before = column(table, 1)
        header = table.get_by_role("columnheader", name="Component")
        button = header.get_by_role("button", name="Component")
        button.click()
        expect(header).to_have_attribute("aria-sort", "ascending")
        assert column(table, 1) == sorted(before, key=str.casefold) != before
        button.click()
        expect(header).to_have_attribute("aria-sort", "descending")
        assert column(table, 1) == sorted(before, key=str.casefold, reverse=True)
        button.click()
        assert header.get_attribute("aria-sort") is None
        assert column(table, 1) == before


def test_the_worst_status_comes_first_by_keyboard_alone(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("incident/index.html")
        table = apps(page)
        header = table.get_by_role("columnheader", name="Status")
        header.get_by_role("button").focus()
        page.keyboard.press("Enter")
        expect(header).to_have_attribute("aria-sort", "ascending")
        states = column(table, 3)
        assert states[0] == "Degraded"
        assert states.index("Progressing") < states.index("Healthy")
        assert states[-1] == "—"  # what nobody knows is last, up and down
        page.keyboard.press("Space")
        expect(header).to_have_attribute("aria-sort", "descending")
        assert column(table, 3)[-1] == "—"
        mark = "element => getComputedStyle(element).outlineStyle"
        assert header.get_by_role("button").evaluate(mark) != "none"
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.textContent")
        assert name == "Sync"


def test_moments_are_sorted_as_moments_and_one_column_at_a_time(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("velero.html")
        table = page.locator("table", has=page.get_by_role("columnheader", name="Last good", exact=True)).first
        header = table.get_by_role("columnheader", name="Last good", exact=True)
        table.get_by_role("columnheader", name="Schedule").get_by_role("button").click()
        header.get_by_role("button").click()
        expect(table.locator("th[aria-sort]")).to_have_count(1)
        stamps = table.locator("tbody time").evaluate_all("all => all.map((one) => one.dateTime)")
        assert len(stamps) > 1
        assert stamps == sorted(stamps)
        assert column(table, 1)[0] == "weekly"  # by its moment, not by its words


def test_tables_of_the_author_and_of_one_row_are_left_alone(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("vault.html")
        expect(page.locator("h2#at-a-glance ~ * table").first.locator("button")).to_have_count(0)
        expect(page.locator("h2#who-uses-what ~ * table").first.locator("th button")).to_have_count(4)


def test_headers_that_sort_are_as_high_as_others(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("argocd.html")
        height = "row => row.getBoundingClientRect().height"
        fixed = page.locator("h2#when-it-may-sync ~ * table").first.locator("thead tr").evaluate(height)
        sorting = page.locator("h2#runbooks ~ * table").first
        expect(sorting.locator("th button").first).to_be_visible()
        assert sorting.locator("thead tr").evaluate(height) == pytest.approx(fixed, abs=1)


def test_tables_read_without_javascript(browser: Browser, base: str) -> None:
    with visit(browser, base, javascript=False) as found:
        page = found.open("incident/index.html", drawn=False)
        expect(page.locator("th button")).to_have_count(0)
        expect(page.locator("h2#who-is-affected ~ table").first.locator("tbody tr")).to_have_count(24)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_badges_of_an_old_page_do_not_look_like_those_of_now(browser: Browser, base: str, scheme: Scheme) -> None:
    with visit(browser, base, scheme=scheme) as found:
        recorded = datetime.fromisoformat(recordings.load(EMBEDDED).recorded_at)
        found.page.clock.install(time=recorded + timedelta(hours=25))
        page = found.open("index.html", drawn=False)
        badge = page.locator("article .truebook-status").first
        expect(badge).to_have_css("outline-style", "dashed")
        assert [one for one in page.evaluate(CONTRAST, "article .truebook-status") if one[1] < 4.5] == []


@pytest.fixture(scope="module")
def stale(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built when the cluster did not answer, from what it said a day before."""
    folder = tmp_path_factory.mktemp("stale")
    recording = recordings.load(EMBEDDED)
    change = msgspec.structs.replace
    part = change(
        recording.parts["kubernetes"], state="stale", reason="connection refused", read_at="2026-11-23T04:00:00Z"
    )
    recordings.save(change(recording, parts={**recording.parts, "kubernetes": part}), folder / "stale.json")
    built = build(folder / "site", recording=folder / "stale.json", strict=False)
    assert built.returncode == 0, built.stderr
    return folder / "site"


def test_rows_of_a_source_that_did_not_answer_are_marked(browser: Browser, stale: Path) -> None:
    with serving(stale) as base, visit(browser, base) as found:
        page = found.open("index.html", drawn=False)
        row = page.locator("h3#apps ~ * table tr", has_text="Jellyfin").first
        mark = row.locator(".truebook-old")
        expect(mark).to_have_text("as of 23 Nov, 04:00 UTC")
        assert mark.evaluate(MASK).startswith("url(")
        expect(row.locator(".truebook-status").first).to_have_css("outline-style", "dashed")
        page = found.open("incident/index.html", drawn=False)
        expect(page.locator("article tr", has_text="connection refused")).to_contain_text("Not read anew")
        found.screenshot("incident-stale")
