"""Shell blocks in a real Chromium: what they say of their results, and that nothing on the page runs or moves."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.browsing import visit
from tests.site.fielded import HARD, block, clipboard, copy, fill, filled, said, select
from tests.site.test_runbooks import CONTRAST, SANDBOXED

pytestmark = pytest.mark.browser


BADGES = [
    ("passed", r"Ran just now on homelab \(recorded\)"),
    ("passed", r"Ran just now on homelab \(recorded\)"),
    ("passed", r"Dry-run just now on homelab \(recorded\)"),
    ("passed", r"Ran just now on homelab \(recorded\)"),
    ("passed", r"Dry-run just now on homelab \(recorded\)"),
    ("passed", r"Proved(?: in part)?: \d of \d claims just now on homelab \(recorded\)"),
    ("not-run", r"Not run: <some label> is not filled"),
    ("failed", r"Failed at line \d+: exit code 1: .*not found.*"),
]
"""What the line below each block of the tested site says."""

FACTS = {
    "Verdict": "read reads objects",
    "Commands": "kubectl get deployment \"grafana\" -n 'monitoring' -o name read reads objects (line 14)",
    "Plan": "run reads objects",
    "Values": "<namespace> is monitoring, from front matter",
    "Requests": "GET /apis/apps/v1/namespaces/monitoring/deployments/grafana kubernetes: 200",
    "When": " UTC, in ",
    "Where": "homelab, a recording, replayed: recording homelab.json",
    "Tools": "kubectl v1.",
    "Output": "deployment.apps/grafana",
}
"""What the details of its first block say, by term."""


@SANDBOXED
def test_each_block_says_how_it_went_and_opens_to_what_was_done(browser: Browser, ran: str) -> None:
    with visit(browser, ran) as found:
        page = found.page
        page.clock.install(time=datetime.now(UTC))
        found.open("index.html")
        started = datetime.fromisoformat(page.locator("summary time").first.get_attribute("datetime") or "")
        page.clock.set_system_time(started + timedelta(seconds=30))
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        summaries = page.locator(".truebook-result > summary")
        expect(summaries).to_have_count(len(BADGES))
        for number, (state, words) in enumerate(BADGES):
            expect(summaries.nth(number)).to_have_text(re.compile(rf"^\s*{words}\s*$"))
            expect(block(page, number)).to_have_attribute("data-result", state)
            expect(block(page, number).locator("dl")).not_to_be_visible()  # quiet until it is asked
        summaries.first.focus()
        page.keyboard.press("Enter")
        expect(block(page, 0).locator("dl")).to_be_visible()
        terms = block(page, 0).locator("dl > dt").all_text_contents()
        told = dict(zip(terms, block(page, 0).locator("dl > dd").all_text_contents(), strict=True))
        assert list(told) == list(FACTS)
        assert {term: words for term, words in FACTS.items() if words not in told[term]} == {}
        assert re.search(r" in \d+\.\d\d s", told["When"])
        assert told["Output"].endswith(f"\n{HARD}")
        summaries.nth(5).click()
        claims = block(page, 5).locator("dt", has_text="Claims").locator("+ dd li")
        expect(claims.first).to_contain_text(re.compile("^(yes|not known) "))
        assert claims.count() > 2
        assert "Output" not in block(page, 1).locator("dl > dt").all_text_contents()  # nobody asked for it


AGES = {30: "just now", 5 * 60: "5 min ago", 110 * 60: "1 h ago", 2 * 3600 + 60: "2 h ago", 3 * 86400: "3 days ago"}
"""What is said of a result that was found so many seconds ago."""


@SANDBOXED
def test_a_page_that_stays_open_grows_old_and_turns_amber_after_what_its_settings_say(
    browser: Browser, ran: str
) -> None:
    with visit(browser, ran) as found:
        page = found.page
        page.clock.install(time=datetime.now(UTC))
        found.open("index.html")
        first, stale = block(page, 0), page.locator(".truebook-result__stale")
        started = datetime.fromisoformat(first.locator("time").get_attribute("datetime") or "")
        colour = "one => getComputedStyle(one).color"
        colours = {}
        for age, words in AGES.items():
            page.clock.set_system_time(started + timedelta(seconds=age))
            page.clock.run_for(20_000)  # by itself
            expect(first.locator("summary")).to_contain_text(f"{words} on homelab (recorded)")
            expect(stale).to_have_count(7 if age > 2 * 3600 else 0)  # of those that were tested
            colours[age] = first.locator(".truebook-result__said").evaluate(colour)
        expect(first.locator("summary")).to_contain_text("may no longer hold")
        green, *_, amber = colours.values()
        assert list(colours.values()) == [green, green, green, amber, amber]
        contrasts = page.evaluate(CONTRAST, ".truebook-block--stale summary span")
        assert contrasts
        assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []
        page.clock.set_system_time(started - timedelta(days=1))  # a clock that is behind says nothing
        page.clock.run_for(20_000)
        date = re.compile(r"\d+ \w+ \d{4}, \d\d:\d\d UTC")
        expect(first.locator("summary time")).to_have_text(date)
        expect(first.locator("summary time")).to_have_attribute("title", date)
        expect(stale).to_have_count(0)
        page.clock.set_system_time(started + timedelta(seconds=30))
        page.clock.run_for(20_000)
        expect(first.locator("summary")).to_contain_text("just now")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")  # paper does not grow old by itself
        expect(first.locator("summary time")).to_have_text(date)


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
                found.page.route(
                    re.compile("truebook-(said|ages|fields|blocks).js"), lambda route: route.fulfill(body="")
                )
            page = found.open("runbooks/rotate-secrets.html")
            expect(page.locator(".truebook-block--live")).to_have_count(9 if script else 0)
            places.append(page.locator(parts).evaluate_all(look))
    assert len(places[0]) > 30
    assert places[0] == places[1]


WRITTEN = (
    "# Restart the pods\nkubectl rollout restart deployment/<deployment> -n <namespace>\n\n"
    "kubectl get pods -n <ns> # and look"
)


def test_without_a_script_the_page_reads_and_copies_as_written(browser: Browser, small: str) -> None:
    with visit(browser, small, javascript=False) as found:
        found.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = found.open("index.html", drawn=False)
        assert block(page, 0).locator("pre > code").text_content() == f"{WRITTEN}\n"
        expect(page.locator(".truebook-block button:visible")).to_have_count(0)
        expect(page.locator(".truebook-block [tabindex='0'].truebook-field")).to_have_count(0)
        look = "all => all.map((one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).boxShadow])"
        looks = block(page, 0).locator(".truebook-field").evaluate_all(look)
        assert {tuple(one) for one in looks} == {("rgba(0, 0, 0, 0)", "none")}
        code = block(page, 0).locator("pre > code")
        padding = "code => [parseInt(getComputedStyle(code).paddingLeft), getComputedStyle(code).lineHeight]"
        assert code.evaluate(padding) == page.locator("pre > code", has_text="print(").evaluate(padding)
        select(page, "pre > code", "pre > code")
        assert clipboard(page).strip() == WRITTEN


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
