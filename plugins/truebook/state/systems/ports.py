"""The ports of a system's Services: which of them it is asked at, and which routes lead to another.

A MinIO answers S3 at one port and shows its console at another; only the first can say how it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from truebook.inventory import look
from truebook.inventory.discover.objects import objects
from truebook.recording import KubernetesData
from truebook.state.known import Known, Name


@dataclass(frozen=True, slots=True)
class Offer:
    """One port of a Service. `rank` is its place among those wanted, None where it is none of them; `words` are its
    name and numbers."""

    service: Name
    number: int
    scheme: str
    rank: int | None
    headless: bool
    words: frozenset[str | int]


def offered(known: Known, services: Collection[Name], wanted: tuple[str | int, ...]) -> Iterator[Offer]:
    """All ports of the Services. `wanted` are names and numbers of the port to ask at, the best first."""
    for service in known.objects("services", services):
        name = look.text(service, "metadata", "namespace"), look.text(service, "metadata", "name")
        headless = look.text(service, "spec", "clusterIP") == "None"
        for _, port in look.entries(service, "spec", "ports"):
            number = look.number(port, "port")
            if number is not None and 0 < number < 65536:
                words = frozenset(_words(port, "name", "port", "targetPort"))
                rank = min((wanted.index(word) for word in words if word in wanted), default=None)
                yield Offer(name, number, _scheme(port, number), rank, headless, words)


def best(offers: Collection[Offer]) -> Offer | None:
    """The best port, a Service with an address before a headless one, the one with the shortest name before others.
    A port that nothing speaks for is taken only where there is no other to mistake it for."""
    ranked = [(offer.rank, offer) for offer in offers if offer.rank is not None]
    if ranked:
        return min(ranked, key=lambda pair: (pair[0], pair[1].headless, len(pair[1].service[1]), pair[1].service))[1]
    return next(iter(offers)) if len(offers) == 1 else None


def for_people(kubernetes: KubernetesData, offers: Collection[Offer]) -> frozenset[str]:
    """The hosts whose routes lead to a port that is not wanted, of Services that have one that is."""
    fit: dict[str, bool] = {}
    for host, service, port in _routes(kubernetes):
        ours = [offer for offer in offers if offer.service == service]
        leads = [offer for offer in ours if port in offer.words]
        if leads and any(offer.rank is not None for offer in ours):
            fit[host] = fit.get(host, False) or any(offer.rank is not None for offer in leads)
    return frozenset(host for host, good in fit.items() if not good)


def _routes(kubernetes: KubernetesData) -> Iterator[tuple[str, Name, str | int]]:
    """Host, Service and port of each Ingress and HTTPRoute."""
    for ingress in objects(kubernetes, "networking.k8s.io/ingresses"):
        namespace = look.text(ingress, "metadata", "namespace")
        for _, rule in look.entries(ingress, "spec", "rules"):
            for _, path in look.entries(rule, "http", "paths"):
                service = look.mapping(path, "backend", "service")
                for port in _words(look.mapping(service, "port"), "name", "number"):
                    yield look.text(rule, "host"), (namespace, look.text(service, "name")), port
    for route in objects(kubernetes, "gateway.networking.k8s.io/httproutes"):
        namespace = look.text(route, "metadata", "namespace")
        for _, rule in look.entries(route, "spec", "rules"):
            for _, backend in look.entries(rule, "backendRefs"):
                place = look.text(backend, "namespace") or namespace, look.text(backend, "name")
                for _, host in look.texts(route, "spec", "hostnames"):
                    for port in _words(backend, "port"):
                        yield host, place, port


def _words(port: Mapping[str, Any], *keys: str) -> Iterator[str | int]:
    for key in keys:
        if isinstance(port.get(key), str | int):
            yield port[key]


def _scheme(port: Mapping[str, Any], number: int) -> str:
    name, protocol = look.text(port, "name"), look.text(port, "appProtocol")
    encrypted = name.startswith("https") or protocol.rpartition("/")[2] == "https" or number in (443, 8443)
    return "https" if encrypted else "http"
