"""The embedded homelab: its recording is what `scripts/homelab` makes of the files in `homelab/`, and stays so."""

from __future__ import annotations

import difflib
import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

import truebook.inventory
from tests.real.conftest import _start
from tests.real.homelab.__main__ import EMBEDDED
from tests.real.homelab.normal import normalise
from tests.real.homelab.repositories import HOMELAB, histories
from tests.real.homelab.running import REPOSITORY, ROOT, UNWELL, WELL, Homelab
from tests.real.homelab.standins import past_runs
from truebook import settings
from truebook.model import Inventory
from truebook.recording import load
from truebook.state.sources import SOURCES

Json = dict[str, Any]
MAKE_IT_AGAIN = "homelab/ has changed since its recording was made: run scripts/homelab"

SEED_ARROWS = {
    ("git", "argocd"),
    ("argocd", "authentik"),
    ("argocd", "vault"),
    ("argocd", "prometheus"),
    ("authentik", "grafana"),
    ("vault", "argocd"),
    ("prometheus", "grafana"),
    ("prometheus", "alertmanager"),
    ("velero", "minio"),
}


@pytest.fixture
def embedded() -> Json:
    found: Json = json.loads(EMBEDDED.read_text())
    return found


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    """What the site shows of the embedded recording."""
    return truebook.inventory.build(load(EMBEDDED), settings.load(ROOT / "truebook.yml"), origin="test")


@pytest.fixture(scope="module")
def homelab(request: pytest.FixtureRequest) -> Iterator[Homelab]:
    """The homelab, deployed."""
    with _start(request, Homelab) as homelab:
        homelab.deploy()
        yield homelab


@pytest.fixture(scope="module")
def recorded(homelab: Homelab, tmp_path_factory: pytest.TempPathFactory) -> Json:
    """A recording of the homelab, made now."""
    return record(homelab, tmp_path_factory.mktemp("homelab") / "homelab.json")


def record(homelab: Homelab, output: Path) -> Json:
    """A recording, in which nothing of this machine is and no secret."""
    homelab.record(output)
    text = output.read_text()
    systems = homelab.systems
    here = (homelab.cluster, homelab.argocd, homelab.forge, systems.vault, systems.minio, systems.prometheus)
    for server in (*here, systems.alertmanager, systems.loki, systems.authentik, systems.grafana):
        assert server.url.partition("://")[2] not in text
    assert str(homelab.cluster.folder.parent) not in text
    machine = socket.gethostname()
    assert machine == "localhost" or not re.search(rf"\b{re.escape(machine)}\b", text)
    for secret in (homelab.cluster.token, homelab.argocd.admin_token, homelab.argocd.docs_token, *systems.secrets):
        assert len(secret) > 12
        assert secret not in text
    found: Json = json.loads(text)
    return found


def applications(recording: Json) -> dict[str, Json]:
    items = recording["parts"]["argocd"]["data"]["answers"]["/api/v1/applications"]["body"]["items"]
    return {item["metadata"]["name"]: item for item in items}


def states(recording: Json) -> dict[str, tuple[str, str]]:
    return {
        name: (item["status"]["sync"]["status"], item["status"]["health"]["status"])
        for name, item in applications(recording).items()
    }


# --- the embedded recording, without any server -----------------------------------------------------------------


def test_it_is_of_the_repository_as_it_is_now(embedded: Json, tmp_path: Path) -> None:
    for name, history in histories(tmp_path).items():
        history.push()
        history.push(after_deployment=True)
        remote = embedded["parts"]["git"]["data"]["remotes"][f"https://github.com/{name}.git"]
        assert remote["refs"]["refs/heads/main"] == history.head, MAKE_IT_AGAIN


def test_three_applications_are_unwell_and_no_other(embedded: Json) -> None:
    assert {name: state for name, state in states(embedded).items() if state != WELL} == UNWELL
    assert len(states(embedded)) > 20


def test_everything_was_read_and_nothing_was_forbidden(embedded: Json) -> None:
    parts = embedded["parts"]
    assert {name: part["state"] for name, part in parts.items()} == dict.fromkeys(SOURCES, "fresh")
    reads = [read for part in parts.values() for read in part["reads"]]
    assert {read["state"] for read in reads} == {"read", "absent"}
    assert 60 <= sum(len(found["items"]) for found in parts["kubernetes"]["data"]["lists"].values()) <= 300


def test_what_stood_in_for_a_system_is_said_to_have(embedded: Json) -> None:
    said = {name: part["stand_in"] for name, part in embedded["parts"].items() if part.get("stand_in")}
    assert said.keys() == {"authentik", "grafana", "oidc"}  # the issuers are the same server's
    assert all(line.startswith("not ") for line in said.values())


def test_alerts_fire_are_silenced_and_wait(inventory: Inventory) -> None:
    alerts = {alert.component: alert.values["state"].value for alert in inventory.records_of("alert")}
    assert alerts == {"ollama": "silenced", "paperless": "firing", "home-assistant": "pending"}
    assert {alert.values["runbook_url"].value for alert in inventory.records_of("alert")} == {
        "https://docs.homelab.local/argocd.html#when-it-isnt"
    }
    (silence,) = inventory.records_of("silence")
    assert silence.values["comment"].value == "The graphics card comes on Saturday"


def test_targets_are_components_of_the_homelab(inventory: Inventory) -> None:
    targets = inventory.records_of("target")
    assert {target.values["health"].value for target in targets} == {"up"}
    assert {target.component for target in targets} == {
        *("argocd", "authentik", "vault", "prometheus", "alertmanager", "grafana", "loki", "minio", "velero"),
        *("traefik", "external-secrets"),
    }


@pytest.mark.parametrize(
    ("component", "state", "version"),
    [
        ("vault", "active", "1.21.1"),
        ("authentik", "ready", "2026.8.2"),
        ("prometheus", "ready", "3.16.0"),
        ("alertmanager", "ready", "0.25.0"),
        ("grafana", "ready", "12.4.2"),
        ("loki", "ready", "3.7.8"),
    ],
)
def test_what_a_system_says_of_itself_agrees_with_its_image(
    inventory: Inventory, component: str, state: str, version: str
) -> None:
    found = inventory.component(component)
    assert found is not None
    assert (found.get("state"), found.get("reported_version")) == (state, version)
    assert str(found.get("version")).removeprefix("v") == version


def test_what_is_deployed_and_what_is_in_git_are_two_facts(embedded: Json, inventory: Inventory) -> None:
    paperless = inventory.component("paperless")
    assert paperless is not None
    head = embedded["parts"]["git"]["data"]["remotes"][f"https://github.com/{REPOSITORY}.git"]["refs"]["HEAD"]
    deployed = applications(embedded)["paperless"]["status"]["history"][-1]["revisions"][-1]
    assert deployed != head
    assert paperless.get("version") == "2.19.6"


def test_nothing_of_the_machine_that_made_it_is_in_it() -> None:
    text = EMBEDDED.read_text()
    for own in ("127.0.0.1", "[::1]", "localhost:2", "localhost:3", "/tmp/", str(ROOT), str(Path.home()) + "/."):
        assert own not in text, own
    addresses = set(re.findall(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", text))
    assert {address for address in addresses if not address.startswith(("192.168.1.", "10.0.0."))} == set()


def test_the_seed_page_comes_out_with_its_groups_and_arrows(inventory: Inventory) -> None:
    read = {(each.source, each.target) for each in inventory.relations if each.evidence.source != "catalog"}
    assert read >= SEED_ARROWS
    groups = {component.name: component.group for component in inventory.components}
    assert {name: groups[name] for arrow in SEED_ARROWS for name in arrow} == {
        "git": "GitOps",
        "argocd": "GitOps",
        "authentik": "Security",
        "vault": "Security",
        "prometheus": "Observability",
        "grafana": "Observability",
        "alertmanager": "Observability",
        "velero": "Backup",
        "minio": "Backup",
    }
    assert "Other" not in groups.values()


def test_it_was_read_with_rights_to_read_and_to_nothing_secret() -> None:
    objects = yaml.safe_load_all((HOMELAB / "repository/platform/truebook/rbac.yaml").read_text())
    rules = next(each for each in objects if each["kind"] == "ClusterRole")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list"}
    granted = {resource for rule in rules for resource in rule["resources"]}
    assert not granted & {"*", "secrets", "configmaps", "pods/log", "pods/exec", "serviceaccounts"}


def test_configmaps_were_read_beside_grafana_only() -> None:
    objects = list(yaml.safe_load_all((HOMELAB / "repository/platform/truebook/rbac.yaml").read_text()))
    (role,) = (each for each in objects if each["kind"] == "Role")
    assert role["metadata"]["namespace"] == "monitoring"
    assert role["rules"] == [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]


def test_backups_are_of_the_last_times_that_the_schedule_names() -> None:
    tuesday = datetime(2026, 11, 24, 2, 59, tzinfo=UTC)
    nightly = past_runs("0 3 * * *", tuesday, 2)
    assert [f"{run:%a %d %H:%M}" for run in nightly] == ["Mon 23 03:00", "Sun 22 03:00"]
    assert [f"{run:%a %d %H:%M}" for run in past_runs("0 5 * * 0", tuesday, 2)] == ["Sun 22 05:00", "Sun 15 05:00"]


# --- what the comparison sees ------------------------------------------------------------------------------------


def test_times_and_names_that_are_generated_do_not_count(embedded: Json) -> None:
    other = json.loads(
        json.dumps(embedded).replace(embedded["recorded_at"], "2030-01-01T00:00:00Z").replace("nuc-1", "nuc-2")
    )
    for found in (embedded, other):
        found["parts"]["kubernetes"]["data"]["lists"].pop("nodes")  # nodes are compared by name
    lists = other["parts"]["kubernetes"]["data"]["lists"]
    for item in lists["pods"]["items"]:
        item["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000"
    assert normalise(embedded) == normalise(other)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("jellyfin:10.11.4", "jellyfin:10.11.5"),
        ('"OutOfSync"', '"Synced"'),
        ("192.168.1.240", "192.168.1.241"),
        ("grafana.homelab.local", "graphs.homelab.local"),
    ],
)
def test_every_fact_counts(embedded: Json, was: str, now: str) -> None:
    other = json.loads(json.dumps(embedded).replace(was, now))
    assert normalise(embedded) != normalise(other)


# --- made anew ---------------------------------------------------------------------------------------------------


@pytest.mark.real
@pytest.mark.timeout(1200)
def test_made_anew_it_is_the_same(embedded: Json, recorded: Json) -> None:
    assert states(recorded) == {name: UNWELL.get(name, WELL) for name in states(recorded)}
    old, new = (json.dumps(normalise(found), indent=1).splitlines() for found in (embedded, recorded))
    difference = list(difflib.unified_diff(old, new, "embedded", "made anew", lineterm="", n=8))
    assert not difference, "\n".join(difference[:200])


@pytest.mark.real
@pytest.mark.timeout(1200)
def test_a_vault_that_is_sealed_is_recorded_as_sealed(homelab: Homelab, recorded: Json, tmp_path: Path) -> None:
    assert recorded["parts"]["vault"]["data"]["answers"]["/v1/sys/health"]["status"] == 200
    homelab.systems.vault.seal()
    try:
        parts = record(homelab, tmp_path / "sealed.json")["parts"]
    finally:
        homelab.systems.vault.unseal()
    assert {name: part["state"] for name, part in parts.items()} == dict.fromkeys(SOURCES, "fresh")
    health = parts["vault"]["data"]["answers"]["/v1/sys/health"]
    assert (health["status"], health["body"]["sealed"]) == (503, True)
    vault = truebook.inventory.build(
        load(tmp_path / "sealed.json"), settings.load(ROOT / "truebook.yml"), origin="test"
    ).component("vault")
    assert vault is not None
    assert vault.get("state") == "sealed"
