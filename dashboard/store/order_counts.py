"""Counts what a list of orders holds, by status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Subquery, and_, case, func, select, true
from sqlalchemy.orm import Session

from dashboard.domain.status import OrderStatus
from dashboard.store.database import as_written
from dashboard.store.order_filter import OrderFilter, Scope, scope_of
from dashboard.store.order_words import says
from dashboard.store.parts import COUNTED_UP_TO
from dashboard.store.schema import OrderRow
from dashboard.store.tallies import tallied


@dataclass(frozen=True, kw_only=True)
class StatusCount:
    """How many orders have a status.

    *at_least* says that not all of them were looked at.
    """

    status: OrderStatus
    count: int
    at_least: bool = False


def counts_of(session: Session, wanted: OrderFilter) -> tuple[StatusCount, ...]:
    """Count by status what *wanted* holds, whatever statuses it asks for."""
    scope = scope_of(session, wanted)
    return () if scope is None else counts_in(session, scope)


def counts_in(session: Session, scope: Scope) -> tuple[StatusCount, ...]:
    """Count by status what a scope holds."""
    if scope.few is not None:
        return _among(session, scope, scope.few, scope.words, at_least=False)
    known = None if scope.looked is None else scope.looked.known
    if known is not None:
        return _among(session, scope, known, (), at_least=False)
    if scope.is_narrow:
        return _looked_through(session, scope)
    held = tallied(session, scope.shop_id)
    if scope.looked and sum(held.values()) <= COUNTED_UP_TO:
        return _looked_through(session, scope)
    if scope.looked is not None:
        looked = scope.looked
        others = looked.words[1:]
        return _among(session, scope, looked.some(), others, at_least=True)
    return tuple(StatusCount(status=s, count=n) for s, n in held.items())


def _among(
    session: Session,
    scope: Scope,
    some: Subquery,
    words: Iterable[str],
    *,
    at_least: bool,
) -> tuple[StatusCount, ...]:
    """Count those of some orders that the list holds."""
    # Joined from the left, or SQLite begins with the million orders there are.
    counts = session.execute(
        select(OrderRow.status, func.count())
        .select_from(some)
        .outerjoin(OrderRow, OrderRow.id == some.c.order_id)
        .where(*scope.conditions(by_index=False))
        .where(*(says(some.c.order_id, word) for word in words))
        .group_by(OrderRow.status)
    ).all()
    return tuple(
        StatusCount(status=OrderStatus(status), count=count, at_least=at_least)
        for status, count in counts
    )


def _looked_through(session: Session, scope: Scope) -> tuple[StatusCount, ...]:
    """Look through the first orders that could be on the list, and count.

    The first of each status, where there is an index of them.
    """
    parts: list[tuple[OrderStatus, ...]] = [()]
    if scope.cause is None:
        parts = [(status,) for status in OrderStatus]
    counts: list[StatusCount] = []
    for statuses in parts:
        counts += _counted(session, scope, statuses)
    return tuple(counts)


def _counted(
    session: Session, scope: Scope, statuses: Sequence[OrderStatus]
) -> Iterator[StatusCount]:
    could_be = (
        select(OrderRow.id, OrderRow.status)
        .where(*scope.conditions(statuses, by_index=True))
        .limit(as_written(COUNTED_UP_TO))
        .subquery()
    )
    said = and_(true(), *(says(could_be.c.id, word) for word in scope.words))
    counts = session.execute(
        select(could_be.c.status, func.count(), func.count(case((said, 1)))).group_by(
            could_be.c.status
        )
    ).all()
    at_least = sum(looked_at for _, looked_at, _ in counts) >= COUNTED_UP_TO
    for status, _, count in counts:
        if count:
            yield StatusCount(
                status=OrderStatus(status), count=count, at_least=at_least
            )
