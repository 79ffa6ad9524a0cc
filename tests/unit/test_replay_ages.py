"""Durations and the cells that are made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from truebook.recording import Column
from truebook.replay.kubernetes import ages

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
HOUR, DAY, YEAR = 3600, 86400, 365 * 86400


@pytest.mark.parametrize(
    ("seconds", "printed"),
    [
        (-2, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (121, "2m1s"),
        (599, "9m59s"),
        (600, "10m"),
        (659, "10m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + 300, "3h5m"),
        (8 * HOUR - 1, "7h59m"),
        (8 * HOUR, "8h"),
        (2 * DAY - 1, "47h"),
        (2 * DAY, "2d"),
        (2 * DAY + HOUR, "2d1h"),
        (8 * DAY - 1, "7d23h"),
        (8 * DAY, "8d"),
        (2 * YEAR - 1, "729d"),
        (2 * YEAR, "2y"),
        (2 * YEAR + DAY, "2y1d"),
        (8 * YEAR - 1, "7y364d"),
        (8 * YEAR, "8y"),
        (9 * YEAR + 5, "9y"),
    ],
)
def test_durations_are_printed_as_kubernetes_does(seconds: int, printed: str) -> None:
    assert ages.duration(seconds) == printed


@pytest.mark.parametrize("timestamp", [None, "", "yesterday", 5, "2026-11-24T05:00:00"])
def test_what_is_no_timestamp_has_no_age(timestamp: object) -> None:
    assert ages.since(timestamp, NOW) is None


def at(**ago: float) -> str:
    return (NOW - timedelta(**ago)).isoformat().replace("+00:00", "Z")


def cell(key: str, column: Column, found: dict[str, Any], recorded: Any) -> Any:
    printers = ages.printers(key, [column])
    return printers[0](found, recorded, NOW) if 0 in printers else recorded


@pytest.mark.parametrize(
    ("key", "column", "found", "recorded", "printed"),
    [
        ("pods", "Age", {"metadata": {"creationTimestamp": at(hours=1)}}, "5s", "60m"),
        ("pods", "Age", {"metadata": {}}, "<unknown>", "<unknown>"),
        ("pods", "Status", {"metadata": {"creationTimestamp": at(hours=1)}}, "Running", "Running"),
        (
            *("pods", "Restarts"),
            {"status": {"containerStatuses": [{"lastState": {"terminated": {"finishedAt": at(minutes=30)}}}, {}]}},
            *("3 (5s ago)", "3 (30m ago)"),
        ),
        ("pods", "Restarts", {"status": {}}, "3 (5s ago)", "3 (5s ago)"),
        ("pods", "Restarts", {"status": {}}, "0", "0"),
        ("batch/cronjobs", "Last Schedule", {"status": {"lastScheduleTime": at(days=3)}}, "5s", "3d"),
        ("batch/cronjobs", "Last Schedule", {"status": {}}, "<none>", "<none>"),
        ("batch/jobs", "Duration", {"status": {"startTime": at(minutes=11)}}, "5s", "11m"),
        ("batch/jobs", "Duration", {"status": {"startTime": at(days=2), "completionTime": at(days=1)}}, "24h", "24h"),
        (
            *("batch/jobs", "Duration"),
            {"status": {"startTime": at(days=2), "conditions": [{"type": "Failed", "status": "True"}]}},
            *("7s", "7s"),
        ),
        ("events", "Last Seen", {"lastTimestamp": at(minutes=4)}, "1s", "4m"),
        ("events", "Last Seen", {"series": {"lastObservedTime": at(minutes=3)}}, "1s", "3m"),
        ("events", "Last Seen", {"eventTime": at(minutes=5)}, "1s", "5m"),
        ("events", "First Seen", {"firstTimestamp": at(minutes=6)}, "1s", "6m"),
    ],
)
def test_cells_that_are_ages(key: str, column: str, found: dict[str, Any], recorded: Any, printed: Any) -> None:
    assert cell(key, Column(column, "string"), found, recorded) == printed


def test_a_custom_resources_dates_are_printed_from_the_field_that_the_column_names() -> None:
    path = "Custom resource definition column (in JSONPath format): "
    found = {"metadata": {"creationTimestamp": at(hours=1)}, "status": {"done": at(days=9), "list": [at(days=1)]}}
    assert cell("velero.io/backups", Column("Done", "date", "", path + ".status.done"), found, "1s") == "9d"
    # A path that needs more than names is left as recorded, rather than guessed.
    assert cell("velero.io/backups", Column("Done", "date", "", path + ".status.list[0]"), found, "1s") == "1s"
    assert cell("velero.io/backups", Column("Done", "date", "", path + ".status.missing"), found, None) is None
