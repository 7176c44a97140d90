"""Figures over time, as charts draw them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from dashboard.domain.waits import Waits, waits_of
from dashboard.store.listing_figures import DAY, HOUR, FigureListing
from dashboard.store.schema import PostingRow
from dashboard.store.standings import refresh_standings
from tests.fixtures.builders import an_order
from tests.fixtures.company import Company


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


@pytest.mark.parametrize("length", [HOUR, DAY])
def test_invoices_count_for_the_part_they_were_booked_in(
    company: Company, length: timedelta
) -> None:
    figures = FigureListing(company.database)
    company.take_in(an_order("1001"), an_order("1002"))
    received = company.clock.now()
    book(company, "1001", received + timedelta(seconds=30))
    book(company, "1002", received + length)
    later = received + length + timedelta(minutes=10)

    parts = figures.booked(later, length, 3)

    assert [part.waits.count for part in parts] == [0, 1, 1]
    assert parts[1].waits.median_s == 30
    assert parts[2].waits.p95_s == length.total_seconds()
    assert figures.booked(later, length, 3) == parts


def test_what_is_past_is_read_once(company: Company) -> None:
    figures = FigureListing(company.database)
    company.take_in(an_order("1001"))
    book(company, "1001", company.clock.now())
    later = company.clock.now() + timedelta(days=1)
    before = figures.booked(later, DAY, 2)

    book(company, "1001", later)

    first, last = figures.booked(later, DAY, 2)
    assert first == before[0]
    assert last.waits.count == 1


def test_what_waits_is_counted_by_its_age(company: Company) -> None:
    figures = FigureListing(company.database)
    company.take_in(an_order("1001"))
    company.clock.advance(2 * 3600)
    company.take_in(an_order("1002"), an_order("1003", payments=()))

    assert figures.waiting_by_age(company.clock.now()) == [1, 0, 1, 0, 0]
