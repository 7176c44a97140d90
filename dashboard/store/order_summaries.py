"""Orders as rows of a list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.domain.money import from_hundredths
from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.status import OrderStatus
from dashboard.store.schema import OrderRow, PostingRow, ShopRow


@dataclass(frozen=True, kw_only=True)
class OrderSummary:
    """An order as one row of a list; *shop* is the shop's name.

    *invoice* and *payment* say how far those postings have come; None means that the
    order has none (yet).
    """

    id: int
    number: str
    external_id: str
    shop: str
    shop_slug: str
    customer_name: str
    customer_email: str
    currency: str
    total: Decimal
    status: OrderStatus
    reason: str
    cause: str
    about: str
    message: str
    settings_section: str
    next_attempt_at: datetime | None
    received_at: datetime
    invoice_number: str
    invoice: PostingState | None
    payment: PostingState | None
    credit: PostingState | None = None
    ignored_by: str = ""


def summaries(session: Session, rows: list[OrderRow]) -> tuple[OrderSummary, ...]:
    """Turn rows into values, within the caller's transaction."""
    shops = {row.id: row for row in session.scalars(select(ShopRow))}
    steps = _steps(session, [row.id for row in rows])
    return tuple(_summary(row, shops, steps) for row in rows)


def _summary(
    row: OrderRow,
    shops: Mapping[int, ShopRow],
    steps: Mapping[tuple[int, PostingKind], PostingState],
) -> OrderSummary:
    return OrderSummary(
        id=row.id,
        number=row.number or row.external_id,
        external_id=row.external_id,
        shop=shops[row.shop_id].name,
        shop_slug=shops[row.shop_id].slug,
        customer_name=row.customer_name,
        customer_email=row.customer_email,
        currency=row.currency,
        total=from_hundredths(row.total_hundredths),
        status=OrderStatus(row.status),
        reason=row.reason,
        cause=row.cause,
        about=row.cause_about,
        message=row.message,
        settings_section=row.settings_section,
        next_attempt_at=row.next_attempt_at,
        received_at=row.received_at,
        invoice_number=row.invoice_number,
        invoice=steps.get((row.id, PostingKind.INVOICE)),
        payment=steps.get((row.id, PostingKind.PAYMENT)),
        credit=steps.get((row.id, PostingKind.CREDIT_NOTE))
        or steps.get((row.id, PostingKind.VOID)),
        ignored_by=row.ignored_by,
    )


# Of several payments, the one that is furthest from settled speaks for all.
_LEAST_SETTLED = (
    PostingState.REFUSED,
    PostingState.IN_FLIGHT,
    PostingState.PENDING,
    PostingState.CONFIRMED,
)


def _steps(
    session: Session, order_ids: list[int]
) -> Mapping[tuple[int, PostingKind], PostingState]:
    states: dict[tuple[int, PostingKind], set[PostingState]] = defaultdict(set)
    query = select(PostingRow.order_id, PostingRow.kind, PostingRow.state).where(
        PostingRow.order_id.in_(order_ids),
        PostingRow.kind != PostingKind.CONTACT.value,
        PostingRow.state != PostingState.CANCELLED.value,
    )
    for order_id, kind, state in session.execute(query):
        states[order_id, PostingKind(kind)].add(PostingState(state))
    return {
        key: next(state for state in _LEAST_SETTLED if state in found)
        for key, found in states.items()
    }
