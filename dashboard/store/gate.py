"""The pace the books allow, kept in the database so that all processes share it.

Every call of the last window is a row, every hour of the last day a count; a few slots
bound the calls in flight; the gate closes for everybody when the books ask for a pause.
Who asks for a call holds the gate's row, so the counts are exact. A gate
that was closed for a reason that time alone does not end lets one call at a time
through until one proves that it is over.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dashboard.domain.exchanges import NotProcessed, OutcomeUnknown
from dashboard.domain.pace import DAY, Pace, Usage, hour_of, wait_s
from dashboard.domain.pauses import ConnectionPause, Pause
from dashboard.domain.timing import full_jitter_s
from dashboard.store.database import Database, UtcDateTime
from dashboard.store.schema import CallHourRow, CallRow, CallSlotRow, GateRow

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# A stamp further ahead than this was written by a clock that has been set back.
_SKEW = timedelta(seconds=5)
_FAILURES_TO_CLOSE = 5
_POLL_SLOT_S = 0.02
# Longer than the moment between the end of a call and the news of how it went.
_POLL_PROOF_S = 1.0
_MAX_FAILING_S = 300.0
# Every call asks for these, so they are built once and carried out past the ORM.
_GATE = select(GateRow.__table__)
_LOCKED_GATE = _GATE.with_for_update()
_TROUBLED = select(or_(GateRow.failures > 0, GateRow.unproven))
_FREE_SLOTS = (
    select(CallSlotRow.number)
    .where(
        or_(
            CallSlotRow.until < bindparam("now", type_=UtcDateTime()),
            CallSlotRow.until > bindparam("far", type_=UtcDateTime()),
        )
    )
    .order_by(CallSlotRow.number)
)
_TAKE_SLOT = (
    update(CallSlotRow)
    .where(CallSlotRow.number == bindparam("slot"))
    .values(holder=bindparam("by"), until=bindparam("taken_until"))
)
_LEAVE_SLOT = (
    update(CallSlotRow)
    .where(
        CallSlotRow.number == bindparam("slot"), CallSlotRow.holder == bindparam("by")
    )
    .values(holder="", until=_LONG_AGO)
)
# The books never ask for a longer pause than until their next day.
_MAX_CLOSED_S = 24 * 3600.0


_Gate = GateRow | Row[*tuple[Any, ...]]


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

    *pause* lasts until a call has proved that it is over. *calls_left* and
    *calls_left_today* are None when there is no limit.
    """

    closed_until: datetime | None
    pause: ConnectionPause | None
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
            session.add(GateRow(id=1, closed_until=_LONG_AGO, paused_since=_LONG_AGO))
            session.add_all(
                CallSlotRow(number=number, until=_LONG_AGO)
                for number in range(self._pace.in_flight)
            )

    def wait_s(self, *, urgent: bool = False) -> float:
        """Return how long a call would have to wait now; takes nothing."""
        with self._database.read() as session:
            now = self._database.now(session)
            gate = session.connection().execute(_GATE).first()
            return self._wait_s(session, gate, now, urgent=urgent)

    def enter(self, *, urgent: bool = False) -> Entry:
        """Take a slot and count the call, both or neither; commits.

        What is *urgent*, because a person asked for it, may use what is kept for that.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            gate = session.connection().execute(_LOCKED_GATE).first()
            wait_s = self._wait_s(session, gate, now, urgent=urgent)
            if wait_s > 0:
                return Entry(wait_s=wait_s)
            if gate is not None and gate.unproven:
                slot = self._take_slot(session, now, allowed=1)
                wait_s = _POLL_PROOF_S
            else:
                allowed = self._pace.in_flight_for(urgent=urgent)
                slot = self._take_slot(session, now, allowed=allowed)
                wait_s = _POLL_SLOT_S
            if slot is None:
                return Entry(wait_s=wait_s)
            self._count(session, now)
            return Entry(slot=slot)

    def leave(self, slot: int) -> None:
        """Give the slot back; commits."""
        with self._database.write() as session:
            mine = {"slot": slot, "by": self._holder}
            session.connection().execute(_LEAVE_SLOT, mine)

    def note(self, failure: NotProcessed | OutcomeUnknown) -> bool:
        """Let everybody wait when no other call would fare better.

        Returns:
            True if the connection pauses: then the failure says nothing of the request.
        """
        if failure.pause is not None and failure.wait_s is not None:
            self.close(failure.wait_s, failure.reason, failure.pause)
            return True
        if failure.wait_s is None:
            closed = self.note_failure(failure.reason, failure.pause or Pause.FAILING)
            return closed or failure.pause is not None
        return False

    def close(self, seconds: float, reason: str, pause: Pause = Pause.AWAY) -> None:
        """Let nobody call for *seconds*, or longer if it is closed for longer."""
        with self._database.write() as session:
            now = self._database.now(session)
            gate = session.scalars(select(GateRow).with_for_update()).one()
            _close(gate, seconds, reason, pause, now)

    def note_failure(self, reason: str, pause: Pause = Pause.FAILING) -> bool:
        """Count a call that got no usable answer; True if the gate is closed now.

        Several in a row close it; a single one does while nothing has proved that a
        pause is over.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            gate = session.scalars(select(GateRow).with_for_update()).one()
            gate.failures += 1
            if gate.failures >= _FAILURES_TO_CLOSE or gate.unproven:
                again = max(1, gate.failures - _FAILURES_TO_CLOSE + 1)
                wait_s = full_jitter_s(again, cap_s=_MAX_FAILING_S)
                _close(gate, max(1.0, wait_s), reason, pause, now)
            return is_closed(gate, now)

    def note_success(self) -> None:
        """Forget failures and the pause before; commits only if there were any."""
        if not any(troubled for (troubled,) in self._database.ask(_TROUBLED)):
            return
        with self._database.write() as session:
            session.execute(update(GateRow).values(failures=0, unproven=False))

    def is_unproven(self) -> bool:
        """Tell whether no call has proved yet that a pause is over."""
        with self._database.read() as session:
            return bool(session.scalar(select(GateRow.unproven)))

    def try_now(self) -> None:
        """Let the next call try whether a pause is over: a person says so; commits."""
        with self._database.write() as session:
            now = self._database.now(session)
            gate = session.scalars(select(GateRow).with_for_update()).one()
            if is_closed(gate, now):
                gate.closed_until = now

    def _wait_s(
        self, session: Session, gate: _Gate | None, now: datetime, *, urgent: bool
    ) -> float:
        if gate is not None and is_closed(gate, now):
            return (gate.closed_until - now).total_seconds()
        usage = read_usage(session, self._pace, now)
        return wait_s(self._pace, usage, now, urgent=urgent)

    def _take_slot(
        self, session: Session, now: datetime, *, allowed: int
    ) -> int | None:
        """Take a slot if it makes no more than *allowed* that are taken."""
        far = now + timedelta(seconds=10 * self._pace.lease_s)
        connection = session.connection()
        free = connection.scalars(_FREE_SLOTS, {"now": now, "far": far}).all()
        if len(free) <= self._pace.in_flight - allowed:
            return None
        until = now + timedelta(seconds=self._pace.lease_s)
        taken = {"slot": free[0], "by": self._holder, "taken_until": until}
        connection.execute(_TAKE_SLOT, taken)
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


def is_closed(gate: _Gate, now: datetime) -> bool:
    """Tell whether a gate is closed; before it was, the clock has been set back."""
    return gate.paused_since - _SKEW <= now < gate.closed_until


def pause_of(gate: GateRow | None, now: datetime) -> ConnectionPause | None:
    """Return the pause of the connection at *now*, None when it works."""
    if gate is None or not (gate.unproven or is_closed(gate, now)):
        return None
    return ConnectionPause(
        pause=Pause(gate.pause),
        reason=gate.reason,
        since=gate.paused_since,
        until=gate.closed_until,
    )


def _close(
    gate: GateRow, seconds: float, reason: str, pause: Pause, now: datetime
) -> None:
    """Close *gate* for everybody, unless it is closed for longer."""
    closed = is_closed(gate, now)
    if not (closed or gate.unproven) or gate.paused_since > now:
        gate.paused_since = now
    until = now + timedelta(seconds=min(seconds, _MAX_CLOSED_S))
    if closed and until <= gate.closed_until:
        return
    gate.closed_until = until
    gate.reason = reason
    gate.pause = pause.value
    gate.unproven = gate.unproven or not pause.ends_by_itself


def gate_state(database: Database, pace: Pace) -> GateState:
    """Return what is shown of the gate, by the time all processes agree on."""
    with database.read() as session:
        now = database.now(session)
        gate = session.get(GateRow, 1)
        usage = read_usage(session, pace, now)
        closed = gate is not None and is_closed(gate, now)
        today = sum(usage.by_hour.values())
        return GateState(
            closed_until=gate.closed_until if gate is not None and closed else None,
            pause=pause_of(gate, now),
            usage=usage,
            calls_left=pace.calls - len(usage.recent) if pace.calls else None,
            calls_left_today=pace.calls_a_day - today if pace.calls_a_day else None,
        )
