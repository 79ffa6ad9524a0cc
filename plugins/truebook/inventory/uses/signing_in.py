"""Which component signs in through which provider: what the application says of it, joined to what the provider says.

A provider's entry and an application's settings belong together by the client id, by the slug in the issuer, or by the
component that both are of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.told import Place, Provider, SignIn
from truebook.inventory.values import address
from truebook.model import Evidence, Value

_SLUG = re.compile(r"/application/o/([^/]+)/")
_LOCAL = {"localhost", "127.0.0.1", "::1", ""}
"""Hosts of a client on the operator's own machine: a CLI that signs in."""


@dataclass(frozen=True, slots=True)
class Client:
    """An OIDC client: who uses it, the component of its provider, and what either says of it."""

    consumer: Subject | None
    provider: Subject | None
    settings: SignIn | None = None
    entry: Provider | None = None


def clients(joined: Joined) -> list[Client]:
    """All clients: those whose applications say so first, then those that the provider alone knows."""
    found: dict[tuple[str, str], Client] = {}
    for settings in joined.facts.told.sign_ins:
        consumer = _consumer(joined, settings)
        namespace = "" if settings.workload is None else settings.workload.namespace
        provider = joined.resolver.url(settings.url, namespace)
        # A URL in a variable that leads to nothing known is no sign of signing in.
        if provider is consumer or (provider is None and settings.workload is not None):
            continue
        key = (consumer.name if consumer is not None else settings.url, provider.name if provider is not None else "")
        known = found.get(key)
        merged = settings if known is None or known.settings is None else _merged(known.settings, settings)
        found[key] = Client(consumer, provider, merged)
    return list(_with_entries(joined, list(found.values())))


def _consumer(joined: Joined, settings: SignIn) -> Subject | None:
    if settings.workload is not None:
        return joined.resolver.workload(settings.workload)
    if settings.namespace:
        return joined.system("grafana", namespace=settings.namespace)
    return joined.system(settings.system)


def _merged(first: SignIn, second: SignIn) -> SignIn:
    """The first, completed by what only the second says: several variables make up one client."""
    better = second if second.issuer and not first.issuer else first
    other = first if better is second else second
    if not better.client_id:
        return replace(better, client_id=other.client_id, client_path=other.client_path)
    return better


def _with_entries(joined: Joined, told: list[Client]) -> Iterator[Client]:
    authentik = joined.system("authentik")
    free = list(joined.facts.told.providers)
    for client in told:
        entry = next((entry for entry in free if client.provider is authentik and _same(joined, client, entry)), None)
        if entry is not None:
            free.remove(entry)
        yield replace(client, entry=entry)
    for entry in free:
        yield Client(_served_by(joined, entry), authentik, entry=entry)


def _same(joined: Joined, client: Client, entry: Provider) -> bool:
    settings = client.settings
    assert settings is not None
    if settings.client_id and entry.client_id:
        return settings.client_id == entry.client_id
    slug = _SLUG.search(settings.url)
    if slug is not None and slug[1] == entry.slug:
        return True
    return client.consumer is not None and _served_by(joined, entry) is client.consumer


def _served_by(joined: Joined, entry: Provider) -> Subject | None:
    """The component that a redirect leads back to, else that which the application opens."""
    found = (joined.resolver.host(url) for url, _ in redirects(entry))
    return next((subject for subject in found if subject is not None), joined.resolver.host(entry.launch))


def redirects(entry: Provider) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """The redirects that lead to a host and where each was read; a pattern is read as what it most plainly means."""
    for url, path in entry.redirects:
        plain = url.removeprefix("^").replace("\\", "")
        if _host(plain) not in _LOCAL:
            yield plain, path


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def evidence(client: Client) -> Evidence:
    """Where it stands that the consumer signs in there: in its own settings, else at the provider."""
    if client.settings is not None:
        return client.settings.place.evidence()
    assert client.entry is not None
    first = next((path for _, path in redirects(client.entry)), None)
    if first is None and client.entry.launch_place is not None:
        return client.entry.launch_place.evidence()
    return client.entry.place.evidence(*(first or ()))


def issuer(joined: Joined, client: Client) -> Value | None:
    """The issuer that the application is told, else the one that Authentik has for the client by its mode."""
    settings, entry = client.settings, client.entry
    if settings is not None and settings.issuer:
        return settings.place.value(settings.issuer)
    base = "" if entry is None else _base(joined, client)
    if entry is None or not base:
        return None
    if entry.issuer_mode == "global":
        return entry.place.value(f"{base}/", "issuer_mode")
    return entry.place.value(f"{base}/application/o/{entry.slug}/", "assigned_application_slug") if entry.slug else None


def _base(joined: Joined, client: Client) -> str:
    """Where browsers reach Authentik, which is what it puts into its issuer: as the application is told, else its own
    address, else where it was read; https before http."""
    told, mark, _ = client.settings.url.partition("/application/o/") if client.settings is not None else ("", "", "")
    own = None if client.provider is None else address.url(client.provider, joined)
    found = [told] if mark else []
    found += [] if own is None else [str(own.value)]
    found += [joined.facts.told.urls.get("authentik", "")]
    return next((url for url in found if url.startswith("https://")), found[0])


def redirect_hosts(client: Client) -> list[tuple[str, Place]]:
    """Each host that a redirect leads to, once, and where it was read: those that the provider allows, where it was
    asked, else those that the application is set up for."""
    entry, settings = client.entry, client.settings
    told: Iterable[tuple[str, Place]] = () if settings is None else settings.redirects
    if entry is not None:
        told = ((url, entry.place.at(*path)) for url, path in redirects(entry))
    found: dict[str, Place] = {}
    for url, place in told:
        if _host(url) not in _LOCAL:
            found.setdefault(_host(url), place)
    return list(found.items())
