"""Shell blocks on built pages: small sites by the real command, then this repository's own in a real Chromium."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.browsing import Scheme, visit
from tests.site.building import EMBEDDED, serving
from tests.site.test_plugin import Site
from truebook.mkdocs_runbooks import ASKED

SANDBOXED = pytest.mark.skipif(
    shutil.which("bwrap") is None or shutil.which("kubectl") is None, reason="needs bubblewrap and kubectl"
)
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")

MKDOCS = """\
site_name: Test
theme: {name: null, custom_dir: theme}
plugins:
  - truebook/state: {recording: homelab.json}
  - truebook/runbooks: %s
markdown_extensions:
  - admonition
  - pymdownx.superfences
  - pymdownx.tabbed: {alternate_style: true}
"""

PAGE = """\
---
title: Home
---
# Operations

=== "Look"

    ```bash
    kubectl get statefulset <name> -n vault -o name
    ```

!!! tip

    ```bash
    kubectl exec -it vault-0 -- sh
    ```

```bash
kubectl get pods -l app=<nobody-knows>
```

<!-- truebook: output -->
```bash
echo '<script>alert(1)</script>'
```
"""


@pytest.fixture
def small(tmp_path: Path) -> Site:
    """A site with one page of blocks, and the embedded homelab for a state."""
    made = Site(tmp_path)
    shutil.copy(EMBEDDED, tmp_path / "homelab.json")
    (tmp_path / "mkdocs.yml").write_text(MKDOCS % "{}")
    (tmp_path / "truebook.yml").write_text("cluster: homelab\n")
    made.write("index.md", PAGE)
    made.write("ops/deep.md", "# Deep\n\n```sh\ntrue\n```\n")
    return made


def blocks(html: str) -> list[tuple[str, ...]]:
    """Verdict, plan and result of each block, and the line below it."""
    found: list[tuple[str, ...]] = []
    for whole in re.split('(?=<div class="truebook-block")', html)[1:]:
        data = dict(re.findall(r'data-(verdict|plan|result)="([^"]*)"', whole[: whole.index(">")]))
        said = re.search('<span class="truebook-result__said">(.*?)</span>', whole, re.DOTALL)
        assert said is not None
        found.append((data["verdict"], data["plan"], data["result"], said[1]))
    return found


@SANDBOXED
@pytest.mark.parametrize("module", ["mkdocs", "properdocs"])
def test_each_block_says_how_it_went(small: Site, module: str) -> None:
    small.write("index.md", PAGE.replace("<name>", "vault"))
    done = small.build("--strict", module=module)
    assert done.returncode == 0, done.stderr
    assert "5 shell blocks: 3 passed, 2 not run" in done.stderr
    html = small.html()
    assert blocks(html) == [
        ("read", "run", "passed", "Ran"),
        ("interactive", "refuse", "not-run", "Never run here: opens a terminal in vault-0"),
        ("read", "parse", "not-run", "Not run: &lt;nobody-knows&gt; is not filled"),
        ("read", "run", "passed", "Ran"),
    ]
    assert "<samp>&lt;script&gt;alert(1)&lt;/script&gt;</samp>" in html
    assert "<script>" not in html
    assert "<!--truebook-" not in html
    assert ".truebook-block" in small.html("assets/truebook.css")
    assert blocks(small.html("ops/deep/index.html"))[0][2] == "passed"
    again = small.build("--strict", module=module)
    assert "(3 as in an earlier run, of which nothing changed)" in again.stderr


@SANDBOXED
def test_a_failing_block_is_a_warning_with_its_place_and_stops_a_strict_build(small: Site) -> None:
    small.write("index.md", "---\ntitle: x\n---\n# Page\n\n```bash\necho fine\nfalse\n```\n")
    done = small.build()
    assert done.returncode == 0
    assert "WARNING -  truebook: docs/index.md:8: a shell block failed: exit code 1" in done.stderr
    assert blocks(small.html())[0][2:] == ("failed", "Failed at line 8: exit code 1: fine")
    assert small.build("--strict").returncode == 1


@pytest.mark.parametrize(
    ("options", "environment"), [("{policy: list}", {}), ("{}", {ASKED: "0"}), ("{policy: run}", {ASKED: "0"})]
)
def test_a_site_may_only_list_its_blocks(small: Site, options: str, environment: dict[str, str]) -> None:
    (small.folder / "mkdocs.yml").write_text(MKDOCS % options)
    done = small.build("--strict", PATH=str(small.folder / "no-programs"), **environment)
    assert done.returncode == 0, done.stderr
    assert {result for _, _, result, _ in blocks(small.html())} == {"not-run"}
    assert not (small.folder / ".cache" / "truebook" / "runs").exists()


@pytest.mark.parametrize("options", ["{policy: off}", "{policy: 'off'}", "{enabled: false}"])
def test_a_site_may_leave_its_blocks_alone(small: Site, options: str) -> None:
    (small.folder / "mkdocs.yml").write_text(MKDOCS % options)
    assert small.build("--strict").returncode == 0
    assert "truebook-block" not in small.html()
    assert "<!--truebook-" not in small.html()


def test_without_programs_the_page_says_why_nothing_was_tested(small: Site) -> None:
    small.write("index.md", "# Page\n\n```bash\ntrue\n```\n\n```bash\nargocd app sync vault\n```\n")
    done = small.build("--strict", PATH=str(small.folder / "no-programs"))
    assert done.returncode == 0, done.stderr
    assert "bubblewrap (bwrap) is not installed: nothing was run, only what can be proved was checked" in done.stderr
    first, second = blocks(small.html())
    assert first == ("read", "run", "unknown", "Could not be tested: bubblewrap (bwrap) is not installed")
    assert second[:3] == ("write", "prove", "passed")
    assert re.fullmatch(r"Proved in part: \d of \d claims", second[3])
    assert "argocd is not installed: the flags were not checked" in small.html()


def test_wrong_options_stop_the_build_with_their_places(small: Site) -> None:
    small.write("index.md", "# Page\n\n<!-- truebook: skipp -->\n```bash\ntrue\n```\n")
    done = small.build()
    assert done.returncode == 1
    assert "docs/index.md:4: unknown option 'skipp'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_block_that_something_changes_stops_the_build(small: Site) -> None:
    """A hook that rewrites a command on its way to the page: what is shown is not what was tested."""
    (small.folder / "hook.py").write_text(
        "def on_page_markdown(markdown, **_):\n    return markdown.replace('echo', 'rm -rf')\n"
    )
    (small.folder / "mkdocs.yml").write_text((MKDOCS % "{policy: list}") + "hooks: [hook.py]\n")
    done = small.build()
    assert done.returncode == 1
    line = PAGE[: PAGE.index("echo")].count("\n")
    assert f"docs/index.md:{line}: this shell block does not stand on the page as it is written here" in done.stderr
    assert not (small.folder / "site" / "index.html").exists()


def test_it_reads_state_by_itself_where_truebook_state_is_not_used(small: Site) -> None:
    alone = (MKDOCS % "{recording: homelab.json}").replace("  - truebook/state: {recording: homelab.json}\n", "")
    (small.folder / "mkdocs.yml").write_text(alone)
    small.write("index.md", "# Page\n\n```bash\nargocd app sync vault\n```\n")
    done = small.build("--strict")
    assert done.returncode == 0, done.stderr
    assert "reading state from recording homelab.json" in done.stderr
    assert blocks(small.html())[0][:3] == ("write", "prove", "passed")


def test_settings_that_are_named_and_missing_stop_the_build(small: Site) -> None:
    alone = (MKDOCS % "{config: other.yml, recording: homelab.json}").replace(
        "  - truebook/state: {recording: homelab.json}\n", ""
    )
    (small.folder / "mkdocs.yml").write_text(alone)
    done = small.build()
    assert done.returncode == 1
    assert "other.yml" in done.stderr
    (small.folder / "truebook.yml").unlink()
    (small.folder / "mkdocs.yml").write_text(alone.replace("config: other.yml, ", "policy: list, "))
    assert small.build().returncode == 0


ANNOTATED = """\
# Page

```bash
kubectl get statefulset vault -n vault -o name # (1)!
```

1.  The one that **matters**.

After.

``` { .bash .annotate }
echo a # (1)
```

1.  Another.
"""


@SANDBOXED
@pytest.mark.browser
def test_annotations_of_code_are_shown_in_wrapped_blocks(small: Site, browser: Browser) -> None:
    theme = "theme: {name: material, font: false, features: [content.code.annotate]}\n"
    plain = "theme: {name: null, custom_dir: theme}\n"
    extensions = "  - attr_list\n  - md_in_html\n  - pymdownx.highlight\n"
    (small.folder / "mkdocs.yml").write_text((MKDOCS % "{}").replace(plain, theme) + extensions)
    small.write("index.md", ANNOTATED)
    done = small.build("--strict")
    assert done.returncode == 0, done.stderr
    assert [found[2] for found in blocks(small.html())] == ["passed", "passed"]
    with serving(small.folder / "site") as base, visit(browser, base) as found:
        page = found.open("index.html")
        for number, words in enumerate(("The one that matters.", "Another.")):
            block = page.locator(".truebook-block").nth(number)
            mark = block.locator("code .md-annotation")
            expect(mark).to_have_count(1)
            # The list became tooltips: it is not shown a second time.
            expect(block.locator("ol li:visible", has_text=words)).to_have_count(0)
            mark.locator(".md-annotation__index").focus()
            expect(page.locator("[class^=md-tooltip]:visible", has_text=words).first).to_be_visible()
            expect(block.locator("summary")).to_be_visible()


class TestServing:
    """What `mkdocs serve` does: the same plugin, build after build."""

    def rebuild(self) -> None:
        from mkdocs.commands.build import build
        from mkdocs.config import load_config

        config = load_config("mkdocs.yml")
        config.plugins.on_startup(command="serve", dirty=False)
        build(config)

    @SANDBOXED
    def test_pages_that_are_served_run_nothing_but_show_what_was(
        self, small: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(small.folder)
        small.write("index.md", "# Page\n\n```bash\ntrue\n```\n")
        self.rebuild()
        assert blocks(small.html())[0][2:] == (
            "not-run",
            "Not run yet: nothing is run while pages are served, unless it is asked for (TRUEBOOK_RUN=1)",
        )
        monkeypatch.setenv(ASKED, "1")
        self.rebuild()
        assert blocks(small.html())[0][2] == "passed"
        monkeypatch.delenv(ASKED)
        small.write("ops/deep.md", "# Deep\n\n```sh\necho another\n```\n")
        self.rebuild()
        assert blocks(small.html())[0][2] == "passed"
        assert blocks(small.html("ops/deep/index.html"))[0][2] == "not-run"


# ---- This repository's own site -------------------------------------------------------------------------------------

TABS = {
    "Deploy Changes": ("write", "prove"),
    "Rotate Secrets": ("write", "prove"),
    "Scale Workloads": ("write", "dry-run"),
}


def landing(page: Page, tab: str) -> None:
    """Open a tab of the landing page's runbooks."""
    page.locator(".tabbed-labels label", has_text=tab).first.click()


@SANDBOXED
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_each_runbook_of_the_landing_page_was_tested_and_says_so(
    browser: Browser, base: str, scheme: Scheme, device: str
) -> None:
    with visit(browser, base, scheme=scheme, device=device) as found:
        page = found.open("index.html")
        for tab, (verdict, plan) in TABS.items():
            landing(page, tab)
            block = page.locator(".truebook-block:visible")
            expect(block).to_have_count(1)
            assert block.get_attribute("data-verdict") == verdict
            assert block.get_attribute("data-plan") == plan
            assert block.get_attribute("data-result") == "passed"
            line = block.locator("summary")
            expect(line).to_contain_text("Dry-run" if plan == "dry-run" else "Proved")
            expect(line).to_contain_text("homelab (recorded)")
            line.click()
            facts = block.locator(".truebook-result__facts")
            expect(facts).to_be_visible()
            for name in ("Verdict", "Commands", "Plan", "Values", "When", "Where"):
                expect(facts.locator("dt", has_text=re.compile(f"^{name}$"))).to_be_visible()
            contrasts = page.evaluate(CONTRAST, ".truebook-block[data-result] summary span")
            assert contrasts
            assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            name = tab.lower().replace(" ", "-")
            block.scroll_into_view_if_needed()
            found.screenshot(f"block-{name}-{device}-{scheme}")


@SANDBOXED
@pytest.mark.browser
def test_a_block_keeps_its_copy_button_and_its_place(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        block = page.locator(".truebook-block:visible").first
        button = block.locator("[data-md-type=copy], .md-clipboard, .md-code__button").first
        expect(button).to_be_attached()
        code, line = block.locator("pre").first.bounding_box(), block.locator("details").bounding_box()
        assert code is not None
        assert line is not None
        assert abs(code["x"] - line["x"]) < 2
        assert 0 <= line["y"] - (code["y"] + code["height"]) < 4
        assert line["height"] < 40


@SANDBOXED
@pytest.mark.browser
def test_results_are_not_in_the_sites_search(browser: Browser, base: str) -> None:
    with visit(browser, base) as found:
        page = found.open("index.html")
        index = page.evaluate("fetch('search/search_index.json').then(answer => answer.text())")
        assert "kubectl scale deployment" in index
        for words in ("prints random text", "a recording, replayed", "nothing changed since"):
            assert words not in index


@SANDBOXED
def test_each_block_of_this_site_has_a_result(site: Path) -> None:
    found = {path: blocks(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    results = [result for page in found.values() for _, _, result, _ in page]
    assert len(results) > 100
    assert "failed" not in results
    assert results.count("passed") >= 50
