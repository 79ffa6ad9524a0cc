"""Arrows of sign-in: found in either side's settings, and to whom they must not lead."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import built, catalog, ingress, pod_of, runs, service, stated, workload
from tests.unit.relations_sample import VAULT, arrows
from truebook.settings import CatalogRelation

AUTHENTIK: dict[str, Any] = {
    "deployments": [runs("authentik", "authentik"), runs("grafana", "monitoring")],
    "services": [service("authentik", "authentik"), service("grafana", "monitoring")],
    "ingresses": [
        ingress("authentik", "auth.local", namespace="authentik"),
        ingress("grafana", "grafana.local", namespace="monitoring"),
    ],
}


def grafana_ini(**words: Any) -> dict[str, Any]:
    told = {"enabled": True, "client_id": "g", "auth_url": "https://auth.local/application/o/authorize/", **words}
    config = {
        "metadata": {"namespace": "monitoring", "name": "grafana"},
        "data": {"grafana.ini": {"auth.generic_oauth": told}},
    }
    return {"configmaps": {"answers": {"/api/v1/namespaces/monitoring/configmaps/grafana": config}}}


def test_grafana_signs_in_where_its_settings_lead() -> None:
    where = 'ConfigMap monitoring/grafana data["grafana.ini"]["auth.generic_oauth"].auth_url'
    assert arrows(built(**AUTHENTIK, systems=grafana_ini()), "sso") == [("authentik", "grafana", where)]


@pytest.mark.parametrize(
    "words",
    [
        {"enabled": False},
        {"enabled": "false"},
        {"auth_url": "https://accounts.example.com/o/oauth2/v2/auth"},
        {"auth_url": ""},
        {"auth_url": ["https://auth.local"]},
        {"auth_url": "https://grafana.local/login"},
        {"auth_url": "javascript:alert(1)"},
    ],
)
def test_grafana_does_not_sign_in_here(words: dict[str, Any]) -> None:
    assert arrows(built(**AUTHENTIK, systems=grafana_ini(**words)), "sso") == []


def test_argocd_and_vault_sign_in_by_their_own_settings() -> None:
    lists: dict[str, Any] = {**AUTHENTIK, "statefulsets": VAULT["statefulsets"]}
    lists["deployments"] = [*AUTHENTIK["deployments"], workload("argocd-server", "argocd", called="argocd-server")]
    vault = {"/v1/auth/sso/config": {"data": {"oidc_discovery_url": "https://auth.local/application/o/vault/"}}}
    found = built(
        **lists,
        argocd={
            "/api/v1/settings": {"oidcConfig": {"issuer": "https://auth.local/application/o/argocd/", "clientID": "a"}}
        },
        systems={"vault": {"url": "https://vault.local", "answers": vault}},
    )
    assert arrows(found, "sso") == [
        ("authentik", "argocd-server", "https://argocd.homelab.local/api/v1/settings oidcConfig.issuer"),
        ("authentik", "vault", "https://vault.local/v1/auth/sso/config data.oidc_discovery_url"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "signs_in"),
    [
        ("SSO_AUTHORITY", "https://auth.local/application/o/web/", True),
        ("OIDC", "https://auth.local/.well-known/openid-configuration", True),
        ("OIDC", "http://authentik.authentik.svc/application/o/token/", True),
        ("GF_AUTH_GENERIC_OAUTH_AUTH_URL", "https://auth.local/application/o/authorize/", True),
        ("OIDC", "https://elsewhere.example/application/o/web/", False),
        ("LINK", "https://auth.local/", False),
        ("OIDC", "auth.local/application/o/web/", False),
        ("OIDC", "https://web.local/application/o/web/", False),
    ],
)
def test_a_variable_that_holds_an_issuer_says_where_a_workload_signs_in(name: str, value: str, signs_in: bool) -> None:
    web = workload("web", called="web")
    pod_of(web)["containers"][0]["env"] = [{"name": "X", "value": "y"}, {"name": name, "value": value}]
    lists: dict[str, Any] = {name: [*items] for name, items in AUTHENTIK.items()}
    lists["deployments"].append(web)
    lists["services"].append(service("web"))
    lists["ingresses"].append(ingress("web", "web.local"))
    where = "Deployment apps/web spec.template.spec.containers[0].env[1].value"
    assert arrows(built(**lists), "sso") == ([("authentik", "web", where)] if signs_in else [])


def test_a_provider_s_redirect_leads_to_the_application_that_says_nothing_itself() -> None:
    entry = {
        "pk": 1,
        "name": "g",
        "client_id": "g",
        "redirect_uris": [{"url": "https://grafana.local/login/generic_oauth"}],
    }
    answers = {"/api/v3/providers/oauth2/": {"results": [entry]}}
    found = built(**AUTHENTIK, systems={"authentik": {"url": "https://auth.local", "answers": answers}})
    where = "https://auth.local/api/v3/providers/oauth2/ results[0].redirect_uris[0].url"
    assert arrows(found, "sso") == [("authentik", "grafana", where)]


@pytest.mark.parametrize(
    ("uris", "served"),
    [
        ("https://grafana.local/a\nhttp://localhost:8085/b", True),
        (["https://grafana.local/a"], True),
        ([{"url": r"^https://grafana\.local/.*", "matching_mode": "regex"}], True),
        ([{"url": "http://localhost:8085/b"}], False),
        ([{"url": "https://other.example/a"}], False),
        ([{"url": "https://["}], False),
        (7, False),
        (None, False),
    ],
)
def test_redirects_are_read_in_all_their_forms(uris: Any, served: bool) -> None:
    answers = {"/api/v3/providers/oauth2/": {"results": [{"name": "g", "redirect_uris": uris}]}}
    found = built(**AUTHENTIK, systems={"authentik": {"url": "https://auth.local", "answers": answers}})
    assert bool(arrows(found, "sso")) is served
    assert len(found.records_of("oidc_client")) == 1


def test_a_found_arrow_wins_over_the_stated_one() -> None:
    settings = catalog(
        stated("authentik"), stated("grafana"), relations=(CatalogRelation("authentik", "grafana", "word of mouth", 3),)
    )
    found = built(settings, **AUTHENTIK, systems=grafana_ini())
    assert [(r.label, r.kind) for r in found.relations] == [("SSO", "sso")]
