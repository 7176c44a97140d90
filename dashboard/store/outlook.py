"""What waits for the books and when it will be done, read for pages and machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from dashboard.domain.forecast import Forecast, Waiting, forecast
from dashboard.domain.pace import Pace
from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.status import Decision, OrderStatus, RequestState
from dashboard.store.database import Database
from dashboard.store.gate import is_closed, read_usage
from dashboard.store.schema import (
    ExchangeRow,
    GateRow,
    OrderRow,
    PostingRow,
    RequestRow,
)

_ON_THE_WAY = [
    OrderStatus.QUEUED.value,
    OrderStatus.IN_PROGRESS.value,
    OrderStatus.RETRYING.value,
    OrderStatus.CHECKING.value,
]
# Named one by one: what is not done is found by an index, what is done fills it.
_OPEN = [state.value for state in RequestState if state is not RequestState.DONE]
_CALLS_TO_LEARN_FROM = 20


def read_forecast(
    database: Database, pace: Pace, besides: Mapping[PostingKind, int] | None = None
) -> Forecast:
    """Estimate when all that waits will be done, and postings *besides*."""
    with database.read() as session:
        now = database.now(session)
        gate = session.get(GateRow, 1)
        closed = gate is not None and is_closed(gate, now)
        return forecast(
            _waiting(session, besides or {}),
            pace,
            read_usage(session, pace, now),
            now,
            closed_until=gate.closed_until if gate is not None and closed else None,
        )


def pending_by_kind(session: Session) -> dict[PostingKind, int]:
    """Count the postings that wait to be frozen into a request, and need no person.

    What waits behind a refused one goes no sooner than somebody acts.
    """
    wanted = exists().where(
        or_(
            OrderRow.id == PostingRow.order_id,
            OrderRow.contact_posting_id == PostingRow.id,
        ),
        OrderRow.decision == Decision.BOOK.value,
        OrderRow.status != OrderStatus.NEEDS_ATTENTION.value,
    )
    counts = session.execute(
        select(PostingRow.kind, func.count())
        .where(PostingRow.state == PostingState.PENDING.value, wanted)
        .group_by(PostingRow.kind)
    )
    return {PostingKind(kind): count for kind, count in counts}


def _waiting(session: Session, besides: Mapping[PostingKind, int]) -> Waiting:
    orders = select(func.count()).where(OrderRow.status.in_(_ON_THE_WAY))
    requests = select(func.count()).where(
        RequestRow.state.in_(_OPEN), RequestRow.given_up_at.is_(None)
    )
    latest = (
        select(ExchangeRow.duration_ms)
        .where(ExchangeRow.purpose == "book")
        .order_by(ExchangeRow.id.desc())
        .limit(_CALLS_TO_LEARN_FROM)
        .subquery()
    )
    took_ms = session.scalar(select(func.avg(latest.c.duration_ms)))
    return Waiting(
        orders=session.scalar(orders) or 0,
        postings=Counter(pending_by_kind(session)) + Counter(besides),
        requests=session.scalar(requests) or 0,
        call_s=float(took_ms or 0) / 1000,
    )
