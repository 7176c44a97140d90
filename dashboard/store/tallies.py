"""How many orders have which status: kept, because counting a million takes long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from dashboard.domain.status import OrderStatus
from dashboard.store.database import Database
from dashboard.store.schema import OrderTallyRow

# Adding up so many takes no time yet.
_FOLDED_FROM: Final = 200
_FOLDED_AT_ONCE: Final = 5_000


def tally(session: Session, changes: Counter[tuple[int, str]]) -> None:
    """Write down how many orders of a shop came to have a status, or have it no more.

    Within the caller's transaction. A status of "" is that of an order without any.
    """
    rows = [
        {"shop_id": shop_id, "status": status, "orders": orders}
        for (shop_id, status), orders in sorted(changes.items())
        if orders and status
    ]
    if rows:
        session.connection().execute(insert(OrderTallyRow), rows)


def tallied(session: Session, shop_id: int | None = None) -> Mapping[OrderStatus, int]:
    """Return how many orders have each status, of one shop or of all."""
    query = select(OrderTallyRow.status, func.sum(OrderTallyRow.orders)).group_by(
        OrderTallyRow.status
    )
    if shop_id is not None:
        query = query.where(OrderTallyRow.shop_id == shop_id)
    return {
        OrderStatus(status): int(orders)
        for status, orders in session.execute(query)
        if orders
    }


def fold_tallies(database: Database) -> None:
    """Replace many tallies by few that come to the same; commits.

    Whoever adds one meanwhile is not waited for, and two may fold at once: each folds
    what it has locked.
    """
    with database.read() as session:
        if (session.scalar(select(func.count(OrderTallyRow.id))) or 0) < _FOLDED_FROM:
            return
    with database.write() as session:
        rows = session.execute(
            select(
                OrderTallyRow.id,
                OrderTallyRow.shop_id,
                OrderTallyRow.status,
                OrderTallyRow.orders,
            )
            .order_by(OrderTallyRow.id)
            .limit(_FOLDED_AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        sums: Counter[tuple[int, str]] = Counter()
        for row in rows:
            sums[row.shop_id, row.status] += row.orders
        # Added first: the newest id always grows, so that it tells of every change.
        tally(session, sums)
        folded = OrderTallyRow.id.in_([row.id for row in rows])
        session.execute(delete(OrderTallyRow).where(folded))
