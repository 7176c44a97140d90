"""Spans of time, and the days and hours of a place as such spans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_HOUR: Final = timedelta(hours=1)
_FIRST: Final = date(1970, 1, 1)


@dataclass(frozen=True, kw_only=True)
class TimeSpan:
    """From *start* on and before *end*, both in UTC.

    Never in a zone of their own: Python takes both hours that one of them repeats in
    autumn for the same.
    """

    start: datetime
    end: datetime


def start_of(zone: ZoneInfo, day: date) -> datetime:
    """Return when a day begins in *zone*, in UTC; one before 1970 as the first then.

    No shop is older, and a zone may move the first day there is beyond all dates.
    """
    return datetime.combine(max(day, _FIRST), time(), zone).astimezone(UTC)


def day_in(zone: ZoneInfo, day: date) -> TimeSpan:
    """Return a day as it is in *zone*; 23 or 25 hours where the clocks change."""
    return TimeSpan(
        start=start_of(zone, day), end=start_of(zone, day + timedelta(days=1))
    )


def hour_from(start: datetime) -> TimeSpan:
    """Return the hour that begins at *start*."""
    start = start.astimezone(UTC)
    return TimeSpan(start=start, end=start + _HOUR)


def last_days(zone: ZoneInfo, now: datetime, count: int) -> tuple[TimeSpan, ...]:
    """Return the last *count* days in *zone*, the oldest first; *now* lies in one."""
    today = now.astimezone(zone).date()
    return tuple(
        day_in(zone, today - timedelta(days=back)) for back in reversed(range(count))
    )


def last_hours(zone: ZoneInfo, now: datetime, count: int) -> tuple[TimeSpan, ...]:
    """Return the last *count* hours as clocks in *zone* strike, the oldest first."""
    last = now.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    start = last.astimezone(UTC)
    return tuple(hour_from(start - back * _HOUR) for back in reversed(range(count)))
