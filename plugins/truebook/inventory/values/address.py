"""Where to open a component in a browser."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory import hosts, look, repositories
from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.values import intent
from truebook.model import Evidence, Value


def url(subject: Subject, known: Joined) -> Value | None:
    """The first of all addresses: https before http, the shorter path before the longer, the main workload's first.
    The annotation `gethomepage.dev/href` chooses among those that are served."""
    found = list(_addresses(subject, known))
    chosen = subject.homepage("href")
    if chosen is not None:
        found.sort(key=lambda value: value.value != hosts.web(str(chosen.value)))
    return found[0] if found else None


def urls(subject: Subject, known: Joined) -> Value | None:
    """All addresses. The evidence is that of the first."""
    stated = intent.stated(subject, "url")
    first = stated or url(subject, known)
    if first is None:
        return None
    rest = (str(value.value) for value in _addresses(subject, known))
    return Value(tuple(dict.fromkeys((str(first.value), *rest))), first.evidence)


def _addresses(subject: Subject, known: Joined) -> Iterator[Value]:
    """From Ingresses and HTTPRoutes, then the annotation, then ArgoCD's externalURLs where the component is the
    Application; a Git repository has its page, and ArgoCD knows its own address."""
    if subject.repository is not None:
        page = repositories.web(str(subject.repository.value))
        if page is not None:
            yield Value(page, subject.repository.evidence)
    served: dict[str, Evidence] = {}
    for link in sorted(subject.links, key=lambda link: (link.url.startswith("http:"), link.url.count("/"))):
        served.setdefault(link.url, link.evidence)
    for found, evidence in served.items():
        yield Value(found, evidence)
    chosen = subject.homepage("href")
    address = None if chosen is None else hosts.web(str(chosen.value))
    if chosen is not None and address is not None:
        yield Value(address, chosen.evidence)
    if subject.application is not None and subject.whole:
        source, document = subject.application.best("status", "summary", "externalURLs")
        for index, external in look.texts(document, "status", "summary", "externalURLs"):
            address = hosts.web(external)
            if address is not None:
                evidence = subject.application.evidence(source, "status", "summary", "externalURLs", index)
                yield Value(address, evidence)
    own = known.facts.argocd.get("url") if subject is known.argocd else None
    address = None if own is None else hosts.web(str(own.value))
    if own is not None and address is not None:
        yield Value(address, own.evidence)
