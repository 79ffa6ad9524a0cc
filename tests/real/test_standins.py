"""The stand-ins: their answers against the schemas that they name, and what they refuse.

These need no real server, and run with every test run.
"""

from __future__ import annotations

import base64
import configparser
import importlib
import json
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, Literal, get_args

import httpx
import msgspec
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from pydantic import BaseModel

from tests.real.standins.authentik import CLIENTS, SCHEMA, VIEW_PROVIDERS, AuthentikStandIn, issuer
from tests.real.standins.grafana import READ_DATASOURCES, GrafanaStandIn
from tests.real.standins.serving import HEADER, config_maps, documents

APPLICATIONS = "/api/v3/core/applications/"
PROVIDERS = "/api/v3/providers/oauth2/"
VERSION = "/api/v3/admin/version/"


@pytest.fixture
def authentik() -> Iterator[AuthentikStandIn]:
    with AuthentikStandIn(url="https://auth.homelab.local") as found:
        yield found


@pytest.fixture
def grafana() -> Iterator[GrafanaStandIn]:
    with GrafanaStandIn() as found:
        yield found


def get(server: AuthentikStandIn | GrafanaStandIn, path: str, token: str | None = None, **query: Any) -> httpx.Response:
    said = server.token if token is None else token
    headers = {"Authorization": f"Bearer {said}"} if said else {}
    return httpx.get(server.url + path, headers=headers, params=query)


# --- Authentik: the models of its own client -----------------------------------------------------------------------


def model_of(name: str) -> type[BaseModel]:
    """A model of Authentik's client, which takes seconds to import: only where it is needed."""
    found: type[BaseModel] = getattr(importlib.import_module("authentik_client"), name)
    return found


def fields_beside(model: type[BaseModel], answer: Any) -> set[str]:
    """The fields of an answer, at any depth, that the schema does not know."""
    found = set(answer) - set(model.model_fields)
    for name, field in model.model_fields.items():
        kinds = [kind for kind in (field.annotation, *get_args(field.annotation)) if isinstance(kind, type)]
        inner = next((kind for kind in kinds if issubclass(kind, BaseModel)), None)
        values = answer.get(name)
        for value in values if isinstance(values, list) else [values]:
            if inner is not None and isinstance(value, dict):
                found |= {f"{name}.{key}" for key in fields_beside(inner, value)}
    return found


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (APPLICATIONS, "PaginatedApplicationList"),
        (PROVIDERS, "PaginatedOAuth2ProviderList"),
        (VERSION, "Version"),
    ],
)
def test_authentiks_answers_are_of_its_own_schema(authentik: AuthentikStandIn, path: str, name: str) -> None:
    model = model_of(name)
    answer = get(authentik, path).raise_for_status().json()
    model.model_validate(answer)
    assert fields_beside(model, answer) == set()
    required = {field for field, found in model.model_fields.items() if found.is_required()}
    assert required <= set(answer)


def test_a_wrong_answer_would_not_pass() -> None:
    with pytest.raises(ValueError, match="pagination"):
        model_of("PaginatedApplicationList").model_validate({"results": [], "autocomplete": {}})
    assert fields_beside(model_of("Version"), {"version_current": "1", "secret": "x"}) == {"secret"}


def test_the_schema_is_the_one_that_is_named() -> None:
    assert version("authentik-client") == SCHEMA
    # The homelab's release and the schema's are of the same series.
    chart = documents("repository", "platform", "authentik", "Chart.yaml")[0]
    assert str(chart["appVersion"]).split(".")[:2] == SCHEMA.split(".")[:2]


def test_pages_end_where_the_first_says(authentik: AuthentikStandIn) -> None:
    slugs, number = [], 1
    while number:
        page = get(authentik, APPLICATIONS, page_size=2, page=number).raise_for_status().json()
        slugs += [found["slug"] for found in page["results"]]
        number = page["pagination"]["next"]
    assert slugs == [client.slug for client in CLIENTS]
    assert get(authentik, APPLICATIONS, page_size=2, page=9).status_code == 404


def test_the_token_is_wanted_and_its_permissions_count(authentik: AuthentikStandIn) -> None:
    for path in (APPLICATIONS, PROVIDERS, VERSION):
        assert get(authentik, path, token="").status_code == 403
        assert get(authentik, path, token="another").json() == {"detail": "Token invalid/expired"}
    with AuthentikStandIn(permissions=frozenset((VIEW_PROVIDERS,))) as narrow:
        assert get(narrow, APPLICATIONS).status_code == 403
        assert get(narrow, PROVIDERS).status_code == 200
        assert get(narrow, VERSION).status_code == 200


def test_every_answer_says_that_it_is_a_stand_in(authentik: AuthentikStandIn, grafana: GrafanaStandIn) -> None:
    for path in ("/-/health/live/", "/metrics", APPLICATIONS, "/none", "/application/o/vault/jwks/"):
        assert get(authentik, path).headers[HEADER].startswith("not Authentik: ")
    for path in ("/api/health", "/metrics", "/api/search", "/none"):
        assert get(grafana, path, token="").headers[HEADER].startswith("not Grafana: ")


def test_each_client_has_a_discovery_document_and_a_key_that_is_one(authentik: AuthentikStandIn) -> None:
    for client in CLIENTS:
        found = get(authentik, f"/application/o/{client.slug}/.well-known/openid-configuration", token="").json()
        assert found["issuer"] == f"https://auth.homelab.local/application/o/{client.slug}/"
        endpoints = {key: value for key, value in found.items() if key.endswith(("_endpoint", "_uri"))}
        assert len(endpoints) == 8
        assert all(value.startswith("https://auth.homelab.local/application/o/") for value in endpoints.values())
        jwks = found["jwks_uri"].removeprefix("https://auth.homelab.local")
        (key,) = get(authentik, jwks, token="").json()["keys"]
        assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
        assert RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key().key_size == 2048
    assert get(authentik, "/application/o/none/.well-known/openid-configuration").status_code == 404


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def test_the_clients_are_those_of_the_homelabs_configuration() -> None:
    clients = {client.slug: client for client in CLIENTS}
    ini = configparser.RawConfigParser()
    ini.read_string(config_maps("repository", "platform", "grafana", "grafana.yaml")["grafana"]["grafana.ini"])
    own = clients[ini["auth.generic_oauth"]["client_id"]]
    assert own.redirects == (f"{ini['server']['root_url']}/login/generic_oauth",)
    assert ini["auth.generic_oauth"]["auth_url"] == "https://auth.homelab.local/application/o/authorize/"

    argocd = config_maps("repository", "platform", "argocd", "config", "argocd-cm.yaml")["argocd-cm"]
    oidc = yaml.safe_load(argocd["oidc.config"])
    own = clients[oidc["clientID"]]
    assert f"{argocd['url']}/auth/callback" in own.redirects
    assert oidc["issuer"] == issuer(own.slug)

    vaultwarden = documents("repository", "apps", "vaultwarden", "values.yaml")[0]["env"]
    assert vaultwarden["SSO_AUTHORITY"] == issuer("vaultwarden")
    assert clients["vaultwarden"].redirects[0].startswith(f"{vaultwarden['DOMAIN']}/")
    paperless = documents("repository", "apps", "paperless", "values.yaml")[0]["env"]
    assert clients["paperless"].redirects[0].startswith(f"{paperless['PAPERLESS_URL']}/")


# --- Grafana: the definitions of its API description ---------------------------------------------------------------


class HealthResponse(msgspec.Struct, forbid_unknown_fields=True):
    """`healthResponse`."""

    commit: str
    database: str
    version: str
    enterprise_commit: str = msgspec.field(default="", name="enterpriseCommit")


class DataSourceListItemDTO(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """`DataSourceListItemDTO`, an entry of `GET /api/datasources`."""

    id: int
    uid: str
    org_id: int
    name: str
    type: str
    type_name: str
    type_logo_url: str
    access: Literal["proxy", "direct"]
    url: str
    user: str
    database: str
    basic_auth: bool
    is_default: bool
    read_only: bool
    json_data: dict[str, Any] | None = None


class Hit(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """`Hit`, an entry of `GET /api/search`."""

    id: int
    org_id: int
    uid: str
    title: str
    uri: str
    url: str
    slug: str
    type: Literal["dash-db", "dash-folder"]
    tags: list[str]
    is_starred: bool
    sort_meta: int
    is_deleted: bool
    description: str = ""
    folder_id: int = 0
    folder_uid: str = ""
    folder_title: str = ""
    folder_url: str = ""
    sort_meta_name: str = ""
    permanently_delete_date: str | None = None


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/api/health", HealthResponse),
        ("/api/datasources", list[DataSourceListItemDTO]),
        ("/api/search?type=dash-db", list[Hit]),
    ],
)
def test_grafanas_answers_are_of_its_description(grafana: GrafanaStandIn, path: str, shape: Any) -> None:
    answer = httpx.get(grafana.url + path, headers={"Authorization": f"Bearer {grafana.token}"}).raise_for_status()
    assert msgspec.json.decode(answer.content, type=shape)


def test_grafana_has_what_the_homelabs_config_maps_provision(grafana: GrafanaStandIn) -> None:
    sources = {found["uid"]: found["url"] for found in get(grafana, "/api/datasources").json()}
    assert sources["prometheus"] == "http://prometheus.monitoring.svc:9090"
    assert sources["loki"] == "http://loki.monitoring.svc:3100"
    models = [
        json.loads(text)
        for name in ("cluster", "vault")
        for data in config_maps("dashboards", "dashboards", f"{name}.yaml").values()
        for text in data.values()
    ]
    found = {hit["uid"]: hit["title"] for hit in get(grafana, "/api/search", type="dash-db").json()}
    assert {model["uid"]: model["title"] for model in models}.items() <= found.items()
    pages = [get(grafana, "/api/search", limit=2, page=number).json() for number in range(1, 5)]
    assert [hit["uid"] for page in pages for hit in page] == list(found)
    assert get(grafana, "/api/search", type="dash-folder").json() == []


def test_grafana_wants_a_token_and_a_viewer_may_not_all(grafana: GrafanaStandIn) -> None:
    assert get(grafana, "/api/health", token="").status_code == 200
    for path in ("/api/datasources", "/api/search"):
        assert get(grafana, path, token="").status_code == 401
        assert get(grafana, path, token="another").status_code == 401
    with GrafanaStandIn(permissions=frozenset()) as narrow:
        assert get(narrow, "/api/datasources").json()["message"].endswith(f"Permissions needed: {READ_DATASOURCES}")
        assert get(narrow, "/api/search").json() == []
