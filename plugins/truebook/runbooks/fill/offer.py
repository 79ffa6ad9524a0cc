"""What readers may choose from for the fields of pages: names of the cluster, by what fields ask for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from truebook.model import Inventory
from truebook.runbooks.fill.facts import Facts, is_safe

MOST = 1000
"""Names of one kind that are offered."""

_WORKLOADS = ("deployment", "statefulset", "daemonset")

Offers = dict[str, list[tuple[str, str]]]
"""Names and the namespace of each, empty where it has none, by role. That of an app is where it is deployed."""


def offer(roles: Iterable[str], inventory: Inventory, facts: Facts) -> Offers:
    """The names that there are for each role. Nothing that could not be put into a command as it is."""
    found: Offers = {}
    for role in sorted(set(roles)):
        named = ((name, space if is_safe(space) else "") for name, space in _of(role, inventory, facts))
        pairs = dict.fromkeys(pair for pair in named if is_safe(pair[0]))
        if pairs:
            found[role] = sorted(pairs)[:MOST]
    return found


def _of(role: str, inventory: Inventory, facts: Facts) -> Iterable[tuple[str, str]]:
    if role == "app":
        return ((c.text("application"), c.text("namespace")) for c in inventory.components if c.text("application"))
    if role == "component":
        return ((c.name, c.text("namespace")) for c in inventory.components)
    if role in ("host", "url"):
        urls = ((c.text("url"), c.text("namespace")) for c in inventory.components if c.text("url"))
        return urls if role == "url" else ((urlsplit(url).netloc, space) for url, space in urls)
    kinds = _WORKLOADS if role == "workload" else (role.removeprefix("kind:"),)
    return ((one.name, one.namespace) for kind in kinds for one in facts.of(kind))
