"""ArgoCD → what its Applications deploy."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.application import Application
from truebook.inventory.join.listed import entries
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
    """The first entry of the component's in the Application's list, else the Application's destination."""
    first = next(entries(subject, own=True), None)
    if first is not None:
        return application.listed(first[0])
    source, _ = application.best("spec", "destination")
    return application.evidence(source, "spec", "destination")
