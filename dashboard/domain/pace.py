"""How many calls the books allow, who may make one now, and when all are made. Pure."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

# The last call of a day's allowance may have been made at the end of its hour.
DAY: Final = timedelta(hours=25)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What the books allow, and how much of it is kept for what a person asked for.

    calls: calls within *window_s*; 0 when there is no limit.
    window_s: longer than the minute, because time passes between asking here and
        arriving there.
    calls_a_day: calls within any 24 hours; 0 when there is no limit.
    in_flight: calls under way at once.
    lease_s: when the slot of a vanished process is free again.
    """

    calls: int = 60
    window_s: float = 63.0
    calls_a_day: int = 5000
    in_flight: int = 5
    lease_s: float = 60.0

    def calls_for(self, *, urgent: bool) -> int:
        """Return how many calls fit a window: a twelfth is kept for what is urgent."""
        return self.calls if urgent else self.calls - self.calls // 12

    def calls_a_day_for(self, *, urgent: bool) -> int:
        """Return how many calls fit a day: a tenth is kept for what is urgent."""
        return self.calls_a_day if urgent else self.calls_a_day - self.calls_a_day // 10

    def in_flight_for(self, *, urgent: bool) -> int:
        """Return how many calls may be under way: one is kept for what is urgent."""
        return self.in_flight if urgent else max(1, self.in_flight - 1)


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Which calls were made of late.

    recent: when each call of the last window was made, the oldest first.
    by_hour: how many were made in the hour that begins then, the last day's.
    """

    recent: Sequence[datetime] = ()
    by_hour: Mapping[datetime, int] = field(default_factory=dict)


def wait_s(pace: Pace, usage: Usage, now: datetime, *, urgent: bool = False) -> float:
    """Return how long the next call has to wait by the allowance, in seconds.

    The first half of a window's calls may go at once; after that calls keep a
    distance, so that a flood of orders fills batches instead of spending the minute on
    small ones. What is urgent keeps none.
    """
    allowed = pace.calls_for(urgent=urgent)
    waits_s = [0.0, _day_wait_s(pace, usage, now, urgent=urgent)]
    recent = usage.recent
    if allowed and len(recent) >= allowed:
        free_at = recent[-allowed] + timedelta(seconds=pace.window_s)
        waits_s.append((free_at - now).total_seconds())
    if allowed and recent and not urgent and len(recent) >= allowed // 2:
        distance_s = pace.window_s / allowed
        waits_s.append(distance_s - (now - recent[-1]).total_seconds())
    return max(waits_s)


def finish_of(
    calls: int, pace: Pace, usage: Usage, now: datetime, *, call_s: float = 0.0
) -> datetime:
    """Return when the last of *calls* will have been made, if nothing else is called.

    Args:
        calls: How many are still to be made, one after the other.
        pace: What the books allow.
        usage: What was called until *now*.
        now: When the first of them may go.
        call_s: How long one takes from the freezing of its batch to its verdicts
            being written down, shared by those under way at once.
    """
    recent = list(usage.recent)
    by_hour = dict(usage.by_hour)
    for _ in range(calls):
        window = timedelta(seconds=pace.window_s)
        recent = recent[bisect.bisect_right(recent, now - window) :]
        made = Usage(recent=recent, by_hour=by_hour)
        now += timedelta(seconds=wait_s(pace, made, now))
        recent.append(now)
        hour = hour_of(now)
        by_hour[hour] = by_hour.get(hour, 0) + 1
        now += timedelta(seconds=call_s)
    return now


def hour_of(moment: datetime) -> datetime:
    """Return when the hour of *moment* began."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _day_wait_s(pace: Pace, usage: Usage, now: datetime, *, urgent: bool) -> float:
    allowed = pace.calls_a_day_for(urgent=urgent)
    if not allowed:
        return 0.0
    used = 0
    for hour in sorted(usage.by_hour, reverse=True):
        if hour <= now - DAY:
            break
        used += usage.by_hour[hour]
        if used >= allowed:
            # Once this hour is forgotten, fewer than allowed are left.
            return (hour + DAY - now).total_seconds()
    return 0.0
