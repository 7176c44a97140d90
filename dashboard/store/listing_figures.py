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
from dashboard.domain.timespans import TimeSpan
from dashboard.domain.waits import Waits, waits_of
from dashboard.store.database import Database
from dashboard.store.schema import OrderRow, PostingRow

_ON_THE_WAY: Final = (
    OrderStatus.QUEUED.value,
    OrderStatus.IN_PROGRESS.value,
    OrderStatus.RETRYING.value,
    OrderStatus.CHECKING.value,
)
# Bookings are written down a moment after the time they bear.
_SETTLED_AFTER: Final = timedelta(minutes=5)
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
# A chart looks back at no more hours and days than these.
_KEPT: Final = timedelta(days=40)
AGES: Final = (
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
)


@dataclass(frozen=True, kw_only=True)
class Booked:
    """The orders of which an invoice was booked in *span*.

    *waits* are from when each was received until its first invoice then was booked.
    """

    span: TimeSpan
    waits: Waits


class FigureListing:
    """Reads figures over time; what is past is read once and kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._past: dict[TimeSpan, Booked] = {}

    def booked(self, spans: Sequence[TimeSpan], now: datetime) -> tuple[Booked, ...]:
        """Return what was booked in each of *spans*; the last may end after *now*."""
        parts = tuple(self._part(span, now) for span in spans)
        self._past = {
            span: part
            for span, part in self._past.items()
            if span.start >= now - _KEPT or span in spans
        }
        return parts

    def _part(self, span: TimeSpan, now: datetime) -> Booked:
        known = self._past.get(span)
        if known is not None:
            return known
        query = (
            select(OrderRow.received_at, func.min(PostingRow.updated_at))
            .join(OrderRow, OrderRow.id == PostingRow.order_id)
            .where(
                PostingRow.kind == PostingKind.INVOICE.value,
                PostingRow.state == PostingState.CONFIRMED.value,
                PostingRow.updated_at >= span.start,
                PostingRow.updated_at < span.end,
            )
            .group_by(OrderRow.id, OrderRow.received_at)
        )
        with self._database.read() as session:
            seconds = [
                max(0.0, (booked_at - received_at).total_seconds())
                for received_at, booked_at in session.execute(query)
            ]
        part = Booked(span=span, waits=waits_of(seconds))
        if span.end <= now - _SETTLED_AFTER:
            self._past[span] = part
        return part

    def waiting_by_age(self, now: datetime) -> Sequence[int]:
        """Count the orders on their way by how long ago they were received.

        One figure for each of `AGES`, up to that age, and one for what is older.
        """
        bounds = [now - age for age in AGES]
        younger = [func.count(case((OrderRow.received_at >= b, 1))) for b in bounds]
        query = select(*younger, func.count()).where(OrderRow.status.in_(_ON_THE_WAY))
        with self._database.read() as session:
            up_to = list(session.execute(query).one())
        return [count - before for before, count in pairwise([0, *up_to])]


def received_at_age(now: datetime, place: int) -> TimeSpan:
    """Return when the orders were received that `waiting_by_age` counts at *place*."""
    # No order is received tomorrow: so near, the list is read along its times.
    bounds = [now + timedelta(days=1), *(now - age for age in AGES), _LONG_AGO]
    return TimeSpan(start=bounds[place + 1], end=bounds[place])
