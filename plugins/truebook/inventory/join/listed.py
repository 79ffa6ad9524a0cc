"""What an Application's own list, `status.resources`, says of a component."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from truebook.inventory.join.subject import Subject


def entries(subject: Subject, *, own: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
    """The entries, with their index, that are the component's workloads, what owns them, or the workload that the
    catalog names; all entries for a component that is the Application, unless only its `own` are wanted."""
    app = subject.application
    if app is None:
        return
    if subject.whole and not own:
        yield from app.resources.values()
        return
    mine = [ref for workload in subject.workloads for ref in (workload.ref, *workload.owners)]
    if subject.expected is not None:
        mine.append(subject.expected)
    yield from sorted({app.resources[ref][0]: app.resources[ref][1] for ref in mine if ref in app.resources}.items())
