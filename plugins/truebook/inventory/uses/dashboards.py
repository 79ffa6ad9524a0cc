"""Grafana's data sources and dashboards, and the components that they are of."""

from __future__ import annotations

import re

from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.objects import Ref, Thing
from truebook.inventory.told import Dashboard, DataSource

WORDS = 50
"""So many words of a title are looked at."""
_WORD = re.compile(r"[^\W_]+")


def grafana_of(joined: Joined, namespace: str) -> Subject | None:
    """The Grafana that a ConfigMap of the namespace provisions, or with none the one whose API was read."""
    return joined.system("grafana", namespace=namespace) if namespace else joined.system("grafana")


def behind(joined: Joined, source: DataSource) -> Subject | None:
    """The component that a data source's URL leads to, as seen by Grafana."""
    grafana = grafana_of(joined, source.namespace)
    main = None if grafana is None else grafana.main
    return joined.resolver.url(source.url, source.namespace or (main.ref.namespace if main is not None else ""))


class Naming:
    """Finds the component that a dashboard is about, with one look at all components."""

    def __init__(self, joined: Joined) -> None:
        self._joined = joined
        self._by_words: dict[tuple[str, ...], Subject] = {}
        # A name goes before a title of the same words, the first component before the next.
        for subject in reversed(joined.subjects):
            if subject.stated is not None and subject.stated.title:
                self._by_words[_words(subject.stated.title)] = subject
        for subject in reversed(joined.subjects):
            self._by_words[_words(subject.name)] = subject
        self._by_words.pop((), None)
        self._longest = max(map(len, self._by_words), default=0)

    def of(self, dashboard: Dashboard) -> Subject | None:
        """The component that a tag names, else the title, else that which its ConfigMap belongs to."""
        for tag in dashboard.tags:
            if _words(tag) in self._by_words:
                return self._by_words[_words(tag)]
        return self._titled(_words(dashboard.title)[:WORDS]) or self._owning(dashboard.config)

    def _titled(self, words: tuple[str, ...]) -> Subject | None:
        """The longest name in it, of several the first."""
        for length in range(min(self._longest, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                found = self._by_words.get(words[start : start + length])
                if found is not None:
                    return found
        return None

    def _owning(self, config: Ref | None) -> Subject | None:
        home = None if config is None else self._joined.members.of(Thing(config, {}, {}, ()))
        return None if home is None else self._joined.resolver.of_application(home[0])


def _words(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case."""
    return tuple(_WORD.findall(text.casefold()))
