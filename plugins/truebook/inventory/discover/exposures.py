"""URLs: Ingresses and HTTPRoutes, with the Services behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from truebook.inventory import hosts, look
from truebook.inventory.discover.objects import objects
from truebook.inventory.facts import Exposure, Link
from truebook.inventory.look import Step
from truebook.inventory.objects import Thing, thing
from truebook.recording import KubernetesData

_GATEWAY = "gateway.networking.k8s.io"
_LISTENERS = {
    f"{_GATEWAY}/gateways": "Gateway",
    f"{_GATEWAY}/listenersets": "ListenerSet",
    "gateway.networking.x-k8s.io/xlistenersets": "XListenerSet",
}

Services = tuple[tuple[str, str], ...]


def exposures(kubernetes: KubernetesData) -> Iterator[Exposure]:
    """All Ingresses and HTTPRoutes."""
    for obj in objects(kubernetes, "networking.k8s.io/ingresses"):
        found = thing(obj, "networking.k8s.io", "Ingress")
        if found is not None:
            yield _exposure(found, tuple(_ingress_links(obj, found)), _ingress_services(obj, found.ref.namespace))
    listeners = _all_listeners(kubernetes)
    for obj in objects(kubernetes, f"{_GATEWAY}/httproutes"):
        found = thing(obj, _GATEWAY, "HTTPRoute")
        if found is not None:
            yield _exposure(found, tuple(_route_links(obj, found, listeners)), _route_services(obj, found))


@dataclass(frozen=True, slots=True)
class Service:
    """A Service that selects pods, and its own labels and addresses."""

    place: tuple[str, str]
    selector: dict[str, str]
    labels: Mapping[str, str]
    addresses: tuple[str, ...]


def services(kubernetes: KubernetesData) -> Iterator[Service]:
    """The Services that select pods."""
    for obj in objects(kubernetes, "services"):
        service = thing(obj, "", "Service")
        selector = look.strings(obj, "spec", "selector")
        if service is not None and selector and look.text(obj, "spec", "type") != "ExternalName":
            addresses = {text for _, text in look.texts(obj, "spec", "clusterIPs")} | {
                look.text(obj, "spec", "clusterIP")
            }
            place = (service.ref.namespace, service.ref.name)
            yield Service(place, selector, service.labels, tuple(sorted(addresses - {"", "None"})))


def _exposure(found: Thing, links: tuple[Link, ...], behind: Services) -> Exposure:
    return Exposure(**{item.name: getattr(found, item.name) for item in fields(Thing)}, links=links, services=behind)


def _ingress_links(obj: Any, found: Thing) -> Iterator[Link]:
    namespace = found.ref.namespace
    default = _service(obj, namespace, "spec", "defaultBackend")
    for number, rule in look.entries(obj, "spec", "rules"):
        host = look.text(rule, "host").lower()
        scheme = "https" if _has_tls(obj, host) else "http"
        evidence = found.evidence("spec", "rules", number, "host")
        paths = [
            (look.text(path, "path"), _service(path, namespace, "backend"))
            for _, path in look.entries(rule, "http", "paths")
        ]
        for path, behind in paths or [("", default)]:
            url = hosts.link(scheme, host, path)
            if url is not None:
                yield Link(url, evidence, behind)


def _has_tls(obj: Any, host: str) -> bool:
    """Whether a TLS entry names the host, covers it by a wildcard, or names none and so is for all."""
    for _, entry in look.entries(obj, "spec", "tls"):
        named = [name.lower() for _, name in look.texts(entry, "hosts")]
        if not named or any(hosts.covers(name, host) for name in named):
            return True
    return False


def _service(obj: Any, namespace: str, *path: Step) -> Services:
    name = look.text(obj, *path, "service", "name")
    return ((namespace, name),) if name else ()


def _ingress_services(obj: Any, namespace: str) -> Services:
    found = [*_service(obj, namespace, "spec", "defaultBackend")]
    for _, rule in look.entries(obj, "spec", "rules"):
        for _, path in look.entries(rule, "http", "paths"):
            found += _service(path, namespace, "backend")
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Listener:
    name: str
    hostname: str
    port: int | None
    https: bool
    owner: Thing
    index: int


def _all_listeners(kubernetes: KubernetesData) -> dict[tuple[str, str, str], list[_Listener]]:
    """(kind, namespace, name) → listeners, of Gateways and ListenerSets."""
    found: dict[tuple[str, str, str], list[_Listener]] = {}
    for key, kind in _LISTENERS.items():
        for obj in objects(kubernetes, key):
            owner = thing(obj, key.rpartition("/")[0], kind)
            if owner is not None:
                found[kind, owner.ref.namespace, owner.ref.name] = [
                    _Listener(
                        look.text(entry, "name"),
                        look.text(entry, "hostname").lower(),
                        look.number(entry, "port"),
                        look.text(entry, "protocol") == "HTTPS",
                        owner,
                        index,
                    )
                    for index, entry in look.entries(obj, "spec", "listeners")
                    if look.text(entry, "protocol") in {"HTTP", "HTTPS"}
                ]
    return found


def _route_links(obj: Any, found: Thing, known: dict[tuple[str, str, str], list[_Listener]]) -> Iterator[Link]:
    """A URL per host and path; https where one of the listeners that serve it speaks HTTPS."""
    attached = list(_attached(obj, found, known))
    named = [(host.lower(), ("spec", "hostnames", index)) for index, host in look.texts(obj, "spec", "hostnames")]
    served: dict[str, tuple[bool, Any]] = {}
    for listener in attached:
        mine = [(host, found.evidence(*path)) for host, path in named if _serves(listener.hostname, host)]
        if not named and listener.hostname:
            mine = [(listener.hostname, listener.owner.evidence("spec", "listeners", listener.index, "hostname"))]
        for host, evidence in mine:
            https, first = served.get(host, (False, evidence))
            served[host] = (https or listener.https, first)
    for host, (https, evidence) in served.items():
        for path, behind in _route_paths(obj, found.ref.namespace):
            url = hosts.link("https" if https else "http", host, path)
            if url is not None:
                yield Link(url, evidence, behind)


def _serves(listener: str, host: str) -> bool:
    return not listener or hosts.covers(listener, host, labels=None)


def _attached(obj: Any, found: Thing, known: dict[tuple[str, str, str], list[_Listener]]) -> Iterator[_Listener]:
    """The listeners that a route is attached to, but for parents that refused it."""
    refused = [
        look.mapping(parent, "parentRef")
        for _, parent in look.entries(obj, "status", "parents")
        for _, condition in look.entries(parent, "conditions")
        if look.text(condition, "type") == "Accepted" and look.text(condition, "status") == "False"
    ]
    for _, parent in look.entries(obj, "spec", "parentRefs"):
        if any(_same_parent(parent, other, found.ref.namespace) for other in refused):
            continue
        kind = look.text(parent, "kind") or "Gateway"
        namespace = look.text(parent, "namespace") or found.ref.namespace
        section, port = look.text(parent, "sectionName"), look.number(parent, "port")
        for listener in known.get((kind, namespace, look.text(parent, "name")), ()):
            if (not section or listener.name == section) and (port is None or listener.port == port):
                yield listener


def _same_parent(one: Any, other: Any, namespace: str) -> bool:
    def identity(ref: Any) -> tuple[object, ...]:
        return (
            look.text(ref, "kind") or "Gateway",
            look.text(ref, "namespace") or namespace,
            look.text(ref, "name"),
            look.text(ref, "sectionName"),
            look.number(ref, "port"),
        )

    return identity(one) == identity(other)


def _route_paths(obj: Any, namespace: str) -> Iterator[tuple[str, Services]]:
    for _, rule in look.entries(obj, "spec", "rules"):
        behind = _backends(rule, namespace)
        if not behind:
            continue  # a redirect, for one
        matches = [
            look.text(match, "path", "value")
            for _, match in look.entries(rule, "matches")
            if look.text(match, "path", "type") != "RegularExpression"
        ]
        for path in matches or [""]:
            yield path, behind


def _backends(rule: Any, namespace: str) -> Services:
    return tuple(
        (look.text(backend, "namespace") or namespace, look.text(backend, "name"))
        for _, backend in look.entries(rule, "backendRefs")
        if look.text(backend, "kind") in {"", "Service"} and look.text(backend, "name")
    )


def _route_services(obj: Any, found: Thing) -> Services:
    rules = (_backends(rule, found.ref.namespace) for _, rule in look.entries(obj, "spec", "rules"))
    return tuple(dict.fromkeys(service for behind in rules for service in behind))
