"""Orders as lists show them: filtered, counted, sorted and paged by key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    TextClause,
    false,
    func,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from dashboard.domain.money import from_hundredths
from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.problems import Cause
from dashboard.domain.status import OrderStatus
from dashboard.domain.timespans import TimeSpan
from dashboard.store.database import Database
from dashboard.store.order_words import Looked, is_word, look_for
from dashboard.store.parts import COUNTED_UP_TO, WHOLE_LIST_PART
from dashboard.store.schema import (
    HAS_PROBLEM,
    OrderEventRow,
    OrderRow,
    OrderWordRow,
    PostingRow,
    ShopRow,
)
from dashboard.store.tallies import tallied

_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])
_Condition = ColumnElement[bool] | TextClause

# SQLite merges no more than 500.
_MAX_PARTS = 200
# So many orders are walked through before a common word is collected from all.
_NEAR = 10_000


class OrderSort(StrEnum):
    """How a list of orders is sorted; ties by age."""

    NEWEST = "newest"
    OLDEST = "oldest"
    HIGHEST = "highest"
    LOWEST = "lowest"


@dataclass(frozen=True, kw_only=True)
class OrderFilter:
    """Which orders a list holds; what is empty does not limit it.

    *search* are words, or beginnings of three letters or more: of an order or invoice
    number, the customer's name or e-mail address, all of them. *shop* is a slug.
    *about* is what tells a problem from others of its cause; only with a *cause*.
    *booked* is when the invoice was, *run_id* a run that did something to the order.
    """

    statuses: tuple[OrderStatus, ...] = ()
    search: str = ""
    shop: str = ""
    cause: Cause | None = None
    about: str | None = None
    received: TimeSpan | None = None
    booked: TimeSpan | None = None
    run_id: int | None = None


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
    """How many orders have a status.

    *at_least* says that only the first `COUNTED_UP_TO` of those found were looked at.
    """

    status: OrderStatus
    count: int
    at_least: bool = False


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
            ids = _ids(session, wanted, sort, start, size + 1, backwards=backwards)
            more = len(ids) > size
            ids = ids[:size]
            if backwards:
                ids.reverse()
            rows = _rows(session, ids)
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
        with self._database.read() as session:
            if wanted.search:
                return _counts_of_found(session, wanted)
            if not _is_narrow(wanted):
                shop_id = _shop_id(session, wanted.shop) if wanted.shop else None
                counts = tallied(session, shop_id)
            else:
                query = (
                    select(OrderRow.status, func.count())
                    .where(*_conditions(session, wanted))
                    .group_by(OrderRow.status)
                )
                counts = {OrderStatus(s): n for s, n in session.execute(query)}
        return tuple(StatusCount(status=s, count=n) for s, n in counts.items())

    def neighbours(
        self, order_id: int, wanted: OrderFilter, sort: OrderSort
    ) -> Neighbours:
        """Return the orders beside one in the list *wanted* and *sort* make."""
        with self._database.read() as session:
            previous, following = (
                _ids(session, wanted, sort, order_id, 1, backwards=backwards)
                for backwards in (True, False)
            )
        return Neighbours(
            previous_id=next(iter(previous), None), next_id=next(iter(following), None)
        )

    def numbered(self, number: str) -> tuple[int, ...]:
        """Return the ids of the orders with exactly this order or invoice number."""
        query = select(OrderRow.id).where(
            or_(OrderRow.number == number, OrderRow.invoice_number == number)
        )
        with self._database.read() as session:
            return tuple(session.scalars(query.order_by(OrderRow.id)))

    def known(self, slug: str, numbers: Iterable[str]) -> tuple[OrderSummary, ...]:
        """Return the orders of a shop with these numbers, the newest first."""
        query = (
            select(OrderRow)
            .join(ShopRow, ShopRow.id == OrderRow.shop_id)
            .where(ShopRow.slug == slug, OrderRow.number.in_(list(numbers)))
            .order_by(OrderRow.id.desc())
        )
        with self._database.read() as session:
            return summaries(session, list(session.scalars(query)))

    def ids(self, wanted: OrderFilter, *, size: int | None = None) -> tuple[int, ...]:
        """Return the ids of what *wanted* holds, the oldest first, *size* at most."""
        with self._database.read() as session:
            query = select(OrderRow.id).where(
                *_conditions(session, wanted), *_has(wanted.statuses)
            )
            return tuple(session.scalars(query.order_by(OrderRow.id).limit(size)))

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


def _conditions(session: Session, wanted: OrderFilter) -> list[_Condition]:
    """Return what limits a list beside the statuses."""
    conditions: list[_Condition] = []
    if wanted.search:
        conditions.extend(_said(look_for(session, wanted.search)))
    if wanted.shop:
        conditions.append(OrderRow.shop_id == _shop_id(session, wanted.shop))
    if wanted.cause is not None:
        conditions += [HAS_PROBLEM, OrderRow.cause == wanted.cause.value]
        if wanted.about is not None:
            conditions.append(OrderRow.cause_about == wanted.about)
    conditions += [OrderRow.id.in_(ids) for ids in _that_happened(wanted)]
    return conditions


def _is_narrow(wanted: OrderFilter) -> bool:
    """Tell whether more than status, shop and words limits a list."""
    limits = (wanted.cause, wanted.received, wanted.booked, wanted.run_id)
    return any(limit is not None for limit in limits)


def _that_happened(wanted: OrderFilter) -> Iterator[Select[int]]:
    """Yield the ids of those to which each thing happened that is asked for."""
    if wanted.received is not None:
        yield select(OrderRow.id).where(
            OrderRow.received_at >= wanted.received.start,
            OrderRow.received_at < wanted.received.end,
        )
    if wanted.booked is not None:
        yield select(PostingRow.order_id).where(
            PostingRow.kind == PostingKind.INVOICE.value,
            PostingRow.state == PostingState.CONFIRMED.value,
            PostingRow.updated_at >= wanted.booked.start,
            PostingRow.updated_at < wanted.booked.end,
        )
    if wanted.run_id is not None:
        yield select(OrderEventRow.order_id).where(
            OrderEventRow.run_id == wanted.run_id
        )


def _has(statuses: Sequence[OrderStatus]) -> list[_Condition]:
    words = [status.value for status in statuses]
    return [OrderRow.status.in_(words)] if words else []


def _said(looked: Looked | None) -> Iterator[_Condition]:
    """Yield what is true of orders in which all that is looked for is said."""
    if looked is None:
        yield false()
        return
    yield OrderRow.id.in_(select(OrderWordRow.order_id).where(is_word(looked.rarest)))
    yield from map(looked.in_order, looked.others)


def _shop_id(session: Session, slug: str) -> int:
    """Return the id of a shop, one that nothing has if there is no such shop."""
    return session.scalar(select(ShopRow.id).where(ShopRow.slug == slug)) or 0


def _counts_of_found(session: Session, wanted: OrderFilter) -> tuple[StatusCount, ...]:
    """Count by status what a search finds, as far as `COUNTED_UP_TO`."""
    looked = look_for(session, wanted.search)
    if looked is None:
        return ()
    found = (
        select(OrderWordRow.order_id)
        .where(is_word(looked.rarest))
        .distinct()
        .limit(COUNTED_UP_TO)
        .subquery()
    )
    # Joined from the left, or SQLite begins with the million orders there are.
    counts = session.execute(
        select(OrderRow.status, func.count())
        .select_from(found)
        .outerjoin(OrderRow, OrderRow.id == found.c.order_id)
        .where(*map(looked.in_order, looked.others))
        .where(*_conditions(session, replace(wanted, search="")))
        .group_by(OrderRow.status)
    ).all()
    return tuple(
        StatusCount(status=OrderStatus(status), count=count, at_least=looked.common)
        for status, count in counts
    )


def _ids(
    session: Session,
    wanted: OrderFilter,
    sort: OrderSort,
    start: int | None,
    limit: int,
    *,
    backwards: bool,
) -> list[int]:
    """Return at most *limit* orders of a list after *start*, in either direction.

    A list of several statuses is merged of one list each, as they stand in an index:
    no database does so by itself, it would sort all of them.
    """
    descending = sort in {OrderSort.NEWEST, OrderSort.HIGHEST}
    down = descending != backwards
    by_total = sort in {OrderSort.HIGHEST, OrderSort.LOWEST}
    keys = (OrderRow.total_hundredths, OrderRow.id) if by_total else (OrderRow.id,)
    if wanted.search and not by_total:
        near = _near(session, wanted, start, limit, down=down)
        if near is not None:
            return near
    place = [] if start is None else [_beyond(session, start, keys, down=down)]
    conditions = [*_conditions(session, wanted), *place]
    lists = [
        _sorted(select(*keys).where(*conditions, *part), keys, down=down).limit(limit)
        for part in _parts(session, wanted, by_total=by_total)
    ]
    if len(lists) == 1:
        return [row.id for row in session.execute(lists[0])]
    every = union_all(*(select(one.subquery()) for one in lists)).subquery()
    merged = [every.c[key.key] for key in keys]
    query = _sorted(select(every), merged, down=down).limit(limit)
    return [row.id for row in session.execute(query)]


def _near(
    session: Session,
    wanted: OrderFilter,
    start: int | None,
    limit: int,
    *,
    down: bool,
) -> list[int] | None:
    """Look for what many orders say among those that come next; None if too few do.

    To collect all of them first takes long: it may be a tenth of all there are.
    """
    looked = look_for(session, wanted.search)
    if looked is None or not looked.common:
        return None
    if start is None:
        start = (session.scalar(select(func.max(OrderRow.id))) or 0) + 1 if down else 0
    first, last = (start - _NEAR, start - 1) if down else (start + 1, start + _NEAR)
    query = select(OrderRow.id).where(
        OrderRow.id.between(first, last),
        *_has(wanted.statuses),
        *_conditions(session, replace(wanted, search="")),
        *map(looked.in_order, (looked.rarest, *looked.others)),
    )
    ids = session.scalars(_sorted(query, [OrderRow.id], down=down).limit(limit)).all()
    return list(ids) if len(ids) == limit else None


def _parts(
    session: Session, wanted: OrderFilter, *, by_total: bool
) -> list[list[_Condition]]:
    """Return what each of the lists holds that make up the list together."""
    narrow = wanted.search or _is_narrow(wanted)
    if narrow or not (wanted.statuses or wanted.shop):
        return [_has(wanted.statuses)]
    parts = [_has([status]) for status in wanted.statuses or OrderStatus]
    if by_total and not wanted.shop:
        # The index of totals begins with the shop.
        shops = session.scalars(select(ShopRow.id)).all()
        parts = [[OrderRow.shop_id == shop, *part] for shop in shops for part in parts]
    return parts if len(parts) <= _MAX_PARTS else [_has(wanted.statuses)]


def _sorted(
    query: _Query, keys: Sequence[SQLColumnExpression[int]], *, down: bool
) -> _Query:
    return query.order_by(*(key.desc() if down else key.asc() for key in keys))


def _beyond(
    session: Session,
    start: int,
    keys: Sequence[InstrumentedAttribute[int]],
    *,
    down: bool,
) -> ColumnElement[bool]:
    """Return what is true of orders that follow the order *start*."""
    there = session.execute(select(*keys).where(OrderRow.id == start)).one_or_none()
    place = tuple(there) if there else (*(0 for _ in keys[1:]), start)
    row, bound = tuple_(*keys), tuple_(*place)
    return row < bound if down else row > bound


def _rows(session: Session, ids: Sequence[int]) -> list[OrderRow]:
    """Return the orders with these ids, in their order."""
    found = session.scalars(select(OrderRow).where(OrderRow.id.in_(ids)))
    rows = {row.id: row for row in found}
    return [rows[order_id] for order_id in ids if order_id in rows]
