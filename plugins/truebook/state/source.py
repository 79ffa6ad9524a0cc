"""What a source is: the types that all sources are written against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from truebook.errors import SourceError
from truebook.recording import Cluster, Part, Read
from truebook.settings import Settings
from truebook.state.known import Known


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source read. `cluster` is filled by the source that knows it.

    `problem` says why not all of it is new: some of it is missing, or of the part before. `stand_in` says, where what
    answered was not the system itself, what it was.
    """

    data: msgspec.Raw
    reads: tuple[Read, ...] = ()
    cluster: Cluster | None = None
    problem: str = ""
    stand_in: str = ""


class NotSetUp(SourceError):
    """The settings or this machine give no way to the system: the source is absent, which is no failure."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a source may use: the settings, the parts read before it (those in its `needs`), its own last good part,
    and a callback `progress(what, count)` for the terminal. `shared` is what all sources of one reading know."""

    settings: Settings
    parts: Mapping[str, Part] = field(default_factory=dict)
    previous: Part | None = None
    progress: Callable[[str, int], None] = lambda what, count: None
    shared: Known | None = None

    @property
    def known(self) -> Known:
        """The components that the cluster's part shows: where systems are to be found."""
        return self.shared or Known(self.settings, self.parts)


class Reader(Protocol):
    """Reads one system. Runs in a thread of its own; must end by the timeout in its settings."""

    def __call__(self, context: Context) -> Reading: ...


@dataclass(frozen=True, slots=True)
class Source:
    """A reader, the sources whose parts it needs first, and whether the settings ask for it.

    `system`: its settings stand below `systems`, where it has `options` of its own beside those that all have.
    """

    read: Reader
    enabled: Callable[[Settings], bool]
    needs: tuple[str, ...] = ()
    system: bool = False
    options: tuple[str, ...] = ()
