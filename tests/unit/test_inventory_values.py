"""Single values: URLs, versions, revisions, health, each with the object and field it was read from."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import (
    LABEL,
    SHA,
    application,
    built,
    catalog,
    ingress,
    resource,
    service,
    stated,
    workload,
)
from truebook.model import Component
from truebook.settings import Settings

OTHER = "f" * 40


def only(settings: Settings | None = None, **lists: Any) -> Component:
    """The first component that is not merely a repository."""
    found = [
        c for c in built(settings, **lists).components if set(c.values) - {"repository", "url", "urls", "branch_head"}
    ]
    return found[0]


def web(*ingresses: Any, **lists: Any) -> Component:
    """The component of a workload `web` that those Ingresses lead to."""
    return only(deployments=[workload("web", called="web")], services=[service("web")], ingresses=ingresses, **lists)


@pytest.mark.parametrize(
    ("tls", "scheme"),
    [
        ([{"hosts": ["web.local"]}], "https"),
        ([{"hosts": ["WEB.local"]}], "https"),
        ([{"hosts": ["*.local"]}], "https"),
        ([{"secretName": "x"}], "https"),
        ([{"hosts": ["other.local"]}], "http"),
        ([{"hosts": ["*.web.local"]}], "http"),
        ([], "http"),
        ("no list", "http"),
    ],
)
def test_https_is_where_tls_covers_the_host(tls: Any, scheme: str) -> None:
    found = web(ingress("web", "web.local", tls=tls))
    assert found.get("url") == f"{scheme}://web.local"
    assert str(found.values["url"].evidence) == "Ingress apps/web spec.rules[0].host"


@pytest.mark.parametrize(
    "host",
    [
        "*.local",
        "",
        "a b",
        "x/../y",
        "x:80",
        "-x.local",
        "a..b",
        "<script>",
        "a" * 64 + ".local",
        "x.local\n",
        "ünï.local",
        ".".join(["a" * 60] * 5),
        "user@x.local",
        "\u202ex.local",
    ],
)
def test_what_is_no_host_name_becomes_no_url(host: str) -> None:
    assert web(ingress("web", host)).get("url") is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ""),
        ("/ui/", "/ui"),
        ("/a/b-c/v1.2/~x", "/a/b-c/v1.2/~x"),
        ("/api(/|$)(.*)", "/api"),
        ("/(.*)", ""),
        ("/files/.*", "/files"),
        ("/a b", ""),
        ('/"><script>', ""),
        ("//evil.example.com", ""),
        ("", ""),
        (7, ""),
    ],
)
def test_of_a_path_the_plain_words_are_kept(path: Any, expected: str) -> None:
    found = ingress("web", "web.local")
    found["spec"]["rules"][0]["http"]["paths"][0]["path"] = path
    url = web(found).get("url")
    assert url in {f"http://web.local{expected}", f"http://web.local{expected}".rstrip("/")}


def test_the_first_address_is_https_and_short() -> None:
    plain, secure, long = ingress("a", "a.local"), ingress("b", "b.local", tls=[{}]), ingress("c", "c.local", tls=[{}])
    for found in (plain, secure, long):
        found["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = "web"
    long["spec"]["rules"][0]["http"]["paths"][0]["path"] = "/x"
    assert web(plain, long, secure).get("urls") == ("https://b.local", "https://c.local/x", "http://a.local")


def test_a_rule_without_paths_leads_to_the_default_backend() -> None:
    found = ingress("x", defaultBackend={"service": {"name": "web"}})
    found["spec"]["rules"] = [{"host": "web.local"}]
    assert web(found).get("url") == "http://web.local"


def route(*hosts: str, **parent: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "apps", "name": "web"},
        "spec": {
            "hostnames": list(hosts),
            "parentRefs": [{"name": "main", **parent}],
            "rules": [{"backendRefs": [{"name": "web"}]}],
        },
    }


def gateway(*listeners: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"namespace": "apps", "name": "main"}, "spec": {"listeners": list(listeners)}}


HTTP = {"name": "http", "port": 80, "protocol": "HTTP"}
HTTPS = {"name": "https", "port": 443, "protocol": "HTTPS"}


@pytest.mark.parametrize(
    ("hosts", "parent", "listeners", "expected"),
    [
        (["web.local"], {}, [HTTP], ("http://web.local",)),
        (["web.local"], {}, [HTTP, HTTPS], ("https://web.local",)),
        (["web.local"], {}, [HTTPS, HTTP], ("https://web.local",)),
        (["web.local"], {"sectionName": "http"}, [HTTP, HTTPS], ("http://web.local",)),
        (["web.local"], {"port": 443}, [HTTP, HTTPS], ("https://web.local",)),
        (["web.local"], {}, [HTTPS | {"hostname": "*.local"}], ("https://web.local",)),
        (["a.b.local"], {}, [HTTPS | {"hostname": "*.local"}], ("https://a.b.local",)),
        (["web.local"], {}, [HTTPS | {"hostname": "other.local"}], None),
        (["web.local"], {}, [HTTP, HTTPS | {"hostname": "other.local"}], ("http://web.local",)),
        ([], {}, [HTTPS | {"hostname": "listener.local"}], ("https://listener.local",)),
        ([], {}, [HTTPS | {"hostname": "*.local"}], None),
        ([], {}, [HTTPS], None),
        (["web.local"], {}, [{"name": "tcp", "protocol": "TCP"}], None),
        (["web.local"], {"name": "unknown"}, [HTTPS], None),
        (["web.local"], {"namespace": "else"}, [HTTPS], None),
        (["web.local", "b.local"], {}, [HTTPS], ("https://web.local", "https://b.local")),
    ],
)
def test_a_route_s_url_is_what_its_listeners_serve(hosts: Any, parent: Any, listeners: Any, expected: Any) -> None:
    assert web(httproutes=[route(*hosts, **parent)], gateways=[gateway(*listeners)]).get("urls") == expected


def test_a_route_that_its_gateway_refused_serves_nothing() -> None:
    refused = route("web.local")
    condition = {"type": "Accepted", "status": "False"}
    refused["status"] = {"parents": [{"parentRef": {"name": "main"}, "conditions": [condition]}]}
    assert web(httproutes=[refused], gateways=[gateway(HTTPS)]).get("url") is None


def test_a_redirect_is_no_address_of_its_own() -> None:
    redirect = route("web.local", sectionName="http")
    redirect["metadata"]["labels"] = {f"{LABEL}name": "web"}
    redirect["spec"]["rules"] = [{"filters": [{"type": "RequestRedirect"}]}]
    assert web(httproutes=[redirect], gateways=[gateway(HTTP, HTTPS)]).get("url") is None


def test_the_annotated_address_chooses_among_those_served() -> None:
    found = ingress("web", "a.local", "b.local")
    found["metadata"]["annotations"] = {"gethomepage.dev/enabled": "true", "gethomepage.dev/href": "http://b.local/"}
    assert web(found).get("urls") == ("http://b.local", "http://a.local")


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:x", "//x", "https://me:pw@b.local", "http://b.local/\u202e"]
)
def test_an_annotated_address_must_be_a_plain_web_address(href: str) -> None:
    found = ingress("web")
    found["metadata"]["annotations"] = {"gethomepage.dev/enabled": "true", "gethomepage.dev/href": href}
    found["spec"]["defaultBackend"] = {"service": {"name": "web"}}
    assert web(found).get("url") is None


@pytest.mark.parametrize(
    ("image", "label", "expected"),
    [
        ("nginx:1.29", None, "1.29"),
        ("registry:5000/nginx", None, None),
        ("registry:5000/nginx:1.29@sha256:abc", "9", "1.29"),
        ("nginx@sha256:abc", "9", "9"),
        ("nginx:latest", "9", "9"),
        ("nginx:latest", None, "latest"),
        ("nginx", None, None),
        ("nginx:1\n<b>", None, None),
    ],
)
def test_version_is_the_image_s_tag_else_the_label(image: str, label: str | None, expected: str | None) -> None:
    labels = {} if label is None else {f"{LABEL}version": label}
    assert only(deployments=[workload("web", called="web", image=image, labels=labels)]).get("version") == expected


def test_version_of_an_argocd_elsewhere_is_its_own_word() -> None:
    answers = {
        "/api/version": {"Version": "v3.6.1+abc"},
        "/api/v1/settings": {"url": "https://argocd.local"},
        "/api/v1/applications": {"items": None},
    }
    found = only(catalog(stated("argocd", purpose="Delivery")), argocd=answers)
    assert (found.get("version"), found.get("url")) == ("v3.6.1", "https://argocd.local")
    assert str(found.values["version"].evidence) == "https://argocd.homelab.local/api/version Version"


SOURCE = {"repoURL": "https://github.com/o/r.git", "path": "x"}
CHART = {"repoURL": "https://charts.local", "chart": "c", "targetRevision": "1.x"}


@pytest.mark.parametrize(
    ("status", "expected", "field"),
    [
        (
            {"history": [{"revision": OTHER}, {"revision": SHA}], "sync": {"status": "Synced", "revision": OTHER}},
            SHA,
            "status.history[1].revision",
        ),
        (
            {"operationState": {"phase": "Succeeded", "syncResult": {"revision": SHA}}},
            SHA,
            "status.operationState.syncResult.revision",
        ),
        ({"operationState": {"phase": "Failed", "syncResult": {"revision": SHA}}}, None, ""),
        ({"sync": {"status": "Synced", "revision": SHA}}, SHA, "status.sync.revision"),
        ({"sync": {"status": "OutOfSync", "revision": SHA}}, None, ""),
        ({"history": [], "sync": {"status": "Synced", "revision": SHA}}, SHA, "status.sync.revision"),
        ({"history": ["junk"], "sync": {"status": "OutOfSync", "revision": SHA}}, None, ""),
    ],
)
def test_revision_is_what_was_deployed_not_what_was_compared(status: Any, expected: str | None, field: str) -> None:
    found = only(applications=[application("web", spec={"source": SOURCE}, status=status)])
    assert found.get("revision") == expected
    if expected:
        assert found.values["revision"].evidence.field == field


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/o/r", f"https://github.com/o/r/commit/{SHA}"),
        ("https://github.com/o/r.git/", f"https://github.com/o/r/commit/{SHA}"),
        ("git@github.com:o/r.git", f"https://github.com/o/r/commit/{SHA}"),
        ("ssh://git@GitHub.com:22/o/r.git", f"https://github.com/o/r/commit/{SHA}"),
        ("https://token@github.com/o/r", f"https://github.com/o/r/commit/{SHA}"),
        ("https://gitlab.com/g/sub/r", f"https://gitlab.com/g/sub/r/-/commit/{SHA}"),
        ("http://gitlab.homelab.local/g/r", f"https://gitlab.homelab.local/g/r/-/commit/{SHA}"),
        ("https://git.homelab.local/g/r", None),
        ("file:///srv/github.com/r", None),
        ("https://github.com/o/r?x=<script>", f"https://github.com/o/r/commit/{SHA}"),
        ("https://github.com/o/<script>", None),
        ("https://github.com/../../x", None),
        ("javascript://github.com/%0aalert(1)", None),
        ("https://[github.com/o/r", None),
        ("https://github.com", None),
    ],
)
def test_commit_link(url: str, expected: str | None) -> None:
    status = {"history": [{"revision": SHA}]}
    found = only(applications=[application("web", spec={"source": SOURCE | {"repoURL": url}}, status=status)])
    assert found.get("revision_url") == expected


@pytest.mark.parametrize("source", [CHART, {"repoURL": "oci://ghcr.io/o/r", "path": "."}])
def test_chart_and_oci_sources_have_no_commit_and_no_branch(source: dict[str, str]) -> None:
    status = {"history": [{"revision": SHA}]}
    git = {source["repoURL"]: {"head": "refs/heads/main", "refs": {"refs/heads/main": OTHER}}}
    found = only(applications=[application("web", spec={"source": source}, status=status)], git=git)
    assert (found.get("revision"), found.get("revision_url"), found.get("branch_head")) == (SHA, None, None)


def test_of_several_sources_git_s_path_is_the_main_one() -> None:
    sources = [CHART, {"repoURL": "https://github.com/o/values", "ref": "v"}, SOURCE]
    status = {"history": [{"revisions": ["1.2", OTHER, SHA]}]}
    found = only(applications=[application("web", spec={"sources": sources, "source": CHART}, status=status)])
    assert (found.get("repository"), found.get("revision")) == (SOURCE["repoURL"], SHA)
    assert found.values["revision"].evidence.field == "status.history[0].revisions[2]"
    chart_only = only(applications=[application("web", spec={"sources": sources[:2]}, status=status)])
    assert (chart_only.get("repository"), chart_only.get("revision")) == ("https://github.com/o/values", OTHER)


def test_a_hydrated_application_has_the_branch_that_is_synced() -> None:
    dry = {"repoURL": "https://github.com/o/r", "targetRevision": "main", "path": "charts/web"}
    hydrator = {"drySource": dry, "syncSource": {"targetBranch": "env/prod", "path": "web"}}
    refs = {"refs/heads/main": OTHER, "refs/heads/env/prod": SHA}
    git = {"https://github.com/o/r": {"head": "refs/heads/main", "refs": refs}}
    status = {"history": [{"revision": SHA}]}
    app = application("web", spec={"sourceHydrator": hydrator, "source": {}}, status=status)
    found = only(applications=[app], git=git)
    assert (found.get("repository"), found.get("branch_head")) == (dry["repoURL"], SHA)
    assert found.values["repository"].evidence.field == "spec.sourceHydrator.drySource.repoURL"
    assert found.get("revision_url") == f"https://github.com/o/r/commit/{SHA}"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("main", "1" * 40),
        ("", "1" * 40),
        ("HEAD", "1" * 40),
        ("v1", "2" * 40),
        ("refs/pull/3/head", "3" * 40),
        (SHA, None),
        ("gone", None),
    ],
)
def test_branch_head(target: str, expected: str | None) -> None:
    refs = {"refs/heads/main": "1" * 40, "refs/tags/v1": "2" * 40, "refs/pull/3/head": "3" * 40}
    refs[f"refs/heads/{SHA}"] = OTHER  # ArgoCD takes the name for the commit
    git = {"git@github.com:o/r": {"head": "refs/heads/main", "refs": refs}}
    spec = {"source": SOURCE | {"targetRevision": target}}
    assert only(applications=[application("web", spec=spec)], git=git).get("branch_head") == expected


def test_credentials_in_a_repository_url_are_not_shown() -> None:
    spec = {"source": SOURCE | {"repoURL": "https://user:token@git.local/o/r"}}
    found = only(applications=[application("web", spec=spec)])
    assert found.get("repository") == "https://git.local/o/r"


def ready(replicas: int, **status: Any) -> dict[str, Any]:
    found = workload("web", called="web", generation=2)
    found["spec"]["replicas"] = replicas
    found["status"] = {"observedGeneration": 2, **status}
    return found


@pytest.mark.parametrize(
    ("deployment", "health", "pods"),
    [
        (ready(2, updatedReplicas=2, availableReplicas=2, readyReplicas=2), "Healthy", (2, 2)),
        (ready(0), "Healthy", (0, 0)),
        (ready(2, updatedReplicas=2, availableReplicas=1, readyReplicas=1), "Progressing", (1, 2)),
        (ready(2, updatedReplicas=1, availableReplicas=2, readyReplicas=2), "Progressing", (2, 2)),
        (ready(1, observedGeneration=1, updatedReplicas=1, availableReplicas=1), "Progressing", (0, 1)),
        (ready(1, conditions=[{"reason": "ProgressDeadlineExceeded", "message": "late"}]), "Degraded", (0, 1)),
    ],
)
def test_health_and_pods_of_a_deployment(deployment: Any, health: str, pods: tuple[int, int]) -> None:
    found = only(deployments=[deployment])
    assert (found.get("health"), (found.get("ready"), found.get("desired"))) == (health, pods)
    assert (found.get("status_message") is None) == (health == "Healthy")


def test_the_sum_of_pods_names_all_it_was_added_from() -> None:
    one, two = workload("web", called="web"), workload("worker", called="web")
    found = only(deployments=[one], statefulsets=[two])
    assert str(found.values["desired"].evidence) == "Deployment apps/web, StatefulSet apps/worker spec.replicas"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ({"health": {"status": "Degraded", "message": "a"}, "conditions": [{"type": "XError", "message": "b"}]}, "a"),
        ({"conditions": [{"type": "Warning", "message": "w"}, {"type": "ComparisonError", "message": "b"}]}, "b"),
        ({"operationState": {"phase": "Failed", "message": "c"}}, "c"),
        ({"operationState": {"phase": "Succeeded", "message": "all well"}}, None),
        ({"resources": [resource("Job", "x", health={"status": "Degraded", "message": "d"})]}, "d"),
        ({"health": {"status": "Healthy"}}, None),
        (
            {"health": {"status": "Degraded", "message": "Caused by apps/Deployment:apps/x"}},
            "Caused by apps/Deployment:apps/x",
        ),
    ],
)
def test_status_message(status: Any, message: str | None) -> None:
    assert only(applications=[application("web", status=status)]).get("status_message") == message


def test_a_part_has_its_own_sync_and_health() -> None:
    entries = [
        resource("Deployment", "a", status="Synced", health={"status": "Healthy"}),
        resource("Deployment", "b", status="OutOfSync", health={"status": "Degraded", "message": "no"}),
    ]
    status = {"health": {"status": "Degraded"}, "sync": {"status": "OutOfSync"}, "resources": entries}
    found = built(
        applications=[application("stack", status=status)],
        deployments=[workload("a", called="alpha"), workload("b", called="beta")],
    )
    assert [(c.name, c.get("sync"), c.get("health"), c.get("status_message")) for c in found.components] == [
        ("alpha", "Synced", "Healthy", None),
        ("beta", "OutOfSync", "Degraded", "no"),
    ]


def test_a_message_that_only_names_an_object_gives_way_to_what_that_one_lacks() -> None:
    health = {"status": "Degraded", "message": "Caused by apps/Deployment:apps/web"}
    app = application("web", status={"health": health, "resources": [resource("Deployment", "web")]})
    late = ready(1, conditions=[{"reason": "ProgressDeadlineExceeded", "message": "timed out"}])
    found = only(applications=[app], deployments=[late])
    assert found.get("status_message") == "timed out"
    assert str(found.values["status_message"].evidence) == "Deployment apps/web status.conditions[0].reason"


def test_a_service_leads_to_what_has_all_of_its_labels() -> None:
    labels = {
        "app-only": {"app": "x", "role": "b"},
        "role-only": {"app": "y", "role": "a"},
        "both": {"app": "x", "role": "a"},
    }
    found = built(
        deployments=[workload(name, called=name, pod=pod) for name, pod in labels.items()],
        services=[service("web", app="x", role="a")],
        ingresses=[ingress("web", "web.local")],
    )
    assert {c.name: c.get("url") for c in found.components} == {
        "app-only": None,
        "both": "http://web.local",
        "role-only": None,
    }


@pytest.mark.parametrize(
    ("names", "served", "expected"),
    [
        (["cache", "shop", "web"], ["web", "shop"], "shop"),
        (["cache", "shop", "web"], ["web"], "web"),
        (["cache", "shop", "web"], [], "shop"),
        (["cache", "web"], [], "cache"),
    ],
)
def test_the_main_workload_bears_the_name_and_has_the_url(names: list[str], served: list[str], expected: str) -> None:
    app = application("shop", status={"resources": [resource("Deployment", name) for name in names]})
    found = built(
        applications=[app],
        deployments=[workload(name, image=f"x:{name}") for name in names],
        services=[service(name) for name in served],
        ingresses=[ingress(name, f"{name}.local") for name in served],
    )
    assert found.components[0].get("version") == expected


def test_the_catalog_s_workload_is_the_main_one() -> None:
    app = application("shop", status={"resources": [resource("Deployment", name) for name in ("shop", "web")]})
    found = built(
        catalog(stated("shop", find={"workload": "Deployment apps/web"})),
        applications=[app],
        deployments=[workload(name, image=f"x:{name}") for name in ("shop", "web")],
    )
    assert (found.components[0].name, found.components[0].get("version")) == ("shop", "web")
