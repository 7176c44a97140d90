"""A shop's rhythm: no false alarm in ordinary weeks, and soon one when orders stop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import pytest

from dashboard.domain.rhythm import RECENT, Rhythm, learn, odd_from
from tests.domain.weeks import ShopLife

# A Monday; summer time ends in Amsterdam on 25 October, within the weeks looked at.
BEGIN = datetime(2026, 8, 31, tzinfo=UTC)
LEARNED, WATCHED = 8, 8
ZONE = "Europe/Amsterdam"
SMALL = ShopLife(orders_a_day=9, closed_on_sunday=True)
LARGE = ShopLife(orders_a_day=300)


def eventful(day: date) -> float:
    """Tell of a holiday, a sale and a slow week, all within the weeks looked at."""
    if day == date(2026, 11, 11):
        return 0.3
    if day == date(2026, 11, 17):
        return 5.0
    return 0.6 if date(2026, 11, 2) <= day <= date(2026, 11, 8) else 1.0


@dataclass(frozen=True, kw_only=True)
class Silence:
    """The time from one order to the next, and when it would have been odd."""

    last: datetime
    next: datetime
    odd_at: datetime | None


def watched(orders: Sequence[datetime]) -> Iterator[Silence]:
    """Yield every silence of the last weeks, judged by what was known each morning."""
    start = BEGIN + timedelta(weeks=LEARNED)
    indexes = [n for n, at in enumerate(orders[:-1]) if at >= start]
    for _day, group in groupby(indexes, key=lambda n: orders[n].date()):
        same_day = list(group)
        rhythm = learn(orders[: same_day[0]], ZONE, orders[same_day[0]])
        assert rhythm is not None
        for n in same_day:
            recent = orders[max(0, n + 1 - RECENT) : n + 1]
            odd_at = odd_from(rhythm, recent)
            yield Silence(last=orders[n], next=orders[n + 1], odd_at=odd_at)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("life", [SMALL, replace(SMALL, factor=eventful)])
def test_eight_weeks_of_a_small_shop_raise_no_alarm(life: ShopLife, seed: int) -> None:
    orders = life.orders(BEGIN, LEARNED + WATCHED, seed)

    silences = list(watched(orders))

    assert len(silences) > 300
    assert not [s for s in silences if s.odd_at and s.odd_at <= s.next]


def test_eight_weeks_of_a_large_shop_raise_no_alarm() -> None:
    life = replace(LARGE, factor=eventful)
    orders = life.orders(BEGIN, LEARNED + WATCHED, seed=1)

    silences = list(watched(orders))

    assert len(silences) > 10_000
    assert not [s for s in silences if s.odd_at and s.odd_at <= s.next]


def learned(life: ShopLife, *, seed: int = 1) -> tuple[Rhythm, list[datetime]]:
    orders = life.orders(BEGIN, LEARNED, seed)
    rhythm = learn(orders, ZONE, BEGIN + timedelta(weeks=LEARNED))
    assert rhythm is not None
    return rhythm, orders


@pytest.mark.parametrize(
    ("life", "within"),
    [
        (ShopLife(orders_a_day=1500), timedelta(minutes=30)),
        (LARGE, timedelta(hours=2)),
        (ShopLife(orders_a_day=100), timedelta(hours=5)),
        (SMALL, timedelta(hours=72)),
    ],
)
def test_orders_that_stop_on_a_working_morning_are_missed_in_time(
    life: ShopLife, within: timedelta
) -> None:
    rhythm, orders = learned(life)
    tuesday = [at for at in orders if at < datetime(2026, 10, 20, 9, tzinfo=UTC)]

    odd_at = odd_from(rhythm, tuesday[-RECENT:])

    assert odd_at is not None
    assert odd_at - tuesday[-1] < within


def test_a_night_is_no_silence() -> None:
    rhythm, orders = learned(LARGE)
    midnight = [at for at in orders if at < datetime(2026, 10, 20, 22, tzinfo=UTC)]

    odd_at = odd_from(rhythm, midnight[-RECENT:])

    assert odd_at is not None
    assert odd_at > datetime(2026, 10, 21, 4, 30, tzinfo=UTC)


def test_a_slow_day_makes_the_next_silence_wait_longer() -> None:
    rhythm, _orders = learned(LARGE)
    now = datetime(2026, 10, 20, 12, tzinfo=UTC)
    slow = [now - timedelta(minutes=10) * n for n in range(RECENT)]
    usual = [now - timedelta(minutes=2) * n for n in range(RECENT)]

    slow_odd_at = odd_from(rhythm, slow[::-1])
    usual_odd_at = odd_from(rhythm, usual[::-1])

    assert slow_odd_at is not None
    assert usual_odd_at is not None
    assert slow_odd_at - now > 2 * (usual_odd_at - now)


def test_one_outage_does_not_make_the_alarm_deaf() -> None:
    rhythm, orders = learned(LARGE)
    outage = (datetime(2026, 9, 15, tzinfo=UTC), datetime(2026, 9, 17, tzinfo=UTC))
    gone = [at for at in orders if not outage[0] <= at < outage[1]]

    after = learn(gone, ZONE, BEGIN + timedelta(weeks=LEARNED))

    assert after is not None
    assert after.limit < rhythm.limit * 1.1


@pytest.mark.parametrize(
    ("life", "weeks"),
    [(LARGE, 1), (ShopLife(orders_a_day=0.4), LEARNED), (ShopLife(orders_a_day=0), 1)],
)
def test_too_little_is_no_rhythm(life: ShopLife, weeks: int) -> None:
    orders = life.orders(BEGIN, weeks, seed=1)

    assert learn(orders, ZONE, BEGIN + timedelta(weeks=weeks)) is None


def test_a_shop_that_sells_in_one_hour_of_the_week_is_waited_for() -> None:
    markets = [
        BEGIN + timedelta(weeks=week, hours=9, minutes=n)
        for week in range(LEARNED)
        for n in range(0, 60, 5)
    ]
    rhythm = learn(markets, ZONE, BEGIN + timedelta(weeks=LEARNED))
    assert rhythm is not None

    odd_at = odd_from(rhythm, markets[-RECENT:])

    assert odd_at is not None
    assert odd_at - markets[-1] > timedelta(days=6)
