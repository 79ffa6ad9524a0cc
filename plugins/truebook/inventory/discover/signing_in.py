"""Signing in: what applications say of their provider, and the provider of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from truebook.inventory import look
from truebook.inventory.discover.answers import Answer, Answers
from truebook.inventory.discover.dashboards import ConfigFile
from truebook.inventory.facts import Workload
from truebook.inventory.look import Step
from truebook.inventory.told import Discovery, Place, Provider, SignIn, place_of

_WELL_KNOWN = "/.well-known/openid-configuration"
_GRAFANA = "GF_AUTH_GENERIC_OAUTH_"
_OWN_PATHS = ("/application/o/", "/realms/", "/oauth2/openid/")
"""What the path of an issuer or endpoint holds: of Authentik, Keycloak, Kanidm."""
MARKS = (*_OWN_PATHS, _WELL_KNOWN)
"""What the value of a variable holds, one of them, that says where a workload signs in."""
_ENDPOINT = re.compile(r"/(authorize|auth|token|userinfo|end-session|logout|jwks|certs)/?\Z")


def sign_ins(
    argocd: Answers, vault: Answers, files: list[ConfigFile], workloads: Iterable[Workload]
) -> Iterator[SignIn]:
    """By the settings of ArgoCD, Vault and Grafana, and by the variables of any workload."""
    yield from _argocd(argocd)
    yield from _vault(vault)
    for file in files:
        yield from _grafana(file)
    for workload in workloads:
        yield from _variables(workload)


def _argocd(argocd: Answers) -> Iterator[SignIn]:
    answer = argocd.get("/api/v1/settings")
    issuer = "" if answer is None else look.text(answer.ok, "oidcConfig", "issuer")
    if issuer and answer is not None:
        client = look.text(answer.ok, "oidcConfig", "clientID")
        place = answer.place("oidcConfig", "issuer")
        url = look.text(answer.ok, "url")
        back = ((url, answer.place("url")),) if url else ()
        yield SignIn(place, issuer, issuer, client, ("oidcConfig", "clientID"), system="argocd", redirects=back)


def _vault(vault: Answers) -> Iterator[SignIn]:
    for key in vault.asked():
        words = key.strip("/").split("/")
        answer = vault.get(key) if words[:2] == ["v1", "auth"] and words[-1] == "config" else None
        issuer = "" if answer is None else look.text(answer.ok, "data", "oidc_discovery_url")
        if issuer and answer is not None:
            client = look.text(answer.ok, "data", "oidc_client_id")
            place, back = answer.place("data", "oidc_discovery_url"), tuple(_allowed(vault, key))
            yield SignIn(place, issuer, issuer, client, ("data", "oidc_client_id"), system="vault", redirects=back)


def _allowed(vault: Answers, config: str) -> Iterator[tuple[str, Place]]:
    """The redirects that the roles of the same mount allow."""
    roles = f"{config.removesuffix('config')}role/"
    for key in vault.asked():
        answer = vault.get(key) if key.startswith(roles) else None
        if answer is not None:
            for index, url in look.texts(answer.ok, "data", "allowed_redirect_uris"):
                yield url, answer.place("data", "allowed_redirect_uris", index)


def _grafana(file: ConfigFile) -> Iterator[SignIn]:
    found = look.mapping(file.data, "auth.generic_oauth")
    url = look.text(found, "auth_url")
    if url and _true(look.at(found, "enabled")):
        place = file.place.at("auth.generic_oauth")
        client, root = look.text(found, "client_id"), look.text(file.data, "server", "root_url")
        yield SignIn(
            place.at("auth_url"),
            url,
            client_id=client,
            client_path=(*place.path, "client_id"),
            namespace=file.config.namespace,
            redirects=((root, file.place.at("server", "root_url")),) if root else (),
        )


def _true(found: Any) -> bool:
    return found is True or (isinstance(found, str) and found.strip().lower() in {"true", "1", "yes", "on"})


def _variables(workload: Workload) -> Iterator[SignIn]:
    """A variable whose value is an issuer or an endpoint of one; Grafana's client has variables of its own."""
    named = {name: (value, path) for name, value, path in workload.variables}
    client, client_path = named.get(f"{_GRAFANA}CLIENT_ID", ("", ()))
    if named.get(f"{_GRAFANA}ENABLED", ("true", ()))[0].lower() not in {"true", "1"}:
        return
    for name, value, path in workload.variables:
        if "://" in value and (value.endswith(_WELL_KNOWN) or any(mark in value for mark in _OWN_PATHS)):
            own = name.startswith(_GRAFANA) and bool(client)
            issuer = "" if _ENDPOINT.search(value) else value.removesuffix(_WELL_KNOWN[1:])
            yield SignIn(
                place_of(workload).at(*path),
                value,
                issuer,
                client if own else "",
                client_path if own else (),
                workload=workload.ref,
            )


def providers(authentik: Answers) -> Iterator[Provider]:
    """Authentik's OAuth2 providers, each with the application that it is for."""
    answer = authentik.like("/api/v3/providers/oauth2/")
    listed = authentik.like("/api/v3/core/applications/")
    for index, found in look.entries(None if answer is None else answer.ok, "results"):
        assert answer is not None
        number, application = _application(listed, found)
        slug = look.text(found, "assigned_application_slug") or look.text(application, "slug")
        launch = look.text(application, "meta_launch_url") or look.text(application, "launch_url")
        key = "meta_launch_url" if look.text(application, "meta_launch_url") else "launch_url"
        yield Provider(
            answer.place("results", index),
            look.text(found, "name"),
            look.text(found, "client_id"),
            look.text(found, "issuer_mode"),
            slug,
            look.text(found, "assigned_application_name") or look.text(application, "name"),
            tuple(_redirects(found)),
            launch,
            listed.place("results", number, key) if launch and listed is not None else None,
        )


def _application(listed: Answer | None, provider: Any) -> tuple[int, Any]:
    key = look.number(provider, "pk")
    slug = look.text(provider, "assigned_application_slug")
    for index, found in look.entries(None if listed is None else listed.ok, "results"):
        by_key = key is not None and key in (look.at(found, "provider"), look.at(found, "provider_obj", "pk"))
        if by_key or (slug and look.text(found, "slug") == slug):
            return index, found
    return 0, None


def _redirects(provider: Any) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """A list of `{matching_mode, url}`, in older releases one text with a URL on each line."""
    for index, entry in look.entries(provider, "redirect_uris"):
        if look.text(entry, "url"):
            yield look.text(entry, "url"), ("redirect_uris", index, "url")
    for index, text in look.texts(provider, "redirect_uris"):
        yield text, ("redirect_uris", index)
    for line in look.text(provider, "redirect_uris").split():
        yield line, ("redirect_uris",)


def discoveries(oidc: Answers) -> dict[str, Discovery]:
    """Issuer without its last slash → what its discovery document says."""
    found = {}
    for key in oidc.asked():
        asked, mark, rest = key.partition(_WELL_KNOWN)
        answer = oidc.get(key)
        if not mark or rest or answer is None:
            continue
        place = Place("oidc", answer.url)
        body = answer.ok
        endpoints = {name: url for name, url in look.strings(body).items() if name.endswith(("_endpoint", "_uri"))}
        keys = oidc.get(look.text(body, "jwks_uri"))
        listed = None if keys is None else look.at(keys.ok, "keys")
        found[asked] = Discovery(
            place,
            asked,
            answer.status if body is None or isinstance(body, dict) else 0,
            look.text(body, "issuer"),
            endpoints,
            tuple(text for _, text in look.texts(body, "code_challenge_methods_supported")),
            tuple(text for _, text in look.texts(body, "id_token_signing_alg_values_supported")),
            len(listed) if isinstance(listed, list) else None,
            None if keys is None else keys.place("keys"),
        )
    return found
