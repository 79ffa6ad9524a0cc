"""What a system answered, each answer decoded once, with the evidence that it can give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from truebook.inventory.look import Step
from truebook.inventory.told import Place
from truebook.model import Evidence
from truebook.recording import HttpData, Recording


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `body` is None where it was none that Python can hold."""

    source: str
    url: str
    status: int
    body: Any

    @property
    def ok(self) -> Any:
        """The body of a 200, None of any other."""
        return self.body if self.status == 200 else None

    def place(self, *path: Step) -> Place:
        """A place within the body."""
        return Place(self.source, self.url, path)

    def said(self) -> Evidence:
        """The status itself as evidence."""
        return Evidence(self.source, self.url, f"HTTP {self.status}")


class Answers:
    """The answers of one system, by path."""

    def __init__(self, recording: Recording, source: str) -> None:
        self.data: HttpData = recording.http(source)
        self.url = self.data.url
        self._source = source
        self._known: dict[str, Answer | None] = {}

    def get(self, path: str) -> Answer | None:
        """The answer to `path` as it was asked, query included."""
        if path not in self._known:
            found = self.data.answers.get(path)
            method, space, rest = path.rpartition(" ")
            url = f"{method}{space}{rest if '://' in rest else self.url + rest}"
            named = url or self._source
            answer = None if found is None else Answer(self._source, named, found.status, _decoded(found.body))
            self._known[path] = answer
        return self._known[path]

    def like(self, path: str) -> Answer | None:
        """The answer to `path` with whatever query, the first of those that there are."""
        return next((self.get(key) for key in sorted(self.data.answers) if key.partition("?")[0] == path), None)

    def asked(self) -> list[str]:
        """All that was asked, sorted."""
        return sorted(self.data.answers)


def _decoded(body: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
