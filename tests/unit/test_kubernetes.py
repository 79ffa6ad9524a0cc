"""The source `kubernetes` against an API server of our own making, which fails on demand."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from tests.faults import CUT, NOT_JSON, RESET, SLOW, Answer, FaultServer, json_answer, refused, status
from tests.unit.kube_api import item, kubeconfig, only_kubernetes, pages, path_of, script
from truebook.errors import ConfigError
from truebook.recording import Recording, dump
from truebook.state.collect import collect
from truebook.state.sources.kubernetes import RESOURCES, wanted

PODS = path_of("pods")
CLUSTER = {
    "namespaces": [item("apps", "")],
    "pods": [item("b", spec={"nodeName": "n"}), item("a", "zoo"), item("a")],
    "deployments": [item("web")],
    "applications": [item("web", "argocd", spec={"project": "default"})],
}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truebook.state.fetch.FIRST_PAUSE", 0.001)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    with FaultServer(script(CLUSTER)) as found:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, found.url)))
        yield found


def names(recording: Recording, key: str) -> list[str]:
    return [f"{x['metadata']['namespace']}/{x['metadata']['name']}" for x in recording.kubernetes().objects(key)]


def test_what_is_served_is_read_and_what_is_not_is_said_once(server: FaultServer) -> None:
    recording = collect(only_kubernetes())
    part = recording.parts["kubernetes"]
    assert part.state == "fresh"
    assert (recording.cluster.name, recording.cluster.version) == ("home", "v1.36.3")
    counts = {read.what: read.count for read in part.reads if read.state == "read"}
    assert counts == {"namespaces": 1, "pods": 3, "apps/deployments": 1, "argoproj.io/applications": 1}
    absent = [read.what for read in part.reads if read.state == "absent"]
    assert sorted([*counts, *absent]) == sorted(RESOURCES)
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer t0ken-of-the-reader"}
    assert "secrets" not in "".join(server.paths()).replace("external-secrets", "")


def test_objects_are_whole_sorted_and_stand_with_their_cells(server: FaultServer) -> None:
    recording = collect(only_kubernetes())
    listed = recording.kubernetes().lists["pods"]
    assert names(recording, "pods") == ["apps/a", "apps/b", "zoo/a"]
    first = list(recording.kubernetes().objects("pods"))[1]
    assert list(first)[:2] == ["apiVersion", "kind"]
    assert (first["apiVersion"], first["kind"], first["spec"]) == ("v1", "Pod", {"nodeName": "n"})
    assert [msgspec.json.decode(cells) for cells in listed.cells] == [["a"], ["b"], ["a"]]
    assert [column.name for column in listed.columns] == ["Name"]
    assert (listed.group, listed.version, listed.kind, listed.namespaced) == ("", "v1", "Pod", True)
    assert b'"items":[\n{"apiVersion":"v1","kind":"Pod"' in dump(recording)


@pytest.mark.parametrize("tables", [True, False])
def test_pages_are_joined_in_one_order_whatever_the_servers(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, tables: bool
) -> None:
    monkeypatch.setattr("truebook.state.sources.kubernetes.PAGE", 2)
    items = [item(f"p{number % 7}", f"n{number % 3}") for number in range(21)]
    server.script.update(script({"pods": items}, tables=tables))
    recording = collect(only_kubernetes())
    assert names(recording, "pods") == sorted(names(recording, "pods"))
    assert len(names(recording, "pods")) == 21
    assert server.paths().count(PODS) == 11
    assert len(recording.kubernetes().lists["pods"].cells) == (21 if tables else 0)
    server.script.update(script({"pods": items[::-1]}, tables=tables))
    assert bytes(collect(only_kubernetes()).parts["kubernetes"].data) == bytes(recording.parts["kubernetes"].data)


def test_managed_fields_and_the_last_applied_annotation_are_dropped(server: FaultServer) -> None:
    found = item("web")
    found["metadata"] |= {
        "managedFields": [{"manager": "kubectl"}],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "yes"},
    }
    server.script.update(script({"pods": [found]}))
    (pod,) = collect(only_kubernetes()).kubernetes().objects("pods")
    assert "managedFields" not in pod["metadata"]
    assert pod["metadata"]["annotations"] == {"kept": "yes"}


def test_secrets_are_redacted_in_objects_and_cells(server: FaultServer) -> None:
    found = item("web", spec={"env": [{"name": "API_TOKEN", "value": "pl4nted"}]}, status={"message": "token=pl4nted"})

    def table(_: Any) -> Answer:
        columns = [{"name": "Message", "type": "string"}]
        rows = [{"cells": ["password: pl4nted"], "object": found}]
        return json_answer({"metadata": {}, "columnDefinitions": columns, "rows": rows})

    server.script[PODS] = table
    assert b"pl4nted" not in dump(collect(only_kubernetes()))


def test_an_empty_table_keeps_its_columns(server: FaultServer) -> None:
    columns = [{"name": "Created At", "type": "date"}]
    server.script[PODS] = [json_answer({"metadata": {}, "columnDefinitions": columns, "rows": None})]
    pods = collect(only_kubernetes()).kubernetes().lists["pods"]
    assert [column.name for column in pods.columns] == ["Created At"]
    assert pods.items == []


def test_the_lists_version_is_its_newest_objects_not_the_servers_counter(server: FaultServer) -> None:
    lists = collect(only_kubernetes()).kubernetes().lists
    assert lists["pods"].resource_version == "7"


@pytest.mark.parametrize("asked", ["secrets", "Secrets", "/secrets", "v1/secrets", "core/secrets"])
def test_secrets_are_never_read(server: FaultServer, asked: str) -> None:
    server.script.update(script({"secrets": [item("s", data={"password": "cGw0bnRlZA=="})]}))
    with pytest.raises(ConfigError, match="Secrets are never read"):
        wanted(only_kubernetes(resources=(asked,)))
    part = collect(only_kubernetes(resources=(asked,))).parts["kubernetes"]
    assert part.state == "failed"
    assert "Secrets are never read" in part.reason
    assert path_of("secrets") not in server.paths()


@pytest.mark.parametrize("asked", ["configmaps", "ConfigMaps", "/configmaps", "v1/configmaps", "core/configmaps"])
def test_config_maps_are_never_read_cluster_wide(asked: str) -> None:
    with pytest.raises(ConfigError, match="ConfigMaps are never read cluster-wide"):
        wanted(only_kubernetes(resources=(asked,)))
    assert not {key for key in RESOURCES if "configmap" in key}


@pytest.mark.parametrize("name", ["vaultstaticsecrets", "vaultdynamicsecrets", "vaultauths", "vaultconnections"])
def test_vaults_own_operator_is_read_where_it_is_installed(server: FaultServer, name: str) -> None:
    key = f"secrets.hashicorp.com/{name}"
    assert key in RESOURCES
    reads = {read.what: read for read in collect(only_kubernetes()).parts["kubernetes"].reads}
    assert (reads[key].state, reads[key].reason) == ("absent", "not installed")


def test_further_resources_are_read_when_the_settings_name_them(server: FaultServer) -> None:
    server.script.update(script({"widgets": [item("w")], "pods": []}))
    recording = collect(only_kubernetes(resources=("example.org/widgets", "example.org/gadgets")))
    assert names(recording, "example.org/widgets") == ["apps/w"]
    reads = {read.what: read.state for read in recording.parts["kubernetes"].reads}
    assert reads["example.org/gadgets"] == "absent"


def test_what_is_forbidden_is_said_once_and_the_rest_is_read(server: FaultServer) -> None:
    server.script[PODS] = [status(403, 'pods is forbidden: User "reader" cannot list resource "pods"')]
    part = collect(only_kubernetes()).parts["kubernetes"]
    assert part.state == "fresh"
    (read,) = [read for read in part.reads if read.state == "forbidden"]
    assert read.what == "pods"
    assert "cannot list resource" in read.reason
    assert server.paths().count(PODS) == 1


def test_a_list_that_disappeared_since_discovery_is_absent(server: FaultServer) -> None:
    server.script[PODS] = [status(404)]
    part = collect(only_kubernetes()).parts["kubernetes"]
    assert next(read for read in part.reads if read.what == "pods").state == "absent"


def test_an_expired_continue_token_restarts_the_list(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truebook.state.sources.kubernetes.PAGE", 2)
    good = pages("pods", CLUSTER["pods"])
    once = iter([True])

    def answer(request: Any) -> Answer:
        if "continue=" in request.target and next(once, False):
            return status(410, "The provided continue parameter is too old")
        return good(request)

    server.script[PODS] = answer
    recording = collect(only_kubernetes())
    assert names(recording, "pods") == ["apps/a", "apps/b", "zoo/a"]
    assert server.paths().count(PODS) == 4
    server.script[PODS] = [status(410, "always too old")]
    part = collect(only_kubernetes(), previous=recording).parts["kubernetes"]
    assert part.state == "stale"
    assert "410 Gone: always too old" in part.reason


def test_an_expired_certificate_leaves_the_last_good_part_too(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = collect(only_kubernetes())
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    past = {"not_before": datetime(2020, 1, 1), "not_after": datetime(2020, 2, 1)}
    authority.issue_cert("127.0.0.1", **past).configure_cert(context)  # type: ignore[arg-type]
    trusted = {"certificate-authority-data": base64.b64encode(authority.cert_pem.bytes()).decode()}
    with FaultServer(script(CLUSTER), tls=context) as expired:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, expired.url, cluster=trusted, token="t0ken")))
        part = collect(only_kubernetes(), previous=good).parts["kubernetes"]
        assert (part.state, expired.requests) == ("stale", [])
    assert "the certificate is not trusted: certificate has expired" in part.reason


def test_a_continue_token_that_leads_nowhere_ends(server: FaultServer) -> None:
    server.script[PODS] = [json_answer({"metadata": {"continue": "same"}, "items": []})]
    part = collect(only_kubernetes()).parts["kubernetes"]
    assert "the list does not end" in part.reason


WHOLE = [
    "refused",
    "reset",
    "401",
    "403",
    "429",
    "500",
    "slow",
    "cut",
    "not JSON",
    "not discovery",
    "redirect",
    "too large",
]
FAULTS: dict[str, Answer] = {
    "reset": RESET,
    "401": status(401, "Unauthorized"),
    "403": status(403, "forbidden"),
    "429": status(429, "slow down", Retry_After="99"),
    "500": status(500, "etcdserver: request timed out"),
    "slow": SLOW,
    "cut": CUT,
    "not JSON": NOT_JSON,
    "not discovery": json_answer([1]),
    "redirect": Answer(302, headers={"Location": "https://elsewhere.homelab.local/"}),
    "too large": Answer(body=b" " * 3000),
}


@pytest.mark.parametrize("fault", WHOLE)
def test_a_fault_of_the_server_leaves_the_last_good_part_marked_stale(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    settings = only_kubernetes()
    good = collect(settings)
    if fault == "refused":
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, refused())))
    else:
        for path in list(server.script):
            server.script[path] = [FAULTS[fault]]
    settings = replace(settings, kubernetes=replace(settings.kubernetes, timeout=0.4 if fault == "slow" else 20))
    if fault == "too large":
        monkeypatch.setattr("truebook.state.fetch.LARGEST", 2000)
    later = collect(settings, previous=good)
    part = later.parts["kubernetes"]
    assert part.state == "stale"
    assert part.reason
    assert part.read_at == good.parts["kubernetes"].read_at
    assert bytes(part.data) == bytes(good.parts["kubernetes"].data)
    assert later.cluster == good.cluster
    failed = collect(settings).parts["kubernetes"]
    assert (failed.state, bytes(failed.data)) == ("failed", b"{}")
    # A stale part is still the last good one at the next failure.
    assert bytes(collect(settings, previous=later).parts["kubernetes"].data) == bytes(part.data)


@pytest.mark.parametrize("fault", ["500", "not JSON"])
def test_one_list_that_fails_is_kept_from_before_and_the_rest_is_new(server: FaultServer, fault: str) -> None:
    good = collect(only_kubernetes())
    server.script[PODS] = [FAULTS[fault]]
    server.script[path_of("deployments")] = pages("deployments", [item("web"), item("worker")])
    recording = collect(only_kubernetes(), previous=good)
    part = recording.parts["kubernetes"]
    assert part.state == "stale"
    assert PODS in part.reason
    assert names(recording, "pods") == names(good, "pods")
    assert names(recording, "apps/deployments") == ["apps/web", "apps/worker"]
    assert next(read for read in part.reads if read.what == "pods").state == "failed"
    without = collect(only_kubernetes())
    assert "pods" not in without.kubernetes().lists
    assert without.parts["kubernetes"].state == "stale"


def test_a_connection_that_breaks_in_the_middle_of_a_list_is_taken_up_again(server: FaultServer) -> None:
    good = pages("pods", CLUSTER["pods"])
    broken = iter([RESET, CUT])
    server.script[PODS] = lambda request: next(broken, None) or good(request)
    recording = collect(only_kubernetes())
    assert len(names(recording, "pods")) == 3


def test_an_account_that_may_list_nothing_is_told_so(server: FaultServer) -> None:
    for resource in CLUSTER:
        server.script[path_of(resource)] = [status(403)]
    part = collect(only_kubernetes()).parts["kubernetes"]
    assert part.state == "failed"
    assert "not permitted to list anything" in part.reason


def test_an_aggregated_api_that_is_down_fails_its_lists_only(server: FaultServer) -> None:
    document = json.loads(server.script["/apis"][0].body)  # type: ignore[index]
    document["items"].append(
        {"metadata": {"name": "example.org"}, "versions": [{"version": "v1", "freshness": "Stale"}]}
    )
    server.script["/apis"] = [json_answer(document)]
    part = collect(only_kubernetes(resources=("example.org/widgets",))).parts["kubernetes"]
    read = next(read for read in part.reads if read.what == "example.org/widgets")
    assert (part.state, read.state) == ("stale", "failed")
    assert next(read for read in part.reads if read.what == "pods").state == "read"


def test_older_servers_are_discovered_group_by_group(server: FaultServer) -> None:
    new = collect(only_kubernetes()).kubernetes()
    server.script["/api"] = [json_answer({"kind": "APIVersions", "versions": ["v1"]})]
    resources = [
        {"name": "namespaces", "singularName": "", "namespaced": False, "kind": "Namespace", "verbs": ["list"]},
        {"name": "pods", "namespaced": True, "kind": "Pod", "verbs": ["get", "list"], "shortNames": ["po"]},
        {"name": "pods/log", "namespaced": True, "kind": "Pod", "verbs": ["get"]},
    ]
    server.script["/api/v1"] = [json_answer({"kind": "APIResourceList", "resources": resources})]
    group = {
        "name": "apps",
        "versions": [{"version": "v1beta1"}, {"version": "v1"}],
        "preferredVersion": {"version": "v1"},
    }
    down = {"name": "metrics.k8s.io", "versions": [{"version": "v1"}]}
    server.script["/apis"] = [json_answer({"kind": "APIGroupList", "groups": [group, down]})]
    deployments = [{"name": "deployments", "namespaced": True, "kind": "Deployment", "verbs": ["list"]}]
    for version in ("v1", "v1beta1"):
        server.script[f"/apis/apps/{version}"] = [json_answer({"kind": "APIResourceList", "resources": deployments})]
    server.script["/apis/metrics.k8s.io/v1"] = [status(503)]
    old = collect(only_kubernetes()).kubernetes()
    assert old.lists["pods"] == new.lists["pods"]
    assert old.lists["apps/deployments"].version == "v1"
    core = msgspec.json.decode(old.discovery["/api"])["items"][0]["versions"][0]["resources"]
    assert [(found["resource"], found["scope"]) for found in core] == [
        ("namespaces", "Cluster"),
        ("pods", "Namespaced"),
    ]
    assert core[1]["subresources"][0]["subresource"] == "log"


def test_the_same_cluster_gives_the_same_bytes_and_progress_is_told(server: FaultServer) -> None:
    told: list[tuple[str, str, int]] = []
    first = collect(only_kubernetes(), progress=lambda *what: told.append(what))
    second = collect(only_kubernetes())
    assert bytes(first.parts["kubernetes"].data) == bytes(second.parts["kubernetes"].data)
    assert ("kubernetes", "pods", 3) in told
    assert told[-1] == ("kubernetes", "", 1)
