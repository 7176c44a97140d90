"""Requests that were tried for too long: a person lets them be tried again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dashboard.domain.status import RequestState
from dashboard.store.postings import FIRST
from dashboard.store.schema import OrderRow, PostingRow, RequestMemberRow, RequestRow
from dashboard.store.standings import lock_orders_of, refresh_locked


def try_given_up_again(
    session: Session, order_id: int, now: datetime, *, urgent: bool
) -> bool:
    """Let the books be asked at once for what an order waits for, and send the rest.

    The caller holds no locks. False when nothing of the order was given up.
    """
    waiting = _given_up(session, order_id)
    if not waiting:
        return False
    members = session.scalars(
        select(RequestMemberRow.posting_id).where(
            RequestMemberRow.request_id.in_(waiting)
        )
    ).all()
    orders = lock_orders_of(session, members)
    for request in _locked(session, waiting):
        request.attempts = 0
        request.failing_since = None
        request.given_up_at = None
        request.not_before = now
        request.turn = FIRST if urgent else request.turn
        if not request.claimed_by:
            request.claimed_until = now
    refresh_locked(session, orders, now)
    return True


def _given_up(session: Session, order_id: int) -> Sequence[int]:
    """Return the requests that carry postings of the order or its contact."""
    contact = select(OrderRow.contact_posting_id).where(OrderRow.id == order_id)
    return session.scalars(
        select(RequestRow.id)
        .join(RequestMemberRow, RequestMemberRow.request_id == RequestRow.id)
        .join(PostingRow, PostingRow.id == RequestMemberRow.posting_id)
        .where(or_(PostingRow.order_id == order_id, PostingRow.id.in_(contact)))
        .where(RequestRow.state != RequestState.DONE.value)
        .where(RequestRow.given_up_at.is_not(None))
        .distinct()
    ).all()


def _locked(session: Session, ids: Collection[int]) -> Sequence[RequestRow]:
    return session.scalars(
        select(RequestRow)
        .where(RequestRow.id.in_(ids), RequestRow.given_up_at.is_not(None))
        .order_by(RequestRow.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
