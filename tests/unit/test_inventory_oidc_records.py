"""Records of OIDC clients: what both sides say, and what they do not agree on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import built, ingress, runs, workload
from tests.unit.records_sample import SIGN_IN, the, told

ISSUER = "https://auth.local/application/o/grafana/"
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://auth.local/application/o/authorize/",
    "token_endpoint": "https://auth.local/application/o/token/",
    "jwks_uri": f"{ISSUER}jwks/",
    "code_challenge_methods_supported": ["plain", "S256"],
    "id_token_signing_alg_values_supported": ["RS256"],
}


def signing_in(document: Any = DOCUMENT, keys: Any = ({"kid": "1"},), **entry: Any) -> dict[str, Any]:
    provider = {
        "pk": 3,
        "name": "grafana-provider",
        "client_id": "grafana",
        "issuer_mode": "per_provider",
        "assigned_application_slug": "grafana",
        "assigned_application_name": "Grafana",
        "redirect_uris": [{"matching_mode": "strict", "url": "https://grafana.local/login/generic_oauth"}],
        **entry,
    }
    answers = {f"{ISSUER}.well-known/openid-configuration": document, f"{ISSUER}jwks/": {"keys": list(keys)}}
    return {
        "authentik": {"url": "https://auth.local", "answers": {"/api/v3/providers/oauth2/": {"results": [provider]}}},
        "oidc": {"answers": answers},
    }


def test_a_client_on_which_both_sides_agree() -> None:
    record = the(built(**SIGN_IN, systems=signing_in()), "oidc_client")
    assert (record.name, record.component) == ("Grafana", "grafana")
    assert told(record) == {
        "application": "Grafana",
        "client_id": "grafana",
        "provider": "authentik",
        "issuer": ISSUER,
        "used_by": "grafana",
        "redirect_hosts": ("grafana.local",),
        "redirect_served": True,
        "discovery": True,
        "issuer_equal": True,
        "https": True,
        "keys": True,
        "s256": True,
    }


@pytest.mark.parametrize(
    ("systems", "checks"),
    [
        (signing_in({**DOCUMENT, "issuer": ISSUER.rstrip("/")}), {"issuer_equal": False, "https": True}),
        (signing_in({**DOCUMENT, "token_endpoint": "http://auth.local/token"}), {"https": False, "s256": True}),
        (signing_in({**DOCUMENT, "code_challenge_methods_supported": ["plain"]}), {"s256": False}),
        (signing_in({**DOCUMENT, "code_challenge_methods_supported": None}), {"s256": False}),
        (signing_in(keys=()), {"keys": False}),
        (signing_in({**DOCUMENT, "id_token_signing_alg_values_supported": ["HS256"]}, ()), {"keys": True}),
        (signing_in({"status": 404, "body": None}), {"discovery": False, "issuer_equal": None, "keys": None}),
        (signing_in({}), {"discovery": False, "issuer_equal": None}),
        (signing_in("<html>"), {"discovery": False}),
        (signing_in(redirect_uris=[{"url": "https://old.local/x"}]), {"redirect_served": False}),
        (
            signing_in(redirect_uris=[{"url": "https://grafana.local/x"}, {"url": "https://old.local/x"}]),
            {"redirect_served": False},
        ),
        (
            signing_in(redirect_uris=[{"url": "http://localhost:1/x"}]),
            {"redirect_served": None, "redirect_hosts": None},
        ),
        (signing_in(issuer_mode="global"), {"issuer": "https://auth.local/", "discovery": None}),
        (signing_in(assigned_application_slug="other"), {"discovery": None}),
    ],
)
def test_what_the_sides_do_not_agree_on_is_told(systems: Any, checks: dict[str, Any]) -> None:
    record = the(built(**SIGN_IN, systems=systems), "oidc_client")
    assert {key: record.get(key) for key in checks} == checks


def test_an_application_and_its_provider_s_entry_make_one_client() -> None:
    config = {
        "metadata": {"namespace": "monitoring", "name": "grafana"},
        "data": {
            "grafana.ini": {
                "auth.generic_oauth": {
                    "enabled": "true",
                    "client_id": "grafana",
                    "auth_url": "https://auth.local/application/o/authorize/",
                }
            }
        },
    }
    systems = signing_in()
    systems["configmaps"] = {"answers": {"/api/v1/namespaces/monitoring/configmaps/grafana": config}}
    record = the(built(**SIGN_IN, systems=systems), "oidc_client")
    assert (record.get("application"), record.get("issuer"), record.get("discovery")) == ("Grafana", ISSUER, True)
    where = 'ConfigMap monitoring/grafana data["grafana.ini"]["auth.generic_oauth"].client_id'
    assert str(record.values["client_id"].evidence) == where
    # Another client id makes it another client, that nobody uses any more.
    systems["authentik"]["answers"]["/api/v3/providers/oauth2/"]["results"][0]["client_id"] = "older"
    names = [
        (record.name, record.get("client_id")) for record in built(**SIGN_IN, systems=systems).records_of("oidc_client")
    ]
    assert names == [("Grafana", "older"), ("grafana", "grafana")]


@pytest.mark.parametrize("read_at", ["https://auth.local", "http://authentik.authentik.svc", "http://127.0.0.1:9000"])
def test_an_issuer_is_at_the_address_that_browsers_open(read_at: str) -> None:
    systems = signing_in()
    systems["authentik"]["url"] = read_at
    tls = [ingress("authentik", "auth.local", namespace="authentik", tls=[{"secretName": "wildcard"}])]
    lists = {**SIGN_IN, "ingresses": [*tls, SIGN_IN["ingresses"][1]]}
    assert the(built(**lists, systems=systems), "oidc_client").get("issuer") == ISSUER


def test_without_the_provider_s_word_applications_say_where_they_are_come_back_to() -> None:
    config = {
        "metadata": {"namespace": "monitoring", "name": "grafana"},
        "data": {
            "grafana.ini": {
                "server": {"root_url": "https://grafana.local"},
                "auth.generic_oauth": {"enabled": True, "auth_url": "https://auth.local/application/o/authorize/"},
            }
        },
    }
    issuer = "https://auth.local/application/o/vault/"
    uris = ["http://localhost:8250/oidc/callback", "https://vault.gone/ui/vault/auth/oidc/oidc/callback"]
    vault = {
        "/v1/auth/oidc/config": {"data": {"oidc_discovery_url": issuer}},
        "/v1/auth/oidc/role/ops": {"data": {"allowed_redirect_uris": uris}},
        "/v1/auth/other/role/ops": {"data": {"allowed_redirect_uris": ["https://auth.local/"]}},
    }
    found = built(
        **SIGN_IN,
        statefulsets=[runs("vault", "vault")],
        argocd={"/api/v1/settings": {"url": "https://argocd.gone", "oidcConfig": {"issuer": "https://auth.local/a/"}}},
        systems={
            "vault": {"url": "https://vault.local", "answers": vault},
            "configmaps": {"answers": {"/api/v1/namespaces/monitoring/configmaps/grafana": config}},
        },
    )
    hosts = {r.name: (r.get("redirect_hosts"), r.get("redirect_served")) for r in found.records_of("oidc_client")}
    assert hosts["grafana"] == (("grafana.local",), True)
    assert hosts["vault"] == (("vault.gone",), False)
    where = "https://vault.local/v1/auth/oidc/role/ops data.allowed_redirect_uris[1]"
    (record,) = (record for record in found.records_of("oidc_client") if record.name == "vault")
    assert str(record.values["redirect_served"].evidence) == where


def test_a_provider_that_is_not_ours_is_named_by_its_host() -> None:
    settings = {"oidcConfig": {"issuer": "https://accounts.example.com", "clientID": "a"}}
    found = built(
        deployments=[workload("argocd-server", called="argocd-server")], argocd={"/api/v1/settings": settings}
    )
    record = the(found, "oidc_client")
    assert (record.component, record.get("provider")) == ("argocd-server", "accounts.example.com")
    assert found.relations == ()
