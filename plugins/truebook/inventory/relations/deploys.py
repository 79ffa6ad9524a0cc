"""ArgoCD → what its Applications deploy."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory import look
from truebook.inventory.facts import Application
from truebook.inventory.join.subject import Joined, Subject
from truebook.model import Evidence, Relation


def deploys(joined: Joined) -> Iterator[Relation]:
    """An arrow to each component of an Application."""
    argocd = joined.argocd
    if argocd is None:
        return
    for subject in joined.subjects:
        if subject.application is not None:
            yield Relation(argocd.name, subject.name, "deploys", "deploys", _evidence(subject, subject.application))


def _evidence(subject: Subject, application: Application) -> Evidence:
    """The entry of the main workload in the Application's list, else the Application's destination."""
    source, document = application.best("status", "resources")
    ref = None if subject.main is None else subject.main.ref
    for index, entry in look.entries(document, "status", "resources"):
        names = tuple(look.text(entry, key) for key in ("group", "kind", "namespace", "name"))
        if ref is not None and names == (ref.group, ref.kind, ref.namespace, ref.name):
            return application.evidence(source, "status", "resources", index)
    return application.evidence(source, "spec", "destination")
