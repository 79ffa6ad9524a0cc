"""The URLs of a component: what serves them, what is no address, and which comes first."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import LABEL, built, ingress, only, service, workload
from truebook.model import Component


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
