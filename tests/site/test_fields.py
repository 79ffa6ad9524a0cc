"""Fields in place of placeholders, in a real Chromium: their values, and where those go."""

from __future__ import annotations

import json
import re
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.browsing import Scheme, visit
from tests.site.building import EMBEDDED
from tests.site.fielded import block, clipboard, copy, field, fill, opened, said, select
from tests.site.test_runbooks import CONTRAST
from truebook.model import FieldMode
from truebook.runbooks.fill.write import written

pytestmark = pytest.mark.browser


def test_one_value_fills_all_fields_of_its_meaning(page: Page) -> None:
    fill(page, "namespace", "monitoring")
    assert set(page.locator(".truebook-field[data-key=namespace]").all_text_contents()) == {"monitoring"}
    assert page.locator(".truebook-field[data-key=namespace]").count() == 5
    fill(page, "app", "grafana")
    assert page.locator(".truebook-field[data-key=app]").all_text_contents() == ["grafana", "grafana"]
    expect(page.locator("pre", has_text="print(")).to_contain_text("<app>")


def test_fields_are_filled_by_keyboard_alone(page: Page) -> None:
    one = field(page, "deployment")
    one.focus()
    page.keyboard.type("gra")
    box = page.get_by_role("combobox")
    expect(box).to_have_value("gra")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "truebook-option-0")
    page.keyboard.press("Enter")
    expect(one).to_be_focused()
    expect(one).to_have_text("grafana")
    page.keyboard.press("Tab")  # to the namespace, which the choice has offered
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", selected=True)).to_contain_text("monitoring")
    page.keyboard.press("Enter")
    expect(field(page, "namespace")).to_have_text("monitoring")
    page.keyboard.press("Backspace")
    expect(field(page, "namespace")).to_have_text("<namespace>")
    page.keyboard.press("Enter")
    page.keyboard.type("other")
    page.keyboard.press("Escape")
    expect(field(page, "namespace")).to_have_text("<namespace>")
    page.keyboard.press("Enter")
    page.keyboard.type("own")
    page.keyboard.press("Tab")
    expect(field(page, "namespace")).to_have_text("own")
    assert page.evaluate("document.activeElement.closest('.truebook-block') !== null")


def test_the_list_holds_what_the_cluster_has(page: Page) -> None:
    recording = json.loads(EMBEDDED.read_bytes())["parts"]["kubernetes"]["data"]["lists"]
    names = {item["metadata"]["name"] for item in recording["apps/deployments"]["items"]}
    field(page, "deployment").click()
    options = page.get_by_role("option")
    assert set(options.locator("span").all_text_contents()) == names
    expect(options.first).to_contain_text("tested with this")
    page.keyboard.press("Escape")
    fill(page, "namespace", "argocd")
    field(page, "deployment").click()
    near = {
        item["metadata"]["name"]
        for item in recording["apps/deployments"]["items"]
        if item["metadata"]["namespace"] == "argocd"
    }
    shown = options.locator("span").all_text_contents()
    assert set(shown) == names
    assert near <= set(shown[: len(near) + 1])  # behind the one that it was tested with


def test_the_choice_of_an_app_offers_its_namespace(page: Page) -> None:
    field(page, "app").click()
    page.keyboard.type("vaultw")
    page.get_by_role("option", name="vaultwarden").click()
    expect(said(page)).to_contain_text("vaultwarden is in namespace apps")
    expect(field(page, "namespace")).to_have_text("<namespace>")  # offered, not done
    said(page).get_by_role("button", name="Fill in apps").click()
    expect(field(page, "namespace")).to_have_text("apps")
    field(page, "app").click()
    page.keyboard.type("argo")
    page.get_by_role("option", name="argocd").click()
    expect(said(page)).to_contain_text("argocd is in namespace argocd, not apps")


def test_a_name_that_the_cluster_does_not_have_is_taken_and_looks_odd(page: Page) -> None:
    fill(page, "namespace", "nowhere")
    expect(field(page, "namespace")).to_have_class(re.compile("truebook-field--odd"))
    expect(field(page, "namespace")).to_have_attribute("aria-label", re.compile("the cluster has no such name"))
    fill(page, "namespace", "vault")
    expect(field(page, "namespace")).not_to_have_class(re.compile("truebook-field--odd"))


@pytest.mark.parametrize("how", ["loaded", "instant"])
def test_values_stay_for_the_visit(browser: Browser, small: str, instant: str, how: str) -> None:
    with visit(browser, instant if how == "instant" else small) as found:
        page = opened(found)
        page.wait_for_load_state("networkidle")
        fill(page, "namespace", "monitoring")
        page.evaluate("window.stayed = true")
        page.get_by_role("link", name="Other", exact=True).last.click()
        expect(page.locator("h1")).to_contain_text("Other")
        assert page.evaluate("window.stayed === true") == (how == "instant")
        assert page.locator(".truebook-field[data-key=namespace]").all_text_contents() == ["monitoring"] * 2
        expect(page.locator(".truebook-tools__copy")).to_have_count(1)
        fill(page, "name", "x-0")
        copy(page, 0)
        expect(said(page)).to_contain_text("Copied")
        assert clipboard(page) == "kubectl get pods -n monitoring\nkubectl describe pod/x-0 -n monitoring"
        page.get_by_role("link", name="Back").click()
        expect(page.locator("h1")).to_contain_text("Fields")
        expect(field(page, "namespace")).to_have_text("monitoring")
        expect(page.locator(".truebook-tools__copy")).to_have_count(5)
        assert page.evaluate("location.search") == ""


def test_what_is_secret_is_not_kept_and_not_shared(page: Page) -> None:
    fill(page, "token", "hvs.secret")
    fill(page, "namespace", "vault")
    kept = page.evaluate("JSON.stringify(sessionStorage)")
    assert "vault" in kept
    assert "hvs.secret" not in kept
    block(page, 3).locator(".truebook-tools__share").click()
    expect(said(page)).to_contain_text("Link copied")
    assert "hvs.secret" not in clipboard(page)
    block(page, 3).locator("pre > code").hover()
    block(page, 3).locator(".truebook-line__copy").nth(2).click()
    expect(said(page)).to_contain_text("Copied")
    assert clipboard(page) == "vault login hvs.secret"


def test_a_secret_is_not_kept_from_another_page_either(browser: Browser, instant: str) -> None:
    with visit(browser, instant) as found:
        page = opened(found)
        page.wait_for_load_state("networkidle")
        fill(page, "token", "hvs.secret")
        page.evaluate("window.stayed = true")
        page.get_by_role("link", name="Other", exact=True).last.click()
        expect(page.locator("h1")).to_contain_text("Other")
        fill(page, "namespace", "vault")
        assert page.evaluate("window.stayed === true")
        assert "vault" in page.evaluate("JSON.stringify(sessionStorage)")
        assert "hvs.secret" not in page.evaluate("JSON.stringify(sessionStorage)")


def test_a_link_brings_its_values_along(browser: Browser, small: str, page: Page) -> None:
    fill(page, "namespace", "a b&c=#d")
    fill(page, "app", "grafana")
    assert page.evaluate("location.search") == ""  # only the link says them
    block(page, 0).locator(".truebook-tools__share").click()
    expect(said(page)).to_contain_text("Link copied with")
    link = clipboard(page)
    assert parse_qs(urlsplit(link).query) == {"v.namespace": ["a b&c=#d"], "v.app": ["grafana"]}
    with visit(browser, small) as other:
        found = opened(other, link.removeprefix(small))
        expect(field(found, "namespace")).to_have_text("'a b&c=#d'")
        expect(said(found)).to_contain_text("From the link: ")
        assert found.url == f"{small}index.html"


def test_a_link_cannot_bring_what_is_no_value(browser: Browser, small: str) -> None:
    with visit(browser, small) as found:
        page = opened(found, "index.html?v.namespace=a%0arm&v.token=x&v.other=y&v.app=%3Cimg%20src%3Dx%3E&h=kubectl")
        expect(field(page, "namespace")).to_have_text("<namespace>")
        expect(field(page, "token")).to_have_text("<token>")
        expect(field(page, "app")).to_have_text("<img src=x>")
        assert page.locator("article img").count() == 0
        assert page.evaluate("location.search") == "?h=kubectl"
        block(page, 2).locator("pre > code").hover()
        block(page, 2).locator(".truebook-line__copy").nth(1).click()
        expect(said(page)).to_contain_text("Copied")
        assert clipboard(page) == "argocd app get '<img src=x>' --grpc-web"


VALUES = [
    *("plain", "a b", "it's", 'x"$(id)`\\', "~", "-x", "a=b", "$HOME", "é", "a,b+c", "!!", "a!b", "a;b", "&", "*"),
    *("EOF", "OF", "\\'; id #", "a\u202eb", "a\u200bb", "a\tb", "a\nb", "\u2028", "\x9b", "x" * 253, "x" * 254, "<x>"),
]


def test_a_value_is_written_as_the_engine_writes_it(page: Page) -> None:
    cases = [(value, mode, until) for value in VALUES for mode in get_args(FieldMode) for until in ("", "EOF")]
    ours = page.evaluate("cases => cases.map(([value, mode, until]) => truebook.written(value, mode, until))", cases)
    assert list(zip(cases, ours, strict=True)) == [(case, written(*case)) for case in cases]
    assert None in ours


def test_a_value_is_quoted_where_it_stands(page: Page) -> None:
    """What the reader sees in the code is what is copied."""
    value = """a; 'rm' -rf "/" `id` $HOME !!"""
    fill(page, "namespace", value)
    fill(page, "app", value)
    expect(field(page, "namespace")).to_have_text(written(value, "bare") or "")
    block(page, 0).locator(".truebook-line__copy").nth(1).click()
    expect(said(page)).to_contain_text("Copied")
    assert clipboard(page) == f"kubectl get pods -n {written(value, 'bare')}"
    copy(page, 2)
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.includes('argocd'))")
    double, single = written(value, "double"), written(value, "single")
    assert clipboard(page) == f"argocd app get \"{double}\"\nargocd app get '{single}' --grpc-web"


def test_where_no_quotes_hold_a_value_it_is_refused(browser: Browser, small: str) -> None:
    with visit(browser, small) as found:
        page = opened(found, "places.html")
        lines = block(page, 0).locator(".truebook-line__copy")
        fill(page, "pod", "vault-0")
        fill(page, "path", "a; rm -rf /")
        expect(said(page)).to_contain_text("“a; rm -rf /” would not stay one plain word there")
        within = field(page, "path")  # the words of a shell within the command
        expect(within).to_have_text("<path>")
        expect(within).to_have_class(re.compile("truebook-field--odd"))
        expect(within).to_have_attribute(
            "aria-label", re.compile("path: a; rm -rf /, .* would not stay one plain word")
        )
        lines.nth(1).click()
        expect(said(page)).to_have_text("Copied.")
        assert clipboard(page) == """echo "a; rm -rf /" 'a; rm -rf /' 'a; rm -rf /'"""
        lines.nth(0).click()
        expect(said(page)).to_contain_text("Not copied: path cannot be that")
        expect(page.get_by_role("combobox", name="path")).to_be_focused()
        expect(page.get_by_role("combobox", name="path")).to_have_value("a; rm -rf /")
        page.keyboard.press("Escape")
        assert clipboard(page).startswith("echo ")  # as it was
        page.evaluate("navigator.clipboard.writeText('')")
        select(page, ".truebook-block pre > code", ".truebook-block pre > code")
        expect(said(page)).to_contain_text("Copied as it is written: path cannot be what it was filled with")
        assert clipboard(page).split("\n")[0] == "kubectl exec vault-0 -- sh -c 'ls <path>'"
        fill(page, "path", "EOF")  # it would end the text, and what is behind it would be run
        lines.nth(0).click()
        expect(said(page)).to_have_text("Copied.")
        lines.nth(2).click()
        expect(said(page)).to_contain_text("Not copied: path cannot be that: “EOF” may end the text")
        page.keyboard.press("Control+a")
        page.keyboard.type("/tmp/x")
        page.keyboard.press("Enter")
        copy(page, 0)
        expect(said(page)).to_have_text("Copied.")
        assert clipboard(page).endswith("cat <<EOF\n/tmp/x\nEOF")


def test_signs_that_nobody_sees_are_not_taken(browser: Browser, small: str) -> None:
    with visit(browser, small) as found:
        page = opened(found, "index.html?v.namespace=a%E2%80%AEb")
        expect(field(page, "namespace")).to_have_text("<namespace>")
        field(page, "namespace").click()
        page.keyboard.insert_text("vault\u202e")
        page.keyboard.press("Enter")
        expect(said(page)).to_contain_text("Not taken")
        expect(field(page, "namespace")).to_have_text("<namespace>")
        assert page.evaluate("sessionStorage.length") == 0


def test_what_the_engine_does_not_fill_is_a_field_too_and_nothing_else_is(browser: Browser, small: str) -> None:
    """Shouted words are fields where they keep a block from being run; other brackets are code."""
    with visit(browser, small) as found:
        page = opened(found, "places.html")
        texts = block(page, 1).locator(".truebook-field").evaluate_all("all => all.map((one) => one.dataset.text)")
        assert texts == ["YOUR_APP", "YOUR_TOKEN", "your-namespace-here", "CHANGEME"]
        said_below = block(page, 1).locator(".truebook-result__said")
        expect(said_below).to_have_text(
            "Not run: YOUR_APP, YOUR_TOKEN, your-namespace-here and CHANGEME are not filled"
        )
        copy(page, 1)
        expect(said(page)).to_contain_text("Not copied: YOUR_APP is empty")
        page.keyboard.type("vaultw")
        page.get_by_role("option", name="vaultwarden").click()
        said(page).get_by_role("button", name="Fill in apps").click()
        for key, value in (("token", "t0p"), ("changeme", "p w")):
            fill(page, key, value)
        copy(page, 1)
        expect(said(page)).to_have_text("Copied.")
        assert clipboard(page) == (
            "argocd app get vaultwarden\nvault login t0p\n"
            "kubectl get pods -n apps -l x=NAMESPACE\nMY_POD={pod}; echo ${MY_POD} [name] 'p w'"
        )
        kept = page.evaluate("JSON.stringify(sessionStorage)")
        assert "apps" in kept
        assert "t0p" not in kept
        assert "p w" not in kept


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_fields_are_readable(browser: Browser, small: str, scheme: Scheme, device: str) -> None:
    with visit(browser, small, scheme=scheme, device=device) as found:
        page = opened(found)
        fill(page, "namespace", "monitoring")
        fill(page, "app", "nowhere")
        for selector in (".truebook-field", ".truebook-block__warning", ".truebook-said--now"):
            contrasts = page.evaluate(CONTRAST, selector)
            assert contrasts or selector.endswith("--now")
            assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []
        field(page, "deployment").click()
        assert min(ratio for _, ratio in page.evaluate(CONTRAST, ".truebook-options span")) >= 4.5
        box = page.locator(".truebook-options").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= page.evaluate("document.documentElement.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        found.screenshot(f"fields-{device}-{scheme}")
