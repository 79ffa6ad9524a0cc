"""Shell blocks in a real Chromium: what they say of their results, and that nothing on the page runs or moves."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.browsing import visit
from tests.site.fielded import block, copy, fill, filled, said
from tests.site.test_runbooks import CONTRAST, SANDBOXED

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("blocks")]


@pytest.mark.parametrize(("after", "words"), [
    (30, "just now"), (5 * 60, "5 min ago"), (2 * 3600, "2 h ago"), (3 * 86400, "3 days ago"),
])  # fmt: skip
@SANDBOXED
def test_a_result_grows_old_in_the_browser(browser: Browser, base: str, after: int, words: str) -> None:
    with visit(browser, base) as found:
        page = found.page
        found.open("index.html")
        time = page.locator(".truebook-result time").first
        started = datetime.fromisoformat(time.get_attribute("datetime") or "")
        page.clock.install(time=started + timedelta(seconds=after))
        found.open("index.html")
        shown = page.locator(".truebook-block:visible").first
        when = shown.locator("summary .truebook-result__when")
        expect(when).to_contain_text(f"{words} on homelab (recorded)")
        old = after > 86400
        expect(shown).to_have_attribute("class", re.compile("truebook-block--stale" if old else "^(?!.*stale)"))
        expect(when.locator(".truebook-result__stale")).to_have_count(int(old))
        assert str(started.year) in (shown.locator("summary time").get_attribute("title") or "")


@SANDBOXED
def test_a_page_that_stays_open_turns_amber_by_itself(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.page
        page.clock.install(time=datetime.now(UTC))
        found.open("index.html")
        shown = page.locator(".truebook-block:visible").first
        expect(shown.locator(".truebook-result__stale")).to_have_count(0)
        page.clock.fast_forward("25:00:00")
        expect(shown.locator("summary")).to_contain_text("25 h ago")
        expect(shown.locator(".truebook-result__stale")).to_have_text("may no longer hold")
        contrasts = page.evaluate(CONTRAST, ".truebook-block--stale summary span")
        assert contrasts
        assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []


def test_a_block_that_destroys_says_so_in_words(page: Page) -> None:
    one = block(page, 3)
    expect(one.locator(".truebook-block__warning")).to_contain_text("Destructive")
    assert page.locator(".truebook-block__warning").count() == 1
    filled(page)
    one.locator("pre > code").hover()
    one.locator(".truebook-line__copy").first.click()
    expect(said(page)).to_contain_text("destructive")


@pytest.mark.parametrize("device", ["desktop", "phone"])
@SANDBOXED
def test_nothing_moves_when_the_script_starts(browser: Browser, base: str, device: str) -> None:
    parts = ".truebook-block, .truebook-block pre, .truebook-block code, .truebook-block summary, article h2"
    look = "all => all.map((one) => { const { y, height } = one.getBoundingClientRect(); return [y, height]; })"
    places = []
    for script in (True, False):
        with visit(browser, base, device=device) as found:
            if not script:
                found.page.route(re.compile("truebook-(said|ages|fields|blocks).js"), lambda route: route.fulfill(body=""))
            page = found.open("runbooks/rotate-secrets.html")
            expect(page.locator(".truebook-block--live")).to_have_count(9 if script else 0)
            places.append(page.locator(parts).evaluate_all(look))
    assert len(places[0]) > 30
    assert places[0] == places[1]


def test_without_a_script_the_page_reads_and_copies_as_written(browser: Browser, small: str) -> None:
    with visit(browser, small, javascript=False) as found:
        page = found.open("index.html", drawn=False)
        assert block(page, 0).locator("pre > code").text_content() == (
            "# Restart the pods\nkubectl rollout restart deployment/<deployment> -n <namespace>\n\n"
            "kubectl get pods -n <ns> # and look\n"
        )
        expect(page.locator(".truebook-block button:visible")).to_have_count(0)
        look = "all => all.map((one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).boxShadow])"
        looks = block(page, 0).locator(".truebook-field").evaluate_all(look)
        assert {tuple(one) for one in looks} == {("rgba(0, 0, 0, 0)", "none")}


def test_nothing_on_the_page_runs_or_breaks(page: Page) -> None:
    assert page.evaluate("window.harmed") is None
    fill(page, "app", "<img src=x onerror=window.harmed=2>")
    fill(page, "name", "</code><script>window.harmed=3</script>")
    for number in (2, 4):
        copy(page, number)
        expect(said(page)).to_contain_text("Copied")
    assert page.evaluate("window.harmed") is None
    assert page.locator("article img, article script, article [onclick]").count() == 0
    expect(page.locator(".truebook-field[data-key=name]")).to_contain_text("<script>")
    expect(block(page, 4).locator(".md-annotation")).to_have_count(1)
