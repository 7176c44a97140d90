"""Revisions: what shops sent of orders, as it came and as it is read again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
# None: the revision tells nothing anew (the shop only said that the order is gone).
Reader = Callable[[StoredRevision], Order | Problem | None]


def newest_of(session: Session, row: OrderRow) -> StoredRevision | None:
    """Return what the shop last sent of an order, within the caller's transaction."""
    revision = session.get(RevisionRow, row.revision_id)
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
