"""The embedded homelab with this site's own catalog: what the landing page needs is known, with its evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from truebook import recording
from truebook.inventory import build
from truebook.inventory.records import RECORDS
from truebook.inventory.relations import RELATIONS
from truebook.model import Inventory
from truebook.settings import Settings, load
from truebook.settings.keys import KEYS

ROOT = Path(__file__).parents[2]
RECORDING = ROOT / "plugins" / "truebook" / "embedded" / "homelab.json"

# What the landing page was asked to say: component → group, host.
SEED = {
    "argocd": ("GitOps", "argocd.homelab.local"),
    "authentik": ("Security", "auth.homelab.local"),
    "vault": ("Security", "vault.homelab.local"),
    "prometheus": ("Observability", "prometheus.homelab.local"),
    "grafana": ("Observability", "grafana.homelab.local"),
}


@pytest.fixture(scope="module")
def homelab() -> Inventory:
    return build(recording.load(RECORDING), load(ROOT / "truebook.yml"), origin="the embedded homelab")


@pytest.mark.parametrize("name", SEED)
def test_the_seed_page_s_components_have_their_group_and_url(homelab: Inventory, name: str) -> None:
    found = homelab.component(name)
    assert found is not None
    assert (found.group, found.get("url")) == (SEED[name][0], f"https://{SEED[name][1]}")
    assert found.values["url"].evidence.source == "kubernetes"


def test_every_deployed_component_of_the_catalog_has_its_live_values(homelab: Inventory) -> None:
    wanted = {"version", "namespace", "workloads", "ready", "desired", "sync", "health", "revision", "revision_url"}
    for component in load(ROOT / "truebook.yml").components:
        found = homelab.component(component.name)
        assert found is not None
        if component.find.workload:
            assert wanted - set(found.values) == set(), component.name


def test_every_key_occurs(homelab: Inventory) -> None:
    assert {key for component in homelab.components for key in component.values} >= set(KEYS)


def test_every_kind_of_arrow_and_record_occurs(homelab: Inventory) -> None:
    assert {relation.kind for relation in homelab.relations} >= set(RELATIONS) - {"stated"}
    wanted = set(RECORDS)
    if "certificates" not in recording.load(RECORDING).parts:
        wanted.discard("certificate")  # nobody was asked for any
    assert {record.kind for record in homelab.records} == wanted


def test_what_is_not_well_is_told(homelab: Inventory) -> None:
    found = {component.get("health") for component in homelab.components}
    assert {"Healthy", "Progressing", "Degraded"} <= found
    assert any(component.get("sync") == "OutOfSync" for component in homelab.components)
    for component in homelab.components:
        if component.get("health") in {"Progressing", "Degraded"}:
            assert component.text("status_message"), component.name


def test_git_feeds_argocd_which_deploys_the_rest(homelab: Inventory) -> None:
    arrows = {(relation.source, relation.target): relation.kind for relation in homelab.relations}
    assert arrows["git", "argocd"] == "feeds"
    assert all(arrows["argocd", name] == "deploys" for name in SEED if name != "argocd")
    assert "app-of-apps" in arrows.values()


# The landing page's arrows: kind, source, target, and the part that the evidence is of.
ARROWS = [
    ("feeds", "git", "argocd", {"argocd"}),
    ("deploys", "argocd", "authentik", {"argocd"}),
    ("deploys", "argocd", "vault", {"argocd"}),
    ("deploys", "argocd", "prometheus", {"argocd"}),
    ("sso", "authentik", "grafana", {"configmaps"}),
    ("secrets", "vault", "argocd", {"kubernetes"}),
    ("datasource", "prometheus", "grafana", {"grafana", "configmaps"}),
    ("alerts", "prometheus", "alertmanager", {"prometheus"}),
    ("backup", "velero", "minio", {"kubernetes"}),
]


@pytest.mark.parametrize(("kind", "source", "target", "by"), ARROWS)
def test_the_seed_page_s_arrows_are_there_by_evidence(
    homelab: Inventory, kind: str, source: str, target: str, by: set[str]
) -> None:
    found = [r for r in homelab.relations if (r.kind, r.source, r.target) == (kind, source, target)]
    assert [r.evidence.source in by for r in found] == [True]


def test_without_a_catalog_the_same_components_are_discovered(homelab: Inventory) -> None:
    found = build(recording.load(RECORDING), Settings(), origin="the embedded homelab")
    for name in SEED:
        ours, theirs = homelab.component(name), found.component(name)
        assert ours is not None
        assert theirs is not None
        same = {"url", "version", "workloads", "health", "sync", "revision"}
        assert {key: theirs.get(key) for key in same} == {key: ours.get(key) for key in same}


def test_without_argocd_s_api_the_application_objects_say_the_same(homelab: Inventory) -> None:
    full = recording.load(RECORDING)
    parts = {name: part for name, part in full.parts.items() if name != "argocd"}
    alone = recording.Recording(full.schema, full.cluster, full.recorded_at, parts)
    found = build(alone, load(ROOT / "truebook.yml"), origin="the embedded homelab")
    only_it_says = {"reported_version", "sso"}
    for ours, theirs in zip(homelab.components, found.components, strict=True):
        assert {key: value.value for key, value in theirs.values.items() if key not in only_it_says} == {
            key: value.value for key, value in ours.values.items() if key not in only_it_says
        }
    assert "argocd" not in {value.evidence.source for c in found.components for value in c.values.values()}
