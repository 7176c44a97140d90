"""Notices: written down once, claimed by one process, tried until they arrive."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from sqlalchemy import Select, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from dashboard.domain.alarms import AlarmRules
from dashboard.domain.notices import (
    Channel,
    Event,
    Message,
    News,
    Setting,
    compose,
    news_for,
    next_try,
)
from dashboard.store.alarms import lock_alarms, read_alarm_rules, standing_of_row
from dashboard.store.channels import (
    ChannelStore,
    lock_channel,
    note_failure,
    note_success,
)
from dashboard.store.codec import from_plain, to_plain
from dashboard.store.database import Database
from dashboard.store.schema import AlarmRow, ChannelRow, NoticeAlarmRow, NoticeRow

# Longer than any attempt to deliver takes.
_LEASE = timedelta(minutes=3)
_KEPT = timedelta(days=90)


class NoticeState(StrEnum):
    """How far a notice has come."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    GIVEN_UP = "given up"


_OPEN = (NoticeState.PENDING.value, NoticeState.SENDING.value)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A notice that was claimed for one attempt."""

    notice_id: int
    token: int
    channel: Channel
    message: Message


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A notice as it is listed."""

    channel: str
    event: Event
    subject: str
    state: NoticeState
    attempts: int
    error: str
    created_at: datetime
    finished_at: datetime | None
    next_attempt_at: datetime | None


# For whom a channel is written.
Settings: TypeAlias = Callable[[Channel], Setting]


class NoticeStore:
    """Reads and writes notices; each method is one transaction and commits."""

    def __init__(self, database: Database, channels: ChannelStore) -> None:
        self._database = database
        self._channels = channels

    def write_due(self, settings: Settings, now: datetime) -> int:
        """Write down what each channel is to be told now; return how many messages.

        That a channel was told of an alarm is written in the same transaction, so no
        other process tells it again.
        """
        with self._database.read() as session:
            if not any(self._due(session, now)):
                return 0
        written = 0
        with self._database.write() as session:
            lock_alarms(session)
            for channel, news in self._due(session, now):
                key = secrets.token_hex(16)
                message = compose(news, key, settings(channel), now)
                _write(session, channel, news, message)
                written += 1
        return written

    def claim(self, now: datetime) -> Delivery | None:
        """Take the oldest notice that is due; later ones of its channel wait for it."""
        earlier = aliased(NoticeRow)
        waits_for_another = exists().where(
            earlier.channel_id == NoticeRow.channel_id,
            earlier.id < NoticeRow.id,
            earlier.state.in_(_OPEN),
        )
        due = or_(
            and_(
                NoticeRow.state == NoticeState.PENDING.value,
                NoticeRow.not_before <= now,
            ),
            # Its process vanished.
            and_(
                NoticeRow.state == NoticeState.SENDING.value,
                NoticeRow.claimed_until < now,
            ),
        )
        query = select(NoticeRow).where(due, ~waits_for_another).order_by(NoticeRow.id)
        with self._database.read() as session:
            if session.scalar(query.limit(1)) is None:
                return None
        with self._database.write() as session:
            row = session.scalar(
                query.limit(1).with_for_update(of=NoticeRow, skip_locked=True)
            )
            if row is None:
                return None
            row.state = NoticeState.SENDING.value
            row.attempts += 1
            row.claim_token += 1
            row.claimed_until = now + _LEASE
            channel = session.get_one(ChannelRow, row.channel_id)
            return Delivery(
                notice_id=row.id,
                token=row.claim_token,
                channel=self._channels.of_row(channel),
                message=from_plain(Message, row.message),
            )

    def delivered(self, delivery: Delivery, now: datetime, remark: str = "") -> None:
        """Write down that a notice arrived; *remark* is what was odd about it."""
        with self._database.write() as session:
            lock_channel(session, delivery.channel.id)
            row = _claimed(session, delivery)
            if row is None:
                return
            row.state = NoticeState.SENT.value
            row.error = remark
            row.finished_at = now
            note_success(session, row.channel_id)

    def failed(
        self, delivery: Delivery, why: str, now: datetime, *, for_good: bool
    ) -> None:
        """Write down that an attempt failed, and when the next one is, if any."""
        with self._database.write() as session:
            lock_channel(session, delivery.channel.id)
            row = _claimed(session, delivery)
            if row is None:
                return
            wait = None if for_good else next_try(row.attempts)
            row.error = why
            if wait is not None:
                row.state = NoticeState.PENDING.value
                row.not_before = now + wait
                return
            row.state = NoticeState.GIVEN_UP.value
            row.finished_at = now
            note_failure(session, row.channel_id, now, why)

    def take_up_again(self, channel_id: int, now: datetime) -> None:
        """Say that a channel works: what was given up and still holds goes again."""
        still_holds = exists().where(
            NoticeAlarmRow.notice_id == NoticeRow.id,
            NoticeAlarmRow.alarm_id == AlarmRow.id,
            AlarmRow.open_key.is_not(None),
        )
        with self._database.write() as session:
            note_success(session, channel_id)
            session.execute(
                update(NoticeRow)
                .where(
                    NoticeRow.channel_id == channel_id,
                    NoticeRow.state == NoticeState.GIVEN_UP.value,
                    still_holds,
                )
                .values(
                    state=NoticeState.PENDING.value,
                    attempts=0,
                    not_before=now,
                    finished_at=None,
                )
            )

    def call_off(self, channel_id: int, now: datetime) -> None:
        """Send nothing that is still on its way to a channel: it is switched off."""
        with self._database.write() as session:
            session.execute(
                update(NoticeRow)
                .where(NoticeRow.channel_id == channel_id, NoticeRow.state.in_(_OPEN))
                .values(
                    state=NoticeState.GIVEN_UP.value,
                    error="The channel was switched off.",
                    finished_at=now,
                )
            )

    def newest(self, limit: int) -> tuple[Notice, ...]:
        """Return the last notices, the newest first."""
        query = (
            select(NoticeRow, ChannelRow.name)
            .join(ChannelRow, ChannelRow.id == NoticeRow.channel_id)
            .order_by(NoticeRow.id.desc())
            .limit(limit)
        )
        with self._database.read() as session:
            return tuple(_notice(row, name) for row, name in session.execute(query))

    def forget_old(self, now: datetime) -> None:
        """Delete what was sent or given up long ago."""
        with self._database.write() as session:
            lock_alarms(session)
            session.execute(
                delete(NoticeRow).where(NoticeRow.finished_at < now - _KEPT)
            )

    def _due(self, session: Session, now: datetime) -> Iterator[tuple[Channel, News]]:
        rules = read_alarm_rules(session)
        for row in session.scalars(select(ChannelRow).where(ChannelRow.active)).all():
            channel = self._channels.of_row(row)
            news = _news(session, channel, rules, now)
            if news is not None:
                yield channel, news


def _news(
    session: Session, channel: Channel, rules: AlarmRules, now: datetime
) -> News | None:
    """Return what a channel is to be told, from what it was told before."""
    begun = _told(channel.id, Event.ALARM)
    arrived = (begun.join(NoticeRow, NoticeRow.id == NoticeAlarmRow.notice_id)).where(
        NoticeRow.state != NoticeState.GIVEN_UP.value
    )
    unfinished = AlarmRow.id.in_(arrived) & AlarmRow.id.not_in(
        _told(channel.id, Event.ALL_WELL)
    )
    rows = session.scalars(
        select(AlarmRow)
        .where(or_(AlarmRow.open_key.is_not(None), unfinished))
        .order_by(AlarmRow.id)
    ).all()
    of_these = NoticeAlarmRow.alarm_id.in_([row.id for row in rows])
    told = set(session.scalars(begun.where(of_these)))
    standing = [standing_of_row(row, told=row.id in told) for row in rows]
    return news_for(channel, standing, rules, now)


def _told(channel_id: int, event: Event) -> Select[int]:
    return select(NoticeAlarmRow.alarm_id).where(
        NoticeAlarmRow.channel_id == channel_id, NoticeAlarmRow.event == event.value
    )


def _write(session: Session, channel: Channel, news: News, message: Message) -> None:
    row = NoticeRow(
        channel_id=channel.id,
        event=message.event.value,
        message=to_plain(message),
        state=NoticeState.PENDING.value,
        not_before=message.at,
        claimed_until=message.at,
        created_at=message.at,
    )
    session.add(row)
    session.flush()
    session.add_all(
        NoticeAlarmRow(
            channel_id=channel.id,
            alarm_id=standing.id,
            event=message.event.value,
            notice_id=row.id,
        )
        for standing in news.alarms
    )


def _claimed(session: Session, delivery: Delivery) -> NoticeRow | None:
    """Return the notice while it is still ours: another process may have taken it."""
    return session.scalar(
        select(NoticeRow)
        .where(
            NoticeRow.id == delivery.notice_id,
            NoticeRow.claim_token == delivery.token,
            NoticeRow.state == NoticeState.SENDING.value,
        )
        .with_for_update()
    )


def _notice(row: NoticeRow, channel: str) -> Notice:
    state = NoticeState(row.state)
    return Notice(
        channel=channel,
        event=Event(row.event),
        subject=str(row.message["subject"]),
        state=state,
        attempts=row.attempts,
        error=row.error,
        created_at=row.created_at,
        finished_at=row.finished_at,
        next_attempt_at=row.not_before if state is NoticeState.PENDING else None,
    )
