"""The sources: one file each, one line in `SOURCES`.

A source is a callable that reads one live system and says what it read. It raises a `SourceError` where it
can say nothing at all; what is merely missing or not permitted goes into `Reading.reads`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from truebook.recording import Cluster, Part, Read
from truebook.settings import Settings


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source read. `cluster` is filled by the source that knows it."""

    data: msgspec.Raw
    reads: tuple[Read, ...] = ()
    cluster: Cluster | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a source may use: the settings, the parts read before it (those in its `needs`), and a callback
    `progress(what, count)` for the terminal."""

    settings: Settings
    parts: Mapping[str, Part] = field(default_factory=dict)
    progress: Callable[[str, int], None] = lambda what, count: None


class Reader(Protocol):
    """Reads one system. Runs in a thread of its own; must end by the timeout in its settings."""

    def __call__(self, context: Context) -> Reading: ...


@dataclass(frozen=True, slots=True)
class Source:
    """A reader, the sources whose parts it needs first, and whether the settings ask for it."""

    read: Reader
    enabled: Callable[[Settings], bool]
    needs: tuple[str, ...] = ()


SOURCES: dict[str, Source] = {}
