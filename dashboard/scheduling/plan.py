"""When a schedule is due, and how it is said in words. A function of the row alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from dashboard.domain.runs import ScheduleKind

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MIN_INTERVAL_S = 10
_MAX_INTERVAL_S = 7 * 24 * 3600
# APScheduler counts weekdays from Monday, cron from Sunday; names are safe in both.
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = ("minute", "hour", "day", "month", "day_of_week")


class ScheduleWrong(ValueError):
    """A schedule that cannot be; the message is for the person who typed it."""


def next_due(kind: ScheduleKind, spec: str, timezone: str, after: datetime) -> datetime:
    """Return the first time after *after* that a schedule is due, in UTC.

    Raises:
        ScheduleWrong: If *spec* or *timezone* cannot be understood, or never comes.
    """
    trigger = make_trigger(kind, spec, timezone)
    due = trigger.get_next_fire_time(None, after + timedelta(milliseconds=1))
    if not isinstance(due, datetime):
        raise ScheduleWrong("This never comes: no such date exists.")
    return due.astimezone(UTC)


def next_runs(
    kind: ScheduleKind, spec: str, timezone: str, after: datetime, count: int
) -> list[datetime]:
    """Return the next *count* times after *after*, in UTC.

    Raises:
        ScheduleWrong: If *spec* or *timezone* cannot be understood, or never comes.
    """
    runs: list[datetime] = []
    for _ in range(count):
        after = next_due(kind, spec, timezone, after)
        runs.append(after)
    return runs


def make_trigger(kind: ScheduleKind, spec: str, timezone: str) -> BaseTrigger:
    """Return APScheduler's trigger for a schedule.

    Raises:
        ScheduleWrong: If *spec* or *timezone* cannot be understood.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ScheduleWrong(f"There is no time zone {timezone!r}.") from error
    if kind is ScheduleKind.INTERVAL:
        seconds = _seconds(spec)
        # From a fixed start, so that every process computes the same times.
        return IntervalTrigger(seconds=seconds, start_date=_EPOCH, timezone=UTC)
    fields = spec.split()
    if len(fields) != len(_FIELDS):
        raise ScheduleWrong(
            "A cron line has five fields: minute, hour, day, month, weekday."
        )
    *others, weekday = fields
    try:
        return CronTrigger(
            **dict(zip(_FIELDS, [*others, _named_weekdays(weekday)], strict=True)),
            timezone=zone,
        )
    except (ValueError, TypeError) as error:
        raise ScheduleWrong(f"The cron line is not understood: {error}.") from error


def in_words(kind: ScheduleKind, spec: str, timezone: str) -> str:
    """Say when a schedule is due, as a person would.

    Raises:
        ScheduleWrong: If *spec* or *timezone* cannot be understood.
    """
    make_trigger(kind, spec, timezone)
    if kind is ScheduleKind.INTERVAL:
        return _interval_in_words(_seconds(spec))
    minute, hour, day, month, weekday = spec.split()
    place = timezone.rsplit("/", maxsplit=1)[-1].replace("_", " ")
    if not minute.isdecimal() or month != "*" or day != "*":
        return f"by the cron line {spec} ({place})"
    if hour == "*" and weekday == "*":
        return f"every hour at {int(minute)} past"
    if not hour.isdecimal():
        return f"by the cron line {spec} ({place})"
    days = _days_in_words(weekday)
    return f"{days} at {int(hour):02}:{int(minute):02}, {place}"


def _seconds(spec: str) -> int:
    if not spec.isdecimal() or not _MIN_INTERVAL_S <= int(spec) <= _MAX_INTERVAL_S:
        raise ScheduleWrong(
            f"An interval is a whole number of seconds from {_MIN_INTERVAL_S} "
            f"to {_MAX_INTERVAL_S}."
        )
    return int(spec)


def _interval_in_words(seconds: int) -> str:
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds % length == 0:
            number = seconds // length
            return f"every {unit}" if number == 1 else f"every {number} {unit}s"
    return f"every {seconds} seconds"


def _days_in_words(weekday: str) -> str:
    named = _named_weekdays(weekday)
    if named == "*":
        return "every day"
    if named == "mon-fri":
        return "every weekday"
    full = {
        "sun": "Sunday",
        "mon": "Monday",
        "tue": "Tuesday",
        "wed": "Wednesday",
        "thu": "Thursday",
        "fri": "Friday",
        "sat": "Saturday",
    }
    parts = (part.split("-") for part in named.split(","))
    return "every " + ", ".join(
        " to ".join(full.get(day, day) for day in part) for part in parts
    )


def _named_weekdays(field: str) -> str:
    """Write cron's weekday numbers (0 and 7 are Sunday) as names."""
    return "".join(_named_parts(field.lower()))


def _named_parts(field: str) -> Iterator[str]:
    after_slash = False
    for character in field:
        if character.isdecimal() and not after_slash:
            number = int(character)
            if number > 7:  # noqa: PLR2004
                raise ScheduleWrong("A weekday is a number from 0 (Sunday) to 7.")
            yield _WEEKDAYS[number % 7]
        else:
            after_slash = character == "/"
            yield character
