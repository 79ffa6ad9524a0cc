"""What is not well, and the runbooks of a component: what is found, and that nothing is claimed that is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.filled_views import filled, rows
from tests.unit.pages_sample import SAMPLE, component
from tests.unit.views_sample import CHECKED, FULL, record, told
from truebook.model import Inventory, SourceStatus, Unread
from truebook.pages.views.cron import period
from truebook.pages.views.runbooks import names_of

WELL = Inventory(
    "homelab", "v1.36.3", "2026-11-24T05:30:00Z", "a test", (), sources=(SourceStatus("kubernetes", "fresh"),)
)
DAY = 86400.0


def incident(of: Inventory) -> list[list[str]]:
    return [[cell.replace("&#58;", ":") for cell in row] for row in rows(filled("incident", of=of))]


def with_backup(**values: str | bool) -> Inventory:
    return replace(WELL, records=(record("backup", "nightly", "velero", schedule="0 3 * * *", **values),))


def test_nothing_is_wrong_only_where_nothing_is() -> None:
    found = filled("incident", of=WELL)
    assert "| This manual |" in found  # of the sample's findings
    assert len(incident(WELL)) == 2


def test_what_is_kept_back_is_told_and_makes_no_trouble_of_its_own() -> None:
    unread = (Unread("velero.io/schedules", "forbidden", "403"), Unread("velero.io/backups", "forbidden", "403"))
    status = (
        SourceStatus("kubernetes", "fresh", unread=unread),
        SourceStatus("alertmanager", "fresh", unread=(Unread("/api/v2/alerts", "forbidden", "403"),)),
    )
    found = {row[0]: row for row in incident(replace(with_backup(), sources=status))}
    assert found["Alerts"][1:] == ["Not told", "—", "Alertmanager (/api/v2/alerts) was not read: 403."]
    assert found["Backups"][1] == "Not told"
    assert not [name for name in found if name.startswith("Backup nightly")]
    absent = tuple(replace(one, state="absent") for one in unread)
    without_velero = replace(WELL, sources=(SourceStatus("kubernetes", "fresh", unread=absent),))
    assert incident(without_velero) == incident(WELL)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"health": "Degraded", "ready": 1, "desired": 3}, ["Degraded", "1 of 3 pods ready"]),
        ({"health": "Healthy", "ready": 0, "desired": 3}, ["Not ready", "0 of 3 pods ready"]),
        ({"health": "Missing"}, ["Missing"]),
        ({"health": "Healthy", "sync": "OutOfSync"}, ["OutOfSync", "differs from Git"]),
        ({"health": "Healthy", "state": "sealed"}, ["sealed", "says so itself"]),
        ({"health": "Healthy", "sync": "Synced", "ready": 1, "desired": 1}, None),
        ({"ready": 0, "desired": 0}, None),
    ],
)
def test_a_component_that_is_not_well_leads_to_its_page(values: dict[str, str | int], words: list[str] | None) -> None:
    vault = component("vault", "Vault", "Security", page="vault.md", **values)
    found = [row for row in incident(replace(WELL, components=(vault,))) if "Vault" in row[0]]
    assert len(found) == (words is not None)
    if words is not None:
        assert found[0][2] == "[Vault](vault.md)"
        assert all(word in " ".join(found[0]) for word in words)


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"last_good_at": "2026-11-24T03:07:00Z", "last_phase": "Completed"}, None),
        ({"last_good_at": "2026-11-22T03:07:00Z", "last_phase": "Completed"}, "Too old"),
        ({"last_good_at": "2026-11-22T03:07:00Z", "last_phase": "Completed", "paused": True}, None),
        ({"last_good_at": "2026-11-24T03:07:00Z", "last_phase": "Failed"}, "Failed"),
        ({"last_phase": "Failed"}, "No good backup"),
    ],
)
def test_a_backup_is_measured_by_how_often_it_runs(values: dict[str, str | bool], state: str | None) -> None:
    found = [row[1] for row in incident(with_backup(**values)) if row[0].startswith("Backup")]
    assert found == ([] if state is None else [state])


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        ("0 3 * * *", DAY),
        ("0 5 * * 0", 7 * DAY),
        ("15 * * * *", 3600.0),
        ("0 4 1 * *", 31 * DAY),
        ("@weekly", 7 * DAY),
        ("0 0 1 1 *", None),
        ("@every 6h", None),
        ("nonsense", None),
    ],
)
def test_how_often_a_schedule_runs(schedule: str, seconds: float | None) -> None:
    assert period(schedule) == seconds


def test_a_source_that_did_not_answer_is_named() -> None:
    blind = told(FULL, SourceStatus("vault", "failed", "connection refused"))
    assert ["Vault", "Not read", "connection refused"] in [[*row[:2], row[3]] for row in incident(blind)]


def test_the_worst_comes_first() -> None:
    states = [row[1] for row in incident(FULL)]
    assert states[0] == "Firing, critical"
    assert states.index("Failed") < states.index("Drift")


def test_runbooks_are_those_whose_commands_name_the_component() -> None:
    (alert, own, other) = rows(filled("runbooks vault"))
    assert "VaultSealed" in alert[1]
    assert own[0] == "[Vault](vault.md)"
    assert own[2] == "1 of 2 passed"
    assert other[1:3] == ["Write", "1 of 1 failed"]
    assert not any("Rotate" in row[0] for row in rows(filled("runbooks grafana")))  # a comment is no command


def test_runbooks_claim_nothing_where_nothing_was_tested() -> None:
    quiet = replace(FULL, records=())
    assert filled("runbooks vault", of=quiet, checked=replace(CHECKED, tested=None)) == (
        "No runbook was tested in this build."
    )
    assert filled("runbooks vault", of=quiet, checked=replace(CHECKED, tested=())) == "No runbook names Vault."


@pytest.mark.parametrize(
    ("command", "concerned"),
    [
        ("vault status", True),
        ("kubectl get pods -n vault", True),
        ("kubectl exec vault-0 -- sh", False),
        ("curl https://vault.homelab.local/v1/sys/health", True),
        ("kubectl get vaultwarden", False),
        ("kubectl logs statefulset/vault-server", True),
    ],
)
def test_what_commands_call_a_component(command: str, concerned: bool) -> None:
    vault = component(
        "vault", "Vault", "Security", url="https://vault.homelab.local", workloads=("StatefulSet vault/vault-server",)
    )
    assert (names_of(vault).search(command) is not None) is concerned


def test_a_row_of_a_source_that_did_not_answer_says_of_when_it_is() -> None:
    def since(status: SourceStatus) -> Inventory:
        return replace(SAMPLE, sources=(*SAMPLE.sources, status))

    stale = since(SourceStatus("argocd", "stale", "timed out", "2026-11-23T04:00:00Z"))
    built = filled("components live=status", of=stale)
    assert '<span class="truebook-old">as of 23 Nov, 04&#58;00 UTC</span>' in built
    assert "truebook-old" not in filled("components live=status", of=SAMPLE)
    assert "truebook-old" not in filled("components live=status", of=stale, live=False)
    other = since(SourceStatus("git", "stale", "timed out", "2026-11-23T04:00:00Z"))
    assert "truebook-old" not in filled("components live=status", of=other)


def test_a_version_that_runs_beside_another_that_is_deployed() -> None:
    vault = component("vault", "Vault", "Security", version="1.21.1", reported_version="1.20.0")
    built = filled("components columns=component live=version", of=replace(WELL, components=(vault,)))
    assert '<span class="truebook-version">1.21.1</span>' in built
    assert 'truebook-status--outofsync">runs 1.20.0</span>' in built
