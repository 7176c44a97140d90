"""The orders of a shop and a period, for a backfill to say what it would do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from dashboard.domain.postings import PostingState
from dashboard.domain.rules import Shop
from dashboard.domain.status import OrderStatus
from dashboard.store.database import Database
from dashboard.store.schema import OrderRow, PostingRow

_AT_ONCE: Final = 500


@dataclass(frozen=True, kw_only=True)
class PeriodOrder:
    """An order that is known; *ignored_by* a person, or by nobody."""

    id: int
    external_id: str
    number: str
    status: OrderStatus
    ignored_by: str
    message: str


class PeriodOrders:
    """Reads what is known of a period."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(
        self, shop: Shop, start: datetime, end: datetime
    ) -> tuple[PeriodOrder, ...]:
        """Return the orders placed from *start* on and before *end*, oldest first."""
        query = (
            select(
                OrderRow.id,
                OrderRow.external_id,
                OrderRow.number,
                OrderRow.status,
                OrderRow.ignored_by,
                OrderRow.message,
            )
            .where(
                OrderRow.shop_id == shop.id,
                OrderRow.ordered_at >= start,
                OrderRow.ordered_at < end,
            )
            .order_by(OrderRow.ordered_at, OrderRow.id)
        )
        with self._database.read() as session:
            return tuple(
                PeriodOrder(
                    id=row.id,
                    external_id=row.external_id,
                    number=row.number or row.external_id,
                    status=OrderStatus(row.status),
                    ignored_by=row.ignored_by,
                    message=row.message,
                )
                for row in session.execute(query)
            )

    def booked(self, natural_keys: Collection[str]) -> int:
        """Count the keys of which the books have the document, or are about to."""
        keys = sorted(natural_keys)
        there = (PostingState.CONFIRMED.value, PostingState.IN_FLIGHT.value)
        found = 0
        with self._database.read() as session:
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                query = select(PostingRow.id).where(
                    PostingRow.natural_key.in_(some), PostingRow.state.in_(there)
                )
                found += len(session.scalars(query).all())
        return found
