"""The pace the books allow, kept in the database so that all processes share it.

Sixty tokens are an exact sliding window over a minute; a few slots bound the calls in
flight; the gate closes for everybody when the books ask for a pause. The first half of
the tokens may go at once; after that calls keep a distance, so that a flood of orders
fills batches instead of spending the minute on small ones.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dashboard.domain.exchanges import NotProcessed
from dashboard.domain.timing import full_jitter_s
from dashboard.store.database import Database
from dashboard.store.schema import CallSlotRow, CallTokenRow, GateRow

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# A stamp further ahead than this was written by a clock that has been set back.
_SKEW_S = 5.0
_FAILURES_TO_CLOSE = 5
_POLL_SLOT_S = 0.02
# The books never ask for a longer pause than until their next day.
_MAX_CLOSED_S = 24 * 3600.0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What the books allow.

    window_s: longer than the minute, because time passes between asking here and
        arriving there. lease_s: when the slot of a vanished process is free again.
    """

    calls: int = 60
    window_s: float = 63.0
    in_flight: int = 4
    lease_s: float = 60.0


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A granted call, or how long to wait before asking again.

    *slot* is to be given back; None when the call was not granted.
    """

    slot: int | None = None
    wait_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class GateState:
    """Whether the books may be called; *closed_until* is None when they may."""

    closed_until: datetime | None
    reason: str
    calls_left: int


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
                CallTokenRow(number=number, used_at=_LONG_AGO)
                for number in range(self._pace.calls)
            )
            session.add_all(
                CallSlotRow(number=number, until=_LONG_AGO)
                for number in range(self._pace.in_flight)
            )

    def wait_s(self) -> float:
        """Return how long a call would have to wait now; takes nothing."""
        with self._database.read() as session:
            now = self._database.now(session)
            closed_until = session.scalar(select(GateRow.closed_until)) or _LONG_AGO
            if is_closed(closed_until, now):
                return (closed_until - now).total_seconds()
            return self._distance_s(session, now)

    def enter(self) -> Entry:
        """Take a slot and a token, both or neither; commits."""
        with self._database.write() as session:
            now = self._database.now(session)
            closed_until = session.scalar(select(GateRow.closed_until)) or _LONG_AGO
            if is_closed(closed_until, now):
                return Entry(wait_s=(closed_until - now).total_seconds())
            distance_s = self._distance_s(session, now)
            if distance_s > 0:
                return Entry(wait_s=distance_s)
            slot = self._free_slot(session, now)
            if slot is None:
                return Entry(wait_s=_POLL_SLOT_S)
            token = self._free_token(session, now)
            if token is None:
                return Entry(wait_s=self._next_token_s(session, now))
            slot.holder = self._holder
            slot.until = now + timedelta(seconds=self._pace.lease_s)
            token.used_at = now
            return Entry(slot=slot.number)

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

    def _distance_s(self, session: Session, now: datetime) -> float:
        """Return how long to keep the distance to the call before."""
        since = now - timedelta(seconds=self._pace.window_s)
        in_window = CallTokenRow.used_at.between(since, now)
        used, latest = session.execute(
            select(func.count(), func.max(CallTokenRow.used_at)).where(in_window)
        ).one()
        if used < self._pace.calls // 2 or latest is None:
            return 0.0
        distance_s = self._pace.window_s / self._pace.calls
        return float(max(0.0, distance_s - (now - latest).total_seconds()))

    def _free_slot(self, session: Session, now: datetime) -> CallSlotRow | None:
        far = now + timedelta(seconds=10 * self._pace.lease_s)
        return session.scalar(
            select(CallSlotRow)
            .where(or_(CallSlotRow.until < now, CallSlotRow.until > far))
            .order_by(CallSlotRow.until)
            .limit(1)
            .with_for_update(skip_locked=True)
        )

    def _free_token(self, session: Session, now: datetime) -> CallTokenRow | None:
        before = now - timedelta(seconds=self._pace.window_s)
        ahead = now + timedelta(seconds=_SKEW_S)
        return session.scalar(
            select(CallTokenRow)
            .where(or_(CallTokenRow.used_at < before, CallTokenRow.used_at > ahead))
            .order_by(CallTokenRow.used_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )

    def _next_token_s(self, session: Session, now: datetime) -> float:
        oldest = session.scalar(
            select(CallTokenRow.used_at).order_by(CallTokenRow.used_at).limit(1)
        )
        if oldest is None:
            return _POLL_SLOT_S
        free_at = oldest + timedelta(seconds=self._pace.window_s)
        return max(_POLL_SLOT_S, (free_at - now).total_seconds())


def is_closed(closed_until: datetime, now: datetime) -> bool:
    """Tell whether a gate is closed; further ahead the clock has been set back."""
    return now < closed_until <= now + timedelta(seconds=_MAX_CLOSED_S)


def gate_state(database: Database, pace: Pace) -> GateState:
    """Return what is shown of the gate, by the time all processes agree on."""
    with database.read() as session:
        now = database.now(session)
        gate = session.get(GateRow, 1)
        since = now - timedelta(seconds=pace.window_s)
        used = session.scalars(
            select(CallTokenRow.number).where(CallTokenRow.used_at > since)
        ).all()
        closed = gate is not None and is_closed(gate.closed_until, now)
        return GateState(
            closed_until=gate.closed_until if gate is not None and closed else None,
            reason=gate.reason if gate is not None and closed else "",
            calls_left=pace.calls - len(used),
        )
