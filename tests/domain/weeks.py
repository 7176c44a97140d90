"""Invented weeks of shops: when their orders come in."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

# How the orders of a day are spread over its hours, and a week's over its days.
_HOURS = (
    *(0.15, 0.05, 0, 0, 0, 0.05, 0.2, 0.5, 0.8, 1.0, 1.1, 1.1),
    *(1.0, 1.0, 1.0, 1.1, 1.1, 1.0, 1.2, 1.6, 1.9, 1.7, 1.0, 0.45),
)
_DAYS = (1.1, 1.0, 1.0, 1.0, 0.9, 0.6, 1.0)


@dataclass(frozen=True, kw_only=True)
class ShopLife:
    """A shop whose orders come by chance, as often as hour and day make likely.

    *factor* makes a day busier (a sale) or slower (a holiday) than others.
    """

    orders_a_day: float
    timezone: str = "Europe/Amsterdam"
    closed_on_sunday: bool = False
    factor: Callable[[date], float] = lambda _day: 1.0

    def orders(self, begin: datetime, weeks: int, seed: int) -> list[datetime]:
        """Return when orders come in, the oldest first, in UTC."""
        chance = random.Random(seed)  # noqa: S311 - no secret
        return sorted(
            at.astimezone(UTC)
            for hour, mean in self._hours(begin, weeks)
            for at in _spread(chance, hour, mean)
        )

    def _hours(self, begin: datetime, weeks: int) -> Iterator[tuple[datetime, float]]:
        zone = ZoneInfo(self.timezone)
        for n in range(weeks * 7 * 24):
            hour = (begin + timedelta(hours=n)).astimezone(zone)
            day = _DAYS[hour.weekday()] * self.factor(hour.date())
            if self.closed_on_sunday and hour.weekday() == 6:
                day = 0.0
            share = _HOURS[hour.hour] / sum(_HOURS)
            yield hour, self.orders_a_day * day * share


def _spread(chance: random.Random, hour: datetime, mean: float) -> Iterator[datetime]:
    """Yield times within an hour, *mean* of them on average."""
    hours = 0.0
    while mean:
        hours += chance.expovariate(mean)
        if hours >= 1:
            return
        yield hour + timedelta(hours=hours)
