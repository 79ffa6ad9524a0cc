"""Drift of alerts' runbooks: links that lead to no page, alerts without one, pages that no alert reaches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.drift_sample import HERE, LIVE, drift
from truebook.model import Record, Value
from truebook.settings import CheckSettings, Settings, load

SITE = "https://docs.homelab.local/ops/"


def rules(*urls: str) -> tuple[Record, ...]:
    def values(i: int, url: str) -> dict[str, Value]:
        named = {"alertname": Value(f"Alert{i}", HERE)}
        return {**named, "runbook_url": Value(url, HERE)} if url else named

    return tuple(Record("rule", f"r{i}", "", values(i, url)) for i, url in enumerate(urls))  # fmt: skip


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://docs.homelab.local/ops/vault/", []),
        ("https://docs.homelab.local/ops/vault", []),
        ("https://docs.homelab.local/ops/vault.html", []),
        ("https://docs.homelab.local/ops/vault/index.html#is-it-well", []),
        ("https://elsewhere.example/vault/", []),
        ("https://docs.homelab.local/other/", []),
        ("https://docs.homelab.local/ops/vault/#gone", ["docs/vault.md:1 broken-runbook-link Alert0"]),
        ("https://docs.homelab.local/ops/redis/", ["truebook.yml:1 broken-runbook-link Alert0"]),
        ("https://docs.homelab.local/ops/", ["truebook.yml:1 broken-runbook-link Alert0"]),
        ("", ["truebook.yml:1 alert-without-runbook Alert0"]),
    ],
)
def test_links_from_the_cluster(url: str, expected: list[str]) -> None:
    live = replace(LIVE, records=rules(url))
    found = drift("# Vault\n## Is it well?\n", live, site_url=SITE, name="vault.md")
    assert [f"{one.where} {one.rule} {one.subject}" for one in found] == expected


@pytest.mark.parametrize(
    ("text", "broken", "none"),
    [
        ("check:\n  fail_on: off\n  site_url: https://docs.homelab.local/ops\n", 3, 1),
        ("cluster: a\nsystems:\n  loki: {}\n  kubernetes: {}\n", 4, 4),
        ("components:\n  - name: other\n  - name: vault\ncheck: {site_url: 'https://x.y'}\nsystems: {git: {}}", 4, 3),
        ("cluster: a\n", 1, 1),
    ],
)
def test_a_link_from_the_cluster_is_told_at_the_line_that_leads_to_it(
    text: str, broken: int, none: int, tmp_path: Path
) -> None:
    path = tmp_path / "truebook.yml"
    path.write_text(text)
    records = rules("https://docs.homelab.local/ops/redis/", "")
    live = replace(LIVE, records=tuple(replace(record, component="vault") for record in records))
    found = drift("# Vault\n", live, site_url=SITE, name="vault.md", settings=load(path))
    lines = {one.rule: one.line for one in found}
    assert lines == {"broken-runbook-link": broken, "alert-without-runbook": none}


def test_a_runbook_that_no_alert_reaches_is_told_where_that_counts() -> None:
    settings = Settings(check=CheckSettings(severities={"unreached-runbook": "note"}))
    live = replace(LIVE, records=rules("https://docs.homelab.local/ops/vault/"))
    found = drift("# X\n", live, site_url=SITE, name="runbooks/x.md", settings=settings)
    assert "docs/runbooks/x.md:1 unreached-runbook" in [f"{one.where} {one.rule}" for one in found]
    assert "unreached-runbook" not in {one.rule for one in drift("# X\n", live, name="runbooks/x.md")}
