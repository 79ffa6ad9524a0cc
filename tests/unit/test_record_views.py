"""Views made of records: what each shows and commits, which of them it shows, and what of the author's it keeps."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import import_module

import pytest

from tests.unit import goldens
from tests.unit.filled_views import EXAMPLES, TABLES, UNREAD, filled, rows
from tests.unit.views_sample import FULL, told
from truebook.errors import RegionError
from truebook.inventory.records import RECORDS
from truebook.model import SourceStatus
from truebook.pages.views import VIEWS
from truebook.pages.views.sources import TITLES
from truebook.state.sources import SOURCES


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


def test_every_source_has_a_name_for_people() -> None:
    assert set(TITLES) == set(SOURCES)


def test_every_kind_of_record_that_a_view_shows_is_one_that_the_inventory_makes() -> None:
    assert {import_module(f"truebook.pages.views.{view}").TABLE.kind for view in TABLES} <= set(RECORDS)
