"""Schedules as people say them: `0 3 * * *` is `daily at 03:00`. What is less simple stays as it is written."""

from __future__ import annotations

import re

from truebook.model import Facts
from truebook.pages.views.cells import Write

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""By their number in a schedule, where both 0 and 7 are Sunday."""
_SHORT = {day[:3].casefold(): day for day in DAYS}
_NAMED = {"@hourly": "hourly", "@daily": "daily at 00:00", "@midnight": "daily at 00:00", "@weekly": "Sunday at 00:00"}


def cron(key: str) -> Write:
    """The value, a schedule, in words."""

    def write(facts: Facts, _request: object) -> str:
        return in_words(facts.text(key))

    return write


def in_words(schedule: str) -> str:
    """A schedule in words where it is a time of every day, of one weekday or of one day of the month."""
    named = _NAMED.get(schedule.strip().casefold())
    fields = schedule.split()
    if named or len(fields) != 5:
        return named or schedule
    minute, hour, day, month, weekday = fields
    if not (_is(minute, 59) and (hour == "*" or _is(hour, 23)) and month == "*"):
        return schedule
    if hour == "*":
        return f"hourly at minute {int(minute)}" if day == weekday == "*" else schedule
    at = f"at {int(hour):02}:{int(minute):02}"
    if day == weekday == "*":
        return f"daily {at}"
    if day == "*":
        name = DAYS[int(weekday)] if _is(weekday, 7) else _SHORT.get(weekday.casefold())
        return f"{name} {at}" if name else schedule
    return f"day {int(day)} of the month {at}" if weekday == "*" and _is(day, 31) and int(day) else schedule


def period(schedule: str) -> float | None:
    """About how many seconds pass between two runs of a schedule; None where it is not read."""
    hour, day, week = 3600.0, 86400.0, 7 * 86400.0
    words = schedule.strip().casefold()
    named = {"@hourly": hour, "@daily": day, "@midnight": day, "@weekly": week, "@monthly": 31 * day}
    fields = words.split()
    if words in named or len(fields) != 5:
        return named.get(words)
    _, hours, days, months, weekdays = fields
    if months != "*":
        return None
    if days != "*":
        return 31 * day if weekdays == "*" else None
    if weekdays != "*":
        return week
    return day if re.fullmatch("[0-9]+", hours) else hour if hours == "*" else day


def _is(field: str, most: int) -> bool:
    """Whether a field is one number, up to `most`."""
    return re.fullmatch(r"[0-9]{1,2}", field) is not None and int(field) <= most
