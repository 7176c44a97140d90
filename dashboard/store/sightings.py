"""What alarms follow from, as the tables have it, and the rhythms learned from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Text, func, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from dashboard.domain.alarms import Flow, ProblemSeen, Seen, ShopSeen, WebhookState
from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.rhythm import LEARNED_OVER, RECENT, Rhythm, learn
from dashboard.domain.status import OrderStatus
from dashboard.store.codec import from_plain, to_plain
from dashboard.store.database import Database, UtcDateTime, insert_missing
from dashboard.store.gate import pause_of
from dashboard.store.listing_problems import ProblemListing
from dashboard.store.schedules import read_schedules
from dashboard.store.schema import (
    ChannelRow,
    ConnectionRow,
    GateRow,
    HeartbeatRow,
    OrderRow,
    PostingRow,
    RhythmRow,
    ShopRow,
    ShopWebhookRow,
)

_LEARNED_FOR = timedelta(hours=24)
_BOOKINGS = "bookings"
_MOVING = (
    OrderStatus.QUEUED,
    OrderStatus.IN_PROGRESS,
    OrderStatus.RETRYING,
    OrderStatus.CHECKING,
)
_BOOKED = (
    PostingRow.kind == PostingKind.INVOICE.value,
    PostingRow.state == PostingState.CONFIRMED.value,
)
# Nearly every order: those that wait for a person do not count.
_NEARLY_ALL = 0.95


# A column of times, and of which rows.
_Source = tuple[InstrumentedAttribute[datetime], tuple[ColumnElement[bool], ...]]


class Sightings:
    """Reads what the alarms follow from, and keeps what is learned of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> datetime:
        """Return the time all processes agree on."""
        with self._database.read() as session:
            return self._database.now(session)

    def seen(self, now: datetime) -> Seen:
        """Return everything the alarms at *now* follow from."""
        problems = tuple(
            ProblemSeen(
                cause=group.cause,
                count=group.count,
                first_at=group.first_at,
                message=group.message,
            )
            for group in ProblemListing(self._database).causes()
        )
        with self._database.read() as session:
            rhythms = {row.flow: row for row in session.scalars(select(RhythmRow))}
            bookings = rhythms.get(_BOOKINGS)
            wait_s = None if bookings is None else bookings.usual_wait_s
            return Seen(
                alive=_alive(session),
                schedules=read_schedules(session),
                connected=session.scalar(select(ConnectionRow.id)) is not None,
                pause=pause_of(session.scalar(select(GateRow)), now),
                shops=tuple(_shops(session, rhythms)),
                bookings=Flow(
                    recent=_recent(session, PostingRow.updated_at, *_BOOKED),
                    rhythm=_rhythm(bookings),
                ),
                waits_since=_waits_since(session),
                usual_wait=None if wait_s is None else timedelta(seconds=wait_s),
                problems=problems,
                undelivered=_undelivered(session),
            )

    def learn(self, timezone: str, now: datetime) -> bool:
        """Learn the rhythms anew, once a day or in another time zone; commits.

        Returns:
            True if there was something to learn.
        """
        with self._database.read() as session:
            known = {row.flow: row for row in session.scalars(select(RhythmRow))}
            shops = session.scalars(select(ShopRow.id).where(ShopRow.active)).all()
        sources: dict[str, _Source] = {
            _orders_of(shop_id): (OrderRow.received_at, (OrderRow.shop_id == shop_id,))
            for shop_id in shops
        }
        sources[_BOOKINGS] = (PostingRow.updated_at, _BOOKED)
        due = [flow for flow in sources if _is_due(known.get(flow), timezone, now)]
        for flow in due:
            self._learn(flow, *sources[flow], timezone, now)
        return bool(due)

    def _learn(
        self,
        flow: str,
        column: InstrumentedAttribute[datetime],
        where: tuple[ColumnElement[bool], ...],
        timezone: str,
        now: datetime,
    ) -> None:
        since = now - LEARNED_OVER
        wait_s = None
        with self._database.read() as session:
            minute = _minute_of(session, column)
            # A batch of many is one happening.
            first = select(type_coerce(func.min(column), UtcDateTime))
            times = first.where(*where, column > since).group_by(minute)
            rhythm = learn(sorted(session.scalars(times)), timezone, now)
            if flow == _BOOKINGS:
                wait_s = _usual_wait_s(session, since)
        with self._database.write() as session:
            insert_missing(
                session, RhythmRow, unique=["flow"], flow=flow, learned_at=now
            )
            row = session.get_one(RhythmRow, flow)
            row.learned_at = now
            row.rhythm = None if rhythm is None else to_plain(rhythm)
            row.usual_wait_s = wait_s


def _orders_of(shop_id: int) -> str:
    return f"orders of shop {shop_id}"


def _is_due(row: RhythmRow | None, timezone: str, now: datetime) -> bool:
    if row is None or not timedelta(0) <= now - row.learned_at < _LEARNED_FOR:
        return True
    return row.rhythm is not None and row.rhythm["timezone"] != timezone


def _minute_of(
    session: Session, column: InstrumentedAttribute[datetime]
) -> ColumnElement[object]:
    """Return what is the same for all times of a minute."""
    if session.get_bind().dialect.name == "postgresql":
        return func.date_trunc("minute", column)
    return func.substr(type_coerce(column, Text), 1, len("2026-11-24 12:00"))


def _rhythm(row: RhythmRow | None) -> Rhythm | None:
    if row is None or row.rhythm is None:
        return None
    return from_plain(Rhythm, row.rhythm)


def _recent(
    session: Session,
    column: InstrumentedAttribute[datetime],
    *where: ColumnElement[bool],
) -> tuple[datetime, ...]:
    newest = select(column).where(*where).order_by(column.desc()).limit(RECENT)
    return tuple(reversed(session.scalars(newest).all()))


def _shops(session: Session, rhythms: Mapping[str, RhythmRow]) -> Iterable[ShopSeen]:
    webhooks = {row.shop_id: row for row in session.scalars(select(ShopWebhookRow))}
    active = select(ShopRow).where(ShopRow.active).order_by(ShopRow.id)
    for shop in session.scalars(active).all():
        webhook = webhooks.get(shop.id)
        flow = Flow(
            recent=_recent(session, OrderRow.received_at, OrderRow.shop_id == shop.id),
            rhythm=_rhythm(rhythms.get(_orders_of(shop.id))),
        )
        yield ShopSeen(
            slug=shop.slug,
            name=shop.name,
            orders=flow,
            webhook=None if webhook is None else WebhookState(webhook.state),
            webhook_at=None if webhook is None else webhook.since,
        )


def _alive(session: Session) -> dict[str, datetime]:
    newest = select(HeartbeatRow.role, func.max(HeartbeatRow.at)).group_by(
        HeartbeatRow.role
    )
    return {role: at for role, at in session.execute(newest)}  # noqa: C416 - rows are no pairs


def _waits_since(session: Session) -> datetime | None:
    """Return since when the oldest order on its way waits for its invoice."""
    waits: list[datetime] = []
    for status in _MOVING:
        oldest = (
            select(PostingRow.created_at)
            .join(OrderRow, OrderRow.id == PostingRow.order_id)
            .where(
                OrderRow.status == status.value,
                PostingRow.kind == PostingKind.INVOICE.value,
                PostingRow.state.in_(
                    [PostingState.PENDING.value, PostingState.IN_FLIGHT.value]
                ),
            )
            .order_by(OrderRow.id)
            .limit(1)
        )
        waits.extend(session.scalars(oldest))
    return min(waits, default=None)


def _usual_wait_s(session: Session, since: datetime) -> int | None:
    """Return how long nearly every invoice took from being planned to being booked."""
    newest = (
        select(PostingRow.created_at, PostingRow.updated_at)
        .where(*_BOOKED, PostingRow.updated_at > since)
        .order_by(PostingRow.updated_at.desc())
        .limit(2000)
    )
    waits = sorted(booked - made for made, booked in session.execute(newest))
    if not waits:
        return None
    return round(waits[int(_NEARLY_ALL * (len(waits) - 1))].total_seconds())


def _undelivered(session: Session) -> dict[str, tuple[datetime, str]]:
    failed = select(ChannelRow.name, ChannelRow.failed_at, ChannelRow.failure).where(
        ChannelRow.active, ChannelRow.failed_at.is_not(None)
    )
    return {name: (at, why) for name, at, why in session.execute(failed) if at}
