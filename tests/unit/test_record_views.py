"""Views made of records: what each shows and commits, and that it says what it was not told."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from importlib import import_module

import markdown as python_markdown
import pytest

from tests.unit import goldens
from tests.unit.pages_sample import EVIDENCE, component
from tests.unit.views_sample import CHECKED, FULL, SITE, page_url, record, told
from truebook.errors import RegionError
from truebook.inventory.records import RECORDS
from truebook.inventory.relations import RELATIONS
from truebook.model import Inventory, SourceStatus, Unread, Value
from truebook.pages import regions
from truebook.pages.views import VIEWS, Checked
from truebook.pages.views import arrows as arrow_sources
from truebook.pages.views.cron import in_words
from truebook.pages.views.sources import TITLES
from truebook.state.sources import SOURCES

END = "<!-- END truebook -->"
TABLES = sorted(set(VIEWS) - {"components", "incident", "runbooks", "stack", "value", "system"})
EXAMPLES = {
    "runbooks": "runbooks vault",
    "system": "system vault",
    "value": "value vault.state",
    "stack": "stack direction=TB",
}


def filled(marker: str, body: str = "", *, of: Inventory = FULL, live: bool = True, checked: Checked = CHECKED) -> str:
    """The text between the markers."""
    text = f"<!-- BEGIN truebook:{marker} -->\n{body}{END}\n"
    if VIEWS[marker.split()[0]].inline:
        text = text.replace("\n", "")
    found = regions.fill(text, path="a.md", inventory=of, page_url=page_url, live=live, site_url=SITE, checked=checked)
    return re.sub(r"^<!-- BEGIN .*? -->|<!-- END truebook -->\n?$", "", found).strip("\n")


def rows(text: str) -> list[list[str]]:
    """The cells of a table without its head, tags taken off."""
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[re.sub("<[^>]*>", "", cell).strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_its_golden(view: str) -> None:
    marker = EXAMPLES.get(view, view)
    built, committed = filled(marker), filled(marker, live=False)
    goldens.check(f"views/{view}.md", f"<!-- built -->\n\n{built}\n\n<!-- committed -->\n\n{committed}\n")


@pytest.mark.parametrize("view", TABLES)
def test_what_was_committed_is_kept_when_filled_again(view: str) -> None:
    once = filled(view, live=False)
    assert filled(view, f"{once}\n", live=False) == once
    assert filled(view, f"{once}\n") == filled(view)


@pytest.mark.parametrize("view", TABLES)
def test_what_is_committed_has_nothing_that_changes_by_itself(view: str) -> None:
    committed = filled(view, live=False)
    assert "truebook-status" not in committed
    assert "<time" not in committed


@pytest.mark.parametrize("view", TABLES)
def test_an_empty_table_is_said_in_words(view: str) -> None:
    found = filled(view, of=replace(FULL, records=()))
    assert re.fullmatch(r"[A-Z][^|<>]+\.", found)


UNREAD = tuple(replace(status, state="failed", reason="connection refused") for status in FULL.sources)


@pytest.mark.parametrize("view", TABLES)
def test_a_source_that_was_not_read_is_said_in_place_of_an_empty_table(view: str) -> None:
    found = filled(view, of=replace(FULL, records=(), sources=UNREAD))
    assert re.findall(r'truebook-note--failed">(.*?)</span>', found)
    assert "was not read&#58; connection refused." in found
    assert "|" not in found
    assert " no " not in found.lower().replace("was not read", "")  # and nothing is claimed


@pytest.mark.parametrize("view", TABLES)
def test_what_is_documented_stays_while_nobody_can_say(view: str) -> None:
    once = filled(view, live=False)
    blind = replace(FULL, records=(), sources=UNREAD)
    assert filled(view, f"{once}\n", of=blind, live=False) == once
    if "|" in once:
        built = filled(view, f"{once}\n", of=blind)
        assert once in built
        assert "Not found" not in built


def test_a_row_that_is_not_there_any_more_says_so_where_all_was_read() -> None:
    body = filled("secrets", live=False) + "\n| secret/old | Grafana | ExternalSecret x/y | y |\n"
    assert "secret/old" in filled("secrets", body, live=False)
    (row,) = [row for row in rows(filled("secrets", body)) if "secret/old" in row[0]]
    assert row[0] == "secret/old Not found"
    stale = told(FULL, SourceStatus("kubernetes", "stale", "timed out", "2026-11-23T05:30:00Z"))
    assert "Not found" not in filled("secrets", body, of=stale)


def test_columns_of_the_author_stay_with_their_rows() -> None:
    body = (
        "| Alert | Severity | On call | Runbook |\n|---|:---:|---|---|\n"
        "| `TargetDown` | warning | **Bob** | x |\n| VaultSealed | critical | Ann | y |\n"
    )
    assert filled("rules", body, live=False) == (
        "| Alert | Severity | On call | Runbook |\n"
        "|---|:---:|---|---|\n"
        "| VaultSealed | critical | Ann | [Vault](vault.md#when-it-isnt) |\n"
        "| TargetDown | warning | **Bob** | — |"
    )


def test_rows_of_the_author_stay_beside_what_comes_and_goes() -> None:
    body = "| Alert | Who |\n|---|---|\n| TargetDown | Ann |\n| DiskFull | Bob |\n"
    assert filled("alerts", body, live=False) == body.strip()
    found = rows(filled("alerts live=state", body))
    assert [row[:3] for row in found] == [
        ["VaultSealed", "", "firing"],
        ["TargetDown", "Ann", "firing"],
        ["SecretNotSynced", "", "silenced"],
        ["DiskFull", "Bob", "—"],
    ]


@pytest.mark.parametrize(
    ("marker", "first"),
    [
        ("alerts", ["VaultSealed", "TargetDown", "SecretNotSynced"]),
        ("alerts state=silenced,pending", ["SecretNotSynced"]),
        ("alerts severity=critical", ["VaultSealed"]),
        ("alerts component=grafana", ["TargetDown"]),
        ("alerts group=security", ["VaultSealed", "SecretNotSynced"]),
        ("targets health=down", ["grafana"]),
        ("targets", ["grafana", "vault"]),
        ("secrets component=argocd", ["secret/argocd/oidc"]),
    ],
)
def test_which_records_are_shown(marker: str, first: list[str]) -> None:
    assert [row[0] for row in rows(filled(marker))] == first


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("alerts columns=state", "rows are matched by their alert; add 'alert'"),
        ("alerts columns=alert,state", "'state' changes by itself and is not committed; put it in live="),
        ("rules columns=alert,severty", "unknown column 'severty'; did you mean 'severity'?"),
        ("secrets live=nope", "unknown column 'nope'; known: component"),
        ("secrets component=vualt", "no component is called 'vualt'; did you mean 'vault'?"),
        ("secrets group=Kitchen", "no component is in 'Kitchen'"),
        ("secrets state=x", "unknown option 'state'"),
        ("secrets vault", "'vault' is not an option"),
        ("system", "the marker names no COMPONENT"),
        ("system vualt", "unknown component 'vualt'; did you mean 'vault'?"),
        ("stack arrows=vault", "'vault' is no arrow; write FROM>TO"),
        ("stack arrows=vualt>argocd", "did you mean 'vault'?"),
        ("stack relations=secret", "no arrow is of the kind 'secret'; did you mean 'secrets'?"),
    ],
)
def test_a_wrong_marker_is_refused_with_the_fix(marker: str, words: str) -> None:
    with pytest.raises(RegionError, match=re.escape(words)):
        filled(marker)


# --- how sources fared


@pytest.mark.parametrize(
    ("statuses", "kind", "words"),
    [
        ((SourceStatus("prometheus", "failed", "503"),), "failed", "Prometheus was not read: 503."),
        (
            (SourceStatus("prometheus", "stale", "503", "2026-11-23T05:30:00Z"),),
            "stale",
            "Prometheus was not read anew, shown is what it said at 2026-11-23T05:30:00Z: 503.",
        ),
        (
            (SourceStatus("prometheus", "fresh", stand_in="a small server"),),
            "stand-in",
            "A stand-in answered for Prometheus (a small server).",
        ),
        (
            (SourceStatus("prometheus", "absent", "no component runs it"), SourceStatus("alertmanager", "absent", "")),
            "absent",
            "Alertmanager was not read.",
        ),
    ],
)
def test_notes_about_sources(statuses: tuple[SourceStatus, ...], kind: str, words: str) -> None:
    found = re.findall(r'truebook-note--([\w-]+)">(.*?)</span>', filled("alerts", of=told(FULL, *statuses)))
    assert (kind, words) in [(kind, html.unescape(text)) for kind, text in found]


def test_what_is_not_set_up_is_not_missed_where_another_source_says_it() -> None:
    found = filled("dashboards", of=told(FULL, SourceStatus("grafana", "absent", "no token")))
    assert "truebook-note" not in found


def test_every_source_has_a_name_for_people() -> None:
    assert set(TITLES) == set(SOURCES)


def test_every_kind_of_record_that_a_view_shows_is_one_that_the_inventory_makes() -> None:
    assert {import_module(f"truebook.pages.views.{view}").TABLE.kind for view in TABLES} <= set(RECORDS)


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


# --- stack


def arrows(text: str) -> list[str]:
    return re.findall(r"^    (n\d.* n\d.*)$", text.partition("```mermaid")[2].partition("```")[0], re.MULTILINE)


def test_only_the_arrows_that_are_named_are_drawn() -> None:
    found = filled("stack arrows=vault>argocd,velero>minio,argocd>vault relations=secrets,deploys,backup")
    assert arrows(found) == ['n1 -->|"deploys"| n2', 'n2 -->|"secrets"| n1', "n3 --> n4"]
    assert "Grafana" not in found
    assert "Not drawn" not in found


def test_kinds_of_arrows_choose_what_is_drawn() -> None:
    found = filled("stack relations=scrapes")
    assert arrows(found) == ['n3 -->|"scrapes"| n1 & n2']
    assert "Velero" not in found


def test_an_arrow_without_evidence_is_not_drawn_and_its_ends_are() -> None:
    marker = "stack arrows=vault>grafana,authentik>argocd"
    found = filled(marker)
    assert len(arrows(found)) == 1
    assert '"Authentik<br>' in found
    assert "Not drawn, for want of evidence: Authentik → ArgoCD.</span>" in found
    assert len(arrows(filled(marker, live=False))) == 1
    body = "```mermaid\nflowchart LR\n```\n"
    blind = told(FULL, SourceStatus("authentik", "failed", "503"))
    assert filled(marker, body, of=blind, live=False) == body.strip()


# --- what a source keeps to itself

SAYS_NONE = {
    "alerts": "No alert fires.",
    "silences": "Nothing is silenced.",
    "rules": "There is no alerting rule.",
    "targets": "Prometheus scrapes nothing of it.",
    "backups": "No schedule makes backups.",
    "storage": "No location for backups is set up.",
    "oidc": "No client is known.",
    "secrets": "Nothing takes a secret from there.",
    "dashboards": "Grafana has no dashboard for it.",
    "datasources": "Grafana has no data source.",
    "windows": "There is no window: ArgoCD may sync at any time.",
}


def answering(state: str, names: tuple[str, ...]) -> Inventory:
    """All these sources are fresh, and tell nothing of what they are asked for: each for this reason."""
    told: dict[str, list[Unread]] = {}
    for name in names:
        source, _, what = name.partition(" ")
        held = [Unread(f"{what}?type=x" if what[0] == "/" else what, state, "no token")] if what else []  # type: ignore[arg-type]
        told.setdefault(source, []).extend(held)
    statuses = tuple(
        SourceStatus(source, "fresh" if held else "absent", unread=tuple(held)) for source, held in told.items()
    )
    return replace(FULL, records=(), sources=statuses)


@pytest.mark.parametrize("state", ["forbidden", "failed"])
@pytest.mark.parametrize("view", SAYS_NONE)
def test_what_was_not_told_is_not_called_nothing(view: str, state: str) -> None:
    names: tuple[str, ...] = import_module(f"truebook.pages.views.{view}").TABLE.sources
    found = filled(view, of=answering(state, names))
    assert SAYS_NONE[view] not in found
    for name in names:
        if " " in name:
            assert html.escape(TITLES[name.split()[0]]) in found
            assert f"({name.split()[1]}) was not read: no token." in html.unescape(found)
    body = "| Mine |\n|------|\n| kept |\n"
    assert filled(view, body, of=answering(state, names), live=False) == body.strip()
    # The same answers without a refusal do say that there is nothing.
    sources = tuple(SourceStatus(name, "fresh") for name in dict.fromkeys(name.split()[0] for name in names))
    assert SAYS_NONE[view] in filled(view, of=replace(FULL, records=(), sources=sources))


@pytest.mark.parametrize("view", ["backups", "storage", "secrets"])
def test_of_a_kind_that_is_not_installed_there_is_nothing(view: str) -> None:
    names = import_module(f"truebook.pages.views.{view}").TABLE.sources
    assert SAYS_NONE[view] in filled(view, of=answering("absent", names))


def test_what_one_of_several_keeps_back_is_said_beside_what_the_others_tell() -> None:
    kept_back = Unread("/api/v3/providers/oauth2/", "forbidden", "no token")
    found = html.unescape(filled("oidc", of=told(FULL, SourceStatus("authentik", "fresh", unread=(kept_back,)))))
    assert "Authentik (/api/v3/providers/oauth2/) was not read: no token." in found
    assert len(rows(found)) == len(FULL.records_of("oidc_client"))
    # Where another source may say the same, it is enough that that one did.
    kept_back = Unread("/api/search", "forbidden", "no token")
    found = filled("dashboards", of=told(FULL, SourceStatus("grafana", "fresh", unread=(kept_back,))))
    assert ("was not read" in found, len(rows(found))) == (False, len(FULL.records_of("dashboard")))


def test_every_kind_of_arrow_says_who_tells_of_it() -> None:
    assert {*arrow_sources.ALTERNATIVES, *arrow_sources.JOINED} == set(RELATIONS) - {"stated"}
    assert arrow_sources.untold(FULL) == []
    denied = Unread("/api/v1/alertmanagers", "forbidden", "403")
    of = told(FULL, SourceStatus("prometheus", "fresh", unread=(denied,)))
    assert arrow_sources.untold(of) == []  # the cluster may say it too
    absent = Unread("monitoring.coreos.com/prometheuses", "absent", "not installed")
    of = told(of, SourceStatus("kubernetes", "fresh", unread=(absent,)))
    assert arrow_sources.untold(of) == ["Prometheus (/api/v1/alertmanagers) was not read: 403."]
    assert VIEWS["stack"].untold(of) == VIEWS["system"].untold(of) == arrow_sources.untold(of)
    assert VIEWS["alerts"].untold(of) == VIEWS["components"].untold(of) == []


def test_the_author_s_row_is_not_called_missing_where_nobody_may_know() -> None:
    body = "| Schedule |\n|---|\n| mine |\n"
    assert "Not found" in filled("backups columns=backup", body)
    status = SourceStatus("kubernetes", "fresh", unread=(Unread("velero.io/schedules", "forbidden"),))
    assert "Not found" not in filled("backups columns=backup", body, of=told(FULL, status))


# --- system


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


# --- hostile text

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a | b ` c * d _e_ [x](javascript:alert(1))",
    "<!-- END truebook --> {{ 7*7 }} ${x} %%{init}%%",
    "line\n\n# head\n\n| a | b |",
    "](http://evil.example) ![i](x)",
    "\u202eesrever\u200b",
    "https://evil.example/<b>",
)


def poisoned(text: str) -> Inventory:
    """All strings that came from a system replaced by `text`, names of components aside."""

    def value(key: str, found: Value) -> Value:
        if isinstance(found.value, tuple):
            return Value((text, text), found.evidence)
        return Value(text, found.evidence) if isinstance(found.value, str) else found

    records = tuple(
        replace(one, name=text, values={key: value(key, found) for key, found in one.values.items()})
        for one in FULL.records
    )
    components = tuple(
        replace(
            one, title=text, values={k: v if k in ("page", "systems") else value(k, v) for k, v in one.values.items()}
        )
        for one in FULL.components
    )
    sources = tuple(replace(s, reason=text, stand_in=text, state="stale", read_at=text) for s in FULL.sources)
    relations = tuple(replace(one, label=text) for one in FULL.relations)
    return replace(FULL, records=records, components=components, sources=sources, relations=relations)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_never_becomes_markup(view: str, text: str) -> None:
    marker = EXAMPLES.get(view, view)
    built, plain = filled(marker, of=poisoned(text)), filled(marker, of=poisoned("harmless"))
    page = python_markdown.markdown(built, extensions=["tables", "md_in_html", "attr_list", "fenced_code"])
    expected = python_markdown.markdown(plain, extensions=["tables", "md_in_html", "attr_list", "fenced_code"])

    def tags(made: str) -> list[str]:
        return re.findall(r"<(/?[a-zA-Z]\w*)", re.sub(r"<a href=\"https?://[^\"]*\">|</a>", "", made))

    assert tags(page) == tags(expected)
    targets = re.findall(r'(?:href|src)="(.*?)"', page)
    assert [target for target in targets if not re.match(r"https?://|[\w/]+\.md(#|$)", target)] == []
    assert "\u202e" not in built
