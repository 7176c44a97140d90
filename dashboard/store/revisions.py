"""Revisions: what shops sent of orders, as it came and as it is read again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.domain.money import hundredths
from dashboard.domain.order import Order
from dashboard.domain.plans import Plan
from dashboard.domain.postings import Posting
from dashboard.domain.problems import Problem
from dashboard.domain.rules import CompanyRules, Correction, Shop
from dashboard.store.company import shop_of
from dashboard.store.schema import OrderRow, RevisionRow, ShopRow


@dataclass(frozen=True, kw_only=True)
class Revision:
    """What a shop sent of an order, and what we understood of it.

    *order* is None when it was not understood; *problem* then says why.
    """

    external_id: str
    number: str
    order: Order | None
    problem: Problem | None
    payload: bytes
    headers: Mapping[str, str]
    source: str


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a revision; *news* is False for one that is known already."""

    order_id: int
    news: bool


@dataclass(frozen=True, kw_only=True)
class StoredRevision:
    """The newest revision of an order, to be read again."""

    order_id: int
    revision_id: int
    external_id: str
    number: str
    shop: Shop
    payload: bytes
    headers: Mapping[str, str]
    received_at: datetime


Planner = Callable[
    [Order, Shop, CompanyRules, Sequence[Posting], Correction | None], Plan
]
# None: the revision says no more than that the order is gone; see `told_of`.
Reader = Callable[[StoredRevision], Order | Problem | None]


def newest_of(session: Session, row: OrderRow) -> StoredRevision | None:
    """Return what the shop last sent of an order, within the caller's transaction."""
    return _stored(session, row, row.revision_id)


def told_of(
    session: Session, row: OrderRow, newest: StoredRevision, reader: Reader
) -> Order | Problem | None:
    """Return what the newest revision of an order tells, as planning wants to know it.

    One that only says that the shop deleted the order stands for the order as it was
    told before, deleted.
    """
    told = reader(newest)
    if told is not None:
        return told
    before = told_before(session, row, newest, reader)
    heard_on = newest.received_at.date()
    return None if before is None else before.deleted_on(heard_on)


def told_before(
    session: Session, row: OrderRow, newest: StoredRevision, reader: Reader
) -> Order | None:
    """Return the order as its row has it; else as it came last before *newest*."""
    found = None
    earlier = (
        select(RevisionRow.id)
        .where(RevisionRow.order_id == row.id, RevisionRow.id != newest.revision_id)
        .order_by(RevisionRow.id.desc())
    )
    for revision_id in session.scalars(earlier).all():
        stored = _stored(session, row, revision_id)
        told = None if stored is None else reader(stored)
        if isinstance(told, Order):
            # An older version may have come later.
            if _is_as_kept(told, row):
                return told
            found = found or told
    return found


def _is_as_kept(told: Order, row: OrderRow) -> bool:
    facts = facts_of(told) | {"shop_status": row.shop_status}
    return all(getattr(row, column) == fact for column, fact in facts.items())


def _stored(
    session: Session, row: OrderRow, revision_id: int | None
) -> StoredRevision | None:
    revision = session.get(RevisionRow, revision_id)
    shop = session.get(ShopRow, row.shop_id)
    if revision is None or shop is None:
        return None
    return StoredRevision(
        order_id=row.id,
        revision_id=revision.id,
        external_id=row.external_id,
        number=row.number,
        shop=shop_of(shop),
        payload=revision.payload,
        headers=revision.headers,
        received_at=revision.received_at,
    )


def facts_of(order: Order) -> dict[str, Any]:
    """Return what is kept of an order beside its revision, by column."""
    return {
        "number": order.number,
        "shop_status": order.shop_status,
        "currency": order.currency,
        "total_hundredths": hundredths(order.total),
        "paid_hundredths": hundredths(order.paid),
        "refunded_hundredths": hundredths(order.refunded),
        "customer_name": order.customer.name,
        "customer_email": order.customer.email,
        "payment_references": " ".join(
            payment.reference for payment in order.payments if payment.reference
        ),
        "ordered_at": order.ordered_at,
        "modified_at": order.modified_at,
    }
