"""The Kubernetes API of a recording, over HTTP. What a real server says is compared in tests/real."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit import replay_sample as sample
from tests.unit.recordings import raw
from truebook.errors import RecordingError
from truebook.recording import SCHEMA, Cluster, KubernetesData, Part, Recording, ResourceList, encode_kubernetes
from truebook.replay.serve import start

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
PODS = "/api/v1/namespaces/default/pods"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with start(sample.recording(), directory=tmp_path_factory.mktemp("replay")) as replay:
        yield from client(replay.urls["kubernetes"])


def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False) as found:
        yield found


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["metadata"]["name"] for item in answer.json()["items"]]


def status(answer: httpx.Response) -> tuple[int, str, str]:
    """An error's code, reason and message; it must be a Status object."""
    body = answer.json()
    assert (body["kind"], body["apiVersion"], body["status"]) == ("Status", "v1", "Failure")
    assert body["code"] == answer.status_code
    return answer.status_code, body.get("reason", ""), body["message"]


def test_version_and_health(api: httpx.Client) -> None:
    assert api.get("/version").json() == sample.VERSION
    for path in ("/healthz", "/livez", "/readyz"):
        assert (api.get(path).status_code, api.get(path).text) == (200, "ok")
    assert status(api.get("/readyz?verbose"))[0] == 403


def test_discovery_is_served_as_recorded_and_in_its_older_form(api: httpx.Client) -> None:
    aggregated = api.get("/apis", headers={"Accept": DISCOVERY + ",application/json"})
    assert aggregated.headers["content-type"] == DISCOVERY
    assert aggregated.json() == json.loads(bytes(sample.discovery()["/apis"]))
    groups = {group["name"]: group for group in api.get("/apis").json()["groups"]}
    assert groups["autoscaling"]["preferredVersion"]["groupVersion"] == "autoscaling/v2"
    assert [version["version"] for version in groups["autoscaling"]["versions"]] == ["v2", "v1"]
    assert api.get("/api").json()["versions"] == ["v1"]
    resources = {entry["name"]: entry for entry in api.get("/apis/apps/v1").json()["resources"]}
    assert resources["deployments"] == {
        **{"name": "deployments", "singularName": "deployment", "namespaced": True, "kind": "Deployment"},
        **{"verbs": sample.ALL_VERBS, "shortNames": ["deploy"], "categories": ["all"]},
    }
    assert resources["deployments/scale"] == {
        **{"name": "deployments/scale", "singularName": "", "namespaced": True},
        **{"group": "autoscaling", "version": "v1", "kind": "Scale", "verbs": ["get", "patch", "update"]},
    }
    assert status(api.get("/apis", headers={"Accept": DISCOVERY.replace("v2", "v2beta1")}))[0] == 406


def test_lists_of_built_in_kinds_leave_out_the_kind_of_their_items_and_custom_ones_do_not(api: httpx.Client) -> None:
    pods, backups = api.get("/api/v1/pods").json(), api.get("/apis/velero.io/v1/backups").json()
    assert (pods["kind"], pods["apiVersion"]) == ("PodList", "v1")
    assert (backups["kind"], backups["apiVersion"]) == ("BackupList", "velero.io/v1")
    assert not any("kind" in item or "apiVersion" in item for item in pods["items"])
    assert all((item["kind"], item["apiVersion"]) == ("Backup", "velero.io/v1") for item in backups["items"])


def test_lists_are_in_storage_order_and_of_one_namespace_where_asked(api: httpx.Client) -> None:
    # "vault-b/…" is before "vault/…": "-" is before "/".
    assert names(api.get("/api/v1/pods")) == ["web-1", "web-2", "other-0", "vault-0"]
    assert names(api.get("/api/v1/namespaces/vault/pods")) == ["vault-0"]
    assert names(api.get("/api/v1/namespaces/vault-b/pods")) == ["other-0"]
    assert names(api.get("/api/v1/namespaces/nope/pods")) == []


def test_selectors(api: httpx.Client) -> None:
    def selected(**params: str) -> list[str]:
        return names(api.get("/api/v1/pods", params=params))

    assert selected(labelSelector="app in (vault)") == ["other-0", "vault-0"]
    assert selected(labelSelector="app=vault", fieldSelector="metadata.namespace=vault") == ["vault-0"]
    assert selected(fieldSelector="status.phase=Pending") == ["web-2"]
    assert selected(fieldSelector="spec.nodeName=") == ["web-2"]
    assert status(api.get("/api/v1/pods", params={"labelSelector": "a b"}))[:2] == (400, "BadRequest")
    assert status(api.get("/api/v1/pods", params={"fieldSelector": "nope=x"})) == (
        *(400, "BadRequest"),
        "field label not supported: nope",
    )


def test_pages(api: httpx.Client) -> None:
    first = api.get("/api/v1/pods?limit=3").json()
    assert first["metadata"]["remainingItemCount"] == 1
    second = api.get("/api/v1/pods", params={"limit": "3", "continue": first["metadata"]["continue"]})
    assert names(second) == ["vault-0"]
    assert second.json()["metadata"] == {"resourceVersion": first["metadata"]["resourceVersion"]}
    # With a selector it is not known how many are left.
    selected = api.get("/api/v1/pods?limit=1&labelSelector=app%3Dweb").json()["metadata"]
    assert "continue" in selected
    assert "remainingItemCount" not in selected
    # A token goes on within its namespace.
    page = api.get(f"{PODS}?limit=1").json()
    assert names(api.get(PODS, params={"continue": page["metadata"]["continue"]})) == ["web-2"]


def test_a_token_of_another_state_has_expired_and_says_how_to_go_on(api: httpx.Client) -> None:
    # {"v":"meta.k8s.io/v1","rv":7,"start":"/default/web-1\0"}
    token = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6Nywic3RhcnQiOiIvZGVmYXVsdC93ZWItMVx1MDAwMCJ9"
    answer = api.get("/api/v1/pods", params={"continue": token})
    assert status(answer)[:2] == (410, "Expired")
    again = api.get("/api/v1/pods", params={"continue": answer.json()["metadata"]["continue"]})
    assert names(again) == ["web-2", "other-0", "vault-0"]
    assert status(api.get("/api/v1/pods?continue=nonsense"))[:2] == (400, "BadRequest")


def test_only_the_recorded_state_can_be_asked_for(api: httpx.Client) -> None:
    assert len(names(api.get("/api/v1/pods?resourceVersion=0&limit=1"))) == 4
    assert len(names(api.get("/api/v1/pods?resourceVersion=30&resourceVersionMatch=Exact"))) == 4
    assert status(api.get("/api/v1/pods?resourceVersion=29&resourceVersionMatch=Exact"))[:2] == (410, "Expired")
    assert status(api.get("/api/v1/pods?resourceVersion=31"))[:2] == (504, "Timeout")
    assert status(api.get("/api/v1/pods?resourceVersionMatch=Exact"))[:2] == (422, "Invalid")


def test_an_object_has_its_kind(api: httpx.Client) -> None:
    found = api.get(f"{PODS}/web-1").json()
    assert (found["kind"], found["apiVersion"], found["metadata"]["name"]) == ("Pod", "v1", "web-1")
    assert status(api.get(f"{PODS}/nope")) == (404, "NotFound", 'pods "nope" not found')
    assert status(api.get("/apis/velero.io/v1/namespaces/vault/backups/nope")) == (
        *(404, "NotFound"),
        'backups.velero.io "nope" not found',
    )


def test_tables_have_the_recorded_cells_but_for_ages(api: httpx.Client) -> None:
    table = api.get(PODS, headers={"Accept": TABLE}).json()
    assert table["kind"] == "Table"
    assert [column["name"] for column in table["columnDefinitions"]][:2] == ["Name", "Ready"]
    assert [row["cells"] for row in table["rows"]] == [
        ["web-1", "1/1", "Running", "2 (30m ago)", "3h5m"],
        ["web-2", "0/1", "Pending", "0", "3h5m"],
    ]
    assert {row["object"]["kind"] for row in table["rows"]} == {"PartialObjectMetadata"}
    one = api.get(f"{PODS}/web-1?includeObject=Object", headers={"Accept": TABLE}).json()
    assert one["rows"][0]["object"]["spec"]["nodeName"] == "node-a"
    none = api.get(f"{PODS}?includeObject=None", headers={"Accept": TABLE}).json()
    assert [row["object"] for row in none["rows"]] == [None, None]
    backups = api.get("/apis/velero.io/v1/backups", headers={"Accept": TABLE}).json()
    assert backups["rows"][0]["cells"] == ["nightly", "4d5h"]


def test_a_list_recorded_without_a_table_is_served_without(tmp_path: Path) -> None:
    pods = sample.resource("", "v1", "pods", "Pod", "", [(sample.pod("web-1", "default", "Running"), [])])
    with start(sample.recording([pods]), directory=tmp_path) as replay:
        for api in client(replay.urls["kubernetes"]):
            assert api.get(PODS, headers={"Accept": TABLE}).json()["kind"] == "PodList"
            assert status(api.get(PODS, headers={"Accept": TABLE.partition(",")[0]}))[:2] == (406, "NotAcceptable")


@pytest.mark.parametrize(
    ("accept", "code"),
    [
        ("*/*", 200),
        ("", 200),
        ("application/vnd.kubernetes.protobuf,application/json", 200),
        ("application/vnd.kubernetes.protobuf", 406),
        ("application/yaml", 406),
        ("application/json;q=0", 406),
        ("application/json;as=Nope;g=meta.k8s.io;v=v1", 406),
    ],
)
def test_a_recording_is_json(api: httpx.Client, accept: str, code: int) -> None:
    answer = api.get(PODS, headers={"Accept": accept})
    assert answer.status_code == code
    assert answer.headers["content-type"] == "application/json"


def test_metadata_only(api: httpx.Client) -> None:
    accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    found = api.get(f"{PODS}/web-1", headers={"Accept": accept}).json()
    assert (found["kind"], sorted(found)) == ("PartialObjectMetadata", ["apiVersion", "kind", "metadata"])
    listed = api.get(PODS, headers={"Accept": accept.replace("Metadata;", "MetadataList;")}).json()
    assert listed["kind"] == "PartialObjectMetadataList"
    assert [sorted(item) for item in listed["items"]] == [["apiVersion", "kind", "metadata"]] * 2


def events(api: httpx.Client, query: str, accept: str = "application/json") -> list[Any]:
    answer = api.get(f"/api/v1/pods?watch=true&{query}", headers={"Accept": accept})
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_watch_sends_what_is_there_and_ends(api: httpx.Client) -> None:
    found = events(api, "")
    assert [(event["type"], event["object"]["metadata"]["name"]) for event in found] == [
        ("ADDED", name) for name in ("web-1", "web-2", "other-0", "vault-0")
    ]
    assert found[0]["object"]["kind"] == "Pod"
    assert len(events(api, "labelSelector=app%3Dvault")) == 2
    # Nothing happened since the list was read.
    assert events(api, "resourceVersion=30") == []
    # What happened before it is not known, only that something did.
    (event,) = events(api, "resourceVersion=20")
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")


def test_a_watch_in_tables_defines_its_columns_once(api: httpx.Client) -> None:
    found = events(api, "", TABLE)
    assert [bool(event["object"]["columnDefinitions"]) for event in found] == [True, False, False, False]
    assert found[0]["object"]["rows"][0]["cells"][0] == "web-1"


def test_a_watch_with_initial_events_ends_them_with_a_bookmark(api: httpx.Client) -> None:
    query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    *added, bookmark = events(api, query)
    assert [event["type"] for event in added] == ["ADDED"] * 4
    assert bookmark["type"] == "BOOKMARK"
    assert bookmark["object"]["metadata"] == {
        **{"resourceVersion": "30", "annotations": {"k8s.io/initial-events-end": "true"}},
    }


def test_a_watch_that_keeps_a_copy_lasts_long_enough_for_its_client(api: httpx.Client) -> None:
    # client-go takes a watch without events that ends within a second for an error.
    began = time.monotonic()
    assert events(api, "resourceVersion=30&allowWatchBookmarks=true") == []
    assert time.monotonic() - began > 1


def test_secrets_are_refused_whatever_the_recording_holds(tmp_path: Path) -> None:
    secret = {"metadata": sample.meta("password", "vault"), "data": {"a": "aHVzaA=="}}
    found = sample.resource("", "v1", "secrets", "Secret", "Name:string", [(secret, ["password"])])
    with start(sample.recording([*sample.lists(), found]), directory=tmp_path) as replay:
        for path in (
            "/api/v1/secrets",
            "/api/v1/namespaces/vault/secrets",
            "/api/v1/namespaces/vault/secrets/password",
        ):
            for query in ("", "?watch=true"):
                answer = httpx.get(replay.urls["kubernetes"] + path + query, trust_env=False)
                assert status(answer)[:2] == (403, "Forbidden")
                assert "aHVzaA" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "code", "message"),
    [
        ("GET", "/api/v1/namespaces/default/configmaps", 403, "this recording does not hold configmaps"),
        ("GET", "/apis/autoscaling/v1/horizontalpodautoscalers", 403, "in version v2 only"),
        ("GET", f"{PODS}/web-1/log", 403, 'cannot get resource "pods/log"'),
        ("GET", f"{PODS}/web-1/exec?command=ls", 403, 'cannot get resource "pods/exec"'),
        ("GET", f"{PODS}/web-1/proxy/a/b", 403, 'cannot get resource "pods/proxy"'),
        ("GET", f"{PODS}/web-1/log/more", 404, "could not find the requested resource"),
        ("GET", f"{PODS}/web-1/nope", 404, "could not find the requested resource"),
        ("POST", PODS, 403, "cannot create"),
        ("POST", f"{PODS}/web-1/eviction", 403, 'cannot create resource "pods/eviction"'),
        ("PATCH", f"{PODS}/web-1", 403, "cannot patch"),
        ("PUT", f"{PODS}/web-1", 403, "cannot update"),
        ("DELETE", f"{PODS}/web-1", 403, "cannot delete"),
        ("DELETE", PODS, 403, "cannot deletecollection"),
        ("PUT", PODS, 405, "does not allow this method"),
        ("POST", "/api/v1/pods", 405, "does not allow this method"),
        ("OPTIONS", PODS, 405, "does not allow this method"),
        ("BREW", PODS, 405, "does not allow this method"),
        ("POST", "/version", 405, "does not allow this method"),
        ("GET", "/api/v1/nope", 404, "could not find the requested resource"),
        ("GET", "/api/v1/pods/web-1", 404, "could not find the requested resource"),
        ("GET", "/api/v1/namespaces/default/nodes", 404, "could not find the requested resource"),
        ("GET", "/apis/apps/v9/deployments", 404, "could not find the requested resource"),
        ("GET", "/metrics", 403, 'cannot get path "/metrics"'),
        ("GET", "/openapi/v3/apis/nope/v1", 404, "could not find the requested resource"),
        ("GET", "/openapi/v2", 404, "does not hold the OpenAPI documents"),
    ],
)
def test_what_is_refused_is_refused_as_a_status(
    api: httpx.Client, method: str, path: str, code: int, message: str
) -> None:
    answer = api.request(method, path)
    assert status(answer)[0] == code
    assert message in answer.json()["message"]


@pytest.mark.parametrize("path", ["/apis/nope", "/apis/nope/v1/things", "/apis/velero.io/v9/backups"])
def test_groups_that_do_not_exist_are_no_page(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.text) == (404, "404 page not found\n")


def test_an_access_review_says_what_the_replay_lets_its_callers_do(api: httpx.Client) -> None:
    def allowed(**attributes: str) -> bool:
        body = {"spec": {"resourceAttributes": attributes}}
        answer = api.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json=body)
        assert answer.status_code == 201
        return bool(answer.json()["status"]["allowed"])

    assert allowed(verb="list", resource="pods")
    assert allowed(verb="get", group="apps", resource="deployments", namespace="default", name="web")
    assert not allowed(verb="get", resource="secrets")
    assert not allowed(verb="get", resource="configmaps")
    assert not allowed(verb="delete", resource="pods")
    assert not allowed(verb="get", resource="pods", subresource="log")
    broken = api.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", content=b"k8s\0\x12\xff")
    assert status(broken)[0] == 400


@pytest.mark.parametrize(
    "path", ["/", "//", "//api/v1", "/api//v1", "/apis/apps//deployments", "/%2e%2e", "/api/v1/%00"]
)
def test_odd_paths_are_refused(api: httpx.Client, path: str) -> None:
    assert api.get(path).status_code in (403, 404)


def test_a_recording_without_a_cluster_says_so(tmp_path: Path) -> None:
    with start(sample.recording([], served=False), directory=tmp_path) as replay:
        answer = httpx.get(replay.urls["kubernetes"] + "/api", trust_env=False)
        assert status(answer) == (503, "ServiceUnavailable", "this recording does not hold a Kubernetes API")


def test_a_damaged_recording_is_an_error_with_a_reason(tmp_path: Path) -> None:
    broken = ResourceList(*("", "v1", "pods", "Pod", True, "1"), items=[raw({"metadata": {"name": 5}})])
    with start(sample.recording([broken]), directory=tmp_path) as replay:
        answer = httpx.get(replay.urls["kubernetes"] + "/api/v1/pods", trust_env=False)
        assert status(answer)[:2] == (500, "InternalError")
        assert "this recording is damaged" in answer.json()["message"]
    wrong = KubernetesData(discovery={"/api": raw({"items": 5})})
    part = Part("fresh", data=encode_kubernetes(wrong))
    with pytest.raises(RecordingError, match="discovery"):
        start(Recording(SCHEMA, Cluster(), "", {"kubernetes": part}), directory=tmp_path)


def test_text_that_callers_send_is_quoted_on_one_line(api: httpx.Client) -> None:
    message = status(api.get(f"{PODS}/a%22%0A%5Cb%01"))[2]
    assert message == r'pods "a\"\n\\b\x01" not found'
