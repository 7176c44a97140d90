"""A shop's rhythm: how much each hour of the week brings, and when a silence is odd.

Silence is not measured in hours but in events that were to be expected meanwhile: a
night or a Sunday expects next to none and so may be as long as it likes. Floats here
are counts that were expected, never money.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

LEARNED_OVER = timedelta(weeks=8)
RECENT = 21  # events, whose gaps tell the pace of today

_HOURS_A_WEEK = 7 * 24
_MIN_DAYS = 14
_MIN_EVENTS = 30
# A day far busier than its weekday usually is (a sale) does not make the next one odd.
_SALE = 2.0
_MIN_CAP = 3.0
_QUANTILE = 0.99
# e**-7: one silence in a thousand times eight weeks of them is longer by mere chance.
_CAUTION = 7.0
_MIN_SCALE = 0.8
_SLOWEST_PACE = 0.1
_LOOK_AHEAD = timedelta(weeks=4)


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """What a week usually brings.

    *expected* is the number of events in each hour of the week, from Monday 00:00 in
    *timezone* (an IANA name). *limit* is how many expected events may fail to come
    before a silence is longer than usual.
    """

    timezone: str
    expected: tuple[float, ...]
    limit: float


def learn(times: Iterable[datetime], timezone: str, until: datetime) -> Rhythm | None:
    """Learn the rhythm of the whole days before *until*; None if that is too little.

    Args:
        times: When something happened, the oldest first.
        timezone: Whose hours the rhythm follows; summer time shifts them.
        until: Now. What lies longer ago than `LEARNED_OVER` is left out.
    """
    zone = ZoneInfo(timezone)
    today = until.astimezone(zone).date()
    oldest = (until - LEARNED_OVER).astimezone(zone).date()
    local = [at.astimezone(zone) for at in times]
    local = [at for at in local if oldest < at.date() < today]
    if len(local) < _MIN_EVENTS:
        return None
    first = local[0].date()
    days = [first + timedelta(days=n) for n in range((today - first).days)]
    if len(days) < _MIN_DAYS:
        return None
    expected = _expected(local, days)
    gaps = sorted(_expected_between(expected, a, b) for a, b in pairwise(local))
    # How much longer the long gaps are than those of orders that come by mere chance.
    scale = gaps[math.ceil(_QUANTILE * len(gaps)) - 1] / -math.log(1 - _QUANTILE)
    limit = max(_MIN_SCALE, scale) * (math.log(len(gaps)) + _CAUTION)
    return Rhythm(timezone=timezone, expected=tuple(expected), limit=limit)


def odd_from(rhythm: Rhythm, recent: Sequence[datetime]) -> datetime | None:
    """Return when the silence after the last event becomes longer than usual.

    Args:
        rhythm: What was learned.
        recent: The last `RECENT` events, the oldest first; a slow day, a holiday for
            instance, slows down what is expected.

    Returns:
        The time, or None if it does not come within four weeks.
    """
    zone = ZoneInfo(rhythm.timezone)
    at = recent[-1].astimezone(zone)
    end = at + _LOOK_AHEAD
    left = rhythm.limit / _pace(rhythm, recent)
    while at < end:
        rate = rhythm.expected[_hour_of_week(at)]
        hour_ends = _next_hour(at)
        hours = _hours(at, hour_ends)
        if rate * hours >= left:
            return _later(at, left / rate).astimezone(recent[-1].tzinfo)
        left -= rate * hours
        at = hour_ends
    return None


def _expected(local: Sequence[datetime], days: Sequence[date]) -> list[float]:
    """Return the mean number of events in each hour of the week."""
    by_day = Counter(at.date() for at in local)
    caps = {
        weekday: max(_MIN_CAP, _SALE * median(by_day[day] for day in same))
        for weekday in range(7)
        if (same := [day for day in days if day.weekday() == weekday])
    }
    weights = {day: min(1.0, caps[day.weekday()] / by_day[day]) for day in by_day}
    weeks = Counter(day.weekday() for day in days)
    sums = [0.0] * _HOURS_A_WEEK
    for at in local:
        sums[_hour_of_week(at)] += weights[at.date()]
    return [total / weeks[hour // 24] for hour, total in enumerate(sums)]


def _pace(rhythm: Rhythm, recent: Sequence[datetime]) -> float:
    """Return how the last events kept pace with what is usual: 1 or less."""
    zone = ZoneInfo(rhythm.timezone)
    local = [at.astimezone(zone) for at in recent]
    # One outage among them is no new pace.
    gaps = [
        min(rhythm.limit, _expected_between(rhythm.expected, a, b))
        for a, b in pairwise(local)
    ]
    if not gaps or sum(gaps) <= len(gaps):
        return 1.0
    return max(_SLOWEST_PACE, len(gaps) / sum(gaps))


def _expected_between(
    expected: Sequence[float], begin: datetime, end: datetime
) -> float:
    """Return how many events the time between two local times was to bring."""
    total = 0.0
    while begin < end:
        hour_ends = min(_next_hour(begin), end)
        total += expected[_hour_of_week(begin)] * _hours(begin, hour_ends)
        begin = hour_ends
    return total


def _hour_of_week(at: datetime) -> int:
    return at.weekday() * 24 + at.hour


def _next_hour(at: datetime) -> datetime:
    """Return the local time an hour later, at its full hour."""
    return datetime.combine(at.date(), time(at.hour), at.tzinfo) + timedelta(hours=1)


def _hours(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds() / 3600


def _later(at: datetime, hours: float) -> datetime:
    return at + timedelta(hours=hours)
