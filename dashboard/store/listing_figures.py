"""Figures over time for charts: what was booked, how long it took, what waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from sqlalchemy import case, func, select

from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.status import OrderStatus
from dashboard.domain.waits import Waits, waits_of
from dashboard.store.database import Database
from dashboard.store.schema import OrderRow, PostingRow

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

_ON_THE_WAY: Final = (
    OrderStatus.QUEUED.value,
    OrderStatus.IN_PROGRESS.value,
    OrderStatus.RETRYING.value,
    OrderStatus.CHECKING.value,
)
# Bookings are written down a moment after the time they bear.
_SETTLED_AFTER: Final = timedelta(minutes=5)
AGES: Final = (
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
)


@dataclass(frozen=True, kw_only=True)
class Booked:
    """The invoices booked in the hour or day (UTC) that begins at *start*.

    *waits* are from when an order was received until its invoice was in the books.
    """

    start: datetime
    waits: Waits


class FigureListing:
    """Reads figures over time; what is past is read once and kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._past: dict[tuple[datetime, timedelta], Booked] = {}

    def booked(
        self, now: datetime, length: timedelta, count: int
    ) -> tuple[Booked, ...]:
        """Return the last *count* parts of *length* (`HOUR` or `DAY`), oldest first.

        *now* lies in the last one.
        """
        last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if length == DAY:
            last = last.replace(hour=0)
        starts = [last - back * length for back in reversed(range(count))]
        parts = tuple(self._part(start, length, now) for start in starts)
        self._past = {
            key: part
            for key, part in self._past.items()
            if key[1] != length or key[0] >= starts[0]
        }
        return parts

    def _part(self, start: datetime, length: timedelta, now: datetime) -> Booked:
        known = self._past.get((start, length))
        if known is not None:
            return known
        query = (
            select(PostingRow.updated_at, OrderRow.received_at)
            .join(OrderRow, OrderRow.id == PostingRow.order_id)
            .where(
                PostingRow.kind == PostingKind.INVOICE.value,
                PostingRow.state == PostingState.CONFIRMED.value,
                PostingRow.updated_at >= start,
                PostingRow.updated_at < start + length,
            )
        )
        with self._database.read() as session:
            seconds = [
                max(0.0, (booked_at - received_at).total_seconds())
                for booked_at, received_at in session.execute(query)
            ]
        part = Booked(start=start, waits=waits_of(seconds))
        if start + length <= now - _SETTLED_AFTER:
            self._past[start, length] = part
        return part

    def waiting_by_age(self, now: datetime) -> Sequence[int]:
        """Count the orders on their way by how long ago they were received.

        One figure for each of `AGES`, up to that age, and one for what is older.
        """
        bounds = [now - age for age in AGES]
        younger = [func.count(case((OrderRow.received_at > b, 1))) for b in bounds]
        query = select(*younger, func.count()).where(OrderRow.status.in_(_ON_THE_WAY))
        with self._database.read() as session:
            up_to = list(session.execute(query).one())
        return [count - before for before, count in pairwise([0, *up_to])]
