"""Orders as lists show them: filtered, counted, sorted and paged by key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, UnaryExpression, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from dashboard.domain.money import from_hundredths
from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.problems import Cause
from dashboard.domain.status import OrderStatus
from dashboard.store.database import Database
from dashboard.store.parts import WHOLE_LIST_PART
from dashboard.store.schema import HAS_PROBLEM, OrderRow, PostingRow, ShopRow

_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])


class OrderSort(StrEnum):
    """How a list of orders is sorted; ties by age."""

    NEWEST = "newest"
    OLDEST = "oldest"
    HIGHEST = "highest"
    LOWEST = "lowest"


@dataclass(frozen=True, kw_only=True)
class OrderFilter:
    """Which orders a list holds; what is empty does not limit it.

    *search* is part of an order or invoice number, or of the customer's name or
    e-mail address. *shop* is a slug. *about* is what tells a problem from others of its
    cause; only with a *cause*. *received_on* is a day in UTC.
    """

    statuses: tuple[OrderStatus, ...] = ()
    search: str = ""
    shop: str = ""
    cause: Cause | None = None
    about: str | None = None
    received_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class OrderSummary:
    """An order as one row of a list; *shop* is the shop's name.

    *invoice* and *payment* say how far those postings have come; None means that the
    order has none (yet).
    """

    id: int
    number: str
    external_id: str
    shop: str
    shop_slug: str
    customer_name: str
    customer_email: str
    currency: str
    total: Decimal
    status: OrderStatus
    reason: str
    cause: str
    about: str
    message: str
    settings_section: str
    next_attempt_at: datetime | None
    received_at: datetime
    invoice_number: str
    invoice: PostingState | None
    payment: PostingState | None
    credit: PostingState | None = None


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """Some rows of a list, and whether there are more on either side of them."""

    orders: tuple[OrderSummary, ...]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, kw_only=True)
class StatusCount:
    """How many orders have a status."""

    status: OrderStatus
    count: int


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The orders before and after one, in the list it was found in."""

    previous_id: int | None
    next_id: int | None


class OrderListing:
    """Reads lists of orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        wanted: OrderFilter,
        sort: OrderSort,
        *,
        size: int,
        after: int | None = None,
        before: int | None = None,
    ) -> OrderPage:
        """Return the *size* orders that follow *after*, or precede *before*.

        Args:
            wanted: Which orders.
            sort: In which order.
            size: At most how many.
            after: The order (by id) that ends the page before.
            before: The order that begins the page after; *after* is ignored then.
        """
        backwards = before is not None
        start = before if backwards else after
        with self._database.read() as session:
            query = _filtered(select(OrderRow), wanted)
            rows = list(
                session.scalars(
                    _from_key(session, query, sort, start, backwards=backwards).limit(
                        size + 1
                    )
                )
            )
            more = len(rows) > size
            rows = rows[:size]
            if backwards:
                rows.reverse()
            return OrderPage(
                orders=summaries(session, rows),
                has_previous=more if backwards else start is not None,
                has_next=backwards or more,
            )

    def all(self, wanted: OrderFilter, sort: OrderSort) -> Iterator[OrderSummary]:
        """Yield every order of a list, reading a part of it at a time."""
        after = None
        while True:
            page = self.page(wanted, sort, size=WHOLE_LIST_PART, after=after)
            yield from page.orders
            if not page.has_next:
                return
            after = page.orders[-1].id

    def counts(self, wanted: OrderFilter) -> tuple[StatusCount, ...]:
        """Count by status what *wanted* holds, whatever statuses it asks for."""
        query = _filtered(
            select(OrderRow.status, func.count()), wanted, any_status=True
        ).group_by(OrderRow.status)
        with self._database.read() as session:
            return tuple(
                StatusCount(status=OrderStatus(status), count=count)
                for status, count in session.execute(query)
            )

    def neighbours(
        self, order_id: int, wanted: OrderFilter, sort: OrderSort
    ) -> Neighbours:
        """Return the orders beside one in the list *wanted* and *sort* make."""
        with self._database.read() as session:
            beside = [
                session.scalar(
                    _from_key(
                        session,
                        _filtered(select(OrderRow.id), wanted),
                        sort,
                        order_id,
                        backwards=backwards,
                    ).limit(1)
                )
                for backwards in (True, False)
            ]
        return Neighbours(previous_id=beside[0], next_id=beside[1])

    def numbered(self, number: str) -> tuple[int, ...]:
        """Return the ids of the orders with exactly this order or invoice number."""
        query = select(OrderRow.id).where(
            or_(OrderRow.number == number, OrderRow.invoice_number == number)
        )
        with self._database.read() as session:
            return tuple(session.scalars(query.order_by(OrderRow.id)))

    def ids(self, wanted: OrderFilter, *, size: int | None = None) -> tuple[int, ...]:
        """Return the ids of what *wanted* holds, the oldest first, *size* at most."""
        query = _filtered(select(OrderRow.id), wanted).order_by(OrderRow.id).limit(size)
        with self._database.read() as session:
            return tuple(session.scalars(query))

    def some(self, order_ids: Iterable[int]) -> tuple[OrderSummary, ...]:
        """Return the orders with these ids, the newest first."""
        query = (
            select(OrderRow)
            .where(OrderRow.id.in_(list(order_ids)))
            .order_by(OrderRow.id.desc())
        )
        with self._database.read() as session:
            return summaries(session, list(session.scalars(query)))


def summaries(session: Session, rows: list[OrderRow]) -> tuple[OrderSummary, ...]:
    """Turn rows into values, within the caller's transaction."""
    shops = {row.id: row for row in session.scalars(select(ShopRow))}
    steps = _steps(session, [row.id for row in rows])
    return tuple(_summary(row, shops, steps) for row in rows)


def _summary(
    row: OrderRow,
    shops: Mapping[int, ShopRow],
    steps: Mapping[tuple[int, PostingKind], PostingState],
) -> OrderSummary:
    return OrderSummary(
        id=row.id,
        number=row.number or row.external_id,
        external_id=row.external_id,
        shop=shops[row.shop_id].name,
        shop_slug=shops[row.shop_id].slug,
        customer_name=row.customer_name,
        customer_email=row.customer_email,
        currency=row.currency,
        total=from_hundredths(row.total_hundredths),
        status=OrderStatus(row.status),
        reason=row.reason,
        cause=row.cause,
        about=row.cause_about,
        message=row.message,
        settings_section=row.settings_section,
        next_attempt_at=row.next_attempt_at,
        received_at=row.received_at,
        invoice_number=row.invoice_number,
        invoice=steps.get((row.id, PostingKind.INVOICE)),
        payment=steps.get((row.id, PostingKind.PAYMENT)),
        credit=steps.get((row.id, PostingKind.CREDIT_NOTE))
        or steps.get((row.id, PostingKind.VOID)),
    )


# Of several payments, the one that is furthest from settled speaks for all.
_LEAST_SETTLED = (
    PostingState.REFUSED,
    PostingState.IN_FLIGHT,
    PostingState.PENDING,
    PostingState.CONFIRMED,
)


def _steps(
    session: Session, order_ids: list[int]
) -> Mapping[tuple[int, PostingKind], PostingState]:
    states: dict[tuple[int, PostingKind], set[PostingState]] = defaultdict(set)
    query = select(PostingRow.order_id, PostingRow.kind, PostingRow.state).where(
        PostingRow.order_id.in_(order_ids),
        PostingRow.kind != PostingKind.CONTACT.value,
        PostingRow.state != PostingState.CANCELLED.value,
    )
    for order_id, kind, state in session.execute(query):
        states[order_id, PostingKind(kind)].add(PostingState(state))
    return {
        key: next(state for state in _LEAST_SETTLED if state in found)
        for key, found in states.items()
    }


def _filtered(
    query: _Query,
    wanted: OrderFilter,
    *,
    any_status: bool = False,
) -> _Query:
    conditions: list[ColumnElement[bool]] = []
    if wanted.statuses and not any_status:
        conditions.append(OrderRow.status.in_([s.value for s in wanted.statuses]))
    if wanted.search:
        columns: tuple[InstrumentedAttribute[str], ...] = (
            OrderRow.number,
            OrderRow.invoice_number,
            OrderRow.customer_name,
            OrderRow.customer_email,
        )
        conditions.append(
            or_(*(c.icontains(wanted.search, autoescape=True) for c in columns))
        )
    if wanted.shop:
        slug = select(ShopRow.id).where(ShopRow.slug == wanted.shop)
        conditions.append(OrderRow.shop_id.in_(slug))
    if wanted.cause is not None:
        conditions.append(OrderRow.cause == wanted.cause.value)
        if wanted.about is not None:
            conditions.append(OrderRow.cause_about == wanted.about)
        query = query.where(HAS_PROBLEM)
    if wanted.received_on is not None:
        start = datetime.combine(wanted.received_on, time(), UTC)
        conditions.append(OrderRow.received_at >= start)
        conditions.append(OrderRow.received_at < start + timedelta(days=1))
    return query.where(*conditions)


def _from_key(
    session: Session,
    query: _Query,
    sort: OrderSort,
    start: int | None,
    *,
    backwards: bool,
) -> _Query:
    """Sort *query* and let it begin after the order *start*, in either direction."""
    descending = sort in {OrderSort.NEWEST, OrderSort.HIGHEST}
    downwards = descending != backwards
    by_total = sort in {OrderSort.HIGHEST, OrderSort.LOWEST}
    columns = [OrderRow.total_hundredths, OrderRow.id] if by_total else [OrderRow.id]
    if start is not None:
        query = query.where(_beyond(session, start, by_total=by_total, down=downwards))
    keys: list[UnaryExpression[int]] = [
        column.desc() if downwards else column.asc() for column in columns
    ]
    return query.order_by(*keys)


def _beyond(
    session: Session, start: int, *, by_total: bool, down: bool
) -> ColumnElement[bool]:
    further = OrderRow.id < start if down else OrderRow.id > start
    if not by_total:
        return further
    amount = session.scalar(
        select(OrderRow.total_hundredths).where(OrderRow.id == start)
    )
    column = OrderRow.total_hundredths
    differs = column < (amount or 0) if down else column > (amount or 0)
    return or_(differs, (column == (amount or 0)) & further)
