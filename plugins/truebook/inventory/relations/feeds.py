"""Git → ArgoCD: a repository that an Application comes from."""

from __future__ import annotations

from collections.abc import Iterator

from truebook.inventory.join.subject import Joined
from truebook.inventory.repositories import canonical
from truebook.model import Relation, Value


def feeds(joined: Joined) -> Iterator[Relation]:
    """An arrow from each repository that is a component; the evidence is the first Application that names it."""
    argocd = joined.argocd
    if argocd is None:
        return
    named: dict[str, Value] = {}
    for application in joined.facts.applications:
        for origin in application.origins:
            named.setdefault(canonical(str(origin.repository.value)), origin.repository)
    for subject in joined.subjects:
        if subject.repository is not None:
            found = named.get(canonical(str(subject.repository.value)))
            if found is not None:
                yield Relation(subject.name, argocd.name, "", "feeds", found.evidence)
