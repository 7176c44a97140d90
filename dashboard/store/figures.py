"""Figures for machines that watch: sums, backlog, calls and heartbeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from dashboard.domain.money import ZERO, from_hundredths
from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.status import OrderStatus, RequestState
from dashboard.store.database import Database
from dashboard.store.outlook import pending_by_kind
from dashboard.store.schema import (
    ExchangeRow,
    HeartbeatRow,
    OrderRow,
    PostingRow,
    RequestRow,
)

_OPEN = (RequestState.PREPARED, RequestState.SENDING, RequestState.UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class CurrencySum:
    """What the orders in one currency come to.

    *ordered* leaves out ignored orders. *invoiced* is the total of the orders whose
    invoice is in the books, *paid* of those that are settled there.
    """

    currency: str
    ordered: Decimal
    invoiced: Decimal
    paid: Decimal


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """What is still to be done.

    *pending* counts postings that wait to be frozen into a request. *due_since* is
    when the oldest request that could go now became due; None when there is none.
    """

    pending: int
    requests: Mapping[RequestState, int]
    due_since: datetime | None


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """The newest sign of life of a role, and how many processes play it."""

    role: str
    seen_at: datetime
    processes: int


class FigureReading:
    """Reads figures over everything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sums(self) -> tuple[CurrencySum, ...]:
        """Return what the orders come to, by currency."""
        invoices = select(PostingRow.order_id).where(
            PostingRow.kind == PostingKind.INVOICE.value,
            PostingRow.state == PostingState.CONFIRMED.value,
        )
        with self._database.read() as session:
            ordered = _sum(session, OrderRow.status != OrderStatus.IGNORED.value)
            invoiced = _sum(session, OrderRow.id.in_(invoices))
            paid = _sum(session, OrderRow.status == OrderStatus.PAID.value)
        return tuple(
            CurrencySum(
                currency=currency,
                ordered=ordered.get(currency, ZERO),
                invoiced=invoiced.get(currency, ZERO),
                paid=paid.get(currency, ZERO),
            )
            for currency in sorted({*ordered, *invoiced})
        )

    def backlog(self, now: datetime) -> Backlog:
        """Return what is still to be done at *now*."""
        by_state = (
            select(RequestRow.state, func.count())
            .where(RequestRow.state.in_(_OPEN))
            .group_by(RequestRow.state)
        )
        due = select(func.min(RequestRow.not_before)).where(
            RequestRow.state.in_(_OPEN), RequestRow.not_before <= now
        )
        with self._database.read() as session:
            counts = {RequestState(word): n for word, n in session.execute(by_state)}
            return Backlog(
                pending=sum(pending_by_kind(session).values()),
                requests={state: counts.get(state, 0) for state in _OPEN},
                due_since=session.scalar(due),
            )

    def calls_since(self, since: datetime) -> Mapping[str, int]:
        """Count calls to the books by class of answer: "2xx" to "5xx", or "none"."""
        query = (
            select(ExchangeRow.status, func.count())
            .where(ExchangeRow.at >= since)
            .group_by(ExchangeRow.status)
        )
        counts: Counter[str] = Counter()
        with self._database.read() as session:
            for status, count in session.execute(query):
                counts["none" if status is None else f"{status // 100}xx"] += count
        return counts

    def heartbeats(self) -> tuple[Heartbeat, ...]:
        """Return who is alive, by role."""
        query = (
            select(HeartbeatRow.role, func.max(HeartbeatRow.at), func.count())
            .group_by(HeartbeatRow.role)
            .order_by(HeartbeatRow.role)
        )
        with self._database.read() as session:
            return tuple(
                Heartbeat(role=role, seen_at=at, processes=count)
                for role, at, count in session.execute(query)
            )


def _sum(session: Session, condition: ColumnElement[bool]) -> Mapping[str, Decimal]:
    query = (
        select(OrderRow.currency, func.sum(OrderRow.total_hundredths))
        .where(condition, OrderRow.currency != "")
        .group_by(OrderRow.currency)
    )
    # PostgreSQL adds whole numbers up to a decimal one.
    return {
        currency: from_hundredths(int(total))
        for currency, total in session.execute(query)
    }
