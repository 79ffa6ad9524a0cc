"""What an Application's own list, `status.resources`, says of a component."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from truebook.inventory import look
from truebook.inventory.facts import listed_ref
from truebook.inventory.join.subject import Subject
from truebook.model import Evidence


def entries(subject: Subject, *, own: bool = False) -> Iterator[tuple[dict[str, Any], Evidence]]:
    """The entries that are the component's workloads, what owns them, or the workload that the catalog names; all
    entries for a component that is the Application, unless only its `own` are wanted."""
    app = subject.application
    if app is None:
        return
    mine = {workload.ref for workload in subject.workloads} | {o for w in subject.workloads for o in w.owners}
    if subject.expected is not None:
        mine.add(subject.expected)
    source, document = app.best("status", "resources")
    for index, entry in look.entries(document, "status", "resources"):
        if (subject.whole and not own) or listed_ref(entry) in mine:
            yield entry, app.evidence(source, "status", "resources", index)
