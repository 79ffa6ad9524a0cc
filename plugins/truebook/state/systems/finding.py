"""Where a system is.

In this order: `systems.<name>.url`; the address of the component that runs it (the one in `systems.<name>.component`,
else the first whose workload runs the system's program); in a pod, its Service; where `proxy` allows it, its Service
through the API server.

Who may make objects in a cluster may make one that looks like a Vault. So a credential goes only to a place that the
operator has named: in `systems`, or as a component of the catalog whose own routes lead there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from truebook.errors import ConfigError, Unreachable
from truebook.inventory.facts import Workload
from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.programs import programs
from truebook.model import Value
from truebook.redact import excerpt
from truebook.settings import SystemSettings
from truebook.settings.reader import nearest, short
from truebook.state import kubeconfig
from truebook.state.known import Name
from truebook.state.source import Context, NotSetUp
from truebook.state.systems.ports import Offer, best, for_people, offered


@dataclass(frozen=True, slots=True)
class Place:
    """Where a system is asked. `url` is its base, without a trailing slash; `proxy` is the path of the API server's
    service proxy to go through, empty where it is reached directly. `named`: a credential may be sent there."""

    url: str
    named: bool
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class Serving:
    """A component that runs a system. `url` is its own address, `urls` are those of the routes that lead to the
    system's Services; `alone`: it runs no other system."""

    name: str
    stated: bool
    url: Value | None
    alone: bool
    services: frozenset[Name]
    urls: tuple[str, ...]


def find(context: Context, name: str, ports: Iterable[str | int]) -> Place:
    """Where the system `name` is; `ports` are the names and numbers of its Service's port, the best first.

    Raises NotSetUp where there is no way to it, ConfigError where the settings are wrong, Unreachable where the cluster
    that would say it could not be read.
    """
    ours = context.settings.systems.get(name, SystemSettings())
    if ours.url is not None:
        return Place(_stated(context, name, ours.url), named=True)
    serving_it = serving(context, name)
    if serving_it is None:
        raise NotSetUp(
            "no component runs it" if _cluster(context) else f"no cluster says where it is; set systems.{name}.url"
        )
    named = serving_it.stated or ours.component is not None
    known = context.known
    offers = tuple(offered(known, serving_it.services, tuple(ports)))
    others = for_people(known.kubernetes, offers)
    place = _routed(serving_it, named, others) or _inside(context, serving_it, ours, offers, named)
    if place is not None:
        return place
    proxy = "" if ours.proxy else f", or systems.{name}.proxy: true to go through the API server"
    raise NotSetUp(f"component '{serving_it.name}' has no address of its own; set systems.{name}.url{proxy}")


def serving(context: Context, name: str) -> Serving | None:
    """The component that runs the system `name`, None where there is none. Raises as `find` does."""
    part = context.parts.get("kubernetes")
    if part is not None and part.state == "failed":
        raise Unreachable(f"{name}: the cluster that says where it is could not be read")
    known = context.known
    if name not in known.mentioned and context.settings.systems.get(name, SystemSettings()).component is None:
        return None
    joined = known.joined
    subject = _subject(context, joined, name)
    if subject is None:
        return None
    workloads = [w for w in subject.workloads if name in programs(w)] or subject.workloads
    services = frozenset(_services(joined, workloads))
    links = [link for link in subject.links if not services.isdisjoint(link.services)]
    urls = sorted((link.url for link in links), key=lambda url: (url.startswith("http:"), url.count("/")))
    own, systems = known.value(subject, "url"), known.value(subject, "systems")
    alone = systems is None or systems.value == (name,)
    return Serving(subject.name, subject.stated is not None, own, alone, services, tuple(dict.fromkeys(urls)))


def _cluster(context: Context) -> bool:
    part = context.parts.get("kubernetes")
    return part is not None and part.state != "absent"


def _stated(context: Context, name: str, url: str) -> str:
    """The URL of the settings. What is wrong with it is said without its credentials."""
    ours = context.settings.systems[name]
    parts = urlsplit(url)
    problem = ""
    if parts.username or parts.password:
        problem = f"systems.{name}.url holds credentials; use token_env or token_file"
    elif parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        problem = f"systems.{name}.url is not the http(s) URL of a server: {excerpt(url)}"
    if problem:
        raise ConfigError(problem, path=context.settings.path, line=ours.line or None)
    return url.rstrip("/")


def _subject(context: Context, joined: Joined, name: str) -> Subject | None:
    """The component that the settings name, else the first that runs the program, the catalog's before others."""
    ours = context.settings.systems.get(name, SystemSettings())
    if ours.component is not None:
        known = {subject.name: subject for subject in joined.subjects}
        if ours.component not in known:
            raise ConfigError(
                f"systems.{name}.component: no component {short(ours.component)} ({nearest(ours.component, known)})",
                path=context.settings.path,
                line=ours.line or None,
            )
        return known[ours.component]
    ordered = sorted(joined.subjects, key=lambda subject: subject.stated is None)
    return next((s for s in ordered if any(name in programs(w) for w in s.workloads)), None)


def _services(joined: Joined, workloads: Iterable[Workload]) -> Iterator[Name]:
    """The Services that select the workloads' pods."""
    for workload in workloads:
        for service, selector in joined.facts.services.items():
            if service[0] == workload.ref.namespace and selector and selector.items() <= workload.pod_labels.items():
                yield service


def _routed(found: Serving, named: bool, others: frozenset[str]) -> Place | None:
    """The component's own address; where it runs several systems, only one whose route leads to this one, and never
    one of the hosts that lead to another port, unless the operator wrote it."""
    urls = [url for url in found.urls if urlsplit(url).hostname not in others]
    own = found.url
    if own is not None and (found.alone or own.value in urls):
        stated = own.evidence.source == "catalog"
        if stated or urlsplit(str(own.value)).hostname not in others:
            return Place(str(own.value), named and (stated or own.value in urls))
    return Place(urls[0], named) if urls else None


def _inside(
    context: Context, found: Serving, ours: SystemSettings, offers: tuple[Offer, ...], named: bool
) -> Place | None:
    """The Service: directly from within the cluster that was read, else through the API server where allowed."""
    within = kubeconfig.available(context.settings) == kubeconfig.IN_CLUSTER
    chosen = best(offers) if within or ours.proxy else None
    if chosen is None:
        return None
    namespace, service = chosen.service
    path = f"/api/v1/namespaces/{namespace}/services/{chosen.scheme}:{service}:{chosen.number}/proxy"
    url = f"{chosen.scheme}://{service}.{namespace}.svc:{chosen.number}"
    return Place(url, named, "" if within else path)
