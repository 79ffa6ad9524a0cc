"""Grafana's data sources and dashboards, and the components that they are of."""

from __future__ import annotations

import re

from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.objects import Ref, Thing
from truebook.inventory.told import Dashboard, DataSource

_WORD = re.compile(r"[^\W_]+")


def grafana_of(joined: Joined, namespace: str) -> Subject | None:
    """The Grafana that a ConfigMap of the namespace provisions, or with none the one whose API was read."""
    return joined.system("grafana", namespace=namespace) if namespace else joined.system("grafana")


def behind(joined: Joined, source: DataSource) -> Subject | None:
    """The component that a data source's URL leads to, as seen by Grafana."""
    grafana = grafana_of(joined, source.namespace)
    main = None if grafana is None else grafana.main
    return joined.resolver.url(source.url, source.namespace or (main.ref.namespace if main is not None else ""))


def subject_of(joined: Joined, dashboard: Dashboard) -> Subject | None:
    """The component that a tag names, else the title, else that which its ConfigMap belongs to."""
    names = _names(joined)
    for tag in dashboard.tags:
        if tag.casefold() in names:
            return names[tag.casefold()]
    words = _words(dashboard.title)
    named = [name for name in names if len(_words(name)) > 2 and _words(name) in words]
    if named:
        return names[max(named, key=len)]
    return None if dashboard.config is None else _owner(joined, dashboard.config)


def _words(text: str) -> str:
    """The words of a text in lower case, a space around each."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _names(joined: Joined) -> dict[str, Subject]:
    """Name or title in lower case → component; a name before a title of the same word."""
    found: dict[str, Subject] = {}
    for subject in joined.subjects:
        if subject.stated is not None and subject.stated.title:
            found[subject.stated.title.casefold()] = subject
    for subject in reversed(joined.subjects):
        found[subject.name.casefold()] = subject
    return found


def _owner(joined: Joined, config: Ref) -> Subject | None:
    home = joined.members.of(Thing(config, {}, {}, ()))
    return None if home is None else joined.resolver.of_application(home[0])
