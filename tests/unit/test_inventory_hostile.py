"""Objects of any shape make an inventory, never a crash; what they say is kept as data."""

from __future__ import annotations

import copy
import json
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit import goldens
from tests.unit.inventory_objects import LABEL, application, built, ingress, service, workload
from tests.unit.recordings import from_yaml, recording
from truebook.inventory import build, show
from truebook.model import Inventory
from truebook.recording import KubernetesData, Part, Recording, ResourceList, encode_kubernetes
from truebook.settings import Settings, load

FOLDER = goldens.FOLDER / "inventory"
SAMPLE = yaml.safe_load((FOLDER / "homelab.recording.yaml").read_text(encoding="utf-8"))
OBJECTS, SYSTEMS = SAMPLE["objects"], SAMPLE["systems"]
SETTINGS = load(FOLDER / "homelab.truebook.yml")

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["a" * 10_000, "\u202e", "<script>", "a/b:c", "https://", "git@x:", "://", "=", "*.", "", "/"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything within a value."""
    found = [path] if path else []
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        found += places(child, (*path, key))
    return found


PLACES = [(key, *path) for key, items in OBJECTS.items() for path in places(items)]
ANSWERS = [(name, "answers", key) for name, system in SYSTEMS.items() for key in system["answers"]]
BODIES = [(*path, *rest) for path in ANSWERS for rest in places(SYSTEMS[path[0]]["answers"][path[2]])]


def answered(changes: list[tuple[tuple[Any, ...], Any]]) -> dict[str, Any]:
    """The sample's systems with other things in some places of their answers, the HTTP status aside."""
    wanted = [(path, junk) for path, junk in changes if path[3:4] != ("status",)]
    return changed(SYSTEMS, wanted)


def mutated(changes: list[tuple[tuple[Any, ...], Any]]) -> dict[str, Any]:
    """The sample's objects with other things in some places."""
    found = changed(OBJECTS, changes)
    return {key: items if isinstance(items, list) else [items] for key, items in found.items()}


def changed(sample: dict[str, Any], changes: list[tuple[tuple[Any, ...], Any]]) -> dict[str, Any]:
    """The sample with other things in some places."""
    found = copy.deepcopy(sample)
    for path, junk in changes:
        holder: Any = found
        for step in path[:-1]:
            try:
                holder = holder[step]
            except (KeyError, IndexError, TypeError):
                break
        else:
            if isinstance(holder, dict) or (isinstance(holder, list) and isinstance(path[-1], int)):
                try:
                    holder[path[-1]] = copy.deepcopy(junk)
                except IndexError:
                    continue
    return found


def is_sound(inventory: Inventory) -> bool:
    """Whether it is JSON, has unique names, and every value and arrow has its evidence."""
    names = [component.name for component in inventory.components]
    values = [value for component in inventory.components for value in component.values.values()]
    known = all({r.source, r.target} <= set(names) for r in inventory.relations)
    known = known and {record.component for record in inventory.records} <= {*names, ""}
    values += [value for record in inventory.records for value in record.values.values()]
    show.as_text(inventory)
    json.dumps(show.as_json(inventory))
    return len(names) == len(set(names)) and all(v.evidence.source and v.evidence.object for v in values) and known


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), JUNK), min_size=1, max_size=8))
def test_objects_of_any_shape_make_an_inventory(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    objects = mutated(changes)
    api = {"/api/v1/applications": {"items": objects["argoproj.io/applications Application"]}}
    for catalog in (SETTINGS, Settings()):
        assert is_sound(build(recording(objects, argocd=api), catalog, origin="a test"))


@pytest.mark.parametrize("junk", [None, 7, "text", [], {}, True, [[]], {"metadata": []}])
def test_every_single_place_may_hold_junk(junk: Any) -> None:
    """Every tenth place at a time, so that each is tried alone or with strangers."""
    for start in range(10):
        objects = mutated([(path, junk) for path in PLACES[start::10]])
        assert is_sound(build(recording(objects), SETTINGS, origin="a test"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*ANSWERS, *BODIES]), JUNK), min_size=1, max_size=8))
def test_systems_may_answer_anything(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    found = recording(OBJECTS, systems=answered(changes))
    for catalog in (SETTINGS, Settings()):
        assert is_sound(build(found, catalog, origin="a test"))


@pytest.mark.parametrize(
    "junk", [None, 7, "text", [], {}, True, [[]], [{}], {"results": [7]}, {"data": [7]}, -1, "://["]
)
def test_every_single_place_of_an_answer_may_hold_junk(junk: Any) -> None:
    for start in range(10):
        found = answered([(path, junk) for path in BODIES[start::10]])
        assert is_sound(build(recording(OBJECTS, systems=found), SETTINGS, origin="a test"))
    for start in range(3):
        found = answered([(path, junk) for path in ANSWERS[start::3]])
        assert is_sound(build(recording(OBJECTS, systems=found), SETTINGS, origin="a test"))


@pytest.mark.parametrize(
    "asked", ["http://[", "://", "", "https://a:b", "x y z", "\u202e", "HEAD ", "/v1/auth/config", "//"]
)
def test_anything_may_have_been_asked(asked: str) -> None:
    body = {"not_after": "2027-01-01T00:00:00Z", "issuer": "x", "items": [{"metadata": {"name": "x"}}]}
    systems = {name: {"url": asked, "answers": {asked: body}} for name in [*SYSTEMS, "certificates"]}
    assert is_sound(build(recording(OBJECTS, systems=systems), SETTINGS, origin="a test"))


@pytest.mark.parametrize("status", [204, 301, 400, 401, 403, 404, 429, 500, 502, 503])
def test_an_answer_of_any_status_makes_an_inventory(status: int) -> None:
    systems = {
        name: {**system, "answers": {key: {"status": status, "body": None} for key in system["answers"]}}
        for name, system in SYSTEMS.items()
    }
    assert is_sound(build(recording(OBJECTS, systems=systems), SETTINGS, origin="a test"))


@pytest.mark.parametrize("body", [None, 7, [], "x", {"items": 7}, {"items": [None, 7, {"metadata": {"name": 7}}]}])
def test_argocd_may_answer_anything(body: Any) -> None:
    paths = (
        "/api/v1/applications",
        "/api/v1/applications/x",
        "/api/version",
        "/api/v1/settings",
        "/api/v1/applications?x",
    )
    assert built(argocd=dict.fromkeys(paths, body)).components == ()


@pytest.mark.parametrize("raw", [b'{"metadata":{"generation":1e999}}', b'{"a":"\xff"}'])
def test_an_object_that_is_no_json_is_left_out_alone(raw: bytes) -> None:
    good = msgspec.json.encode(workload("web", called="web"))
    items = [msgspec.Raw(raw), msgspec.Raw(good)]
    lists = {"apps/deployments": ResourceList("apps", "v1", "deployments", "Deployment", True, items=items)}
    part = Part("fresh", data=encode_kubernetes(KubernetesData(lists=lists)))
    found = build(Recording(1, recording().cluster, "", {"kubernetes": part}), Settings(), origin="a test")
    assert [component.name for component in found.components] == ["web"]


@pytest.mark.parametrize("name", ["a" * 10_000, "a\u202eb", "end", "`|<script>]\n\"'", "\x00"])
def test_names_are_kept_as_they_are(name: str) -> None:
    page = ingress("web", "web.local")
    page["metadata"]["annotations"] = {"gethomepage.dev/enabled": "true", "gethomepage.dev/description": f"x{name}"}
    found = built(
        deployments=[workload("web", called=name, image=f"x:{name}")], services=[service("web")], ingresses=[page]
    )
    (component,) = found.components
    assert (component.name, component.get("images")) == (name, (f"x:{name}",))
    assert component.get("purpose") == f"x{name}".strip()


def test_the_same_recording_gives_the_same_inventory() -> None:
    one, two = (build(from_yaml(FOLDER / "homelab.recording.yaml"), SETTINGS, origin="a test") for _ in range(2))
    assert one == two


def test_a_selector_that_fits_nothing_joins_nothing() -> None:
    stray = ingress("stray", "stray.local")
    found = built(
        deployments=[workload("web", called="web")], services=[service("stray", app="other")], ingresses=[stray]
    )
    assert [component.get("url") for component in found.components] == [None]


def test_each_kind_is_decoded_once_and_pods_never(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []
    decode = msgspec.json.decode

    def counted(data: Any, **more: Any) -> Any:
        if not more:
            decoded.append(bytes(data))
        return decode(data, **more)

    labels = {f"{LABEL}instance": "app"}
    found = recording(
        {
            "pods Pod": [workload("pod")],
            "apps/deployments Deployment": [workload("web", called="web", labels=labels)],
            "services Service": [service("web")],
            "argoproj.io/applications Application": [application("app")],
            "networking.k8s.io/ingresses Ingress": [ingress("web", "web.local")],
        }
    )
    monkeypatch.setattr(msgspec.json, "decode", counted)
    build(found, Settings(), origin="a test")
    assert len(decoded) == len(set(decoded)) == 4
    assert not any(b'"pod"' in data for data in decoded)
