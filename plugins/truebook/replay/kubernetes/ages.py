"""The cells of a table that say how long ago something was: they are made when they are served.

All other cells are served as the API server printed them when the recording was made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from truebook.recording import Column
from truebook.replay.paths import dig

Object = dict[str, Any]
Printer = Callable[[Object, Any, datetime], Any]
"""The cell of an object: it is told the recorded cell and what time it is."""

JSON_PATH = re.compile(r"Custom resource definition column \(in JSONPath format\): ((?:\.[A-Za-z0-9_-]+)+)")
RESTARTS = re.compile(r"(\d+) \(.+ ago\)")

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400


def duration(seconds: int) -> str:
    """A duration as Kubernetes prints it for people: two units at most, the coarser the longer it is."""
    if seconds < -1:
        return "<invalid>"
    if seconds < 2 * MINUTE:
        return f"{max(seconds, 0)}s"
    for limit, unit, name, part, part_name in (
        (10 * MINUTE, MINUTE, "m", 1, "s"),
        (3 * HOUR, MINUTE, "m", 0, ""),
        (8 * HOUR, HOUR, "h", MINUTE, "m"),
        (2 * DAY, HOUR, "h", 0, ""),
        (8 * DAY, DAY, "d", HOUR, "h"),
        (2 * YEAR, DAY, "d", 0, ""),
        (8 * YEAR, YEAR, "y", DAY, "d"),
    ):
        if seconds < limit:
            rest = seconds % unit // part if part else 0
            return f"{seconds // unit}{name}" + (f"{rest}{part_name}" if rest else "")
    return f"{seconds // YEAR}y"


def since(timestamp: object, now: datetime) -> str | None:
    """The duration from an RFC 3339 timestamp until now; None where it is no timestamp."""
    if not isinstance(timestamp, str):
        return None
    try:
        then = datetime.fromisoformat(timestamp)
        return duration(int((now - then).total_seconds()))
    except (ValueError, TypeError):  # TypeError: it has no time zone
        return None


def printers(key: str, columns: Sequence[Column]) -> dict[int, Printer]:
    """Which cells of `key`'s tables (`apps/deployments`) to print anew, by their index."""
    found: dict[int, Printer] = {}
    for index, column in enumerate(columns):
        path = JSON_PATH.match(column.description)
        special = SPECIAL.get((key, column.name))
        if special is not None:
            found[index] = special
        elif column.type == "date" and path is not None:
            found[index] = _at(path.group(1).lstrip(".").split("."))
        elif column.name == "Age":
            found[index] = _at(["metadata", "creationTimestamp"])
    return found


def only_metadata(key: str, columns: Sequence[Column]) -> bool:
    """Whether printing the ages needs no more of an object than its metadata."""
    return all(
        (key, column.name) not in SPECIAL
        and (column.type != "date" or ": .metadata." in column.description or column.name == "Age")
        for column in columns
    )


def _at(steps: Sequence[str]) -> Printer:
    def printed(found: Object, cell: Any, now: datetime) -> Any:
        age = since(dig(found, steps), now)
        return cell if age is None else age

    return printed


def _restarts(pod: Object, cell: Any, now: datetime) -> Any:
    count = RESTARTS.fullmatch(cell) if isinstance(cell, str) else None
    if count is None:
        return cell
    status = pod.get("status") or {}
    containers = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    ends = [dig(container, ["lastState", "terminated", "finishedAt"]) for container in containers]
    age = since(max((end for end in ends if end), default=None), now)
    return cell if age is None else f"{count.group(1)} ({age} ago)"


def _job_duration(job: Object, cell: Any, now: datetime) -> Any:
    """Grows while the job runs."""
    status = job.get("status") or {}
    ended = status.get("completionTime") or any(
        condition.get("type") == "Failed" and condition.get("status") == "True"
        for condition in status.get("conditions") or ()
    )
    age = None if ended else since(status.get("startTime"), now)
    return cell if age is None else age


def _first_seen(event: Object, cell: Any, now: datetime) -> Any:
    return since(event.get("firstTimestamp") or event.get("eventTime"), now) or cell


def _last_seen(event: Object, cell: Any, now: datetime) -> Any:
    last = dig(event, ["series", "lastObservedTime"]) or event.get("lastTimestamp")
    return since(last, now) or _first_seen(event, cell, now)


SPECIAL: dict[tuple[str, str], Printer] = {
    ("pods", "Restarts"): _restarts,
    ("batch/jobs", "Duration"): _job_duration,
    ("batch/cronjobs", "Last Schedule"): _at(["status", "lastScheduleTime"]),
    ("events", "First Seen"): _first_seen,
    ("events", "Last Seen"): _last_seen,
}
"""Columns other than Age that are durations until now, by resource and name."""
