"""Shell blocks in a real Chromium: how old they are, fields, and copying. What is copied is run against the homelab."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.browsing import Scheme, Visit, visit
from tests.site.building import EMBEDDED, serving
from tests.site.test_plugin import Site
from tests.site.test_runbooks import CONTRAST, SANDBOXED
from truebook.runbooks.fill.write import written

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("blocks")]

MKDOCS = """\
site_name: Test
site_url: %s
use_directory_urls: false
theme: {name: material, font: false, features: [content.code.copy, content.code.annotate%s]}
plugins:
  - truebook/state: {recording: homelab.json}
  - truebook/runbooks: {policy: list}
markdown_extensions:
  - attr_list
  - md_in_html
  - admonition
  - pymdownx.highlight: {anchor_linenums: true}
  - pymdownx.superfences
"""

PAGE = """\
# Fields

Before.

```bash
# Restart the pods
kubectl rollout restart deployment/<deployment> -n <namespace>

kubectl get pods -n <ns> # and look
```

```console
$ kubectl get deployment <deployment> \\
>   -n <namespace> -o name
deployment.apps/grafana
```

```bash
argocd app get "<app-name>"
argocd app get '<app>' --grpc-web
```

```bash
kubectl delete deployment <deployment> -n <namespace>
kubectl get pods -n $NS
vault login <token>
```

```bash
echo '<script>window.harmed=1</script>' # (1)!
echo '<x onclick=y>' "<your name>"
```

1.  An annotation.

Between.

```python
print("<app>")
```

After. [Other](other.md)
"""

OTHER = """\
# Other

```bash
kubectl get pods -n <namespace>
kubectl describe pod/<name> -n <namespace>
```

[Back](index.md)
"""


def made(folder: Path, url: str = "https://docs.homelab.local/", features: str = "") -> Path:
    site = Site(folder)
    shutil.copy(EMBEDDED, folder / "homelab.json")
    (folder / "mkdocs.yml").write_text(MKDOCS % (url, features))
    (folder / "truebook.yml").write_text("cluster: homelab\n")
    site.write("index.md", PAGE)
    site.write("other.md", OTHER)
    for name in ("argocd.md", "ops/deep.md"):
        (folder / "docs" / name).unlink()
    done = site.build("--strict")
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("blocks"))


@pytest.fixture(scope="module")
def small(folder: Path) -> Iterator[str]:
    with serving(folder) as url:
        yield url


@pytest.fixture(scope="module")
def instant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("instant")
    with serving(folder / "site") as url:  # instant navigation asks for the site's own address
        made(folder, url, ", navigation.instant")
        yield url


@pytest.fixture
def page(browser: Browser, small: str) -> Iterator[Page]:
    with visit(browser, small) as found:
        yield opened(found)


def opened(found: Visit, where: str = "index.html") -> Page:
    found.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return found.open(where)


def clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def block(page: Page, number: int) -> Locator:
    return page.locator(".truebook-block").nth(number)


def field(page: Page, key: str, place: int = 0) -> Locator:
    return page.locator(f".truebook-field[data-key={key}]:visible").nth(place)


def fill(page: Page, key: str, value: str) -> None:
    field(page, key).click()
    page.keyboard.type(value)
    page.keyboard.press("Enter")


def copy(page: Page, number: int) -> None:
    block(page, number).locator(".truebook-tools__copy").click()


def select(page: Page, start: str, end: str) -> None:
    """Select from the first element to the last, then copy by key."""
    page.evaluate(
        """([start, end]) => {
          const range = document.createRange();
          range.setStartBefore(document.querySelector(start));
          range.setEndAfter(document.querySelector(end));
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }""",
        [start, end],
    )
    page.keyboard.press("Control+c")


def said(page: Page) -> Locator:
    return page.locator(".truebook-said--now")


# ---- Fields -----------------------------------------------------------------------------------------------------


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
    expect(field(page, "namespace")).to_have_attribute("aria-label", re.compile("not known to the cluster"))
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


@pytest.mark.parametrize("value", ["plain", "a b", "it's", 'x"$(id)`\\', "~", "-x", "a=b", "$HOME", "é", "a,b+c"])
def test_a_value_is_quoted_as_the_engine_quotes_it(page: Page, value: str) -> None:
    fill(page, "namespace", value)
    fill(page, "app", value)
    block(page, 0).locator("pre > code").hover()
    block(page, 0).locator(".truebook-line__copy").nth(1).click()
    expect(said(page)).to_contain_text("Copied")
    assert clipboard(page) == f"kubectl get pods -n {written(value, 'bare')}"
    copy(page, 2)
    expect(said(page)).to_contain_text("Copied")
    double, single = written(value, "double"), written(value, "single")
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.includes('argocd'))")
    assert clipboard(page) == f"argocd app get \"{double}\"\nargocd app get '{single}' --grpc-web"


# ---- Copying ----------------------------------------------------------------------------------------------------

FIRST = "kubectl rollout restart deployment/grafana -n monitoring\nkubectl get pods -n monitoring"
SECOND = "kubectl get deployment grafana \\\n  -n monitoring -o name"


def filled(page: Page) -> None:
    fill(page, "deployment", "grafana")
    fill(page, "namespace", "monitoring")


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


def run(folder: Path, page: str, *options: str) -> list[dict[str, Any]]:
    """The results of a page's blocks, by truebook's own command: in the sandbox, behind the guard."""
    (folder / "page.md").write_text(page)
    (folder / "truebook.yml").write_text("cluster: homelab\n")
    command = [sys.executable, "-m", "truebook", "run", "page.md", "--recording", str(EMBEDDED), "--fresh"]
    done = subprocess.run(
        [*command, "--json", "found.json", *options], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads((folder / "found.json").read_text())["blocks"]
    return found


def requests(found: dict[str, Any]) -> list[tuple[str, ...]]:
    return [(one["method"], one["path"], one["decision"], one["status"]) for one in found["requests"]]


@SANDBOXED
@pytest.mark.parametrize("how", ["button", "hand"])
def test_what_was_copied_is_what_was_tested(page: Page, tmp_path: Path, how: str) -> None:
    """The clipboard's text is run as a block of its own: it asks the cluster for exactly what the page's own did."""
    filled(page)
    copied = []
    for number in (0, 1):
        if how == "button":
            copy(page, number)
        else:
            page.evaluate("n => document.querySelectorAll('.truebook-block')[n].setAttribute('id', `b${n}`)", number)
            select(page, f"#b{number} pre > code", f"#b{number} pre > code")
        wanted = "rollout" if number == 0 else "get deployment"
        page.wait_for_function(
            "words => navigator.clipboard.readText().then((text) => text.includes(words))", arg=wanted
        )
        copied.append(clipboard(page))
    fences = "".join(f"```bash\n{text}\n```\n\n" for text in copied)
    again = run(tmp_path, f"# Copied\n\n{fences}")
    tested = run(tmp_path, PAGE, "--var", "deployment=grafana", "--var", "namespace=monitoring", "--var", "app=grafana")
    assert [one["result"] for one in again] == ["passed", "passed"]
    assert [one["plan"] for one in again] == [one["plan"] for one in tested[:2]]
    for one, other in zip(again, tested[:2], strict=True):
        assert requests(one)
        assert requests(one) == requests(other)


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


# ---- Results ----------------------------------------------------------------------------------------------------


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
                found.page.route("**/truebook-blocks.js", lambda route: route.fulfill(body=""))
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
