"""The hook that puts the freshness line on each page."""

from __future__ import annotations

import importlib.util
from html.parser import HTMLParser
from types import ModuleType, SimpleNamespace

import pytest

from tests.site.building import ROOT
from truebook.model import Inventory, SourceStatus


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)


@pytest.fixture(scope="module")
def freshness() -> ModuleType:
    spec = importlib.util.spec_from_file_location("freshness", ROOT / "hooks" / "freshness.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def inventory(*sources: SourceStatus, cluster: str = "homelab", origin: str = "recording homelab.json") -> Inventory:
    return Inventory(cluster, "v1.36.3", "2026-11-24T05:30:00Z", origin, sources=sources)


def test_says_what_when_and_from_where(freshness: ModuleType) -> None:
    line = freshness.line(inventory(SourceStatus("kubernetes", "fresh"), SourceStatus("vault", "absent")))
    assert 'data-recorded-at="2026-11-24T05:30:00Z"' in line
    for words in ("<strong>homelab</strong>", "v1.36.3", "24 November 2026, 05:30 UTC", "recording homelab.json"):
        assert words in line
    assert "kubernetes" not in line
    assert "vault" not in line
    assert "--stale" not in line


def test_names_what_is_stale_or_failed_with_its_reason(freshness: ModuleType) -> None:
    line = freshness.line(
        inventory(
            SourceStatus("argocd", "stale", "answered 503", "2026-11-23T04:00:00Z"),
            SourceStatus("git", "failed", "timed out"),
            SourceStatus("kubernetes", "fresh"),
        )
    )
    assert "truebook-freshness--stale" in line
    assert "<strong>argocd</strong> is stale, shown as it was on 23 November 2026, 04:00 UTC: answered 503" in line
    assert "<strong>git</strong> could not be read: timed out" in line
    assert "kubernetes" not in line


def test_escapes_all_that_came_from_elsewhere(freshness: ModuleType) -> None:
    evil = """\"'><script>alert(1)</script>"""
    line = freshness.line(Inventory(evil, evil, evil, evil, sources=(SourceStatus(evil, "stale", evil, evil),)))
    parser = Tags()
    parser.feed(line)
    assert parser.found == {"p", "span", "strong", "time"}
    assert line.count("&lt;script&gt;") == 9


@pytest.mark.parametrize("plugin", [None, SimpleNamespace(inventory=None), SimpleNamespace()])
def test_admits_that_nothing_was_filled(freshness: ModuleType, plugin: object) -> None:
    config = SimpleNamespace(plugins={} if plugin is None else {"truebook/state": plugin})
    page = freshness.on_page_content("<h1>Vault</h1><p>text</p>", page=None, config=config, files=None)
    assert "not filled from live state" in page


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h1 id=a>A</h1><p>b</p>", "<h1 id=a>A</h1>\nLINE\n<p>b</p>"),
        ("<h1>A</h1><h1>B</h1>", "<h1>A</h1>\nLINE\n<h1>B</h1>"),
        ("<p>b</p>", "\nLINE\n<p>b</p>"),
        ("", "\nLINE\n"),
    ],
)
def test_stands_below_the_title(freshness: ModuleType, html: str, expected: str) -> None:
    assert freshness.place(html, "LINE") == expected
