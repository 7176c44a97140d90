"""The pace the books allow, kept in the database so that all processes share it.

Every call of the last window is a row, every hour of the last day a count; a few slots
bound the calls in flight; the gate closes for everybody when the books ask for a pause.
Who asks for a call holds the gate's row, so the counts are exact.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dashboard.domain.exchanges import NotProcessed
from dashboard.domain.pace import DAY, Pace, Usage, hour_of, wait_s
from dashboard.domain.timing import full_jitter_s
from dashboard.store.database import Database
from dashboard.store.schema import CallHourRow, CallRow, CallSlotRow, GateRow

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# A stamp further ahead than this was written by a clock that has been set back.
_SKEW = timedelta(seconds=5)
_FAILURES_TO_CLOSE = 5
_POLL_SLOT_S = 0.02
# The books never ask for a longer pause than until their next day.
_MAX_CLOSED_S = 24 * 3600.0


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A granted call, or how long to wait before asking again.

    *slot* is to be given back; None when the call was not granted.
    """

    slot: int | None = None
    wait_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class GateState:
    """Whether the books may be called; *closed_until* is None when they may.

    *calls_left* and *calls_left_today* are None when there is no limit.
    """

    closed_until: datetime | None
    reason: str
    usage: Usage
    calls_left: int | None
    calls_left_today: int | None


class Gate:
    """Grants calls to the books."""

    def __init__(self, database: Database, pace: Pace, holder: str) -> None:
        self._database = database
        self._pace = pace
        self._holder = holder

    def install(self) -> None:
        """Make the rows the gate counts with, once; commits."""
        # Of processes that start at once, one is the first to have made them.
        with suppress(IntegrityError), self._database.write() as session:
            if session.get(GateRow, 1) is not None:
                return
            session.add(GateRow(id=1, closed_until=_LONG_AGO))
            session.add_all(
                CallSlotRow(number=number, until=_LONG_AGO)
                for number in range(self._pace.in_flight)
            )

    def wait_s(self, *, urgent: bool = False) -> float:
        """Return how long a call would have to wait now; takes nothing."""
        with self._database.read() as session:
            now = self._database.now(session)
            closed_until = session.scalar(select(GateRow.closed_until)) or _LONG_AGO
            return self._wait_s(session, closed_until, now, urgent=urgent)

    def enter(self, *, urgent: bool = False) -> Entry:
        """Take a slot and count the call, both or neither; commits.

        What is *urgent*, because a person asked for it, may use what is kept for that.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            closed_until = session.scalar(
                select(GateRow.closed_until).with_for_update()
            )
            wait_s = self._wait_s(
                session, closed_until or _LONG_AGO, now, urgent=urgent
            )
            if wait_s > 0:
                return Entry(wait_s=wait_s)
            slot = self._take_slot(session, now, urgent=urgent)
            if slot is None:
                return Entry(wait_s=_POLL_SLOT_S)
            self._count(session, now)
            return Entry(slot=slot)

    def leave(self, slot: int) -> None:
        """Give the slot back; commits."""
        with self._database.write() as session:
            session.execute(
                update(CallSlotRow)
                .where(CallSlotRow.number == slot, CallSlotRow.holder == self._holder)
                .values(holder="", until=_LONG_AGO)
            )

    def note(self, failure: NotProcessed) -> None:
        """Let everybody wait when no other call would fare better."""
        if failure.closes_gate:
            self.close(failure.wait_s or 0.0, failure.reason)
        elif failure.wait_s is None:
            self.note_failure(failure.reason)

    def close(self, seconds: float, reason: str) -> None:
        """Let nobody call for *seconds*, or longer if it is closed for longer."""
        with self._database.write() as session:
            now = self._database.now(session)
            gate = session.scalars(select(GateRow).with_for_update()).one()
            until = now + timedelta(seconds=min(seconds, _MAX_CLOSED_S))
            if until > gate.closed_until or not is_closed(gate.closed_until, now):
                gate.closed_until = until
                gate.reason = reason

    def note_failure(self, reason: str) -> None:
        """Count a call that got no usable answer; several in a row close the gate."""
        with self._database.write() as session:
            now = self._database.now(session)
            gate = session.scalars(select(GateRow).with_for_update()).one()
            gate.failures += 1
            if gate.failures >= _FAILURES_TO_CLOSE:
                wait_s = full_jitter_s(gate.failures - _FAILURES_TO_CLOSE + 1)
                until = now + timedelta(seconds=max(1.0, wait_s))
                if until > gate.closed_until or not is_closed(gate.closed_until, now):
                    gate.closed_until = until
                    gate.reason = reason

    def note_success(self) -> None:
        """Forget the failures before; commits only if there were any."""
        with self._database.read() as session:
            if not session.scalar(select(GateRow.failures)):
                return
        with self._database.write() as session:
            session.execute(update(GateRow).values(failures=0))

    def _wait_s(
        self, session: Session, closed_until: datetime, now: datetime, *, urgent: bool
    ) -> float:
        if is_closed(closed_until, now):
            return (closed_until - now).total_seconds()
        usage = read_usage(session, self._pace, now)
        return wait_s(self._pace, usage, now, urgent=urgent)

    def _take_slot(
        self, session: Session, now: datetime, *, urgent: bool
    ) -> int | None:
        far = now + timedelta(seconds=10 * self._pace.lease_s)
        free = session.scalars(
            select(CallSlotRow.number)
            .where(or_(CallSlotRow.until < now, CallSlotRow.until > far))
            .order_by(CallSlotRow.number)
        ).all()
        kept = self._pace.in_flight - self._pace.in_flight_for(urgent=urgent)
        if len(free) <= kept:
            return None
        until = now + timedelta(seconds=self._pace.lease_s)
        session.execute(
            update(CallSlotRow)
            .where(CallSlotRow.number == free[0])
            .values(holder=self._holder, until=until)
        )
        return free[0]

    def _count(self, session: Session, now: datetime) -> None:
        """Count a call that is made *now*, and forget those that count no more."""
        if self._pace.calls:
            since = now - timedelta(seconds=self._pace.window_s)
            session.execute(
                delete(CallRow).where(or_(CallRow.at < since, CallRow.at > now + _SKEW))
            )
            session.execute(insert(CallRow).values(at=now))
        if self._pace.calls_a_day:
            hour = hour_of(now)
            counted = session.execute(
                update(CallHourRow)
                .where(CallHourRow.hour == hour)
                .values(calls=CallHourRow.calls + 1)
                .returning(CallHourRow.hour)
            )
            if counted.first() is None:
                session.execute(
                    delete(CallHourRow).where(
                        or_(CallHourRow.hour <= now - DAY, CallHourRow.hour > now)
                    )
                )
                session.execute(insert(CallHourRow).values(hour=hour, calls=1))


def read_usage(session: Session, pace: Pace, now: datetime) -> Usage:
    """Return which calls count against *pace* at *now*."""
    recent: tuple[datetime, ...] = ()
    if pace.calls:
        since = now - timedelta(seconds=pace.window_s)
        recent = tuple(
            session.scalars(
                select(CallRow.at)
                .where(CallRow.at.between(since, now + _SKEW))
                .order_by(CallRow.at)
            )
        )
    by_hour: dict[datetime, int] = {}
    if pace.calls_a_day:
        hours = select(CallHourRow.hour, CallHourRow.calls).where(
            CallHourRow.hour.between(now - DAY, now)
        )
        by_hour = {hour: calls for hour, calls in session.execute(hours)}  # noqa: C416
    return Usage(recent=recent, by_hour=by_hour)


def is_closed(closed_until: datetime, now: datetime) -> bool:
    """Tell whether a gate is closed; further ahead the clock has been set back."""
    return now < closed_until <= now + timedelta(seconds=_MAX_CLOSED_S)


def gate_state(database: Database, pace: Pace) -> GateState:
    """Return what is shown of the gate, by the time all processes agree on."""
    with database.read() as session:
        now = database.now(session)
        gate = session.get(GateRow, 1)
        usage = read_usage(session, pace, now)
        closed = gate is not None and is_closed(gate.closed_until, now)
        today = sum(usage.by_hour.values())
        return GateState(
            closed_until=gate.closed_until if gate is not None and closed else None,
            reason=gate.reason if gate is not None and closed else "",
            usage=usage,
            calls_left=pace.calls - len(usage.recent) if pace.calls else None,
            calls_left_today=pace.calls_a_day - today if pace.calls_a_day else None,
        )
