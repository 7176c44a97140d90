"""Which orders a pass of reconciliation looks at, and all that is known of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import literal, or_, select
from sqlalchemy.orm import Session, aliased

from dashboard.domain.money import from_hundredths
from dashboard.domain.postings import Posting, PostingKind, PostingState
from dashboard.domain.reconciliation import Period
from dashboard.domain.rules import Shop
from dashboard.domain.status import Decision, OrderStatus
from dashboard.store.company import shop_of
from dashboard.store.database import Database
from dashboard.store.postings import posting_of
from dashboard.store.revisions import StoredRevision
from dashboard.store.schema import (
    DifferenceRow,
    OrderRow,
    PostingRow,
    ReadDocumentRow,
    RevisionRow,
    ShopRow,
)

# The shop's day may begin that much before or after the day in UTC.
_OTHER_ZONES = timedelta(hours=14)
_MOVING = {
    OrderStatus.QUEUED.value,
    OrderStatus.IN_PROGRESS.value,
    OrderStatus.RETRYING.value,
    OrderStatus.CHECKING.value,
}


@dataclass(frozen=True, kw_only=True)
class OrderRecord:
    """An order with its postings, and the newest that its shop sent of it.

    *moving* is True for an order that is on its way, or changed after the given time:
    what was read of the books may be older. *ignored* is True once a person ignored
    it, who knows what stands in the books of it.
    """

    id: int
    shop: Shop
    external_id: str
    number: str
    invoice_number: str
    ordered_at: datetime | None
    received_at: datetime
    currency: str
    total: Decimal
    paid: Decimal
    refunded: Decimal
    decision: Decision
    ignored: bool
    moving: bool
    revision: StoredRevision
    postings: tuple[Posting, ...]


class OrdersToReconcile:
    """Finds orders; writes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_period(self, period: Period) -> set[int]:
        """Return the orders that may be of the period, whatever zone their shop is in.

        One whose time is not known counts, if it came in then.
        """
        first = datetime.combine(period.first, time.min, UTC) - _OTHER_ZONES
        last = datetime.combine(period.last, time.max, UTC) + _OTHER_ZONES
        with self._database.read() as session:
            return set(
                session.scalars(
                    select(OrderRow.id).where(
                        or_(
                            OrderRow.ordered_at.between(first, last),
                            OrderRow.ordered_at.is_(None)
                            & OrderRow.received_at.between(first, last),
                        )
                    )
                )
            )

    def changed_since(self, at: datetime) -> set[int]:
        """Return the orders the shop or we did something to, and those in dispute."""
        with self._database.read() as session:
            postings = select(PostingRow.order_id).where(PostingRow.updated_at >= at)
            orders = select(OrderRow.id).where(
                or_(OrderRow.received_at >= at, OrderRow.status_at >= at)
            )
            revisions = select(RevisionRow.order_id).where(
                RevisionRow.received_at >= at
            )
            disputed = select(DifferenceRow.order_id).where(
                DifferenceRow.open_key.is_not(None),
                DifferenceRow.order_id.is_not(None),
            )
            found: set[int] = set()
            for query in (postings, orders, revisions, disputed):
                found.update(session.scalars(query))
            return found

    def disputed_documents(self) -> tuple[str, ...]:
        """Return the documents in dispute that belong to no order."""
        with self._database.read() as session:
            return tuple(
                session.scalars(
                    select(DifferenceRow.document_id)
                    .where(
                        DifferenceRow.open_key.is_not(None),
                        DifferenceRow.order_id.is_(None),
                    )
                    .order_by(DifferenceRow.id)
                )
            )

    def named_by_documents(self, pass_id: int) -> set[int]:
        """Return the orders named by what a pass read: by id, number or reference."""
        read = ReadDocumentRow
        mine = (read.pass_id == pass_id) & read.in_scope
        short = ShopRow.slug + literal(" ") + OrderRow.number
        full = short + literal(" (") + OrderRow.external_id + literal(")")
        queries = (
            select(PostingRow.order_id)
            .join(read, read.document_id == PostingRow.document_id)
            .where(mine, PostingRow.kind != PostingKind.CONTACT.value),
            select(PostingRow.order_id)
            .join(read, read.number == PostingRow.natural_key)
            .where(mine, PostingRow.kind != PostingKind.CONTACT.value),
            select(OrderRow.id)
            .join(read, read.number == OrderRow.invoice_number)
            .where(mine),
            select(OrderRow.id)
            .join(ShopRow, ShopRow.id == OrderRow.shop_id)
            .join(read, read.reference == short)
            .where(mine),
            select(OrderRow.id)
            .join(ShopRow, ShopRow.id == OrderRow.shop_id)
            .join(read, read.reference == full)
            .where(mine),
        )
        found: set[int] = set()
        with self._database.read() as session:
            for query in queries:
                found.update(session.scalars(query))
        return found

    def records(
        self, order_ids: Sequence[int], *, unchanged_since: datetime
    ) -> tuple[OrderRecord, ...]:
        """Return what is known of these orders now, by id."""
        with self._database.read() as session:
            rows = session.execute(
                select(OrderRow, RevisionRow, ShopRow)
                .join(RevisionRow, RevisionRow.id == OrderRow.revision_id)
                .join(ShopRow, ShopRow.id == OrderRow.shop_id)
                .where(OrderRow.id.in_(order_ids))
                .order_by(OrderRow.id)
            ).all()
            postings = _postings(session, order_ids)
            return tuple(
                _record(row, revision, shop, postings[row.id], unchanged_since)
                for row, revision, shop in rows
            )


def _postings(
    session: Session, order_ids: Sequence[int]
) -> defaultdict[int, list[Posting]]:
    required = aliased(PostingRow)
    rows = session.execute(
        select(PostingRow, required.document_id)
        .outerjoin(required, required.id == PostingRow.requires_id)
        .where(
            PostingRow.order_id.in_(order_ids),
            PostingRow.kind != PostingKind.CONTACT.value,
        )
        .order_by(PostingRow.id)
    )
    found: defaultdict[int, list[Posting]] = defaultdict(list)
    for row, document_id in rows:
        found[row.order_id].append(posting_of(row, document_id or ""))
    return found


def _record(
    row: OrderRow,
    revision: RevisionRow,
    shop_row: ShopRow,
    postings: Sequence[Posting],
    unchanged_since: datetime,
) -> OrderRecord:
    shop = shop_of(shop_row)
    in_flight = any(p.state is PostingState.IN_FLIGHT for p in postings)
    times = (row.status_at, revision.received_at, *(p.updated_at for p in postings))
    changed = any(at >= unchanged_since for at in times)
    return OrderRecord(
        id=row.id,
        shop=shop,
        external_id=row.external_id,
        number=row.number,
        invoice_number=row.invoice_number,
        ordered_at=row.ordered_at,
        received_at=row.received_at,
        currency=row.currency,
        total=from_hundredths(row.total_hundredths),
        paid=from_hundredths(row.paid_hundredths),
        refunded=from_hundredths(row.refunded_hundredths),
        decision=Decision(row.decision),
        ignored=bool(row.ignored_by),
        moving=row.status in _MOVING or in_flight or changed,
        revision=StoredRevision(
            order_id=row.id,
            revision_id=revision.id,
            external_id=row.external_id,
            number=row.number,
            shop=shop,
            payload=revision.payload,
            headers=revision.headers,
            received_at=revision.received_at,
        ),
        postings=tuple(postings),
    )
