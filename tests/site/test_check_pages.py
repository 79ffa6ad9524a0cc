"""The pages Verification and Drift, built by the real command, and what `truebook check --site` says of built sites."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.site import browsing
from tests.site.building import EMBEDDED, ROOT

MKDOCS = """\
site_name: Test
theme: {name: material, font: false}
use_directory_urls: false
plugins:
  - truebook/state: {recording: homelab.json}
  - truebook/runbooks: {policy: %s}
  - truebook/check: %s
markdown_extensions: [tables, admonition, md_in_html, pymdownx.superfences, pymdownx.highlight]
"""
PAGE = """\
# Page

<!-- BEGIN truebook:value vault.url -->old.homelab.local<!-- END truebook -->

```bash
kubectl get pods -A
```

```bash
kubectl exec -it x -- sh
```
"""


def site(folder: Path, *, options: str = "{}", policy: str = "list", settings: str = "") -> None:
    (folder / "docs" / "deep").mkdir(parents=True)
    (folder / "docs" / "index.md").write_text(PAGE)
    (folder / "docs" / "deep" / "page.md").write_text(PAGE.replace("# Page", "# Deep <b>|page|</b>"))
    (folder / "mkdocs.yml").write_text(MKDOCS % (policy, options))
    catalog = (ROOT / "truebook.yml").read_text()
    (folder / "truebook.yml").write_text(catalog.replace("check:\n", f"check:\n{settings}"))
    shutil.copy(EMBEDDED, folder / "homelab.json")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ, NO_MKDOCS_2_WARNING="1")
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def build(folder: Path, command: str = "mkdocs") -> str:
    done = run(folder, command, "build", "-d", "site")
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("command", ["mkdocs", "properdocs"])
def test_every_block_and_every_finding_is_on_its_page(tmp_path: Path, command: str) -> None:
    site(tmp_path)
    assert re.search(r"drift: .*2 warnings", build(tmp_path, command))
    verification = (tmp_path / "site" / "verification.html").read_text()
    words = re.findall(r'<td><span class="truebook-status truebook-status--([\w -]+)">(.*?)</span>', verification)
    refused = "suspended truebook-status--refused"
    assert sorted(kind for kind, _ in words) == ["suspended", "suspended", refused, refused]
    assert {said.removesuffix(" yet") for _, said in words} == {"Not run", "Never run here"}
    for page in ("index.html", "deep/page.html"):
        target = (tmp_path / "site" / page).read_text()
        for anchor in ("truebook-block-1", "truebook-block-2"):
            assert f'href="{page}#{anchor}"' in unescape(verification)
            assert target.count(f'<div class="truebook-block" id="{anchor}"') == 1
    drift = (tmp_path / "site" / "drift.html").read_text()
    assert "vault.url differs" in drift
    assert 'href="deep/page.html">docs/deep/page.md:3</a>' in unescape(drift)
    assert 'class="truebook-status truebook-status--outofsync">warning</span> value-differs' in drift
    assert "old.homelab.local" in drift
    assert "<svg" not in drift.partition("<article")[2].partition("</article")[0].replace("headerlink", "")


def test_the_trend_is_drawn_where_there_is_one(tmp_path: Path) -> None:
    site(tmp_path, settings="  history: history.json\n")
    builds = [
        {"at": f"2026-11-{day}T05:00:00Z", "cluster": "x<script>", "blocks": {"passed": day}, "findings": {"error": 1}}
        for day in (20, 21, 22)
    ]
    (tmp_path / "history.json").write_text(json.dumps({"schema": 1, "builds": builds}))
    build(tmp_path)
    drift = (tmp_path / "site" / "drift.html").read_text()
    (plot,) = re.findall(r'<svg class="truebook-trend".*?</svg>', drift, re.DOTALL)
    assert plot.count("<g>") == 4
    assert "2026-11-20 05:00: 20 passed; 1 error" in plot
    assert "style=" not in plot
    assert json.loads((tmp_path / "history.json").read_text())["builds"] == builds  # a build only reads it


def test_a_page_of_the_sites_own_is_not_replaced(tmp_path: Path) -> None:
    site(tmp_path)
    (tmp_path / "docs" / "drift.md").write_text("# Mine\n")
    done = run(tmp_path, "mkdocs", "build")
    assert done.returncode != 0
    assert "drift.md is a page of the site; give the plugin another name" in done.stderr
    (tmp_path / "mkdocs.yml").write_text(MKDOCS % ("list", "{drift: report.md}"))
    build(tmp_path)
    assert "Mine" in (tmp_path / "site" / "drift.html").read_text()
    assert "vault.url differs" in (tmp_path / "site" / "report.html").read_text()


def test_a_built_site_is_looked_at(tmp_path: Path) -> None:
    site(tmp_path)
    build(tmp_path)
    good = run(
        tmp_path, "truebook", "check", "--site", "site", "--recording", "homelab.json", "docs", "--fail-on", "error"
    )
    assert "(site-not-" not in good.stdout, good.stdout
    config = (tmp_path / "mkdocs.yml").read_text()
    (tmp_path / "mkdocs.yml").write_text(re.sub(r"plugins:\n(?:  - .*\n)+", "plugins: []\n", config))
    build(tmp_path)
    bad = run(
        tmp_path, "truebook", "check", "--site", "site", "--recording", "homelab.json", "docs", "--fail-on", "error"
    )
    assert bad.returncode == 1
    assert "docs/index.md:3: error: this page was built with regions that nothing filled" in bad.stdout
    assert "docs/deep/page.md:5: error: this page was built with shell blocks that nothing tested" in bad.stdout


def test_a_row_says_what_its_block_says_and_links_to_it(site: Path) -> None:
    """Both pages, as the embedded homelab has blocks that a recording can't tell."""
    blocks = {
        (page.relative_to(site).as_posix(), anchor): said
        for page in site.rglob("*.html")
        for anchor, said in re.findall(
            r'<div class="truebook-block"[^>]* id="([\w-]+)".*?<span class="truebook-result__said">(.*?)</span>',
            page.read_text(),
            re.DOTALL,
        )
    }
    row = re.compile(
        r'<td><a href="([^"#]+)#([\w-]+)">(.*?)</a>.*?<span class="truebook-status [^"]+">(.*?)</span>', re.S
    )
    verification = row.findall(unescape((site / "verification.html").read_text()))
    assert {(page, anchor) for page, anchor, _, _ in verification} == set(blocks)
    assert all(blocks[page, anchor].startswith(word) for page, anchor, _, word in verification)
    untold = {where for where, said in blocks.items() if said.startswith(("Failed", "Could not be tested"))}
    assert untold
    drift = row.findall(unescape((site / "drift.html").read_text()))
    assert {(page, anchor) for page, anchor, _, _ in drift} == untold


@pytest.mark.browser
def test_a_link_to_a_block_opens_its_tab(base: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{base}verification.html")
    page.get_by_role("link", name="docs/index.md:142").click()
    target = page.locator(":target")
    expect(target).to_contain_text("kubectl scale")
    expect(target).to_be_in_viewport()
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["verification", "drift"])
@pytest.mark.parametrize("javascript", [True, False])
def test_a_phone_has_room_for_both_pages(base: str, browser: Browser, name: str, javascript: bool) -> None:
    with browsing.visit(browser, base, device="phone", javascript=javascript) as visit:
        page = visit.open(f"{name}.html")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        right = page.locator(".truebook-report :is(td, td *)").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect().right)"
        )
        assert right
        assert max(right) <= browsing.WIDTHS["phone"][0]


@pytest.mark.browser
def test_blocks_are_filtered_by_words_and_result(base: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{base}/verification.html")
    rows = page.locator(".truebook-verification tbody tr")
    total = rows.count()
    assert total > 50
    expect(page.locator(".truebook-filter output")).to_have_text(f"{total} of {total}")
    page.get_by_label("Result").select_option("Ran")
    shown = page.locator(".truebook-verification tbody tr:visible")
    assert 0 < shown.count() < total
    assert set(shown.locator("td:nth-child(2)").all_inner_texts()) == {"Ran"}
    page.get_by_label("Filter by page, heading or reason").fill("vault.md")
    assert all("vault.md" in text for text in shown.all_inner_texts())
    page.get_by_label("Filter by page, heading or reason").fill("no such thing")
    expect(page.locator(".truebook-filter output")).to_have_text(f"0 of {total}")
    page.close()


@pytest.mark.browser
def test_without_javascript_the_table_is_whole(base: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{base}/verification.html")
    assert page.locator(".truebook-verification tbody tr:visible").count() > 50
    assert page.locator(".truebook-filter").count() == 0
    context.close()
