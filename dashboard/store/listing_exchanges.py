"""Exchanges as pages show them: what was sent and what came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from dashboard.domain.exchanges import SLOW_MS, Exchange, ExchangeResult
from dashboard.store.database import Database
from dashboard.store.parts import WHOLE_LIST_PART, counted, read_part
from dashboard.store.schema import (
    ExchangeRow,
    OrderRow,
    PostingRow,
    RequestMemberRow,
)

# More than any order has; a contact may serve thousands of orders.
_MAX_FOUND = 1_000

_SUMMARY: Final = (
    ExchangeRow.id,
    ExchangeRow.at,
    ExchangeRow.purpose,
    ExchangeRow.result,
    ExchangeRow.method,
    ExchangeRow.url,
    ExchangeRow.status,
    ExchangeRow.error,
    ExchangeRow.duration_ms,
)


@dataclass(frozen=True, kw_only=True)
class ExchangeFilter:
    """Which exchanges a list holds; what is empty does not limit it.

    *number* is a whole number of an order or of a document: an invoice number, a
    payment reference.
    """

    result: ExchangeResult | None = None
    purpose: str = ""
    slow: bool = False
    number: str = ""
    run_id: int | None = None
    oldest_first: bool = False


@dataclass(frozen=True, kw_only=True)
class ExchangeSummary:
    """An exchange without headers and bodies."""

    id: int
    at: datetime
    purpose: str
    result: ExchangeResult
    method: str
    url: str
    status: int | None
    error: str
    duration_ms: int


@dataclass(frozen=True, kw_only=True)
class ExchangePage:
    """Some exchanges of a list, and whether there are more on either side."""

    exchanges: tuple[ExchangeSummary, ...]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, kw_only=True)
class ResultCount:
    """How many exchanges had a result; never more than `COUNTED_UP_TO`."""

    result: ExchangeResult
    count: int


@dataclass(frozen=True, kw_only=True)
class CarriedOrder:
    """An order for which a request carried something."""

    id: int
    number: str


@dataclass(frozen=True, kw_only=True)
class StoredExchange:
    """An exchange with what it belongs to."""

    id: int
    request_id: int | None
    run_id: int | None
    exchange: Exchange


class ExchangeListing:
    """Reads exchanges, one and many."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def one(self, exchange_id: int) -> StoredExchange | None:
        """Return the exchange of that id."""
        with self._database.read() as session:
            row = session.get(ExchangeRow, exchange_id)
            return None if row is None else exchange_of(row)

    def orders_of(self, request_id: int) -> tuple[CarriedOrder, ...]:
        """Return the orders a request carried something for, by number.

        A contact may serve many orders; it counts for the one it was made for.
        """
        query = (
            select(OrderRow.id, OrderRow.number, OrderRow.external_id)
            .join(PostingRow, PostingRow.order_id == OrderRow.id)
            .join(RequestMemberRow, RequestMemberRow.posting_id == PostingRow.id)
            .where(RequestMemberRow.request_id == request_id)
            .order_by(OrderRow.number, OrderRow.id)
            .distinct()
        )
        with self._database.read() as session:
            return tuple(
                CarriedOrder(id=key, number=number or external_id)
                for key, number, external_id in session.execute(query)
            )

    def page(
        self,
        wanted: ExchangeFilter,
        *,
        size: int,
        after: int | None = None,
        before: int | None = None,
    ) -> ExchangePage:
        """Return the *size* exchanges that follow *after*, or precede *before*."""
        with self._database.read() as session:
            query = select(*_SUMMARY).where(*_conditions(session, wanted))
            part = read_part(
                session,
                query,
                ExchangeRow.id,
                size=size,
                after=after,
                before=before,
                oldest_first=wanted.oldest_first,
            )
        return ExchangePage(
            exchanges=_summaries(part.rows),
            has_previous=part.has_previous,
            has_next=part.has_next,
        )

    def counts(self, wanted: ExchangeFilter) -> tuple[ResultCount, ...]:
        """Count by result what *wanted* holds, whatever result it asks for."""
        with self._database.read() as session:
            common = _conditions(session, replace(wanted, result=None))
            each = (
                _is(ExchangeRow.result, result.value, few=_are_few(wanted))
                for result in ExchangeResult
            )
            counts = session.execute(
                select(
                    *(counted(ExchangeRow.id, [*common, came_to]) for came_to in each)
                )
            ).one()
        return tuple(
            ResultCount(result=result, count=count)
            for result, count in zip(ExchangeResult, counts, strict=True)
        )

    def all(self, wanted: ExchangeFilter) -> Iterator[ExchangeSummary]:
        """Yield every exchange of a list, reading a part of it at a time."""
        after = None
        while True:
            page = self.page(wanted, size=WHOLE_LIST_PART, after=after)
            yield from page.exchanges
            if not page.has_next:
                return
            after = page.exchanges[-1].id


def calls_of_run(
    session: Session, run_id: int, limit: int
) -> tuple[ExchangeSummary, ...]:
    """Return the first exchanges of a run, within the caller's transaction."""
    query = (
        select(*_SUMMARY)
        .where(ExchangeRow.run_id == run_id)
        .order_by(ExchangeRow.id)
        .limit(limit)
    )
    return _summaries(session.execute(query).all())


def exchange_of(row: ExchangeRow) -> StoredExchange:
    """Turn a row into an exchange."""
    return StoredExchange(
        id=row.id,
        request_id=row.request_id,
        run_id=row.run_id,
        exchange=Exchange(
            at=row.at,
            purpose=row.purpose,
            method=row.method,
            url=row.url,
            request_headers=row.request_headers,
            request_body=row.request_body,
            status=row.status,
            response_headers=row.response_headers,
            response_body=row.response_body,
            error=row.error,
            duration_ms=row.duration_ms,
        ),
    )


def _summaries(rows: Iterable[Row[*tuple[Any, ...]]]) -> tuple[ExchangeSummary, ...]:
    return tuple(
        ExchangeSummary(
            **{**row._mapping, "result": ExchangeResult(row.result)}  # noqa: SLF001 - public, its name avoids columns
        )
        for row in rows
    )


def _are_few(wanted: ExchangeFilter) -> bool:
    """Tell whether an index of its own holds just the slow ones, or those of a run."""
    return wanted.slow or wanted.run_id is not None


def _is(
    column: InstrumentedAttribute[str], value: str, *, few: bool
) -> ColumnElement[bool]:
    """Compare a column, so that of *few* exchanges the index of these is taken.

    The column's own index would be walked through all the others.
    """
    return (func.coalesce(column, "") if few else column) == value


def _conditions(
    session: Session, wanted: ExchangeFilter
) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.result is not None:
        conditions.append(
            _is(ExchangeRow.result, wanted.result.value, few=_are_few(wanted))
        )
    if wanted.purpose:
        few = _are_few(wanted)
        conditions.append(_is(ExchangeRow.purpose, wanted.purpose, few=few))
    if wanted.slow:
        # Written out: with a parameter, SQLite does not see that its index fits.
        conditions.append(ExchangeRow.duration_ms >= literal_column(str(SLOW_MS)))
    if wanted.run_id is not None:
        conditions.append(ExchangeRow.run_id == wanted.run_id)
    if wanted.number:
        conditions.append(ExchangeRow.id.in_(_about(session, wanted.number)))
    return conditions


def _about(session: Session, number: str) -> Sequence[int]:
    """Return the exchanges that speak of an order or document of that number.

    Found step by step: an order has a few of millions of exchanges, and no database
    would guess so.
    """
    orders = session.execute(
        select(OrderRow.id, OrderRow.contact_posting_id)
        .where(or_(OrderRow.number == number, OrderRow.invoice_number == number))
        .limit(_MAX_FOUND)
    ).all()
    postings = select(PostingRow.id).where(
        or_(
            PostingRow.order_id.in_([order_id for order_id, _ in orders]),
            PostingRow.id.in_([contact_id for _, contact_id in orders if contact_id]),
            PostingRow.natural_key == number,
        )
    )
    requests = (
        select(RequestMemberRow.request_id)
        .where(RequestMemberRow.posting_id.in_(_ids(session, postings)))
        .distinct()
    )
    exchanges = select(ExchangeRow.id).where(
        ExchangeRow.request_id.in_(_ids(session, requests))
    )
    return _ids(session, exchanges)


def _ids(session: Session, query: Select[int]) -> Sequence[int]:
    return session.scalars(query.limit(_MAX_FOUND)).all()
