"""What the pages read: lists, one order, runs and figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import ColumnElement, event, select, update

from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.runs import RunState, Task, Trigger
from dashboard.domain.status import OrderStatus
from dashboard.domain.timespans import day_in, hour_from
from dashboard.store.listing_order import OrderReading
from dashboard.store.listing_orders import OrderListing
from dashboard.store.listing_overview import OverviewReading
from dashboard.store.listing_problems import ProblemListing
from dashboard.store.listing_runs import RunFilter, RunListing
from dashboard.store.order_filter import OrderFilter, OrderSort
from dashboard.store.runs import RunStore
from dashboard.store.schema import GateRow, HeartbeatRow, OrderRow, PostingRow
from dashboard.store.standings import problem_to_plain, refresh_standings
from tests.fixtures.builders import a_customer, a_problem, an_order
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase

ALL = OrderFilter()
ZONE = ZoneInfo("UTC")


@pytest.fixture
def listing(database: ClockedDatabase) -> OrderListing:
    return OrderListing(database)


def numbers(
    listing: OrderListing, wanted: OrderFilter = ALL, sort: OrderSort = OrderSort.NEWEST
) -> list[str]:
    return [order.number for order in listing.page(wanted, sort, size=100).orders]


def confirm(company: Company, number: str) -> None:
    """Let everything an order needs be in the books, its contact too."""
    order = company.row(number)
    mine = (PostingRow.order_id == order.id) | (
        PostingRow.id == order.contact_posting_id
    )
    _settle(company, mine, state=PostingState.CONFIRMED.value, problem=None)


def refuse(company: Company, number: str) -> None:
    """Let the books refuse the invoice of an order."""
    invoice = PostingRow.natural_key == f"W-{number}"
    problem = problem_to_plain(a_problem())
    _settle(company, invoice, state=PostingState.REFUSED.value, problem=problem)


def _settle(company: Company, which: ColumnElement[bool], **values: object) -> None:
    now = company.clock.now()
    with company.database.write() as session:
        session.execute(
            update(PostingRow).where(which).values(updated_at=now, **values)
        )
        refresh_standings(session, session.scalars(select(OrderRow.id)).all(), now)


def test_a_search_finds_numbers_names_and_addresses_in_any_case(
    company: Company, listing: OrderListing
) -> None:
    company.take_in(
        an_order("1042", customer=a_customer("1", company="Çelik & Zonen")),
        an_order("2001", customer=a_customer("2")),
    )

    for search in ("1042", "w-104", "zonen", "BUYER1@shop"):
        assert numbers(listing, OrderFilter(search=search)) == ["1042"], search
    for nothing in ("%", "_", "\\", "' OR 1=1 --"):
        assert numbers(listing, OrderFilter(search=nothing)) == [], nothing


def test_known_orders_are_those_of_one_shop_with_exactly_these_numbers(
    company: Company, listing: OrderListing
) -> None:
    company.take_in(*(an_order(number) for number in ("1", "10", "11")))

    known = listing.known(company.shop.slug, ["11", "1", "12"])

    assert [order.number for order in known] == ["11", "1"]
    assert listing.known("another", ["1"]) == ()


def test_a_filter_narrows_by_shop_day_cause_and_status(
    company: Company, listing: OrderListing
) -> None:
    company.take_in(an_order("1001"), an_order("1002"), an_order("1003", payments=()))
    refuse(company, "1002")

    attention = OrderFilter(statuses=(OrderStatus.NEEDS_ATTENTION,))
    assert numbers(listing, attention) == ["1002"]
    assert numbers(listing, OrderFilter(cause=Cause.REFUSED)) == ["1002"]
    assert len(numbers(listing, OrderFilter(shop="shop"))) == 3
    assert numbers(listing, OrderFilter(shop="other")) == []
    assert (
        len(numbers(listing, OrderFilter(received=day_in(ZONE, date(2026, 11, 22)))))
        == 3
    )
    assert (
        numbers(listing, OrderFilter(received=day_in(ZONE, date(2026, 11, 21)))) == []
    )


def test_counts_ignore_the_status_that_is_asked_for(
    company: Company, listing: OrderListing
) -> None:
    company.take_in(an_order("1001"), an_order("1002", payments=()))

    counts = listing.counts(OrderFilter(statuses=(OrderStatus.PAID,), search="100"))

    assert {count.status: count.count for count in counts} == {
        OrderStatus.QUEUED: 1,
        OrderStatus.AWAITING_PAYMENT: 1,
    }


@pytest.mark.parametrize("sort", list(OrderSort))
def test_paging_there_and_back_meets_every_order_once(
    company: Company, listing: OrderListing, sort: OrderSort
) -> None:
    # Three totals for ten orders: the total alone is no key.
    company.take_in(*(an_order(str(n), f"{10 + n % 3}.00") for n in range(1001, 1011)))
    expected = numbers(listing, sort=sort)

    pages = [listing.page(ALL, sort, size=4)]
    while pages[-1].has_next:
        last = pages[-1].orders[-1].id
        pages.append(listing.page(ALL, sort, size=4, after=last))
    back = [pages[-1]]
    while back[-1].has_previous:
        first = back[-1].orders[0].id
        back.append(listing.page(ALL, sort, size=4, before=first))

    assert [o.number for page in pages for o in page.orders] == expected
    assert [o.number for page in reversed(back) for o in page.orders] == expected


def test_neighbours_are_those_of_the_list(
    company: Company, listing: OrderListing
) -> None:
    company.take_in(
        an_order("1001", "30.00"), an_order("1002", "10.00"), an_order("1003", "20.00")
    )
    middle = company.row("1003").id

    beside = listing.neighbours(middle, ALL, OrderSort.HIGHEST)

    assert beside.previous_id == company.row("1001").id
    assert beside.next_id == company.row("1002").id
    ends = listing.neighbours(company.row("1001").id, ALL, OrderSort.HIGHEST)
    assert ends.previous_id is None


def test_a_row_says_how_far_invoice_and_payment_have_come(
    company: Company, listing: OrderListing
) -> None:
    company.take_in(an_order("1001"), an_order("1002", payments=()))
    confirm(company, "1001")

    waiting, booked = listing.page(ALL, OrderSort.NEWEST, size=10).orders

    assert (waiting.invoice, waiting.payment) == (None, None)
    assert booked.invoice is PostingState.CONFIRMED
    assert booked.payment is PostingState.CONFIRMED
    assert booked.invoice_number == "W-1001"


def test_an_order_is_read_with_all_that_belongs_to_it(company: Company) -> None:
    company.take_in(an_order("1001"))
    reading = OrderReading(company.database)

    detail = reading.one(company.row("1001").id)

    assert detail is not None
    assert [posting.kind for posting in detail.postings] == [
        PostingKind.CONTACT,
        PostingKind.INVOICE,
        PostingKind.PAYMENT,
    ]
    assert [event.kind for event in detail.events] == ["received", "planned:book"]
    (revision,) = detail.revisions
    payload = reading.payload(detail.summary.id, revision.id)
    assert payload is not None
    assert len(payload) == revision.size
    assert reading.one(999) is None


def test_a_shared_contact_is_shown_on_every_order_of_the_customer(
    company: Company,
) -> None:
    company.take_in(an_order("1001"), an_order("1002"))
    reading = OrderReading(company.database)

    second = reading.one(company.row("1002").id)

    assert second is not None
    assert second.postings[0].kind is PostingKind.CONTACT


def test_problems_are_grouped_by_cause_the_largest_first(company: Company) -> None:
    company.take_in(*(an_order(str(n)) for n in (1001, 1002)))
    refuse(company, "1001")
    company.clock.advance(60)
    refuse(company, "1002")

    (group,) = ProblemListing(company.database).groups()

    assert (group.cause, group.count) == (Cause.REFUSED, 2)
    assert group.last_at - group.first_at == timedelta(seconds=60)
    assert group.message == "The books do not want it."


def test_orders_are_found_by_the_hour_their_invoice_was_booked(
    company: Company,
) -> None:
    listing = OrderListing(company.database)
    company.take_in(*(an_order(str(n)) for n in (1001, 1002)))
    first = hour_from(company.clock.now().replace(minute=0))
    confirm(company, "1001")
    company.clock.advance(3600)
    confirm(company, "1002")

    assert numbers(listing, OrderFilter(booked=first)) == ["1001"]
    assert numbers(listing, OrderFilter(booked=hour_from(first.end))) == ["1002"]
    (count,) = listing.counts(OrderFilter(booked=first))
    assert count.count == 1


def test_the_pulse_tells_what_moves_and_whether_the_gate_is_closed(
    company: Company,
) -> None:
    now = company.clock.now()
    reading = OverviewReading(company.database)
    assert not reading.pulse(now).moving
    assert reading.pulse(now).engine_seen_at is None

    company.take_in(an_order("1001"))
    with company.database.write() as session:
        session.add(HeartbeatRow(process="p", role="engine", at=now))
        until = now + timedelta(minutes=1)
        session.add(
            GateRow(id=1, closed_until=until, reason="Asked to wait", paused_since=now)
        )

    pulse = reading.pulse(now)
    assert pulse.moving
    assert pulse.engine_seen_at == now
    assert pulse.pause is not None
    assert (pulse.pause.until, pulse.pause.reason) == (until, "Asked to wait")
    assert pulse.pause.since == now
    assert reading.pulse(now + timedelta(minutes=2)).pause is None


def test_runs_that_did_nothing_are_left_out_unless_asked_for(
    database: ClockedDatabase,
) -> None:
    runs = RunStore(database, "p")
    empty = runs.begin(Task.SYNC, Trigger.SWEEP)
    runs.finish(empty.id, RunState.DONE)
    failed = runs.begin(Task.SYNC, Trigger.PERSON)
    runs.finish(failed.id, RunState.FAILED, "No answer.")
    listing = RunListing(database)

    shown = [listed.run.id for listed in listing.page(RunFilter(), size=10).runs]
    everything = [
        listed.run.id
        for listed in listing.page(RunFilter(with_empty=True), size=10).runs
    ]

    assert shown == [failed.id]
    assert everything == [failed.id, empty.id]


def test_runs_are_counted_by_state_under_the_filter_and_read_whole(
    database: ClockedDatabase,
) -> None:
    runs = RunStore(database, "p")
    for trigger in (Trigger.SWEEP, Trigger.PERSON, Trigger.PERSON):
        runs.finish(runs.begin(Task.SYNC, trigger).id, RunState.DONE)
    failed = runs.begin(Task.SYNC, Trigger.PERSON)
    runs.finish(failed.id, RunState.FAILED, "No answer.")
    listing = RunListing(database)
    by_people = RunFilter(trigger=Trigger.PERSON, with_empty=True)

    assert listing.counts(RunFilter())[RunState.DONE] == 0
    assert listing.counts(RunFilter())[RunState.FAILED] == 1
    assert listing.counts(by_people)[RunState.DONE] == 2
    only_done = replace(by_people, states=(RunState.DONE,))
    assert len(list(listing.all(only_done))) == 2
    assert [run.run.id for run in listing.all(RunFilter())] == [failed.id]


def test_a_run_tells_what_it_did_to_which_orders(company: Company) -> None:
    company.take_in(an_order("1001"))
    run = RunStore(company.database, "p").begin(Task.SYNC, Trigger.ORDER)
    detail = RunListing(company.database).one(run.id)

    assert detail is not None
    assert detail.listed.run.state is RunState.RUNNING
    assert RunListing(company.database).events(run.id, None, size=9).events == ()
    assert RunListing(company.database).one(999) is None


def test_problems_are_told_apart_by_what_they_are_about(company: Company) -> None:
    company.take_in(*(an_order(str(n)) for n in (1001, 1002, 1003)))
    for number, about in (("1001", "barter"), ("1002", "shells"), ("1003", "barter")):
        _stop(company, number, about)
    listing = ProblemListing(company.database)

    groups = [(group.about, group.count) for group in listing.groups()]
    barter = OrderFilter(cause=Cause.UNKNOWN_PAYMENT_METHOD, about="barter")

    assert groups == [("barter", 2), ("shells", 1)]
    assert [(g.about, g.count) for g in listing.causes()] == [("", 3)]
    assert listing.group(Cause.UNKNOWN_PAYMENT_METHOD, "gold") is None
    assert numbers(OrderListing(company.database), barter) == ["1003", "1001"]


def test_groups_are_read_from_the_index_of_what_stands_still(
    sqlite_database: ClockedDatabase,
) -> None:
    asked: list[tuple[str, Any]] = []
    listing = ProblemListing(sqlite_database)
    orders = OrderListing(sqlite_database)
    with sqlite_database.read() as session:
        engine = session.get_bind().engine

    def note(*arguments: Any) -> None:
        asked.append((arguments[2], arguments[3]))

    event.listen(engine, "before_cursor_execute", note)
    listing.groups()
    listing.group(Cause.REFUSED, "it")
    wanted = OrderFilter(cause=Cause.REFUSED, about="it")
    orders.page(wanted, OrderSort.NEWEST, size=25)
    orders.ids(wanted, size=500)
    event.remove(engine, "before_cursor_execute", note)

    # The rows themselves are read by their ids.
    by_id = "WHERE orders.id IN"
    of_orders = [
        each for each in asked if "FROM orders" in each[0] and by_id not in each[0]
    ]
    assert len(of_orders) == 4
    with engine.connect() as connection:
        for statement, parameters in of_orders:
            steps = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", parameters
            )
            assert "ix_orders_problem" in str(steps.all()), statement


def _stop(company: Company, number: str, about: str) -> None:
    problem = Problem(
        cause=Cause.UNKNOWN_PAYMENT_METHOD, message="No account.", about=about
    )
    with company.database.write() as session:
        row = session.scalars(select(OrderRow).where(OrderRow.number == number)).one()
        row.decision = "stop"
        row.decision_problem = problem_to_plain(problem)
        session.flush()
        refresh_standings(session, [row.id], company.clock.now())
