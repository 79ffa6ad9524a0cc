"""What stands in a cell: links into the site, moments, checks in a word, schedules in words."""

from __future__ import annotations

import html
from dataclasses import replace

import pytest

from tests.unit.filled_views import END, filled, rows
from tests.unit.views_sample import FULL, page_url, record
from truebook.pages import regions
from truebook.pages.views.cron import in_words

# --- links into the site


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://docs.homelab.local/vault.html#when-it-isnt", "[Vault](vault.md#when-it-isnt)"),
        ("https://docs.homelab.local/vault/#sealed", "[Vault](vault.md#sealed)"),
        ("https://docs.homelab.local/vault", "[Vault](vault.md)"),
        ("http://DOCS.homelab.local/vault.md", "[Vault](vault.md)"),
        ("https://docs.homelab.local/runbooks/", "[Runbooks](runbooks/index.md)"),
        ("https://docs.homelab.local/runbooks/index.html", "[Runbooks](runbooks/index.md)"),
        (
            "https://docs.homelab.local/nowhere.html",
            "[docs.homelab.local/nowhere.html](https://docs.homelab.local/nowhere.html)",
        ),
        ("https://docs.homelab.local/%2e%2e/vault.html", "[docs.homelab.local/%2e%2e/vault.html]"),
        ("https://docs.homelab.local.evil.example/vault.html", "[docs.homelab.local.evil.example/vault.html](https://"),
        ("https://runbooks.example/x", "[runbooks.example/x](https://runbooks.example/x)"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("https://docs.homelab.local/vault.html#a](javascript:x)", "(vault.md#a%5D%28javascript:x%29)"),
        ("http://[", "http&#58;//&#91;"),
    ],
)
def test_a_runbook_of_this_site_is_a_link_between_pages(url: str, link: str) -> None:
    found = filled(
        "rules columns=alert,runbook", of=replace(FULL, records=(record("rule", "r", alertname="R", runbook_url=url),))
    )
    cell = found.splitlines()[-1].split(" | ")[1]
    assert link in cell
    assert cell.count("](") == ("](" in link or link.startswith("[") or link.startswith("("))


def test_without_a_site_url_every_runbook_is_a_link_to_the_outside() -> None:
    text = f"<!-- BEGIN truebook:rules -->\n{END}\n"
    found = regions.fill(text, path="a.md", inventory=FULL, page_url=page_url)
    assert "(https://docs.homelab.local/vault.html#when-it-isnt)" in found


# --- times


@pytest.mark.parametrize(
    ("stamp", "said"),
    [
        ("2026-11-24T05:29:31Z", "24 Nov, 05:29 UTC (under 1 min before)"),
        ("2026-11-24T05:30:00+01:00", "24 Nov, 04:30 UTC (1 h before)"),
        ("2026-11-23T01:30:00Z", "23 Nov, 01:30 UTC (28 h before)"),
        ("2025-12-31T23:59:00.123Z", "31 Dec 2025, 23:59 UTC (327 days before)"),
        ("2026-11-26T05:30:00Z", "26 Nov, 05:30 UTC (in 2 days)"),
        ("2026-11-24T05:30:00", "2026-11-24T05:30:00"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("yesterday", "yesterday"),
    ],
)
def test_a_moment_and_how_long_before_the_reading_it_was(stamp: str, said: str) -> None:
    found = filled("alerts live=since", of=replace(FULL, records=(record("alert", "a", alertname="A", since=stamp),)))
    assert html.unescape(rows(found)[0][1]) == said


# --- OIDC


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (dict.fromkeys(("discovery", "issuer_equal", "https", "keys", "s256", "redirect_served"), True), "all 6 hold"),
        ({"issuer_equal": True, "https": True}, "2 hold, 4 unknown"),
        ({"issuer_equal": True, "s256": False, "redirect_served": False}, "no S256 redirect is not served"),
        ({"discovery": False}, "issuer does not answer"),
        ({}, "not checked"),
    ],
)
def test_the_checks_of_a_client_in_a_word(values: dict[str, bool], said: str) -> None:
    found = filled("oidc", of=replace(FULL, records=(record("oidc_client", "x", application="X", **values),)))
    assert rows(found)[0][-1] == said


# --- schedules


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("0 3 * * *", "daily at 03:00"),
        ("5 14 * * 0", "Sunday at 14:05"),
        ("0 5 * * 7", "Sunday at 05:00"),
        ("0 5 * * mon", "Monday at 05:00"),
        ("0 5 1 * *", "day 1 of the month at 05:00"),
        ("15 * * * *", "hourly at minute 15"),
        ("@daily", "daily at 00:00"),
        ("*/5 * * * *", "*/5 * * * *"),
        ("0 5 1 * 1", "0 5 1 * 1"),
        ("0 5 0 * *", "0 5 0 * *"),
        ("0 24 * * *", "0 24 * * *"),
        ("0 5 * 1 *", "0 5 * 1 *"),
        ("0 5 * * 8", "0 5 * * 8"),
        ("0 ² * * *", "0 ² * * *"),
        ("@every 1h", "@every 1h"),
        ("", ""),
    ],
)
def test_a_schedule_in_words(schedule: str, said: str) -> None:
    assert in_words(schedule) == said
