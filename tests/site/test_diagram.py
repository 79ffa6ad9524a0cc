"""Diagrams in a real Chromium: zoomed by wheel, finger, button and key; arrows that say where they were read."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.site.browsing import Gate, Scheme, visit
from tests.site.test_browser import CONTRAST

pytestmark = pytest.mark.browser


def width(page: Page) -> float:
    found: float = page.locator(".mermaid > svg").first.evaluate("svg => svg.getBoundingClientRect().width")
    return found


def test_buttons_zoom_and_show_all_of_it(browser: Browser, base: str) -> None:
    with visit(browser, base, device="phone") as found:
        page = found.open("index.html")
        tools = page.get_by_role("group", name="Zoom")
        before = width(page)
        tools.get_by_role("button", name="Zoom in").click()
        assert width(page) == pytest.approx(before * 1.4, rel=0.01)
        tools.get_by_role("button", name="Zoom out").click()
        assert width(page) == pytest.approx(before, rel=0.01)
        tools.get_by_role("button", name="Show all of it").click()
        box = page.locator(".mermaid").first
        assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_wheel_zooms_with_a_modifier_where_the_pointer_is(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        page.locator(".mermaid").first.scroll_into_view_if_needed()
        node = page.locator(".mermaid .node", has_text="Grafana")
        spot = node.bounding_box()
        assert spot is not None
        before = width(page)
        page.mouse.move(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
        page.mouse.wheel(0, 40)
        assert width(page) == before
        page.keyboard.down("Control")
        page.mouse.wheel(0, -300)
        page.keyboard.up("Control")
        page.wait_for_function(
            "before => document.querySelector('.mermaid > svg').clientWidth > before * 1.5", arg=before
        )
        expect(node).to_be_in_viewport()


def test_two_fingers_zoom_and_one_moves(browser: Browser, base: str) -> None:
    with browser.new_context(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.goto(f"{base}index.html")
        page.locator(".mermaid svg .node").first.wait_for()
        box = page.locator(".mermaid").first
        box.scroll_into_view_if_needed()
        place = box.bounding_box()
        assert place is not None
        x, y = place["x"] + place["width"] / 2, place["y"] + 120
        before = width(page)
        session = context.new_cdp_session(page)

        def touch(kind: str, *spots: tuple[float, float]) -> None:
            points = [{"x": a, "y": b, "id": i} for i, (a, b) in enumerate(spots)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", (x - 30, y), (x + 30, y))
        for apart in (40, 60, 80):
            touch("touchMove", (x - apart, y), (x + apart, y))
        touch("touchEnd")
        page.wait_for_function(
            "before => document.querySelector('.mermaid > svg').clientWidth > before * 2", arg=before
        )
        assert page.evaluate("visualViewport.scale") == 1  # the page itself is not zoomed
        left: float = box.evaluate("box => box.scrollLeft")
        touch("touchStart", (x + 60, y))
        for step in range(1, 9):
            touch("touchMove", (x + 60 - step * 15, y))
        touch("touchEnd")
        page.wait_for_function("left => document.querySelector('.mermaid').scrollLeft > left + 20", arg=left)


def test_keys_zoom_and_move(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        box = page.locator(".mermaid").first
        box.focus()
        before = width(page)
        page.keyboard.press("+")
        page.keyboard.press("+")
        assert width(page) > before * 1.8
        left: float = box.evaluate("box => box.scrollLeft")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("left => document.querySelector('.mermaid').scrollLeft > left", arg=left)
        page.keyboard.press("0")
        assert width(page) <= before * 1.01


def test_a_dragged_diagram_moves_and_opens_nothing(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        page.get_by_role("button", name="Zoom in").first.click()
        page.get_by_role("button", name="Zoom in").first.click()
        box = page.locator(".mermaid").first
        node = page.locator(".mermaid .node", has_text="Vault")
        node.scroll_into_view_if_needed()
        left: float = box.evaluate("box => box.scrollLeft")
        spot = node.bounding_box()
        assert spot is not None
        page.mouse.move(spot["x"] + spot["width"] / 2, spot["y"] + 10)
        page.mouse.down()
        page.mouse.move(spot["x"] + spot["width"] / 2 - 70, spot["y"] + 10, steps=4)
        page.mouse.up()
        assert box.evaluate("box => box.scrollLeft") > left + 40
        assert page.url.endswith("index.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_arrow_says_its_evidence_to_a_pointer(browser: Browser, base: str, scheme: Scheme) -> None:
    with visit(browser, base, scheme=scheme) as found:
        page = found.open("index.html")
        tip = page.locator(".truebook-diagram__tip")
        expect(tip).to_be_hidden()
        arrow = page.locator(".truebook-arrow[aria-label^='GitHub → ArgoCD']")
        arrow.scroll_into_view_if_needed()
        middle = arrow.evaluate(
            """path => {
              const at = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM());
              return [at.x, at.y];
            }"""
        )
        page.mouse.move(middle[0], middle[1] + 3)  # a line need not be hit exactly
        expect(tip).to_be_visible()
        expect(tip).to_contain_text("spec.source")
        assert [one for one in page.evaluate(CONTRAST, ".truebook-diagram__tip") if one[1] < 4.5] == []
        found.screenshot(f"diagram-evidence-{scheme}")
        page.mouse.move(2, 2)
        expect(tip).to_be_hidden()


def test_an_arrow_says_its_evidence_to_the_keyboard_and_leads_to_the_list(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        arrows = page.locator(".truebook-arrow")
        items = page.locator(".truebook-evidence li[data-arrow]")
        assert arrows.count() == page.locator("path.flowchart-link").count() == items.count()
        expect(page.locator(".truebook-arrow[tabindex='0']")).to_have_count(1)  # one stop for all of them
        first = arrows.first
        first.focus()
        expect(page.locator(".truebook-diagram__tip")).to_have_text(first.get_attribute("aria-label") or "?")
        page.keyboard.press("ArrowRight")
        expect(arrows.nth(1)).to_be_focused()
        expect(page.locator(".truebook-diagram__tip")).to_have_text(arrows.nth(1).get_attribute("aria-label") or "?")
        page.keyboard.press("Enter")
        expect(page.locator(".truebook-evidence")).to_have_attribute("open", "")
        focused = page.evaluate("document.activeElement.textContent.trim()")
        assert focused == arrows.nth(1).get_attribute("aria-label")


def test_every_diagram_of_the_whole_stack_has_its_own_evidence(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("stack.html")
        pairs = page.evaluate(
            """() => [...document.querySelectorAll(".truebook-diagram")].map((one) => [
              one.querySelectorAll("path.flowchart-link").length, one.querySelectorAll(".truebook-arrow").length])"""
        )
        assert len(pairs) == 5
        assert all(drawn == armed > 0 for drawn, armed in pairs), pairs


@pytest.mark.parametrize("broken", ["missing", "wrong"])
def test_a_diagram_that_cannot_be_drawn_leaves_its_text(browser: Browser, base: str, broken: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        if broken == "missing":
            page.route("**/mermaid.min.js", lambda route: route.abort())
        else:

            def spoil(route: Route) -> None:
                answer = route.fetch()
                route.fulfill(response=answer, body=answer.text().replace("flowchart LR", "flowchart LR\n  ]]broken[["))

            page.route("**/index.html", spoil)
        page.goto(f"{base}index.html")
        box = page.locator(".mermaid").first
        expect(box).to_contain_text("flowchart LR", timeout=20_000)
        expect(box).to_be_visible()
        expect(page.get_by_text("This diagram could not be drawn")).to_be_visible()
        lines: int = box.evaluate("box => box.innerText.split('\\n').length")
        assert lines > 10  # one for each statement, as it was written
        expect(page.locator(".truebook-evidence")).to_be_visible()


WORDS = """() => [...document.querySelectorAll(".mermaid .node")].flatMap((node) => {
  const shape = node.querySelector(".label-container").getBoundingClientRect();
  const texts = document.createTreeWalker(node.querySelector(".nodeLabel"), NodeFilter.SHOW_TEXT);
  const wrong = [];
  while (texts.nextNode()) for (const { 0: word, index } of texts.currentNode.data.matchAll(/\\S+/g)) {
    const range = document.createRange();
    range.setStart(texts.currentNode, index);
    range.setEnd(texts.currentNode, index + word.length);
    const [place, ...more] = range.getClientRects();
    if (more.length || place.left < shape.left || place.right > shape.right || place.bottom > shape.bottom + 1)
      wrong.push(word);
  }
  return wrong;
})"""


@pytest.mark.parametrize("font", ["at once", "after the first paint", "never"])
def test_no_name_is_cut_in_two_in_whatever_font_it_is_drawn(browser: Browser, base: str, font: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page, fonts = context.new_page(), Gate()
        if font == "never":
            page.route("**/*.woff2", lambda route: route.abort())
        elif font == "after the first paint":
            page.route("**/*.woff2", fonts)
        page.goto(f"{base}stack.html", wait_until="commit")
        page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
        page.wait_for_function("() => document.fonts.size")
        assert bool(fonts.waiting) == (font == "after the first paint")
        fonts.open()
        for diagram in page.locator(".mermaid").all():
            diagram.locator("svg .node").first.wait_for()
        page.evaluate("document.fonts.ready")
        assert page.locator(".mermaid .node").count() > 40
        assert page.evaluate(WORDS) == []


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_every_diagram_begins_with_something_that_can_be_read(browser: Browser, base: str, device: str) -> None:
    with visit(browser, base, device=device) as found:
        page = found.open("stack.html")
        letters = page.locator(".mermaid > svg").evaluate_all("all => all.map((svg) => svg.getScreenCTM().a * 16)")
        assert len(letters) == 5
        assert min(letters) >= 10
        seen = page.evaluate(
            """() => [...document.querySelectorAll(".mermaid")].map((box) => {
              const frame = box.getBoundingClientRect();
              return [...box.querySelectorAll(".node")].filter((node) => {
                const { left, right, top, bottom } = node.getBoundingClientRect();
                return left >= frame.left && right <= frame.right && top >= frame.top && bottom <= frame.bottom;
              }).length;
            })"""
        )
        assert min(seen) >= 1
        box = page.locator(".mermaid").first
        page.get_by_role("button", name="Show all of it").first.click()
        assert box.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_the_buttons_hide_nothing_of_the_diagram(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("stack.html")
        hidden = page.evaluate(
            """() => [...document.querySelectorAll(".truebook-diagram")].flatMap((frame) => {
              const tools = frame.querySelector(".truebook-diagram__tools").getBoundingClientRect();
              return [...frame.querySelectorAll(".node, .cluster, .edgeLabel")].filter((one) => {
                const at = one.getBoundingClientRect();
                return at.width && at.right > tools.left && at.left < tools.right && at.top < tools.bottom;
              }).map((one) => one.textContent);
            })"""
        )
        assert hidden == []


def test_the_script_asks_nobody() -> None:
    text = (Path(__file__).parents[2] / "plugins/truebook/assets/truebook-diagram.js").read_text(encoding="utf-8")
    assert "http" not in text
    assert "innerHTML" not in text
