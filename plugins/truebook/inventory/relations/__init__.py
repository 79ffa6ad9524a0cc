"""The arrows between components: one small function for each kind, in `RELATIONS`.

A function gets all that was joined and yields arrows with the object and field they were read from. An arrow to the
component itself is dropped, and so is a second one of the same kind between the same two. An arrow that was found
wins over one that the catalog states between the same two, label included: the author's word is not put on what it
was not written for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from truebook.inventory.join.subject import Joined
from truebook.inventory.relations.alerts import alerts
from truebook.inventory.relations.app_of_apps import app_of_apps
from truebook.inventory.relations.backup import backup
from truebook.inventory.relations.datasource import datasource
from truebook.inventory.relations.deploys import deploys
from truebook.inventory.relations.feeds import feeds
from truebook.inventory.relations.scrapes import scrapes
from truebook.inventory.relations.secrets import secrets
from truebook.inventory.relations.sso import sso
from truebook.inventory.relations.stated import stated
from truebook.model import Relation

RELATIONS: dict[str, Callable[[Joined], Iterable[Relation]]] = {
    "feeds": feeds,
    "deploys": deploys,
    "app-of-apps": app_of_apps,
    "sso": sso,
    "secrets": secrets,
    "datasource": datasource,
    "alerts": alerts,
    "scrapes": scrapes,
    "backup": backup,
    "stated": stated,
}
"""Kind → the function that finds its arrows; `stated` is last, so that what was found comes first."""


def relations(joined: Joined) -> tuple[Relation, ...]:
    """All arrows, by kind, each in the order of the components."""
    found: dict[tuple[str, str, str], Relation] = {}
    pairs: set[tuple[str, str]] = set()
    for find in RELATIONS.values():
        for relation in find(joined):
            pair = (relation.source, relation.target)
            if relation.source != relation.target and not (relation.kind == "stated" and pair in pairs):
                found.setdefault((*pair, relation.kind), relation)
        pairs = {(source, target) for source, target, _ in found}
    return tuple(found.values())
