"""The API log: exchanges found by result, purpose, slowness and number."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from dashboard.domain.exchanges import SLOW_MS, Exchange, ExchangeResult
from dashboard.store import parts
from dashboard.store.exchanges import add_exchange
from dashboard.store.listing_exchanges import ExchangeFilter, ExchangeListing
from tests.fixtures.builders import a_customer, an_order
from tests.fixtures.clocks import SettableClock
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase
from tests.fixtures.work import confirm_next

ALL = ExchangeFilter()


@pytest.fixture
def log(database: ClockedDatabase) -> ExchangeListing:
    return ExchangeListing(database)


def keep(
    database: ClockedDatabase,
    *statuses: int | None,
    purpose: str = "book",
    duration_ms: int = 10,
) -> None:
    """Let there have been exchanges with these statuses."""
    with database.write() as session:
        for status in statuses:
            exchange = Exchange(
                at=database.clock.now(),
                purpose=purpose,
                method="PUT",
                url="https://books.example/Invoices",
                status=status,
                duration_ms=duration_ms,
            )
            add_exchange(session, exchange, None, None)


def ids(log: ExchangeListing, wanted: ExchangeFilter = ALL) -> Sequence[int]:
    return [exchange.id for exchange in log.page(wanted, size=100).exchanges]


def counts(log: ExchangeListing, wanted: ExchangeFilter = ALL) -> dict[str, int]:
    return {c.result.value: c.count for c in log.counts(wanted) if c.count}


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, ExchangeResult.ANSWERED),
        (304, ExchangeResult.ANSWERED),
        (400, ExchangeResult.REFUSED),
        (428, ExchangeResult.REFUSED),
        (429, ExchangeResult.TOLD_TO_WAIT),
        (500, ExchangeResult.FAILED),
        (503, ExchangeResult.FAILED),
        (None, ExchangeResult.SILENT),
    ],
)
def test_a_status_tells_what_came_of_an_exchange(
    clock: SettableClock, status: int | None, result: ExchangeResult
) -> None:
    exchange = Exchange(at=clock.now(), purpose="", method="", url="", status=status)

    assert exchange.result is result


def test_filters_narrow_the_list_and_its_counts_but_never_the_tabs(
    database: ClockedDatabase, log: ExchangeListing
) -> None:
    keep(database, 200, 400, 429)
    keep(database, 200, 503, None, purpose="ask", duration_ms=SLOW_MS)

    assert ids(log) == [6, 5, 4, 3, 2, 1]
    assert ids(log, ExchangeFilter(result=ExchangeResult.ANSWERED)) == [4, 1]
    assert ids(log, ExchangeFilter(purpose="ask")) == [6, 5, 4]
    assert ids(log, ExchangeFilter(slow=True)) == [6, 5, 4]
    both = ExchangeFilter(slow=True, purpose="ask", result=ExchangeResult.SILENT)
    assert ids(log, both) == [6]
    assert counts(log, both) == {"answered": 1, "failed": 1, "silent": 1}
    assert counts(log, ExchangeFilter(purpose="book")) == {
        "answered": 1,
        "refused": 1,
        "told to wait": 1,
    }


def test_pages_follow_each_other_without_gap_or_repeat(
    database: ClockedDatabase, log: ExchangeListing
) -> None:
    keep(database, *[200] * 5)

    first = log.page(ALL, size=2)
    second = log.page(ALL, size=2, after=4)
    back = log.page(ALL, size=2, before=3)

    assert [e.id for e in first.exchanges] == [5, 4]
    assert (first.has_previous, first.has_next) == (False, True)
    assert [e.id for e in second.exchanges] == [3, 2]
    assert [e.id for e in back.exchanges] == [5, 4]
    assert (back.has_previous, back.has_next) == (False, True)
    assert [e.id for e in log.all(ALL)] == [5, 4, 3, 2, 1]


def test_the_oldest_come_first_when_asked_for(
    database: ClockedDatabase, log: ExchangeListing
) -> None:
    keep(database, *[200] * 5)
    oldest = ExchangeFilter(oldest_first=True)

    assert ids(log, oldest) == [1, 2, 3, 4, 5]
    assert [e.id for e in log.page(oldest, size=2, after=2).exchanges] == [3, 4]
    assert [e.id for e in log.page(oldest, size=2, before=3).exchanges] == [1, 2]
    assert [e.id for e in log.all(oldest)] == [1, 2, 3, 4, 5]


def test_counting_stops_where_nobody_reads_the_number(
    database: ClockedDatabase, log: ExchangeListing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "COUNTED_UP_TO", 3)
    keep(database, *[200] * 5, 400)

    assert counts(log) == {"answered": 3, "refused": 1}


def test_a_number_finds_the_exchanges_of_its_order(
    company: Company, log: ExchangeListing
) -> None:
    for number in ("1042", "1043"):
        company.take_in(an_order(number, customer=a_customer(number)))
        confirm_next(company, times=3)
    keep(company.database, 200)

    assert ids(log, ExchangeFilter(number="1042")) == [3, 2, 1]
    assert ids(log, ExchangeFilter(number="W-1043")) == [6, 5, 4]
    assert ids(log, ExchangeFilter(number="W-1043-P1")) == [6]
    for part in ("104", "W-10", "%", "W-1042' --", ""):
        assert ids(log, ExchangeFilter(number=part)) == ([] if part else ids(log))


def test_an_exchange_leads_to_the_orders_it_was_about(
    company: Company, log: ExchangeListing
) -> None:
    company.take_in(an_order("1042"), an_order("1041"))
    confirm_next(company, times=2)
    (exchange_id, *_rest) = ids(log, ExchangeFilter(number="W-1042"))
    found = log.one(exchange_id)
    assert found is not None
    assert found.request_id is not None

    assert [order.number for order in log.orders_of(found.request_id)] == [
        "1041",
        "1042",
    ]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (ExchangeFilter(result=ExchangeResult.REFUSED), "ix_exchanges_result_id"),
        (ExchangeFilter(purpose="ask"), "ix_exchanges_purpose_id"),
        (
            ExchangeFilter(purpose="ask", result=ExchangeResult.SILENT),
            "ix_exchanges_purpose_result_id",
        ),
        (ExchangeFilter(slow=True), "ix_exchanges_slow_id"),
        (
            ExchangeFilter(slow=True, result=ExchangeResult.ANSWERED),
            "ix_exchanges_slow_id",
        ),
        (ExchangeFilter(slow=True, purpose="book"), "ix_exchanges_slow_id"),
    ],
)
def test_each_filter_has_an_index_that_brings_the_newest_first(
    sqlite_database: ClockedDatabase, wanted: ExchangeFilter, index: str
) -> None:
    plans: list[str] = []
    with sqlite_database.read() as session:
        readers = session.get_bind().engine

    @sa.event.listens_for(readers, "before_cursor_execute")
    def explain(
        connection: sa.Connection,
        _cursor: object,
        statement: str,
        parameters: object,
        _context: object,
        _many: bool,  # noqa: FBT001 - the same
    ) -> None:
        if "FROM exchanges" in statement and "EXPLAIN" not in statement:
            plan = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", parameters
            )
            plans.extend(row[-1] for row in plan)

    log = ExchangeListing(sqlite_database)
    log.page(wanted, size=50)
    listed = tuple(plans)
    log.counts(wanted)
    sa.event.remove(readers, "before_cursor_execute", explain)

    assert any(index in line for line in listed), listed
    assert not any("TEMP B-TREE" in line for line in listed), listed
    # Counting never looks into the table: the index holds all it compares.
    looked = [line for line in plans[len(listed) :] if "exchanges" in line]
    assert looked
    assert all("COVERING INDEX" in line for line in looked), looked
