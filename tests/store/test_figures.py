"""Figures for machines that watch: sums, backlog, calls and heartbeats."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from dashboard.domain.exchanges import Refused
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.status import RequestState
from dashboard.store.exchanges import ExchangeStore
from dashboard.store.figures import CurrencySum, FigureReading
from dashboard.store.runs import RunStore
from tests.fixtures.builders import an_order
from tests.fixtures.company import Company
from tests.fixtures.work import an_exchange, answer, confirm_next, send_next


def test_sums_tell_ordered_from_invoiced_from_paid(company: Company) -> None:
    company.take_in(an_order("1", total="12.10"))
    confirm_next(company, times=2)
    company.take_in(an_order("2", total="20.00"))

    sums = FigureReading(company.database).sums()

    assert sums == (
        CurrencySum(
            currency="EUR",
            ordered=Decimal("32.10"),
            invoiced=Decimal("12.10"),
            paid=Decimal("0.00"),
        ),
    )


def test_paid_is_what_is_settled_in_the_books(company: Company) -> None:
    company.take_in(an_order("1", total="12.10"))
    confirm_next(company, times=3)

    (total,) = FigureReading(company.database).sums()

    assert (total.invoiced, total.paid) == (Decimal("12.10"), Decimal("12.10"))


def test_nothing_ordered_has_no_sums(company: Company) -> None:
    assert FigureReading(company.database).sums() == ()


def test_backlog_counts_what_waits_and_since_when(company: Company) -> None:
    company.take_in(an_order("1"), an_order("2"))
    send_next(company)
    since = company.clock.now()
    company.clock.advance(30)

    backlog = FigureReading(company.database).backlog(company.clock.now())

    assert backlog.pending == 4  # two invoices and two payments behind the contact
    assert backlog.requests[RequestState.SENDING] == 1
    assert backlog.due_since == since


def test_what_waits_behind_a_refused_posting_waits_for_a_person(
    company: Company,
) -> None:
    company.take_in(an_order("1"))
    confirm_next(company)
    refused = Refused(problem=Problem(cause=Cause.REFUSED, message="It is locked."))
    answer(company, send_next(company), [refused])

    backlog = FigureReading(company.database).backlog(company.clock.now())

    assert backlog.pending == 0


def test_backlog_is_empty_when_all_is_booked(company: Company) -> None:
    company.take_in(an_order("1"))
    confirm_next(company, times=3)

    backlog = FigureReading(company.database).backlog(company.clock.now())

    assert backlog.pending == 0
    assert set(backlog.requests.values()) == {0}
    assert backlog.due_since is None


def test_calls_are_counted_by_class_of_answer(company: Company) -> None:
    exchanges = ExchangeStore(company.database)
    exchanges.add(an_exchange(company), request_id=None, run_id=None)
    company.clock.advance(10)
    since = company.clock.now()
    for _ in range(2):
        exchanges.add(an_exchange(company), request_id=None, run_id=None)

    calls = FigureReading(company.database).calls_since(since)

    assert calls == {"none": 2}


def test_heartbeats_tell_the_newest_of_each_role(company: Company) -> None:
    RunStore(company.database, "one").beat("engine")
    company.clock.advance(5)
    RunStore(company.database, "two").beat("engine")

    (beat,) = FigureReading(company.database).heartbeats()

    assert (beat.role, beat.processes) == ("engine", 2)
    assert company.clock.now() - beat.seen_at == timedelta(0)
