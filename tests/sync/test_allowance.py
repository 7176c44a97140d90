"""The books' allowance of calls: kept, used well, and foretold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from dashboard.domain.exchanges import Refused
from dashboard.domain.pace import Pace
from dashboard.store.outlook import read_forecast
from tests.fixtures.builders import a_customer, a_problem, an_order
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase
from tests.fixtures.work import answer, confirm_next, send_next
from tests.fixtures.workers import Office

REAL = Pace()
POOR = Pace(calls_a_day=30)


@pytest.fixture
def office(sqlite_database: ClockedDatabase) -> Iterator[Office]:
    """An office whose books allow as many calls as the real ones."""
    office = Office(Company(sqlite_database), pace=REAL)
    yield office
    office.company.assert_statuses_are_what_follows_from_the_postings()


def calls_of(office: Office) -> list[datetime]:
    """Return when each call is made from now on."""
    moments: list[datetime] = []
    clock = office.company.clock
    office.books.while_sending = lambda: moments.append(clock.now())
    return moments


def test_a_thousand_orders_take_few_calls_keep_the_limit_and_end_when_foretold(
    office: Office,
) -> None:
    numbers = [str(number) for number in range(1000)]
    office.company.take_in(
        *(an_order(number, customer=a_customer(number)) for number in numbers)
    )
    made, began = calls_of(office), office.company.clock.now()
    shown = read_forecast(office.company.database, REAL)

    office.work_until_done()

    assert set(office.company.statuses().values()) == {"paid"}
    assert len(made) == shown.calls
    assert len(made) / len(numbers) <= 0.10
    minute = timedelta(minutes=1)
    assert max(sum(m <= at < m + minute for at in made) for m in made) <= 60
    assert shown.finish_at is not None
    foretold_s = (shown.finish_at - began).total_seconds()
    took_s = (made[-1] - began).total_seconds()
    assert took_s == pytest.approx(foretold_s, rel=0.10)


def test_a_person_does_not_wait_behind_a_backlog_when_the_day_is_used_up(
    office: Office,
) -> None:
    office.pace, company = POOR, office.company
    company.take_in(an_order("1"))
    confirm_next(company)
    answer(company, send_next(company), [Refused(problem=a_problem())])
    company.take_in(
        *(an_order(str(n), customer=a_customer(str(n))) for n in range(2, 5))
    )
    use_up_the_day(office)
    made, worker = calls_of(office), office.worker()
    assert not office.step(worker)

    company.retry("1")
    while office.step(worker):
        pass

    assert company.status("1") == "paid"
    assert company.status("2") == "queued"
    assert len(made) == 2


def test_nothing_is_foretold_when_nothing_waits(office: Office) -> None:
    shown = read_forecast(office.company.database, REAL)

    assert (shown.orders, shown.calls, shown.finish_at) == (0, 0, None)


def test_a_pause_the_books_ask_for_is_part_of_what_is_foretold(office: Office) -> None:
    office.company.take_in(an_order())
    before = read_forecast(office.company.database, REAL).finish_at

    office.worker().gate.close(600.0, "Too many calls")

    after = read_forecast(office.company.database, REAL).finish_at
    assert before is not None
    assert after == before + timedelta(seconds=600)


def use_up_the_day(office: Office) -> None:
    """Make calls until no more are allowed but those kept for a person."""
    gate = office.worker().gate
    while gate.wait_s() < 3600:
        entry = gate.enter()
        if entry.slot is None:
            office.company.clock.advance(entry.wait_s)
        else:
            gate.leave(entry.slot)
