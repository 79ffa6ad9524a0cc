"""From an address, a Service, a pod or a set of labels to the component behind it.

An address is looked for in this order: `service.namespace.svc[.domain]`, a host that an Ingress, an HTTPRoute or the
catalog gives a component, an IP address of a Service, `service.namespace`, and `service` alone within a namespace.
A host that is none of these is foreign, and nothing is guessed of it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from truebook.inventory.application import Application
from truebook.inventory.facts import Facts
from truebook.inventory.join.membership import Membership
from truebook.inventory.join.parts import Backends
from truebook.inventory.join.subject import Subject
from truebook.inventory.objects import Ref

_KINDS = {"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet", "cronjob": "CronJob"}
"""A label that names a workload → its kind."""


@dataclass(frozen=True, slots=True)
class _Address:
    """The path of an address, the longest first, and whose it is."""

    path: str
    subject: Subject


class Resolver:
    """Answers for the components of one recording."""

    def __init__(self, subjects: list[Subject], facts: Facts, members: Membership, backends: Backends) -> None:
        self._facts = facts
        self._members = members
        self._backends = backends
        self._by_workload: dict[Ref, Subject] = {}
        self._by_name: dict[str, Subject] = {}
        self._by_page: dict[str, Subject] = {}
        self._homes: dict[int, Subject] = {}
        self._hosts: dict[str, list[_Address]] = {}
        self._pods: dict[tuple[str, str], list[Ref]] = {}
        for subject in subjects:
            self._by_name.setdefault(subject.name, subject)
            if subject.stated is not None and subject.stated.page is not None:
                self._by_page.setdefault(PurePosixPath(subject.stated.page).stem, subject)
            for workload in subject.workloads:
                self._by_workload.setdefault(workload.ref, subject)
                self._pods.setdefault((workload.ref.namespace, workload.ref.name), []).append(workload.ref)
            if subject.application is not None and (subject.whole or id(subject.application) not in self._homes):
                self._homes[id(subject.application)] = subject
            for url in (*(link.url for link in subject.links), *_further(subject)):
                self._add(url, subject)
        for addresses in self._hosts.values():
            addresses.sort(key=lambda address: -len(address.path))

    def _add(self, url: str, subject: Subject) -> None:
        host, path = _split(url)
        if host:
            self._hosts.setdefault(host, []).append(_Address(path, subject))

    def url(self, url: str, namespace: str = "") -> Subject | None:
        """The component that answers at an http(s) URL or `host:port`, as seen from a namespace."""
        host, path = _split(url if "://" in url else f"http://{url}")
        if not host:
            return None
        labels = host.split(".")
        if "svc" in labels[2:]:
            at = labels.index("svc", 2)
            return self.service(labels[at - 1], labels[at - 2])
        served = self._hosts.get(host, ())
        for address in served:
            if address.path in {"", path} or path.startswith(f"{address.path}/"):
                return address.subject
        if served:
            return served[0].subject
        if _is_ip(host):
            place = self._facts.cluster_ips.get(host) or self._facts.told.addresses.get(host)
            return None if place is None else self.service(*place)
        if len(labels) in {2, 3}:  # `service.namespace`, `pod.service.namespace`
            return self.service(labels[-1], labels[-2])
        return self.service(namespace, host) if len(labels) == 1 and namespace else None

    def host(self, url: str) -> Subject | None:
        """The component that an Ingress, an HTTPRoute or the catalog gives the URL's host."""
        served = self._hosts.get(_split(url)[0], ())
        return served[0].subject if served else None

    def service(self, namespace: str, name: str) -> Subject | None:
        """The component whose workload is behind the Service."""
        for workload in self._backends.of([(namespace, name)]):
            if workload.ref in self._by_workload:
                return self._by_workload[workload.ref]
        return None

    def workload(self, ref: Ref) -> Subject | None:
        """The component of a workload."""
        return self._by_workload.get(ref)

    def pod(self, namespace: str, name: str) -> Subject | None:
        """The component of a pod, by the name that its workload gave it."""
        one, two = name.rpartition("-")[0], name.rpartition("-")[0].rpartition("-")[0]
        for ref in (*self._pods.get((namespace, one), ()), *self._pods.get((namespace, two), ())):
            # A Deployment's pod has two words more than it, a StatefulSet's and a DaemonSet's one.
            if (ref.name == one) == (ref.kind in {"StatefulSet", "DaemonSet"}):
                return self._by_workload[ref]
        return None

    def application(self, name: str) -> Subject | None:
        """The component that is the Application, else the first of its."""
        return self.of_application(self._members.named(name))

    def of_application(self, application: Application | None) -> Subject | None:
        """The component that is the Application, else the first of its."""
        return None if application is None else self._homes.get(id(application))

    def page(self, stem: str) -> Subject | None:
        """The component whose page is called so (`vault` of `security/vault.md`), else that of the name."""
        return self._by_page.get(stem) or self._by_name.get(stem)

    def named(self, name: str) -> Subject | None:
        """The component of that name."""
        return self._by_name.get(name)

    def labels(self, labels: Mapping[str, str]) -> tuple[Subject, str] | None:
        """The component that labels of a time series are about, and the label that says so.

        ArgoCD's metrics name an Application, those of an exporter what they are about in labels `exported_…`. Then a
        workload, pod or Service of the namespace; last the job, which is called like a Service or a component.
        """
        if labels.get("dest_server") and labels.get("name"):
            found = self.application(labels["name"])
            if found is not None:
                return found, "name"
        for prefix in ("exported_", ""):
            namespace = labels.get(f"{prefix}namespace", "")
            for key in (*_KINDS, "pod", "service", "job") if namespace else ():
                found = self._labelled(namespace, key, labels.get(f"{prefix}{key}", ""))
                if found is not None:
                    return found, f"{prefix}{key}"
        job = labels.get("job", "").rpartition("/")[2]
        found = self.named(job)
        return None if found is None else (found, "job")

    def _labelled(self, namespace: str, key: str, name: str) -> Subject | None:
        if not name:
            return None
        if key in _KINDS:
            refs = self._pods.get((namespace, name), ())
            return next((self._by_workload[ref] for ref in refs if ref.kind == _KINDS[key]), None)
        if key == "pod":
            return self.pod(namespace, name)
        return self.service(namespace, name.rpartition("/")[2])


def _further(subject: Subject) -> Iterable[str]:
    """The addresses that the catalog and the annotations give it."""
    if subject.stated is not None:
        yield from (subject.stated.values[key] for key in ("url", "urls") if key in subject.stated.values)
    chosen = subject.homepage("href")
    if chosen is not None:
        yield str(chosen.value)


def _split(url: str) -> tuple[str, str]:
    """Host, without a last dot, and path; nothing where it is no URL."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().removesuffix(".")
    except ValueError:
        return "", ""
    return host, parts.path.rstrip("/")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
