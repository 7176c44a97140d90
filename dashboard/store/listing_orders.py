"""Orders as lists show them: filtered, counted, sorted and paged by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dashboard.domain.status import OrderStatus
from dashboard.store.database import Database
from dashboard.store.order_counts import StatusCount, counts_in, counts_of
from dashboard.store.order_filter import OrderFilter, OrderSort, Scope, scope_of
from dashboard.store.order_ids import Place, next_ids
from dashboard.store.order_summaries import OrderSummary, summaries
from dashboard.store.parts import WHOLE_LIST_PART
from dashboard.store.schema import OrderRow, ShopRow


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """Some rows of a list, and whether there are more on either side of them."""

    orders: tuple[OrderSummary, ...]
    has_previous: bool
    has_next: bool


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
        place = _place(sort, after, before)
        with self._database.read() as session:
            scope = scope_of(session, wanted)
            return _page(session, scope, wanted.statuses, place, size)

    def page_and_counts(
        self,
        wanted: OrderFilter,
        sort: OrderSort,
        *,
        size: int,
        after: int | None = None,
        before: int | None = None,
    ) -> tuple[OrderPage, tuple[StatusCount, ...]]:
        """Return what `page` and `counts` do, and search once for both."""
        place = _place(sort, after, before)
        with self._database.read() as session:
            scope = scope_of(session, wanted)
            page = _page(session, scope, wanted.statuses, place, size)
            return page, () if scope is None else counts_in(session, scope)

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
            return counts_of(session, wanted)

    def neighbours(
        self, order_id: int, wanted: OrderFilter, sort: OrderSort
    ) -> Neighbours:
        """Return the orders beside one in the list *wanted* and *sort* make."""
        with self._database.read() as session:
            scope = scope_of(session, wanted)
            if scope is None:
                return Neighbours(previous_id=None, next_id=None)
            previous, following = (
                next_ids(
                    session,
                    scope,
                    wanted.statuses,
                    Place(sort=sort, start=order_id, backwards=backwards),
                    1,
                )
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
            scope = scope_of(session, wanted)
            if scope is None:
                return ()
            oldest = Place(sort=OrderSort.OLDEST)
            return tuple(next_ids(session, scope, wanted.statuses, oldest, size))

    def some(self, order_ids: Iterable[int]) -> tuple[OrderSummary, ...]:
        """Return the orders with these ids, the newest first."""
        query = (
            select(OrderRow)
            .where(OrderRow.id.in_(list(order_ids)))
            .order_by(OrderRow.id.desc())
        )
        with self._database.read() as session:
            return summaries(session, list(session.scalars(query)))


def _place(sort: OrderSort, after: int | None, before: int | None) -> Place:
    backwards = before is not None
    return Place(sort=sort, start=before if backwards else after, backwards=backwards)


def _page(
    session: Session,
    scope: Scope | None,
    statuses: Sequence[OrderStatus],
    place: Place,
    size: int,
) -> OrderPage:
    if scope is None:
        return OrderPage(orders=(), has_previous=False, has_next=False)
    ids = next_ids(session, scope, statuses, place, size + 1)
    more = len(ids) > size
    ids = ids[:size]
    if place.backwards:
        ids.reverse()
    return OrderPage(
        orders=summaries(session, _rows(session, ids)),
        has_previous=more if place.backwards else place.start is not None,
        has_next=place.backwards or more,
    )


def _rows(session: Session, ids: Sequence[int]) -> list[OrderRow]:
    """Return the orders with these ids, in their order."""
    found = session.scalars(select(OrderRow).where(OrderRow.id.in_(ids)))
    rows = {row.id: row for row in found}
    return [rows[order_id] for order_id in ids if order_id in rows]
