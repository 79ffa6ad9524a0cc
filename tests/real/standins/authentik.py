"""Authentik, as far as truebook asks it: health, version, applications, OAuth2 providers, and a discovery document and
keys for each of the homelab's clients.

Its answers have the shape of the OpenAPI schema that Authentik publishes; the test holds them against the models of the
client that is generated from it (`authentik-client` of `SCHEMA`). What each client's address and id are, the homelab's
own configuration says; a test compares the table below with it. Nobody can sign in: there are no people in it.

    with AuthentikStandIn(url="https://auth.homelab.local") as authentik:
        authentik.url, authentik.token

`url` in the constructor is the address that it is known by, which its issuers and endpoints are made of.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.real.standins.serving import Answer, Request, StandIn, documents

SCHEMA = "2026.8.5"
"""The version of Authentik's schema that the answers are made by."""
PUBLIC = "https://auth.homelab.local"
PAGE = 20
"""Entries of a page where nothing is said."""


@dataclass(frozen=True)
class Client:
    """An application of the homelab that signs people in through Authentik."""

    slug: str
    name: str
    group: str
    launch_url: str
    redirects: tuple[str, ...]


CLIENTS = (
    Client(
        "argocd",
        "ArgoCD",
        "Infrastructure",
        "https://argocd.homelab.local",
        ("https://argocd.homelab.local/auth/callback", "http://localhost:8085/auth/callback"),
    ),
    Client(
        "grafana",
        "Grafana",
        "Infrastructure",
        "https://grafana.homelab.local",
        ("https://grafana.homelab.local/login/generic_oauth",),
    ),
    Client(
        "paperless",
        "Paperless",
        "Home",
        "https://paperless.homelab.local",
        ("https://paperless.homelab.local/accounts/oidc/authentik/login/callback/",),
    ),
    Client(
        "vault",
        "Vault",
        "Infrastructure",
        "https://vault.homelab.local",
        ("https://vault.homelab.local/ui/vault/auth/oidc/oidc/callback", "http://localhost:8250/oidc/callback"),
    ),
    Client(
        "vaultwarden",
        "Vaultwarden",
        "Home",
        "https://passwords.homelab.local",
        ("https://passwords.homelab.local/identity/connect/oidc-signin",),
    ),
)

VIEW_APPLICATIONS = "authentik_core.view_application"
VIEW_PROVIDERS = "authentik_providers_oauth2.view_oauth2provider"


class AuthentikStandIn(StandIn):
    """See the module's docstring. `permissions` are global ones of the token's account; by default the least that
    truebook needs. `most` is how many entries a page has at most, whatever is asked for."""

    says = f"not Authentik: a server of truebook's tests that answers by its API schema {SCHEMA}"
    every = frozenset((VIEW_APPLICATIONS, VIEW_PROVIDERS))

    def __init__(self, url: str = PUBLIC, *, permissions: frozenset[str] | None = None, most: int = 100) -> None:
        self.public = url.rstrip("/")
        self.version = str(documents("repository", "platform", "authentik", "Chart.yaml")[0]["appVersion"])
        self.client_secrets = {client.slug: secrets.token_urlsafe(48) for client in CLIENTS}
        self._most = most
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        super().__init__(permissions)

    def answer(self, request: Request) -> Answer:
        path = request.path
        if path in ("/-/health/live/", "/-/health/ready/"):
            return Answer()
        if path == "/metrics":
            return Answer()  # nothing is measured, and that is well-formed
        for client in CLIENTS:
            base = f"/application/o/{client.slug}/"
            if path == f"{base}.well-known/openid-configuration":
                return Answer(self._discovery(client))
            if path == f"{base}jwks/":
                return Answer({"keys": [self._public_key()]})
        if path.startswith("/api/v3/"):
            return self._api(request)
        return Answer({"detail": "Not found."}, 404)

    def _api(self, request: Request) -> Answer:
        if not request.token:
            return Answer({"detail": "Authentication credentials were not provided."}, 403)
        if not self.known(request):
            return Answer({"detail": "Token invalid/expired"}, 403)
        lists = {
            "/api/v3/core/applications/": (VIEW_APPLICATIONS, self._application),
            "/api/v3/providers/oauth2/": (VIEW_PROVIDERS, self._provider),
        }
        if request.path == "/api/v3/admin/version/":
            return Answer(self._version())
        if request.path not in lists:
            return Answer({"detail": "Not found."}, 404)
        permission, entry = lists[request.path]
        if permission not in self.permissions:
            return Answer({"detail": "You do not have permission to perform this action."}, 403)
        return self._paged(request, [entry(place, client) for place, client in enumerate(CLIENTS, 1)])

    def _paged(self, request: Request, entries: list[dict[str, Any]]) -> Answer:
        try:
            size = max(1, min(self._most, int(request.query.get("page_size", PAGE))))
            number = int(request.query.get("page", 1))
        except ValueError:
            return Answer({"detail": "Invalid page."}, 404)
        pages = max(1, -(-len(entries) // size))
        if not 1 <= number <= pages:
            return Answer({"detail": "Invalid page."}, 404)
        start = (number - 1) * size
        shown = entries[start : start + size]
        pagination = {
            "next": number + 1 if number < pages else 0,
            "previous": number - 1,
            "count": len(entries),
            "current": number,
            "total_pages": pages,
            "start_index": start + 1 if shown else 0,
            "end_index": start + len(shown),
        }
        return Answer({"pagination": pagination, "results": shown, "autocomplete": {}})

    def _version(self) -> dict[str, Any]:
        return {
            "version_current": self.version,
            "version_latest": self.version,
            "version_latest_valid": True,
            "build_hash": "",
            "outdated": False,
            "outpost_outdated": False,
        }

    def _application(self, place: int, client: Client) -> dict[str, Any]:
        return {
            "pk": _id("application", client.slug),
            "pbm_uuid": _id("binding", client.slug),
            "name": client.name,
            "slug": client.slug,
            "provider": place,
            "provider_obj": self._any_provider(place, client),
            "backchannel_providers": [],
            "backchannel_providers_obj": [],
            "launch_url": client.launch_url,
            "open_in_new_tab": False,
            "meta_launch_url": client.launch_url,
            "meta_icon": "",
            "meta_icon_url": None,
            "meta_icon_themed_urls": None,
            "meta_description": "",
            "meta_publisher": "",
            "policy_engine_mode": "any",
            "group": client.group,
            "meta_hide": False,
        }

    def _any_provider(self, place: int, client: Client) -> dict[str, Any]:
        """What applications say of their provider, whatever its kind."""
        return {
            "pk": place,
            "name": client.name,
            "authentication_flow": None,
            "authorization_flow": _id("flow", "authorization"),
            "invalidation_flow": _id("flow", "invalidation"),
            "property_mappings": [_id("scope", scope) for scope in ("openid", "email", "profile")],
            "component": "ak-provider-oauth2-form",
            "assigned_application_slug": client.slug,
            "assigned_application_name": client.name,
            "assigned_backchannel_application_slug": None,
            "assigned_backchannel_application_name": None,
            "verbose_name": "OAuth2/OpenID Provider",
            "verbose_name_plural": "OAuth2/OpenID Providers",
            "meta_model_name": "authentik_providers_oauth2.oauth2provider",
        }

    def _provider(self, place: int, client: Client) -> dict[str, Any]:
        redirects = [
            {"matching_mode": "strict", "url": url, "redirect_uri_type": "authorization"} for url in client.redirects
        ]
        return {
            **self._any_provider(place, client),
            "client_type": "confidential",
            "grant_types": ["authorization_code", "refresh_token"],
            "client_id": client.slug,
            "client_secret": self.client_secrets[client.slug],
            "access_code_validity": "minutes=1",
            "access_token_validity": "minutes=5",
            "refresh_token_validity": "days=30",
            "refresh_token_threshold": "seconds=0",
            "include_claims_in_id_token": True,
            "signing_key": _id("key", "signing"),
            "encryption_key": None,
            "redirect_uris": redirects,
            "logout_uri": "",
            "logout_method": "backchannel",
            "sub_mode": "hashed_user_id",
            "issuer_mode": "per_provider",
            "jwt_federation_sources": [],
            "jwt_federation_providers": [],
        }

    def _discovery(self, client: Client) -> dict[str, Any]:
        base = f"{self.public}/application/o"
        return {
            "issuer": issuer(client.slug, self.public),
            "authorization_endpoint": f"{base}/authorize/",
            "token_endpoint": f"{base}/token/",
            "userinfo_endpoint": f"{base}/userinfo/",
            "end_session_endpoint": f"{base}/{client.slug}/end-session/",
            "introspection_endpoint": f"{base}/introspect/",
            "revocation_endpoint": f"{base}/revoke/",
            "device_authorization_endpoint": f"{base}/device/",
            "jwks_uri": f"{base}/{client.slug}/jwks/",
            "response_types_supported": ["code", "id_token", "id_token token", "code token", "code id_token"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "scopes_supported": ["openid", "email", "profile"],
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "email", "name", "groups"],
            "request_parameter_supported": False,
            "claims_parameter_supported": False,
            "code_challenge_methods_supported": ["plain", "S256"],
        }

    def _public_key(self) -> dict[str, str]:
        """The signing key as a JSON Web Key (RFC 7517); its id is the same each time."""
        numbers = self._key.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": hashlib.sha256(b"authentik Self-signed Certificate").hexdigest()[:32],
            "n": _base64url(numbers.n),
            "e": _base64url(numbers.e),
        }


def issuer(slug: str, public: str = PUBLIC) -> str:
    """The issuer of an application's tokens, at the address that Authentik is known by."""
    return f"{public}/application/o/{slug}/"


def _id(kind: str, name: str) -> str:
    """An id that is the same each time."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PUBLIC}/{kind}/{name}"))


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()
