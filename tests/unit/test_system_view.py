"""The table of one system: what there is for it is joined, and nothing unknown is good news."""

from __future__ import annotations

import html
import re
from dataclasses import replace

from tests.unit.filled_views import UNREAD, filled, rows
from tests.unit.pages_sample import EVIDENCE, component
from tests.unit.views_sample import FULL, record, told
from truebook.model import SourceStatus, Unread, Value


def facts(text: str) -> dict[str, str]:
    return {row[0]: html.unescape(row[1]) for row in rows(text.replace("<br>", " / "))}


def test_what_there_is_for_a_component_is_joined() -> None:
    assert facts(filled("system vault")) == {
        "State": "sealed",
        "Reports version": "1.20.4 deployed is 1.21.1",
        "Alerts": "firing VaultSealed: Vault is sealed, nothing gets its secrets. "
        "Runbook: [Vault](vault.md#when-it-isnt) / silenced SecretNotSynced",
        "Targets": "1 of 1 up",
        "Backed up by": "nightly, last good 23 Nov, 03:00 UTC (26 h before)",
        "Dashboards": "[Vault](https://grafana.homelab.local/d/v1)",
        "Arrows in": "deploys: [ArgoCD](argocd.md) / scrapes: [Prometheus](prometheus.md)",
        "Arrows out": "secrets: [Grafana](grafana.md), [ArgoCD](argocd.md)",
    }
    grafana = facts(filled("system grafana"))
    assert grafana["Sign-in"] == "Authentik"
    assert grafana["Arrows in"].endswith(
        "scrapes: [Prometheus](prometheus.md) / data source: [Prometheus](prometheus.md)"
    )
    assert grafana["Targets"] == "0 of 1 up / grafana: connection refused"
    assert grafana["Secrets"] == "secret/grafana/admin by ExternalSecret monitoring/grafana-admin"
    assert grafana["Backed up by"] == "no schedule covers monitoring"
    prometheus = facts(filled("system prometheus"))
    assert prometheus["Alerts"] == "None fires"
    assert prometheus["Alerts it holds"] == "0 firing, 1 silenced"
    assert prometheus["Rules"] == "2 alerting rules"
    assert prometheus["Targets"] == "Not scraped"


def test_what_a_schedule_does_not_do_is_said_where_it_is_named() -> None:
    (backup,) = FULL.records_of("backup")
    selective = replace(
        backup,
        values={**backup.values, "paused": Value(True, EVIDENCE), "narrowed": Value(("labelSelector",), EVIDENCE)},
    )
    found = replace(FULL, records=(selective,))
    assert facts(filled("system vault", of=found))["Backed up by"] == (
        "nightly, only what labelSelector chooses Paused, last good 23 Nov, 03:00 UTC (26 h before)"
    )
    assert "all but monitoring, minio, only what labelSelector chooses" in filled("backups", of=found, live=False)


def test_a_component_s_facts_that_were_kept_back_are_unknown_and_no_good_news() -> None:
    denied = (
        SourceStatus("alertmanager", "fresh", unread=(Unread("/api/v2/alerts", "forbidden", "403"),)),
        SourceStatus("prometheus", "fresh", unread=(Unread("/api/v1/rules?type=alert", "forbidden", "403"),)),
        SourceStatus("kubernetes", "fresh", unread=(Unread("velero.io/backups", "forbidden", "403"),)),
    )
    bare = component("x", "X", "G", workloads=("Deployment x/x",), namespace="apps")
    unmade = record("backup", "nightly", "velero", schedule="0 3 * * *", namespaces=("*",))
    found = facts(filled("system x", of=told(replace(FULL, components=(bare,), records=(unmade,)), *denied)))
    assert found["Alerts"] == "Unknown Alertmanager (/api/v2/alerts) was not read: 403."
    assert found["Backed up by"] == "nightly"
    body = "| What | Now |\n|---|---|\n| Backed up by | weekly |\n| Sign-in | Authentik |\n"
    schedules = SourceStatus("kubernetes", "fresh", unread=(Unread("velero.io/schedules", "forbidden"),))
    kept = filled("system x", body, of=told(replace(FULL, components=(bare,), records=()), schedules), live=False)
    assert ("Backed up by | weekly" in kept, "Sign-in" in kept) == (True, False)


def test_no_alert_is_no_good_news_of_what_nothing_watches() -> None:
    bare = component("x", "X", "G", workloads=("Deployment x/x",))
    assert facts(filled("system x", of=replace(FULL, components=(bare,), relations=())))["Alerts"] == "Not watched"


def test_how_far_what_is_deployed_is_from_its_branch() -> None:
    late = component("x", "X", "G", ahead=3, behind=1, compare_url="https://github.com/a/b/compare/1...2")
    found = facts(filled("system x", of=replace(FULL, components=(late,), relations=())))
    assert found["Git"] == (
        "3 commits not deployed yet, 1 commit deployed and not on its branch, "
        "[compare](https://github.com/a/b/compare/1...2)"
    )
    same = component("x", "X", "G", ahead=0, behind=0)
    assert "Git" not in facts(filled("system x", of=replace(FULL, components=(same,), relations=())))


def test_each_arrow_of_a_component_has_its_evidence() -> None:
    found = re.findall(r"<li>(.*?)</li>", filled("system velero"))
    assert [re.sub("<[^>]*>", "", item) for item in found] == [f"Velero → MinIO: {EVIDENCE}"]


def test_nothing_is_good_news_that_was_not_told() -> None:
    blind = told(
        FULL,
        SourceStatus("alertmanager", "absent", "no component runs it"),
        SourceStatus("prometheus", "failed", "timed out"),
        SourceStatus("vault", "failed", "sealed away"),
    )
    vault = next(c for c in FULL.components if c.name == "vault")
    bare = replace(vault, values={k: v for k, v in vault.values.items() if k not in ("state", "targets", "targets_up")})
    found = filled("system vault", of=replace(blind, records=(), components=(bare,), relations=()))
    assert facts(found)["Alerts"] == "Unknown Prometheus was not read: timed out."
    assert facts(found)["Targets"] == "Unknown Prometheus was not read: timed out."
    assert "Vault was not read&#58; sealed away." in found


def test_rows_of_the_author_stay_in_a_system_s_table() -> None:
    once = filled("system vault", live=False)
    body = once + "\n| On call | Ann |\n| State | well |\n"
    again = filled("system vault", body, live=False)
    assert again == once + "\n| On call | Ann |"
    blind = replace(FULL, records=(), relations=(), sources=UNREAD)
    assert filled("system vault", once + "\n", of=blind, live=False) == once
