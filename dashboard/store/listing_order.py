"""One order with everything that happened to it, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from dashboard.domain.known_words import source_words
from dashboard.domain.money import from_hundredths
from dashboard.domain.postings import Posting, PostingKind
from dashboard.domain.rules import Shop
from dashboard.domain.status import Decision
from dashboard.store.company import shop_of
from dashboard.store.database import Database
from dashboard.store.listing_exchanges import StoredExchange, exchange_of
from dashboard.store.order_summaries import OrderSummary, summaries
from dashboard.store.postings import posting_of
from dashboard.store.schema import (
    ExchangeRow,
    OrderEventRow,
    OrderRow,
    PostingRow,
    RequestMemberRow,
    RequestRow,
    RevisionRow,
    ShopRow,
)

_MAX_ATTEMPTS = 60


@dataclass(frozen=True, kw_only=True)
class RevisionSummary:
    """What the shop sent of an order at one time; *size* in bytes."""

    id: int
    received_at: datetime
    source: str
    size: int


@dataclass(frozen=True, kw_only=True)
class OrderEvent:
    """A line of an order's story."""

    at: datetime
    actor: str
    kind: str
    text: str
    request_id: int | None
    run_id: int | None


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An exchange that carried one of the order's postings.

    *position* is the posting's place in the body, counted from 0, of *members*.
    """

    kind: PostingKind
    natural_key: str
    position: int
    members: int
    stored: StoredExchange


@dataclass(frozen=True, kw_only=True)
class OrderDetail:
    """Everything about one order but the payloads.

    *postings* holds the contact first, though it may be shared with other orders.
    *attempts* and *events* are sorted by time.
    """

    summary: OrderSummary
    shop: Shop
    external_id: str
    shop_status: str
    paid: Decimal
    ordered_at: datetime | None
    modified_at: datetime | None
    status_at: datetime
    decision: Decision
    ignored_by: str
    ignored_reason: str
    postings: tuple[Posting, ...]
    revisions: tuple[RevisionSummary, ...]
    events: tuple[OrderEvent, ...]
    attempts: tuple[Attempt, ...]


class OrderReading:
    """Reads one order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def one(self, order_id: int) -> OrderDetail | None:
        """Return the order of that id."""
        with self._database.read() as session:
            row = session.get(OrderRow, order_id)
            return None if row is None else _detail(session, row)

    def payload(self, order_id: int, revision_id: int | None = None) -> bytes | None:
        """Return what the shop sent: one revision of the order, or the newest."""
        query = select(RevisionRow.payload).where(RevisionRow.order_id == order_id)
        if revision_id is not None:
            query = query.where(RevisionRow.id == revision_id)
        with self._database.read() as session:
            return session.scalar(query.order_by(RevisionRow.id.desc()).limit(1))


def _detail(session: Session, row: OrderRow) -> OrderDetail:
    (summary,) = summaries(session, [row])
    postings = _postings(session, row)
    return OrderDetail(
        summary=summary,
        shop=shop_of(session.get_one(ShopRow, row.shop_id)),
        external_id=row.external_id,
        shop_status=row.shop_status,
        paid=from_hundredths(row.paid_hundredths),
        ordered_at=row.ordered_at,
        modified_at=row.modified_at,
        status_at=row.status_at,
        decision=Decision(row.decision),
        ignored_by=row.ignored_by,
        ignored_reason=row.ignored_reason,
        postings=postings,
        revisions=_revisions(session, row.id),
        events=_events(session, row.id),
        attempts=_attempts(session, [posting.id for posting in postings]),
    )


def _postings(session: Session, row: OrderRow) -> tuple[Posting, ...]:
    kinds = list(PostingKind)
    rows = session.scalars(
        select(PostingRow)
        .where(
            or_(
                PostingRow.order_id == row.id,
                PostingRow.id == row.contact_posting_id,
            )
        )
        .order_by(PostingRow.id)
    )
    postings = [posting_of(posting) for posting in rows]
    return tuple(sorted(postings, key=lambda posting: kinds.index(posting.kind)))


def _revisions(session: Session, order_id: int) -> tuple[RevisionSummary, ...]:
    query = (
        select(
            RevisionRow.id,
            RevisionRow.received_at,
            RevisionRow.source,
            func.length(RevisionRow.payload),
        )
        .where(RevisionRow.order_id == order_id)
        .order_by(RevisionRow.id)
    )
    return tuple(
        RevisionSummary(id=key, received_at=at, source=source_words(source), size=size)
        for key, at, source, size in session.execute(query)
    )


def _events(session: Session, order_id: int) -> tuple[OrderEvent, ...]:
    rows = session.scalars(
        select(OrderEventRow)
        .where(OrderEventRow.order_id == order_id)
        .order_by(OrderEventRow.id)
    )
    return tuple(
        OrderEvent(
            at=row.at,
            actor=row.actor,
            kind=row.kind,
            text=row.text,
            request_id=row.request_id,
            run_id=row.run_id,
        )
        for row in rows
    )


def _attempts(session: Session, posting_ids: list[int]) -> tuple[Attempt, ...]:
    """Return the newest exchanges that carried the postings, the oldest first."""
    members = (
        select(func.count())
        .where(RequestMemberRow.request_id == RequestRow.id)
        .correlate(RequestRow)
        .scalar_subquery()
    )
    query = (
        select(
            PostingRow.kind,
            PostingRow.natural_key,
            RequestMemberRow.position,
            members,
            ExchangeRow,
        )
        .join(RequestMemberRow, RequestMemberRow.posting_id == PostingRow.id)
        .join(RequestRow, RequestRow.id == RequestMemberRow.request_id)
        .join(ExchangeRow, ExchangeRow.request_id == RequestRow.id)
        .where(PostingRow.id.in_(posting_ids))
        .order_by(ExchangeRow.id.desc())
        .limit(_MAX_ATTEMPTS)
    )
    found = [
        Attempt(
            kind=PostingKind(kind),
            natural_key=natural_key,
            position=position,
            members=count,
            stored=exchange_of(exchange),
        )
        for kind, natural_key, position, count, exchange in session.execute(query)
    ]
    found.reverse()
    return tuple(found)
