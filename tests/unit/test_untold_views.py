"""What a source did not tell is said in place of what it might have told, and is not called nothing."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from importlib import import_module

import pytest

from tests.unit.filled_views import filled, rows
from tests.unit.views_sample import FULL, told
from truebook.inventory.relations import RELATIONS
from truebook.model import Inventory, SourceStatus, Unread
from truebook.pages.views import VIEWS
from truebook.pages.views import arrows as arrow_sources
from truebook.pages.views.sources import TITLES


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
