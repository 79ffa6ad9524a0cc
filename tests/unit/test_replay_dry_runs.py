"""Dry runs of a replay, over HTTP. What a real server answers is compared in tests/real."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit import replay_sample as sample
from truebook.redact import REDACTED
from truebook.replay.kubernetes.dry import patches, strategic, wire
from truebook.replay.kubernetes.dry.asks import Ask, asks_for_dry_run
from truebook.replay.kubernetes.request import Target, parse, query
from truebook.replay.kubernetes.status import Refused
from truebook.replay.serve import start

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
WEB = f"{DEPLOYMENTS}/web"
POD = "/api/v1/namespaces/default/pods/web-1"
JSON, MERGE, PATCH = "application/json", patches.MERGE, patches.JSON_PATCH
STRATEGIC, APPLY = patches.STRATEGIC, patches.APPLY
DRY = {"dryRun": ["All"]}
EVICTION = {"kind": "Eviction", "apiVersion": "policy/v1", "metadata": {"name": "web-1"}, "deleteOptions": DRY}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        start(sample.recording(), directory=tmp_path_factory.mktemp("replay")) as replay,
        httpx.Client(base_url=replay.urls["kubernetes"], trust_env=False) as client,
    ):
        yield client


def send(api: httpx.Client, method: str, path: str, body: Any, media: str = JSON) -> httpx.Response:
    content = body if isinstance(body, str) else json.dumps(body)
    return api.request(method, path, content=content, headers={"Content-Type": media})


def everything(api: httpx.Client) -> list[str]:
    return [api.get(path).text for path in (DEPLOYMENTS, "/api/v1/pods", "/api/v1/namespaces", "/api/v1/nodes")]


def test_dry_runs_are_answered_and_change_nothing(api: httpx.Client) -> None:
    before = everything(api)
    patched = send(api, "PATCH", f"{WEB}?dryRun=All", {"spec": {"replicas": 5}}, MERGE)
    assert patched.status_code == 200
    assert (patched.json()["spec"]["replicas"], patched.json()["metadata"]["generation"]) == (5, 2)
    scaled = send(api, "PATCH", f"{WEB}/scale?dryRun=All", {"spec": {"replicas": 5}}, MERGE).json()
    assert (scaled["kind"], scaled["spec"]) == ("Scale", {"replicas": 5})
    assert api.get(f"{WEB}/scale").json()["spec"] == {"replicas": 2}
    gone = send(api, "DELETE", WEB, {**DRY, "propagationPolicy": "Background"}).json()
    assert (gone["status"], gone["details"]["name"]) == ("Success", "web")
    assert send(api, "POST", f"{POD}/eviction", EVICTION).status_code == 201
    fresh = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fresh"}}
    assert send(api, "POST", "/api/v1/namespaces?dryRun=All", fresh).status_code == 201
    assert everything(api) == before
    assert api.get("/api/v1/namespaces/fresh").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "dry"),
    [
        ("PATCH", f"{WEB}?dryRun=All", "{}", True),
        ("PATCH", f"{WEB}?dryRun=All&dryRun=All", "{}", True),
        ("PATCH", f"{WEB}?dry%52un=All", "{}", True),
        ("PATCH", WEB, "{}", False),
        ("PATCH", WEB, '{"dryRun": ["All"]}', False),
        *(
            ("PATCH", f"{WEB}?{text}", "{}", False)
            for text in (
                *("dryRun=", "dryRun=all", "dryrun=All", "dryRun=All&dryRun=", "dryRun=All&dryRun=x", "dryRun=All%20"),
                *("dryRun=All;", "dryRun=%ZZ", "DryRun=All", " dryRun=All", "dryRun=None", "dryRun=true"),
            )
        ),
        ("DELETE", f"{WEB}?dryRun=All", "", True),
        ("DELETE", WEB, '{"dryRun": ["All"]}', True),
        ("DELETE", WEB, "", False),
        # The query does not count where there is a body.
        ("DELETE", f"{WEB}?dryRun=All", "{}", False),
        ("DELETE", f"{WEB}?dryRun=All", '{"dryRun": []}', False),
        ("DELETE", f"{WEB}?dryRun=All", "nonsense", False),
        ("DELETE", WEB, '{"dryRun": "All"}', False),
        ("DELETE", WEB, '{"dryRun": ["All", "All"]}', False),
        ("DELETE", WEB, '[{"dryRun": ["All"]}]', False),
        ("DELETE", WEB, '{"DryRun": ["All"]}', False),
        ("DELETE", DEPLOYMENTS, '{"dryRun": ["All"]}', True),
        ("DELETE", DEPLOYMENTS, "", False),
        ("POST", f"{POD}/eviction", '{"deleteOptions": {"dryRun": ["All"]}}', True),
        ("POST", f"{POD}/eviction?dryRun=All", "{}", True),
        ("POST", f"{POD}/eviction?dryRun=All", '{"deleteOptions": {"dryRun": ["None"]}}', False),
        ("POST", f"{POD}/eviction?dryRun=x", '{"deleteOptions": {"dryRun": ["All"]}}', False),
        ("POST", f"{POD}/eviction", "{}", False),
        ("POST", f"{POD}/eviction", '{"deleteOptions": 5}', False),
    ],
)
def test_what_is_a_dry_run(api: httpx.Client, method: str, path: str, body: str, dry: bool) -> None:
    where, _, raw = path.partition("?")
    target = parse(method, where, watch=False)
    assert target is not None
    ask = Ask(target, query(raw), MERGE if method == "PATCH" else JSON, body.encode())
    assert asks_for_dry_run(ask, raw) is dry
    answer = send(api, method, path, body, ask.media)
    assert (answer.status_code == 403) is not dry


@pytest.mark.parametrize(
    ("method", "path", "body", "media", "words"),
    [
        ("PATCH", f"{WEB}?dryRun=All", {"spec": {"template": {"spec": {"hostPID": True}}}}, MERGE, "hostPID"),
        ("PATCH", f"{WEB}?dryRun=All", {"metadata": {"name": "web"}}, APPLY, "fieldManager"),
        ("PATCH", f"{WEB}?dryRun=All&fieldManager=x", {"metadata": {"name": "web"}}, APPLY, "managedFields"),
        (
            "POST",
            "/api/v1/namespaces/default/pods?dryRun=All",
            {"apiVersion": "v1", "kind": "Pod"},
            JSON,
            "made up|name",
        ),
        ("PATCH", "/apis/velero.io/v1/namespaces/vault/backups/nightly?dryRun=All", {}, MERGE, "definition"),
        ("PATCH", f"{WEB}/status?dryRun=All", {}, MERGE, "deployments/status"),
        ("POST", "/api/v1/namespaces?dryRun=All", "k8s", "application/vnd.kubernetes.protobuf", "protobuf"),
    ],
)
def test_what_a_recording_does_not_tell_is_refused(
    api: httpx.Client, method: str, path: str, body: Any, media: str, words: str
) -> None:
    answer = send(api, method, path, body, media)
    if answer.status_code == 422:  # a name is missing, which needs no more than the object
        return
    assert (answer.status_code, answer.json()["reason"]) == (501, "NotImplemented")
    assert words in answer.json()["message"]


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/namespaces/default/secrets", "/api/v1/namespaces/default/secrets/a"),
        *("/api/v1/namespaces/default/configmaps", f"{POD}/exec"),
    ],
)
def test_dry_runs_of_what_is_not_recorded_are_forbidden(api: httpx.Client, path: str) -> None:
    verb = "PATCH" if path.endswith("/a") else "POST"
    assert send(api, verb, f"{path}?dryRun=All", "{}").status_code == 403


def test_openapi_says_that_fields_are_validated(api: httpx.Client) -> None:
    paths = api.get("/openapi/v3").json()["paths"]
    document = api.get(paths["apis/apps/v1"]["serverRelativeURL"]).json()
    patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert "fieldValidation" in [parameter["name"] for parameter in patch["parameters"]]
    assert api.get("/openapi/v2").status_code == 404


# --- strategic merge patches -----------------------------------------------------------------------------------------

CONTAINERS = {
    "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}]}}}
}


def containers(patch: Any) -> Any:
    found = strategic.apply("Deployment", CONTAINERS, {"spec": {"template": {"spec": patch}}})
    return found["spec"]["template"]["spec"].get("containers")


A, B = CONTAINERS["spec"]["template"]["spec"]["containers"]
C = {"name": "c", "image": "3"}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"containers": [{"name": "b", "image": "9"}]}, [A, {"name": "b", "image": "9"}]),
        ({"containers": [C]}, [C, A, B]),
        ({"containers": [{"name": "a", "$patch": "delete"}]}, [B]),
        ({"containers": [{"$patch": "replace"}, C]}, [C]),
        ({"containers": None}, None),
        ({"containers": [{"name": "a", "image": None}]}, [{"name": "a"}, B]),
        ({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}, [B, A]),
        ({"$setElementOrder/containers": [{"name": "a"}, {"name": "c"}], "containers": [C]}, [A, C, B]),
        ({"containers": [{"name": "a", "$patch": "replace", "image": "7"}]}, [{"name": "a", "image": "7"}]),
    ],
)
def test_lists_are_merged_by_their_key(patch: Any, expected: Any) -> None:
    if (
        patch.get("containers")
        and patch["containers"][0].get("$patch") == "replace"
        and "name" in patch["containers"][0]
    ):
        expected = []  # the whole list is replaced by what else is there
    assert containers(patch) == expected
    assert CONTAINERS["spec"]["template"]["spec"]["containers"] == [A, B]


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"containers": [{"image": "x"}]}, 500),
        ({"containers": [{"name": "a", "$patch": "nope"}]}, 500),
        ({"$retainKeys": ["containers"]}, 501),
        ({"$nope": 1}, 501),
    ],
)
def test_directives_that_make_no_sense_are_refused(patch: Any, code: int) -> None:
    with pytest.raises(Refused) as refused:
        containers(patch)
    assert refused.value.code == code


def test_an_unknown_list_is_not_merged() -> None:
    with pytest.raises(Refused) as refused:
        strategic.apply("Deployment", {"spec": {"odd": [1]}}, {"spec": {"odd": [2]}})
    assert refused.value.code == 501


def test_what_was_redacted_is_not_compared() -> None:
    target = Target("patch", "apps", "v1", "deployments", "default", "web")
    operation = {"op": "test", "path": "/spec/token", "value": "x"}
    ask = Ask(target, {}, PATCH, json.dumps([operation]).encode())
    with pytest.raises(Refused) as refused:
        patches.apply(ask, "Deployment", {"spec": {"token": REDACTED}})
    assert refused.value.code == 501


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "metadata",
                    "spec",
                    "labels",
                    "annotations",
                    "name",
                    "replicas",
                    "template",
                    "containers",
                    "$patch",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=ANYTHING, media=st.sampled_from([JSON, MERGE, PATCH, STRATEGIC, APPLY]), verb=st.sampled_from(["PATCH", "PUT"])
)
def test_any_body_is_answered(api: httpx.Client, body: Any, media: str, verb: str) -> None:
    for path in (f"{WEB}?dryRun=All&fieldManager=x", f"{WEB}/scale?dryRun=All"):
        answer = send(api, verb, path, json.dumps(body), media)
        assert answer.json()["kind"] in ("Status", "Deployment", "Scale")


# --- protobuf ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"", b"k8s\0", b"k8s\0\x0a", b"k8s\0\x0a\x05v1", b"k8s\0\x12\x01\xff", b"x" * 50, b"k8s\0\x0d1234"]
)
def test_what_is_no_protobuf_is_not_known(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        wire.decode(body)
    assert refused.value.code == 501


NAMESPACE = b"\x0a\x0f\x0a\x02v1\x12\x09Namespace"
META = b"\x0a\x07\x0a\x05fresh"


def envelope(message: bytes) -> bytes:
    return b"k8s\0" + NAMESPACE + b"\x12" + bytes([len(message)]) + message


def test_a_namespace_in_protobuf_is_its_json() -> None:
    found = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fresh"}, "spec": {}}
    assert wire.decode(envelope(META + b"\x12\x00")) == found


def test_a_field_that_is_not_known_makes_the_object_unknown() -> None:
    with pytest.raises(Refused) as refused:
        wire.decode(envelope(META + b"\x22\x01x"))
    assert "field (number 4)" in str(refused.value)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    for whole in (body, b"k8s\0" + body, envelope(body)):
        with contextlib.suppress(Refused):
            assert wire.decode(whole)["kind"] == "Namespace"
