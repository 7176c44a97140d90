"""Schedules as rows; firing one is a compare-and-swap, so two processes never do."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dashboard.domain.known_words import schedule_words
from dashboard.domain.rules import Shop
from dashboard.domain.runs import RunState, Schedule, ScheduleKind, Task, Trigger
from dashboard.store.company import ChangedMeanwhile
from dashboard.store.database import Database
from dashboard.store.schema import RunRow, ScheduleRow, ShopRow

# APScheduler may call a moment before the slot it calls for.
_EARLY_S = 0.05


class ScheduleStore:
    """Reads and writes schedules; each method is one transaction and commits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Schedule, ...]:
        """Return all schedules by name."""
        with self._database.read() as session:
            return read_schedules(session)

    def get(self, schedule_id: int) -> Schedule | None:
        """Return one schedule."""
        with self._database.read() as session:
            return next(
                iter(read_schedules(session, ScheduleRow.id == schedule_id)), None
            )

    def pulling(self, shop: Shop) -> Schedule | None:
        """Return the schedule that pulls a shop: its own, else the one of all shops."""
        with self._database.read() as session:
            found = read_schedules(
                session,
                ScheduleRow.task == Task.PULL.value,
                or_(ScheduleRow.shop_id == shop.id, ScheduleRow.shop_id.is_(None)),
            )
        return max(found, key=lambda schedule: schedule.shop_id or 0, default=None)

    def pulled_by_themselves(self) -> frozenset[int]:
        """Return the ids of the shops that have a schedule of their own."""
        own = select(ScheduleRow.shop_id).where(ScheduleRow.shop_id.is_not(None))
        with self._database.read() as session:
            return frozenset(each for each in session.scalars(own) if each)

    def install(self, schedule: Schedule) -> None:
        """Add a schedule (its id does not matter) unless one of its name is there."""
        # Of processes that start at once, one is the first to have added it.
        with suppress(IntegrityError), self._database.write() as session:
            named = select(ScheduleRow.id).where(ScheduleRow.name == schedule.name)
            if session.scalar(named) is not None:
                return
            session.add(
                ScheduleRow(
                    name=schedule.name,
                    task=schedule.task.value,
                    shop_id=schedule.shop_id,
                    kind=schedule.kind.value,
                    spec=schedule.spec,
                    timezone=schedule.timezone,
                    active=schedule.active,
                    paused_reason=schedule.paused_reason,
                    next_due_at=schedule.next_due_at,
                )
            )

    def change(self, schedule: Schedule, *, expected_version: int) -> None:
        """Replace when a schedule fires and whether it is active.

        Raises:
            ChangedMeanwhile: If it was changed since *expected_version* was read.
        """
        with self._database.write() as session:
            changed = session.execute(
                update(ScheduleRow)
                .where(
                    ScheduleRow.id == schedule.id,
                    ScheduleRow.version == expected_version,
                )
                .values(
                    kind=schedule.kind.value,
                    spec=schedule.spec,
                    timezone=schedule.timezone,
                    active=schedule.active,
                    paused_reason=schedule.paused_reason,
                    next_due_at=schedule.next_due_at,
                    version=expected_version + 1,
                )
                .returning(ScheduleRow.id)
            ).first()
            if changed is None:
                raise ChangedMeanwhile

    def remove_own(self, shop: Shop) -> bool:
        """Let a shop be pulled together with all others; False if it was already."""
        with self._database.write() as session:
            removed = session.execute(
                delete(ScheduleRow)
                .where(ScheduleRow.shop_id == shop.id)
                .returning(ScheduleRow.id)
            ).first()
            return removed is not None

    def now(self) -> datetime:
        """Return the time by which schedules are due, in all processes."""
        with self._database.read() as session:
            return self._database.now(session)

    def bring_forward(self, schedule: Schedule, next_due_at: datetime) -> bool:
        """Let *schedule*, as read, be due at an earlier time; False if it was changed.

        Its runs of later times give them up: when they come, they are due once more.
        """
        with self._database.write() as session:
            if not _move(session, schedule, next_due_at):
                return False
            session.execute(
                update(RunRow)
                .where(RunRow.schedule_id == schedule.id, RunRow.due_at >= next_due_at)
                .values(due_at=None)
            )
            return True

    def fire(self, schedule: Schedule, next_due_at: datetime) -> bool:
        """Queue the run that *schedule*, as read, is due for; False if it is not ours.

        A run that still waits serves as well: no second one is queued behind it.
        The row is swapped from the due time that was read to *next_due_at*: of several
        processes one wins. The unique (schedule, due time) of runs is the second belt.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            if schedule.next_due_at > now + timedelta(seconds=_EARLY_S):
                return False
            if not _move(session, schedule, next_due_at):
                return False
            _queue(session, schedule, now)
            return True


def _move(session: Session, schedule: Schedule, next_due_at: datetime) -> bool:
    """Let an active schedule be due at another time than was read, if nobody else did.

    Of several processes that move it one wins.
    """
    moved = session.execute(
        update(ScheduleRow)
        .where(
            ScheduleRow.id == schedule.id,
            ScheduleRow.version == schedule.version,
            ScheduleRow.next_due_at == schedule.next_due_at,
            ScheduleRow.active,
        )
        .values(next_due_at=next_due_at)
        .returning(ScheduleRow.id)
    ).first()
    return moved is not None


def _queue(session: Session, schedule: Schedule, now: datetime) -> None:
    """Queue a run, unless one that does the same waits already."""
    waiting = select(RunRow.id).where(
        RunRow.task == schedule.task.value,
        RunRow.state == RunState.QUEUED.value,
        RunRow.shop_id.is_not_distinct_from(schedule.shop_id),
    )
    # One that is locked is being taken just now: it may not see what is new since.
    if session.scalar(waiting.limit(1).with_for_update(skip_locked=True)) is not None:
        return
    session.add(
        RunRow(
            task=schedule.task.value,
            trigger=Trigger.SCHEDULE.value,
            schedule_id=schedule.id,
            shop_id=schedule.shop_id,
            due_at=schedule.next_due_at,
            state=RunState.QUEUED.value,
            created_at=now,
        )
    )


def read_schedules(
    session: Session, *which: ColumnElement[bool]
) -> tuple[Schedule, ...]:
    """Return the schedules that *which* holds for, by name."""
    query = (
        select(ScheduleRow, ShopRow)
        .outerjoin(ShopRow, ShopRow.id == ScheduleRow.shop_id)
        .where(*which)
        .order_by(ScheduleRow.name)
    )
    return tuple(_schedule_of(row, shop) for row, shop in session.execute(query))


def _schedule_of(row: ScheduleRow, shop: ShopRow | None) -> Schedule:
    return Schedule(
        id=row.id,
        name=schedule_words(row.name, shop.name if shop else None),
        task=Task(row.task),
        kind=ScheduleKind(row.kind),
        spec=row.spec,
        timezone=row.timezone,
        active=row.active,
        paused_reason=row.paused_reason,
        version=row.version,
        next_due_at=row.next_due_at,
        shop_id=row.shop_id,
        shop_slug=shop.slug if shop else "",
    )
