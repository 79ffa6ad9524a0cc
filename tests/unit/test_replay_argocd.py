"""The ArgoCD API of a recording, over HTTP. What a real server says is compared in tests/real."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.unit import replay_sample as sample
from truebook.replay.serve import start

APPLICATIONS = "/api/v1/applications"


def application(name: str, project: str, team: str, **more: Any) -> dict[str, Any]:
    source = {"repoURL": f"https://git.homelab.local/{name}.git", "path": "."}
    return {
        "metadata": {"name": name, "namespace": "argocd", "labels": {"team": team}},
        "spec": {"project": project, "source": source, "destination": {"namespace": name}},
        "status": {"sync": {"status": "Synced", "revision": "abc"}, "health": {"status": "Healthy"}, **more},
    }


def listed(*items: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": "7"}, "items": list(items)}


ANSWERS = {
    "/api/version": {"Version": "v3.6.1"},
    "/api/v1/settings": {"url": "https://argocd.homelab.local"},
    APPLICATIONS: listed(
        application("grafana", "default", "obs", operationState={"phase": "Succeeded"}),
        application("vault", "infra", "sec"),
    ),
    "/api/v1/projects": listed({"metadata": {"name": "default", "namespace": "argocd"}, "spec": {}}),
    "/api/v1/clusters": {"metadata": {}, "items": None},
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("replay")
    with (
        start(sample.recording(argocd=ANSWERS), directory=folder) as replay,
        httpx.Client(base_url=replay.urls["argocd"], trust_env=False) as client,
    ):
        yield client


def names(answer: httpx.Response) -> list[str] | None:
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    return None if items is None else [item["metadata"]["name"] for item in items]


def error(answer: httpx.Response) -> tuple[int, int, str]:
    """HTTP status, gRPC code and message; it must have ArgoCD's shape."""
    body = answer.json()
    assert sorted(body) == ["code", "error", "message"]
    assert body["error"] == body["message"]
    return answer.status_code, body["code"], body["message"]


def test_recorded_answers(api: httpx.Client) -> None:
    for path in ("/api/version", "/api/v1/settings", "/api/v1/clusters"):
        assert api.get(path).json() == ANSWERS[path]
    assert api.get("/healthz").text == "ok\n"
    assert api.get("/api/v1/session/userinfo").json()["loggedIn"] is True


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["grafana", "vault"]),
        ("projects=infra", ["vault"]),
        ("project=default&projects=infra", ["grafana", "vault"]),
        ("project=nope", None),
        ("selector=team%3Dsec", ["vault"]),
        ("selector=team!%3Dsec", ["grafana"]),
        ("name=vault", ["vault"]),
        ("repo=https://git.homelab.local/Vault", ["vault"]),
        ("appNamespace=argocd", ["grafana", "vault"]),
        ("appNamespace=other", None),
    ],
)
def test_applications_are_filtered(api: httpx.Client, query: str, found: list[str] | None) -> None:
    assert names(api.get(f"{APPLICATIONS}?{query}")) == found


def test_fields_are_chosen_from_those_that_argocd_knows(api: httpx.Client) -> None:
    def chosen(fields: str) -> Any:
        return api.get(f"{APPLICATIONS}?name=grafana&fields={fields}").json()["items"][0]

    assert chosen("items.metadata.name,items.status.sync.status") == {
        **{"metadata": {"name": "grafana"}, "status": {"sync": {"status": "Synced"}}},
    }
    assert chosen("items.spec.sources,items.metadata.annotations") == {
        **{"spec": {"sources": None}, "metadata": {"annotations": None}},
    }
    assert chosen("items.status.operationState.phase") == {"status": {"operationState": {"phase": "Succeeded"}}}
    assert chosen("items.operation.sync") == {}
    assert chosen("items.status.history,nonsense") == {}
    whole = chosen("items.spec,items.spec.project")
    assert whole == {"spec": ANSWERS[APPLICATIONS]["items"][0]["spec"]}
    # Choosing adds nothing to what is served afterwards.
    assert api.get(f"{APPLICATIONS}/grafana").json() == ANSWERS[APPLICATIONS]["items"][0]
    assert error(api.get(f"{APPLICATIONS}?fields=-items.spec"))[:2] == (400, 3)


def test_one_application(api: httpx.Client) -> None:
    assert api.get(f"{APPLICATIONS}/vault?project=infra").json()["metadata"]["name"] == "vault"
    assert error(api.get(f"{APPLICATIONS}/nope")) == (403, 7, "permission denied")
    assert error(api.get(f"{APPLICATIONS}/nope?project=default")) == (
        *(404, 5),
        'applications.argoproj.io "nope" not found',
    )
    assert error(api.get(f"{APPLICATIONS}/vault?project=default"))[:2] == (404, 5)
    assert error(api.get("/api/v1/projects/nope")) == (404, 5, 'appprojects.argoproj.io "nope" not found')


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"{APPLICATIONS}/vault/resource-tree", 403, 7),
        ("GET", "/api/v1/repositories", 403, 7),
        ("POST", APPLICATIONS, 403, 7),
        ("POST", f"{APPLICATIONS}/vault/sync", 403, 7),
        ("DELETE", f"{APPLICATIONS}/vault", 403, 7),
        ("GET", f"{APPLICATIONS}?selector=a%20b", 500, 2),
    ],
)
def test_what_is_refused(api: httpx.Client, method: str, path: str, status: int, code: int) -> None:
    answer = api.request(method, path, headers={"Content-Type": "application/json"})
    assert error(answer)[:2] == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nope", 404),
        ("GET", "/api/v1", 404),
        ("GET", "/", 404),
        ("GET", "/nope", 404),
        ("GET", "//api/v1/applications", 404),
        ("POST", APPLICATIONS, 415),
    ],
)
def test_what_argocd_itself_answers_in_plain_text(api: httpx.Client, method: str, path: str, status: int) -> None:
    answer = api.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")


def test_grpc_web_is_told_that_it_is_not_implemented(api: httpx.Client) -> None:
    headers = {"Content-Type": "application/grpc-web+proto"}
    answer = api.post("/application.ApplicationService/List", headers=headers, content=b"\0\0\0\0\0")
    assert answer.headers["grpc-status"] == "12"
    assert "no gRPC API" in answer.headers["grpc-message"]


def test_without_argocds_own_answers_the_clusters_objects_are_served(tmp_path_factory: pytest.TempPathFactory) -> None:
    with start(sample.recording(), directory=tmp_path_factory.mktemp("replay")) as replay:
        url = replay.urls["argocd"]
        assert names(httpx.get(url + APPLICATIONS, trust_env=False)) == ["vault"]
        one = httpx.get(f"{url}{APPLICATIONS}/vault", trust_env=False).json()
        assert sorted(one) == ["metadata", "spec", "status"]
        assert error(httpx.get(f"{url}/api/version", trust_env=False))[:2] == (403, 7)
        assert error(httpx.get(f"{url}/api/v1/projects", trust_env=False))[:2] == (403, 7)
