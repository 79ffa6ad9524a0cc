"""OIDC clients: who signs in where, and whether both sides agree.

Values: `application` (as the provider or the catalog calls it), `client_id`, `provider` (the component, else the
host), `issuer`, `redirect_hosts`, `used_by` (the component). Checks, each true or false, there only where it could be
made: `discovery` (the issuer answers), `issuer_equal` (it calls itself what the application calls it), `https` (all of
its endpoints), `keys` (it has keys to check signatures by), `s256` (PKCE is offered), `redirect_served` (an Ingress or
HTTPRoute serves every redirect's host).
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from truebook.inventory.join.subject import Joined
from truebook.inventory.records.row import kept, row
from truebook.inventory.told import Discovery
from truebook.inventory.uses.signing_in import Client, clients, evidence, issuer, redirect_hosts
from truebook.model import Record, Value


def oidc_clients(joined: Joined) -> Iterator[Record]:
    """One for each client."""
    for client in clients(joined):
        name = _application(client)
        yield row("oidc_client", str(name.value), client.consumer, {"application": name, **_values(joined, client)})


def _application(client: Client) -> Value:
    if client.entry is not None and client.entry.application:
        return client.entry.place.value(client.entry.application, "assigned_application_name")
    if client.entry is not None and client.entry.name:
        return client.entry.place.value(client.entry.name, "name")
    if client.consumer is not None:
        stated = client.consumer.stated
        return Value((stated and stated.title) or client.consumer.name, evidence(client))
    assert client.settings is not None or client.entry is not None
    return Value(client.settings.url if client.settings is not None else "", evidence(client))


def _values(joined: Joined, client: Client) -> dict[str, Value | None]:
    where = evidence(client)
    told = issuer(joined, client)
    found: dict[str, Value | None] = {
        "client_id": _client_id(client),
        "provider": _provider(client),
        "issuer": told,
        "used_by": None if client.consumer is None else Value(client.consumer.name, where),
    }
    hosts = redirect_hosts(client)
    if hosts:
        unserved = [place for host, place in hosts if joined.resolver.host(f"https://{host}") is None]
        found["redirect_hosts"] = hosts[0][1].value(tuple(host for host, _ in hosts))
        found["redirect_served"] = (unserved or [hosts[0][1]])[0].value(not unserved)
    asked = str(told.value).rstrip("/") if told is not None else ""
    discovery = joined.facts.told.discoveries.get(asked) if asked else None
    return found if discovery is None else {**found, **_checks(str(told.value) if told else "", discovery)}


def _client_id(client: Client) -> Value | None:
    settings, entry = client.settings, client.entry
    if settings is not None and settings.client_id:
        return settings.place.whole.value(settings.client_id, *settings.client_path)
    return None if entry is None else kept(entry.place, entry.client_id, "client_id")


def _provider(client: Client) -> Value | None:
    if client.provider is not None:
        return Value(client.provider.name, evidence(client))
    if client.settings is None:
        return None
    try:
        host = urlsplit(client.settings.url).hostname
    except ValueError:
        return None
    return kept(client.settings.place, host)


def _checks(told: str, found: Discovery) -> dict[str, Value | None]:
    """What the discovery document says of the issuer that the application was told."""
    place = found.place
    if found.status != 200 or not found.issuer:
        return {"discovery": place.value(False, f"HTTP {found.status}" if found.status != 200 else "issuer")}
    plain = next((name for name, url in found.endpoints.items() if not url.startswith("https://")), None)
    signed = any(not name.startswith(("HS", "none")) for name in found.algorithms) or not found.algorithms
    checks: dict[str, Value | None] = {
        "discovery": place.value(True, "issuer"),
        "issuer_equal": place.value(found.issuer == told, "issuer"),
        "https": place.value(plain is None and found.issuer.startswith("https://"), plain or "authorization_endpoint"),
        "s256": place.value("S256" in found.methods, "code_challenge_methods_supported"),
    }
    if found.keys is not None and found.keys_place is not None:
        checks["keys"] = found.keys_place.value(found.keys > 0 or not signed)
    return checks
