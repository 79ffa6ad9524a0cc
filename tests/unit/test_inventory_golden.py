"""One small cluster with every value and every kind of arrow, and what is made of it."""

from __future__ import annotations

import json

import pytest

from tests.unit import goldens
from tests.unit.recordings import from_yaml
from truebook.inventory import build, show
from truebook.inventory.records import RECORDS
from truebook.inventory.relations import RELATIONS
from truebook.inventory.values import VALUES
from truebook.model import Inventory
from truebook.settings import load
from truebook.settings.keys import KEYS

FOLDER = goldens.FOLDER / "inventory"


@pytest.fixture(scope="module")
def homelab() -> Inventory:
    settings = load(FOLDER / "homelab.truebook.yml")
    return build(from_yaml(FOLDER / "homelab.recording.yaml"), settings, origin="a test")


def test_inventory_is_the_golden_one(homelab: Inventory) -> None:
    goldens.check("inventory/homelab.json", json.dumps(show.as_json(homelab), indent=1, ensure_ascii=False) + "\n")


def test_text_is_the_golden_one(homelab: Inventory) -> None:
    goldens.check("inventory/homelab.txt", show.as_text(homelab, None))


def test_every_value_has_a_golden(homelab: Inventory) -> None:
    assert list(VALUES) == list(KEYS)
    assert {key for component in homelab.components for key in component.values} >= set(VALUES)


def test_every_kind_of_arrow_has_a_golden(homelab: Inventory) -> None:
    assert {relation.kind for relation in homelab.relations} == set(RELATIONS)


def test_every_kind_of_record_has_a_golden(homelab: Inventory) -> None:
    assert {record.kind for record in homelab.records} == set(RECORDS)


def test_records_are_of_components_and_have_unique_names(homelab: Inventory) -> None:
    names = {component.name for component in homelab.components}
    assert {record.component for record in homelab.records} <= {*names, ""}
    assert len({(record.kind, record.name) for record in homelab.records}) == len(homelab.records)


def test_every_evidence_names_an_object_and_a_field(homelab: Inventory) -> None:
    found = [value.evidence for component in homelab.components for value in component.values.values()]
    found += [value.evidence for record in homelab.records for value in record.values.values()]
    found += [relation.evidence for relation in homelab.relations]
    assert [evidence for evidence in found if not (evidence.source and evidence.object and evidence.field)] == []
