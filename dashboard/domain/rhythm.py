"""A shop's rhythm: how much each hour of the week brings, and when a silence is odd.

Silence is not measured in hours but in events that were to be expected meanwhile: a
night or a Sunday expects next to none and so may be as long as it likes. Floats here
are counts that were expected, never money.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
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
    gaps = sorted(_expected_in_gaps(expected, local))
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
        The time, or None if nothing is ever expected.
    """
    zone = ZoneInfo(rhythm.timezone)
    sums = _sums(rhythm.expected)
    if not sums[-1]:
        return None
    last = recent[-1].astimezone(zone)
    hour = _wall_hour(last)
    missed = rhythm.limit / _pace(rhythm, [at.astimezone(zone) for at in recent])
    weeks, rest = divmod(_expected_until(sums, hour) + missed, sums[-1])
    full = min(bisect_right(sums, rest), _HOURS_A_WEEK) - 1
    part = (rest - sums[full]) / (sums[full + 1] - sums[full])
    odd_hour = weeks * _HOURS_A_WEEK + full + part
    return (last + timedelta(hours=odd_hour - hour)).astimezone(UTC)


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
        sums[at.weekday() * 24 + at.hour] += weights[at.date()]
    return [total / weeks[hour // 24] for hour, total in enumerate(sums)]


def _pace(rhythm: Rhythm, local: Sequence[datetime]) -> float:
    """Return how the last events kept pace with what is usual: 1 or less."""
    gaps = _expected_in_gaps(rhythm.expected, local)
    # One outage among them is no new pace.
    taken = sum(min(rhythm.limit, gap) for gap in gaps)
    return max(_SLOWEST_PACE, min(1.0, len(gaps) / taken)) if taken else 1.0


def _expected_in_gaps(
    expected: Sequence[float], local: Sequence[datetime]
) -> list[float]:
    """Return how many events each gap between two local times was to bring."""
    sums = _sums(expected)
    until = [_expected_until(sums, _wall_hour(at)) for at in local]
    return [end - begin for begin, end in pairwise(until)]


def _expected_until(sums: Sequence[float], hour: float) -> float:
    """Return how many events an hour of the wall clock has before it, from hour 0."""
    weeks, rest = divmod(hour, _HOURS_A_WEEK)
    full = int(rest)
    return weeks * sums[-1] + sums[full] + (rest - full) * (sums[full + 1] - sums[full])


def _sums(expected: Sequence[float]) -> list[float]:
    """Return what a week is to bring until the beginning of each hour, and its end."""
    return list(accumulate(expected, initial=0.0))


def _wall_hour(at: datetime) -> float:
    """Return the hours on the wall clock since a Monday long ago.

    The hour that summer time repeats or leaves out is at night and does not matter.
    """
    minutes = at.minute + (at.second + at.microsecond / 1_000_000) / 60
    return (at.toordinal() - 1) * 24 + at.hour + minutes / 60
