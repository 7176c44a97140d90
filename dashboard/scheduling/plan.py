"""When a schedule is due, and how it is said in words. A function of the row alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from dashboard.domain.runs import ScheduleKind
from dashboard.domain.sentences import Sentence, say, say_number, together

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MIN_INTERVAL_S = 10
_MAX_INTERVAL_S = 7 * 24 * 3600
# As cron counts them; names are safe with APScheduler, which counts from Monday.
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAYS: Final[Mapping[str, Sentence]] = {
    "mon": say("Monday"),
    "tue": say("Tuesday"),
    "wed": say("Wednesday"),
    "thu": say("Thursday"),
    "fri": say("Friday"),
    "sat": say("Saturday"),
    "sun": say("Sunday"),
}
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
        raise ScheduleWrong(say("This never comes: no such date exists."))
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
        wrong = say("There is no time zone '%(zone)s'.", zone=timezone)
        raise ScheduleWrong(wrong) from error
    if kind is ScheduleKind.INTERVAL:
        seconds = _seconds(spec)
        # From a fixed start, so that every process computes the same times.
        return IntervalTrigger(seconds=seconds, start_date=_EPOCH, timezone=UTC)
    fields = spec.split()
    if len(fields) != len(_FIELDS):
        raise ScheduleWrong(
            say("A cron line has five fields: minute, hour, day, month, weekday.")
        )
    *others, weekday = fields
    try:
        return CronTrigger(
            **dict(zip(_FIELDS, [*others, _named_weekdays(weekday)], strict=True)),
            timezone=zone,
        )
    except (ValueError, TypeError) as error:
        wrong = say("The cron line is not understood: %(why)s.", why=str(error))
        raise ScheduleWrong(wrong) from error


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
    by_the_line = say("by the cron line %(spec)s (%(place)s)", spec=spec, place=place)
    if not minute.isdecimal() or month != "*" or day != "*":
        return by_the_line
    if hour == "*" and weekday == "*":
        return say("every hour at %(minute)s past", minute=int(minute))
    if not hour.isdecimal():
        return by_the_line
    return say(
        "%(days)s at %(time)s, %(place)s",
        days=_days_in_words(weekday),
        time=f"{int(hour):02}:{int(minute):02}",
        place=place,
    )


def _seconds(spec: str) -> int:
    if (
        not (spec.isascii() and spec.isdecimal())
        or not _MIN_INTERVAL_S <= int(spec) <= _MAX_INTERVAL_S
    ):
        raise ScheduleWrong(
            say(
                "An interval is a whole number of seconds from %(least)s to %(most)s.",
                least=_MIN_INTERVAL_S,
                most=_MAX_INTERVAL_S,
            )
        )
    return int(spec)


def _interval_in_words(seconds: int) -> str:
    if seconds % 86400 == 0:
        return say_number("every day", "every %(num)s days", seconds // 86400)
    if seconds % 3600 == 0:
        return say_number("every hour", "every %(num)s hours", seconds // 3600)
    if seconds % 60 == 0:
        return say_number("every minute", "every %(num)s minutes", seconds // 60)
    return say_number("every second", "every %(num)s seconds", seconds)


def _days_in_words(weekday: str) -> str:
    named = _named_weekdays(weekday)
    if named == "*":
        return say("every day")
    if named == "mon,tue,wed,thu,fri":
        return say("every weekday")
    days = together((_DAYS[day] for day in named.split(",")), ", ")
    return say("every %(days)s", days=days)


def _named_weekdays(field: str) -> str:
    """Write cron's weekdays (0 and 7 are Sunday) as names, Monday first.

    Each day by itself: to APScheduler the week, and so every range, begins on Monday.
    """
    days = {day for part in field.lower().split(",") for day in _weekdays_of(part)}
    if len(days) == len(_WEEKDAYS):
        return "*"
    return ",".join(_WEEKDAYS[day] for day in sorted(days, key=lambda day: day or 7))


def _weekdays_of(part: str) -> Iterator[int]:
    """Yield the days, 0 to 6 from Sunday, of `*`, `5`, `fri`, `1-5`, `1-5/2`, `*/2`."""
    days, _, step = part.partition("/")
    first, _, last = ("0", "-", "6") if days == "*" else days.partition("-")
    start, end = _weekday(first), _weekday(last or first)
    if last and end == 0:
        end = 7  # a range ends with Sunday
    if end < start or (step and not (last and step.isdecimal() and int(step))):
        raise ScheduleWrong(
            say("'%(part)s' are no weekdays. Write 1-5, 6,0 or mon-fri.", part=part)
        )
    for day in range(start, end + 1, int(step or 1)):
        yield day % 7


def _weekday(text: str) -> int:
    if text in _WEEKDAYS:
        return _WEEKDAYS.index(text)
    if len(text) == 1 and text in "01234567":
        return int(text)
    raise ScheduleWrong(
        say("A weekday is a number from 0 (Sunday) to 7, or mon, tue...")
    )
