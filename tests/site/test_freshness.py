"""The hook that puts the freshness line on each page."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from types import ModuleType, SimpleNamespace

import pytest

from tests.site.building import ROOT
from truebook import inventory as inventories
from truebook.model import Inventory, SourceStatus
from truebook.recording import SCHEMA, Cluster, Recording
from truebook.settings import Settings

RECORDED = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)


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
    line = freshness.line(inventory(SourceStatus("kubernetes", "fresh"), SourceStatus("vault", "absent")), now=RECORDED)
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
        ),
        now=RECORDED,
    )
    assert "truebook-freshness--stale" in line
    assert "<strong>argocd</strong> is stale, shown as it was on 23 November 2026, 04:00 UTC: answered 503" in line
    assert "<strong>git</strong> could not be read: timed out" in line
    assert "kubernetes" not in line


def test_names_what_was_a_stand_in(freshness: ModuleType) -> None:
    line = freshness.line(
        inventory(
            SourceStatus("authentik", "fresh", stand_in="a server of tests/real/standins"),
            SourceStatus("grafana", "stale", "answered 503", "2026-11-23T04:00:00Z", stand_in="another"),
            SourceStatus("loki", "fresh", stand_in="a server of tests/real/standins"),
            SourceStatus("oidc", "failed", "timed out", stand_in="nobody"),
            SourceStatus("vault", "fresh"),
        ),
        now=RECORDED,
    )
    assert (
        "Stand-ins answered for <strong>authentik</strong>, <strong>loki</strong> (a server of tests/real/standins); "
        "<strong>grafana</strong> (another)."
    ) in line
    assert "vault" not in line
    assert "nobody" not in line
    alone = freshness.line(inventory(SourceStatus("authentik", "fresh", stand_in="x")), now=RECORDED)
    assert "--stale" not in alone  # it is what it says it is


@pytest.mark.parametrize(
    ("stale_after", "words"),
    [(86400.0, "24 hours"), (604800.0, "7 days"), (3600.0, "1 hour"), (5400.0, "90 minutes"), (45.0, "45 seconds")],
)
def test_old_state_is_visibly_stale(freshness: ModuleType, stale_after: float, words: str) -> None:
    recording = Recording(SCHEMA, Cluster("homelab", "v1.36.3"), "2026-11-24T05:30:00Z")
    found = inventories.build(recording, Settings(stale_after=stale_after), origin="a test")
    hidden = '<span class="truebook-freshness__age" hidden>'
    young = freshness.line(found, now=RECORDED + timedelta(seconds=stale_after))
    assert hidden in young
    assert "--stale" not in young
    assert f'data-stale-after="{stale_after:.0f}"' in young
    old = freshness.line(found, now=RECORDED + timedelta(seconds=stale_after + 1))
    assert hidden not in old
    assert f"That was more than {words} ago" in old
    assert "truebook-freshness--stale" in old


@pytest.mark.parametrize("stamp", ["", "yesterday", "2026-99-99T00:00:00Z"])
def test_a_time_that_cannot_be_read_vouches_for_nothing(freshness: ModuleType, stamp: str) -> None:
    assert "truebook-freshness--stale" in freshness.line(Inventory("homelab", "", stamp, "a test"), now=RECORDED)


def test_escapes_all_that_came_from_elsewhere(freshness: ModuleType) -> None:
    evil = """\"'><script>alert(1)</script>"""
    line = freshness.line(Inventory(evil, evil, evil, evil, sources=(SourceStatus(evil, "stale", evil, evil, evil),)))
    parser = Tags()
    parser.feed(line)
    assert parser.found == {"p", "span", "strong", "time"}
    assert line.count("&lt;script&gt;") == 11


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
