"""Figures over time, as charts draw them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from dashboard.domain.timespans import TimeSpan, last_days, last_hours
from dashboard.domain.waits import Waits, waits_of
from dashboard.store import order_counts
from dashboard.store.listing_figures import FigureListing, received_at_age
from dashboard.store.listing_orders import OrderListing
from dashboard.store.order_filter import OrderFilter
from dashboard.store.schema import PostingRow
from dashboard.store.standings import refresh_standings
from tests.fixtures.builders import an_order
from tests.fixtures.company import Company

ZONE = ZoneInfo("UTC")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Last = Callable[[ZoneInfo, datetime, int], tuple[TimeSpan, ...]]


def book(company: Company, number: str, at: datetime) -> None:
    invoice = PostingRow.natural_key == f"W-{number}"
    with company.database.write() as session:
        session.execute(
            update(PostingRow).where(invoice).values(state="confirmed", updated_at=at)
        )
        refresh_standings(session, [company.row(number).id], at)


@pytest.mark.parametrize(
    ("seconds", "median_s", "p95_s"),
    [((), 0, 0), ((7,), 7, 7), ((3, 1, 2), 2, 3), (tuple(range(1, 101)), 50, 95)],
)
def test_waits_come_to_what_is_usual_and_what_the_slow_ones_take(
    seconds: tuple[float, ...], median_s: float, p95_s: float
) -> None:
    assert waits_of(seconds) == Waits(
        count=len(seconds), median_s=median_s, p95_s=p95_s
    )


@pytest.mark.parametrize(("last", "length"), [(last_hours, HOUR), (last_days, DAY)])
def test_invoices_count_for_the_part_they_were_booked_in(
    company: Company, last: Last, length: timedelta
) -> None:
    figures = FigureListing(company.database)
    company.take_in(an_order("1001"), an_order("1002"))
    received = company.clock.now()
    book(company, "1001", received + timedelta(seconds=30))
    book(company, "1002", received + length)
    later = received + length + timedelta(minutes=10)

    parts = figures.booked(last(ZONE, later, 3), later)

    assert [part.waits.count for part in parts] == [0, 1, 1]
    assert parts[1].waits.median_s == 30
    assert parts[2].waits.p95_s == length.total_seconds()
    assert figures.booked(last(ZONE, later, 3), later) == parts


def test_an_order_with_two_invoices_counts_once_as_in_the_list_of_that_hour(
    company: Company,
) -> None:
    figures = FigureListing(company.database)
    company.take_in(an_order("1001"))
    booked_at = company.clock.now() + timedelta(seconds=30)
    book(company, "1001", booked_at)
    with company.database.write() as session:
        first = session.scalars(
            select(PostingRow).where(PostingRow.natural_key == "W-1001")
        ).one()
        values = {
            column.key: getattr(first, column.key)
            for column in PostingRow.__table__.columns
            if column.key != "id"
        }
        second = {"natural_key": "W-1001-2", "updated_at": booked_at + HOUR / 6}
        session.add(PostingRow(**values | second))

    (part,) = figures.booked(last_hours(ZONE, booked_at, 1), booked_at)

    listed = OrderListing(company.database).ids(OrderFilter(booked=part.span))
    assert part.waits.count == len(listed) == 1
    assert part.waits.median_s == 30


def test_what_is_past_is_read_once(company: Company) -> None:
    figures = FigureListing(company.database)
    company.take_in(an_order("1001"))
    book(company, "1001", company.clock.now())
    later = company.clock.now() + timedelta(days=1)
    before = figures.booked(last_days(ZONE, later, 2), later)

    book(company, "1001", later)

    first, last = figures.booked(last_days(ZONE, later, 2), later)
    assert first == before[0]
    assert last.waits.count == 1


def test_what_waits_is_counted_by_its_age(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of so few, only a list that is read along its times counts all.
    monkeypatch.setattr(order_counts, "COUNTED_UP_TO", 1)
    figures = FigureListing(company.database)
    company.take_in(an_order("1001"))
    company.clock.advance(2 * 3600)
    company.take_in(an_order("1002"), an_order("1003", payments=()))

    now = company.clock.now()
    assert figures.waiting_by_age(now) == [1, 0, 1, 0, 0]
    listing = OrderListing(company.database)
    for place, count in enumerate([2, 0, 1, 0, 0]):  # 1003 waits for its payment
        counts = listing.counts(OrderFilter(received=received_at_age(now, place)))
        assert sum(each.count for each in counts) == count
        assert not any(each.at_least for each in counts)


def test_a_day_ends_at_midnight_of_the_company_also_when_the_clocks_change(
    company: Company,
) -> None:
    amsterdam = ZoneInfo("Europe/Amsterdam")
    company.take_in(an_order("1001"), an_order("1002"))
    # On 25 October 2026 clocks there go back from 3 to 2: the day has 25 hours.
    book(company, "1001", datetime(2026, 10, 24, 22, 0, tzinfo=UTC))
    book(company, "1002", datetime(2026, 10, 25, 22, 59, tzinfo=UTC))
    now = datetime(2026, 10, 26, 9, tzinfo=UTC)

    parts = FigureListing(company.database).booked(last_days(amsterdam, now, 3), now)

    assert [part.waits.count for part in parts] == [0, 2, 0]
    hours = last_hours(amsterdam, datetime(2026, 10, 25, 1, 30, tzinfo=UTC), 3)
    written = [f"{hour.start.astimezone(amsterdam):%H:%M}" for hour in hours]
    assert written == ["01:00", "02:00", "02:00"]
