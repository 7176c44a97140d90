"""Reads a part of a list of orders: the ids of those that come next in it.

No list is sorted as a whole. It is drawn from a few orders, or read along an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    Subquery,
    func,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from dashboard.domain.status import OrderStatus
from dashboard.store.database import as_written
from dashboard.store.order_filter import Condition, OrderSort, Scope
from dashboard.store.order_words import says
from dashboard.store.schema import OrderRow, ShopRow

# SQLite merges no more than 500.
_MAX_PARTS: Final = 200
# So many orders are walked through before a common word is collected from all.
_NEAR: Final = 2_000


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where in a list, sorted so, one stands, and in which direction one looks.

    *start* is the order (by id) that one looks on from; None begins with the first.
    """

    sort: OrderSort
    start: int | None = None
    backwards: bool = False

    @property
    def down(self) -> bool:
        """Whether the keys become smaller that way."""
        descending = self.sort in {OrderSort.NEWEST, OrderSort.HIGHEST}
        return descending != self.backwards

    @property
    def by_total(self) -> bool:
        """Whether the total comes before the age."""
        return self.sort in {OrderSort.HIGHEST, OrderSort.LOWEST}

    @property
    def keys(self) -> tuple[InstrumentedAttribute[int], ...]:
        """What the list is sorted by."""
        by_total = (OrderRow.total_hundredths, OrderRow.id)
        return by_total if self.by_total else (OrderRow.id,)


def next_ids(
    session: Session,
    scope: Scope,
    statuses: Sequence[OrderStatus],
    place: Place,
    limit: int | None,
) -> list[int]:
    """Return at most *limit* orders of a list that come next in it."""
    beyond = _beyond(session, place)
    among = [*scope.conditions(statuses, by_index=False), *beyond]
    if scope.few is not None:
        return _drawn(session, scope.few, among, scope.words, place, limit)
    parts = _parts(session, scope, statuses, place)
    lists = [[*part, *beyond] for part in parts]
    if scope.looked is None:
        return [row.id for row in session.execute(_along(lists, place, limit))]
    near = _near(session, _along(lists, place, _NEAR), scope.words, place, limit)
    if near is not None:
        return near
    every = scope.looked.few(session)
    if every is None:
        every = scope.looked.all(session)
    return _drawn(session, every, among, (), place, limit)


def _drawn(
    session: Session,
    few: Subquery,
    conditions: Sequence[Condition],
    words: Sequence[str],
    place: Place,
    limit: int | None,
) -> list[int]:
    """Return orders among a few."""
    # Joined from the left, or SQLite begins with the million orders there are.
    query = (
        select(OrderRow.id)
        .select_from(few)
        .outerjoin(OrderRow, OrderRow.id == few.c.order_id)
        .where(*conditions, *(says(OrderRow.id, word) for word in words))
    )
    return list(session.scalars(_sorted(query, place, limit)))


def _near(
    session: Session,
    along: Select[*tuple[Any, ...]],
    words: Sequence[str],
    place: Place,
    limit: int | None,
) -> list[int] | None:
    """Look for what many orders say among those that come next; None if too few do.

    To collect all of them first takes long: it may be a tenth of all there are.
    """
    next_ones = along.subquery()
    query = select(next_ones.c.id).where(*(says(next_ones.c.id, w) for w in words))
    ids = list(session.scalars(_sorted(query, place, limit, next_ones)))
    if len(ids) == limit:
        return ids
    looked_at = session.scalar(select(func.count()).select_from(next_ones))
    return None if looked_at == _NEAR else ids


def _along(
    lists: Sequence[Sequence[Condition]], place: Place, limit: int | None
) -> Select[*tuple[Any, ...]]:
    """Select the keys of what comes next in a list, as it stands in an index.

    A list of several statuses is merged of one list each: no database does so by
    itself, it would sort all of them.
    """
    selected = [
        _sorted(select(*place.keys).where(*conditions), place, limit)
        for conditions in lists
    ]
    if len(selected) == 1:
        return selected[0]
    every = union_all(*(select(one.subquery()) for one in selected)).subquery()
    return _sorted(select(every), place, limit, every)


def _parts(
    session: Session, scope: Scope, statuses: Sequence[OrderStatus], place: Place
) -> list[list[Condition]]:
    """Return what each of the lists holds that make up the list together."""
    as_one = [scope.conditions(statuses, by_index=True)]
    if scope.cause is not None or not (statuses or scope.shop_id is not None):
        return as_one
    parts = [
        scope.conditions([status], by_index=True) for status in statuses or OrderStatus
    ]
    if place.by_total and scope.shop_id is None:
        # The index of totals begins with the shop.
        shops = session.scalars(select(ShopRow.id)).all()
        parts = [[OrderRow.shop_id == shop, *part] for shop in shops for part in parts]
    return parts if len(parts) <= _MAX_PARTS else as_one


def _sorted(
    query: Select[*tuple[Any, ...]],
    place: Place,
    limit: int | None,
    among: Subquery | None = None,
) -> Select[*tuple[Any, ...]]:
    """Sort a query of orders, or of what was selected of them, and limit it."""
    keys: Sequence[SQLColumnExpression[int]] = place.keys
    if among is not None:
        keys = [among.c[key.key] for key in place.keys]
    query = query.order_by(*(key.desc() if place.down else key.asc() for key in keys))
    return query if limit is None else query.limit(as_written(limit))


def _beyond(session: Session, place: Place) -> list[ColumnElement[bool]]:
    """Return what is true of orders that follow the place."""
    if place.start is None:
        return []
    keys = place.keys
    there = session.execute(
        select(*keys).where(OrderRow.id == place.start)
    ).one_or_none()
    bounds = tuple(there) if there else (*(0 for _ in keys[1:]), place.start)
    row, bound = tuple_(*keys), tuple_(*bounds)
    return [row < bound if place.down else row > bound]
