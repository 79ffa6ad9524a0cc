"""Copying from shell blocks in a real Chromium. What is copied is run against the homelab."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.browsing import visit
from tests.site.fielded import (
    FIRST,
    HARD,
    SECOND,
    TESTED,
    block,
    clipboard,
    copy,
    field,
    fill,
    filled,
    opened,
    requests,
    run,
    said,
    select,
)
from tests.site.test_runbooks import SANDBOXED

pytestmark = pytest.mark.browser


def copied(page: Page, button: Locator) -> str:
    """What a button copies."""
    page.evaluate("navigator.clipboard.writeText('')")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("navigator.clipboard.readText().then((text) => text !== '')")
    return clipboard(page)


def test_copying_takes_no_comments_prompts_or_output(page: Page) -> None:
    filled(page)
    copy(page, 0)
    expect(said(page)).to_have_text("Copied.")
    assert clipboard(page) == FIRST
    copy(page, 1)
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.includes('get deployment'))")
    assert clipboard(page) == SECOND


def test_a_line_is_copied_alone(page: Page) -> None:
    filled(page)
    for number, line in enumerate(FIRST.split("\n")):
        block(page, 0).locator("pre > code").hover()
        button = block(page, 0).locator(".truebook-line__copy").nth(number)
        button.focus()
        page.keyboard.press("Enter")
        page.wait_for_function("line => navigator.clipboard.readText().then((text) => text === line)", arg=line)
    expect(block(page, 1).locator(".truebook-line__copy")).to_have_count(0)  # it has one command alone


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_each_line_has_a_button_that_a_finger_hits(browser: Browser, small: str, device: str) -> None:
    """At least 24 by 24 pixels, whatever the size of the text; over no other button, and over no code."""
    with visit(browser, small, device=device) as found:
        page = opened(found)
        for size in ("", "10px", "30px"):
            page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
            boxes = page.evaluate(
                """() => [...document.querySelectorAll(".truebook-line__copy, .truebook-tools > button")].map((one) => {
                  const { x, y, width, height } = one.getBoundingClientRect();
                  return [x, y, width, height];
                })"""
            )
            assert len(boxes) == 9 + 10
            assert min(min(width, height) for *_, width, height in boxes) >= 24
            over = [
                (one, other)
                for one, other in itertools.combinations(boxes, 2)
                if abs(one[0] - other[0]) < min(one[2], other[2]) - 0.1
                and abs(one[1] - other[1]) < min(one[3], other[3]) - 0.1
            ]
            assert over == []
            beside = page.evaluate(
                """() => [...document.querySelectorAll(".truebook-line")].filter((one) => one.firstChild).map((one) => {
                  const button = one.firstChild.getBoundingClientRect();
                  const range = document.createRange();
                  range.setStartAfter(one);
                  range.setEnd(one.parentNode, one.parentNode.childNodes.length);
                  const code = [...range.getClientRects()].find((box) => box.width > 1);
                  const middle = (box) => box.y + box.height / 2;
                  return [code.x - button.right, Math.abs(middle(code) - middle(button))];
                })"""
            )
            assert len(beside) == 9
            assert min(gap for gap, _ in beside) >= 0
            assert max(shift for _, shift in beside) < 3  # it stands beside its own line


def test_the_buttons_of_lines_are_seen_without_a_mouse(browser: Browser, small: str) -> None:
    look = "one => getComputedStyle(one).opacity"
    with visit(browser, small) as found:
        page = opened(found)
        button = block(page, 0).locator(".truebook-line__copy").first
        assert button.evaluate(look) == "0"
        block(page, 0).locator(".truebook-tools__copy").focus()
        page.keyboard.press("Tab")
        expect(button).to_be_focused()
        assert button.evaluate(look) == "1"
        assert button.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
        assert block(page, 2).locator(".truebook-line__copy").first.evaluate(look) == "0"
    with browser.new_context(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.goto(f"{small}index.html")
        assert page.evaluate("matchMedia('(hover: none)').matches")
        looks = page.locator(".truebook-line__copy").evaluate_all(
            "all => all.map((one) => getComputedStyle(one).opacity)"
        )
        assert looks == ["1"] * 9
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        fill(page, "namespace", "monitoring")
        block(page, 0).locator(".truebook-line__copy").nth(1).tap()
        expect(said(page)).to_contain_text("Copied")
        assert clipboard(page) == "kubectl get pods -n monitoring"


def test_with_an_empty_field_copying_says_so_and_goes_there(page: Page) -> None:
    page.evaluate("navigator.clipboard.writeText('before')")
    fill(page, "deployment", "grafana")
    copy(page, 0)
    expect(said(page)).to_contain_text("Not copied: namespace is empty")
    assert page.locator(".truebook-said").get_attribute("aria-live") == "polite"
    assert clipboard(page) == "before"
    box = page.get_by_role("combobox", name="namespace")
    expect(box).to_be_focused()
    assert box.evaluate("box => box.closest('.truebook-block') === document.querySelectorAll('.truebook-block')[0]")
    page.keyboard.type("monitoring")
    page.keyboard.press("Enter")
    copy(page, 0)
    expect(said(page)).to_have_text("Copied.")
    assert clipboard(page) == FIRST


def test_a_variable_of_the_readers_shell_need_not_be_filled(page: Page) -> None:
    block(page, 3).locator("pre > code").hover()
    block(page, 3).locator(".truebook-line__copy").nth(1).click()
    expect(said(page)).to_contain_text("Copied")
    assert clipboard(page) == "kubectl get pods -n $NS"


def test_selecting_by_hand_gives_what_the_button_gives(page: Page) -> None:
    filled(page)
    fill(page, "app", "a b")
    page.locator(".truebook-field[data-key=token]").scroll_into_view_if_needed()
    fill(page, "token", "t")
    fill(page, "name", "me")
    for number in range(5):
        copy(page, number)
        expect(said(page)).to_contain_text("Copied")
        button = page.evaluate("navigator.clipboard.readText()")
        page.evaluate("navigator.clipboard.writeText('')")
        page.evaluate(
            "number => document.querySelectorAll('.truebook-block')[number].setAttribute('id', `b${number}`)", number
        )
        select(page, f"#b{number} pre > code", f"#b{number} pre > code")
        page.wait_for_function("text => navigator.clipboard.readText().then((found) => found === text)", arg=button)


def test_a_part_that_is_selected_by_hand_is_filled_too(page: Page) -> None:
    filled(page)
    page.evaluate(
        """() => {
          const fields = document.querySelectorAll(".truebook-block")[0].querySelectorAll(".truebook-field");
          const range = document.createRange();
          range.setStart(fields[0].firstChild, 2);
          range.setEndAfter(fields[2]);
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }"""
    )
    page.keyboard.press("Control+c")
    expected = "grafana -n monitoring\nkubectl get pods -n monitoring"
    page.wait_for_function("text => navigator.clipboard.readText().then((found) => found === text)", arg=expected)


def test_what_is_selected_with_the_text_around_it_keeps_both(page: Page) -> None:
    filled(page)
    select(page, "article h1", "article .truebook-block pre")
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.includes('kubectl'))")
    text = clipboard(page)
    assert "Before." in text
    assert FIRST in text
    assert "Restart the pods" not in text
    assert "and look" not in text


def test_text_elsewhere_copies_as_ever(page: Page) -> None:
    select(page, "article > .highlight:not(.truebook-block *) code", "article > .highlight:not(.truebook-block *) code")
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.includes('print'))")
    assert clipboard(page).strip() == 'print("<app>")'


def test_copying_needs_no_secure_page(browser: Browser, small: str) -> None:
    """A homelab's site over plain HTTP has no `navigator.clipboard`."""
    with visit(browser, small) as found:
        found.page.add_init_script(
            "window.real = navigator.clipboard; Object.defineProperty(navigator, 'clipboard', {value: undefined});"
        )
        page = opened(found)
        filled(page)
        copy(page, 0)
        expect(said(page)).to_have_text("Copied.")
        assert page.evaluate("window.real.readText()") == FIRST


def test_the_themes_own_button_gives_way_but_stays_at_other_code(page: Page) -> None:
    theirs = ".md-clipboard, .md-code__nav"
    assert page.locator(f".truebook-block :is({theirs}):visible").count() == 0
    expect(page.locator("pre", has_text="print(").locator(theirs).first).to_be_attached()


NOT_RUN = 6
"""Which block of the tested site has a field that nothing fills."""


@SANDBOXED
def test_what_was_copied_is_what_was_tested(browser: Browser, ran: str, tmp_path: Path) -> None:
    """The clipboard's text is run as a block of its own: it asks the cluster for exactly what the page's own did, and
    prints the same. By button, by hand, and line by line, with values that need their quotes."""
    ways: dict[str, list[str]] = {"button": [], "hand": [], "lines": []}
    with visit(browser, ran) as found:
        page = opened(found)
        for key, value in {"namespace": "monitoring", "deployment": "grafana", "name": HARD}.items():
            fill(page, key, value)
        numbers = [number for number in range(page.locator(".truebook-block").count()) if number != NOT_RUN]
        for number in numbers:
            one = block(page, number)
            buttons = one.locator(".truebook-line__copy").all() or [one.locator(".truebook-tools__copy")]
            ways["lines"].append("\n".join(copied(page, button) for button in buttons))
            ways["button"].append(copied(page, one.locator(".truebook-tools__copy")))
            page.evaluate("n => document.querySelectorAll('.truebook-block')[n].setAttribute('id', `b${n}`)", number)
            page.evaluate("navigator.clipboard.writeText('')")
            select(page, f"#b{number} pre > code", f"#b{number} pre > code")
            ways["hand"].append(clipboard(page))
    assert ways["button"] == ways["hand"] == ways["lines"]
    tested = [one for number, one in enumerate(run(tmp_path, TESTED, code=1)) if number != NOT_RUN]
    fences = "".join(f"````bash\n{text}\n````\n\n" for text in ways["button"])
    again = run(tmp_path, f"# Copied\n\n{fences}", code=1)
    look = ("plan", "verdict", "result", "exit_code", "output", "claims")
    for result, other in zip(again, tested, strict=True):
        assert result["values"] == []  # the copy has nothing left to fill
        assert {name: result[name] for name in look} == {name: other[name] for name in look}
        assert requests(result) == requests(other)
    assert sum(bool(requests(one)) for one in again) == len(again) - 1  # all but what argocd would do
    assert sum(HARD in one["output"] for one in again) == 4
    assert [one["result"] for one in again] == ["passed"] * 6 + ["failed"]


def test_code_that_a_highlighter_writes_anew_is_left_alone(browser: Browser, small: str) -> None:
    with visit(browser, small) as found:
        found.page.add_init_script(
            """addEventListener("load", () => {
              const code = document.querySelector(".truebook-block pre > code");
              code.innerHTML = "<b>kubectl</b> written anew";
            });"""
        )
        page = opened(found)
        expect(page.locator(".truebook-block--live")).to_have_count(4)
        expect(block(page, 0).locator(".truebook-tools")).to_have_count(0)
        expect(block(page, 0).locator(".md-clipboard, .md-code__nav").first).to_be_visible()
        fill(page, "namespace", "monitoring")
        expect(block(page, 0).locator("pre > code")).to_have_text("kubectl written anew")


def test_it_all_works_from_a_disk(browser: Browser, folder: Path) -> None:
    with visit(browser, f"{folder.as_uri()}/") as found:
        page = found.open("index.html")
        field(page, "namespace").click()
        expect(page.get_by_role("option", name="monitoring")).to_be_visible()
        page.keyboard.press("Escape")
        filled(page)
        copy(page, 0)
        expect(said(page)).to_have_text("Copied.")
        page.get_by_role("link", name="Other", exact=True).last.click()
        expect(page.locator("h1")).to_contain_text("Other")
        expect(field(page, "namespace")).to_have_text("monitoring")
