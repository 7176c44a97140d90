"""Runs: queued by a trigger, carried out by whichever process takes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    delete,
    distinct,
    func,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

from dashboard.domain.postings import PostingKind
from dashboard.domain.rules import Shop
from dashboard.domain.runs import (
    STOPPABLE,
    Run,
    RunCounts,
    RunPart,
    RunState,
    Task,
    Trigger,
)
from dashboard.domain.sentences import say
from dashboard.domain.status import RequestState
from dashboard.store.batches import what_is_due
from dashboard.store.database import Database, UtcDateTime, insert_missing
from dashboard.store.schema import (
    ExchangeRow,
    HeartbeatRow,
    OrderEventRow,
    RequestRow,
    RunRow,
)
from dashboard.store.verdicts import CONFIRMED

_HEARTBEAT_LOST_S = 60.0
_KEEP_EMPTY_S = 24 * 3600.0
# Twice the longest delay of a request, which may be claimed on top of it.
_LONGEST_WAIT_S = 2 * 3600.0

# Asked before every step, so it is built once.
_STOPPED_BY = select(RunRow.stopped_by).where(RunRow.id == bindparam("run_id"))


class RunStore:
    """Writes runs and heartbeats; each method is one transaction and commits."""

    def __init__(self, database: Database, process: str) -> None:
        self._database = database
        self._process = process

    def queue(self, task: Task, trigger: Trigger, shop: Shop | None = None) -> int:
        """Ask for a run; one that is queued already serves as well.

        If a person asks, it becomes theirs: a schedule's leaves out shops that they
        mean too. With *shop* it is about that one alone.
        """
        shop_id = None if shop is None else shop.id
        with self._database.write() as session:
            waiting = session.scalar(
                select(RunRow)
                .where(
                    RunRow.task == task.value,
                    RunRow.state == RunState.QUEUED.value,
                    RunRow.shop_id.is_not_distinct_from(shop_id),
                )
                .order_by(RunRow.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if waiting is not None:
                if trigger is Trigger.PERSON:
                    waiting.trigger = trigger.value
                return waiting.id
            row = RunRow(
                task=task.value,
                trigger=trigger.value,
                shop_id=shop_id,
                state=RunState.QUEUED.value,
                created_at=self._database.now(session),
            )
            session.add(row)
            session.flush()
            return row.id

    def take(self, *tasks: Task) -> Run | None:
        """Take the oldest queued run, of one of *tasks* if any are named."""
        with self._database.write() as session:
            row = session.scalar(
                select(RunRow)
                .where(
                    RunRow.state == RunState.QUEUED.value,
                    RunRow.task.in_([task.value for task in tasks or Task]),
                )
                .order_by(RunRow.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            return None if row is None else self._start(session, row)

    def begin(self, task: Task, trigger: Trigger, shop: Shop | None = None) -> Run:
        """Start a run of our own that nobody queued, of one shop if it is given."""
        with self._database.write() as session:
            row = RunRow(
                task=task.value,
                trigger=trigger.value,
                shop_id=None if shop is None else shop.id,
                state=RunState.RUNNING.value,
                created_at=self._database.now(session),
            )
            session.add(row)
            return self._start(session, row)

    def beat(self, role: str, run_id: int | None = None) -> None:
        """Say that this process is alive, and so is its run."""
        with self._database.write() as session:
            now = self._database.now(session)
            mine = {"process": self._process, "role": role}
            # Before the run, as in `clean_up`: a machine that slept does both at once.
            known = session.execute(
                update(HeartbeatRow)
                .filter_by(**mine)
                .values(at=now)
                .returning(HeartbeatRow.role)
            ).first()
            if known is None:
                unique = list(mine)
                insert_missing(session, HeartbeatRow, unique=unique, at=now, **mine)
            if run_id is not None:
                session.execute(
                    update(RunRow)
                    .where(RunRow.id == run_id)
                    .values(heartbeat_at=now, **_counted(session, run_id))
                )

    def keep_alive(self, run_id: int) -> None:
        """Say that a run is alive, whatever else this process does."""
        with self._database.write() as session:
            session.execute(
                update(RunRow)
                .where(RunRow.id == run_id)
                .values(heartbeat_at=self._database.now(session))
            )

    def ask_to_stop(self, run_id: int, by: str) -> bool:
        """Let a run end after the batch it is at; False if it has ended."""
        with self._database.write() as session:
            row = session.get_one(RunRow, run_id, with_for_update=True)
            if row.finished_at is not None or Task(row.task) not in STOPPABLE:
                return False
            row.stopped_by = by
            if row.state == RunState.QUEUED.value:
                row.state = RunState.STOPPED.value
                row.finished_at = self._database.now(session)
                row.message = stopped_message(by)
            return True

    def stopped_by(self, run_id: int) -> str:
        """Return who wants a run to end; empty while nobody does."""
        found = self._database.ask(_STOPPED_BY, {"run_id": run_id})
        return next((row.stopped_by or "" for row in found), "")

    def leave(self) -> None:
        """Say that this process ends."""
        with self._database.write() as session:
            session.execute(
                delete(HeartbeatRow).where(HeartbeatRow.process == self._process)
            )

    def finish(self, run_id: int, state: RunState, message: str = "") -> Run:
        """End a run and count what it did."""
        with self._database.write() as session:
            row = session.get_one(RunRow, run_id)
            row.state = state.value
            row.finished_at = self._database.now(session)
            row.message = message
            for name, number in _counted(session, run_id).items():
                setattr(row, name, number)
            session.flush()
            return run_of(row)

    def clean_up(self) -> None:
        """Mark runs of vanished processes; forget old ones that had nothing to do."""
        with self._database.write() as session:
            now = self._database.now(session)
            lost = now - timedelta(seconds=_HEARTBEAT_LOST_S)
            silent = select(HeartbeatRow.process, HeartbeatRow.role).where(
                HeartbeatRow.at < lost
            )
            session.execute(
                delete(HeartbeatRow).where(
                    tuple_(HeartbeatRow.process, HeartbeatRow.role).in_(_free(silent))
                )
            )
            mark_interrupted(session, RunRow.heartbeat_at < lost)
            empty = select(RunRow.id).where(
                RunRow.state.in_([RunState.DONE.value, RunState.FAILED.value]),
                RunRow.created_at < now - timedelta(seconds=_KEEP_EMPTY_S),
                RunRow.orders == 0,
                # One a night, and the only trace of what was cleared away.
                RunRow.task != Task.PRUNE.value,
            )
            session.execute(delete(RunRow).where(RunRow.id.in_(_free(empty))))

    def work_due_in_s(self) -> float | None:
        """Return how long until something can be worked on; None if nothing waits.

        By the time all processes agree on: this machine's clock may be behind.
        """
        with self._database.read() as session:
            if what_is_due(session) is not None:
                return 0.0
            now = self._database.now(session)
            # The greater of two columns: SQLite has no other word for it than max.
            postgres = session.get_bind().dialect.name == "postgresql"
            greater = func.greatest if postgres else func.max
            due = greater(RequestRow.not_before, RequestRow.claimed_until)
            waiting = RequestRow.state != RequestState.DONE.value
            due_at = session.scalar(
                select(type_coerce(func.min(due), UtcDateTime)).where(waiting)
            )
            if due_at is None:
                return None
            wait_s = (due_at - now).total_seconds()
            # Further ahead, the clock has been set back: the queue takes it as due.
            return 0.0 if wait_s > _LONGEST_WAIT_S else max(0.0, wait_s)

    def _start(self, session: Session, row: RunRow) -> Run:
        now = self._database.now(session)
        row.state = RunState.RUNNING.value
        row.started_at = now
        row.heartbeat_at = now
        row.process = self._process
        session.flush()
        return run_of(row)


def mark_interrupted(session: Session, condition: ColumnElement[bool]) -> None:
    """End the running runs that *condition* holds for: their process has vanished."""
    vanished = select(RunRow.id).where(
        RunRow.state == RunState.RUNNING.value, condition
    )
    session.execute(
        update(RunRow)
        .where(RunRow.id.in_(_free(vanished)))
        .values(
            state=RunState.INTERRUPTED.value,
            finished_at=RunRow.heartbeat_at,
            message=say("The program was stopped. The next run goes on."),
        )
    )


def _free(which: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Leave out what another transaction writes: clearing away waits for nobody."""
    return which.with_for_update(skip_locked=True)


def stopped_message(by: str) -> str:
    """Say that a person ended a run."""
    return say("Stopped by %(who)s. The next run takes up what is left.", who=by)


def run_of(row: RunRow) -> Run:
    """Turn a row into a run."""
    return Run(
        id=row.id,
        task=Task(row.task),
        trigger=Trigger(row.trigger),
        state=RunState(row.state),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        process=row.process,
        counts=RunCounts(
            orders=row.orders,
            contacts=row.contacts,
            invoices=row.invoices,
            payments=row.payments,
            credits=row.credits,
            refused=row.refused,
            calls=row.calls,
        ),
        message=row.message,
        schedule_id=row.schedule_id,
        stopped_by=row.stopped_by or "",
        shop_id=row.shop_id,
    )


def _counted(session: Session, run_id: int) -> dict[str, int]:
    """Count what a run did from what it wrote down."""
    events = select(OrderEventRow).where(OrderEventRow.run_id == run_id).subquery()
    orders = session.scalar(select(func.count(distinct(events.c.order_id))))
    calls = session.scalar(select(func.count()).where(ExchangeRow.run_id == run_id))
    return {
        "orders": orders or 0,
        "calls": calls or 0,
        **_events_by_part(session, run_id),
    }


def _booked(*kinds: PostingKind) -> tuple[str, ...]:
    return tuple(CONFIRMED + kind.value for kind in kinds)


# The events that each part counts; allocations only settle what is counted already.
EVENTS_OF: Final[Mapping[RunPart, tuple[str, ...]]] = {
    RunPart.CONTACTS: _booked(PostingKind.CONTACT),
    RunPart.INVOICES: _booked(PostingKind.INVOICE),
    RunPart.PAYMENTS: _booked(PostingKind.PAYMENT, PostingKind.REFUND),
    RunPart.CREDITS: _booked(PostingKind.CREDIT_NOTE, PostingKind.VOID),
    RunPart.REFUSED: ("refused",),
}


def _events_by_part(session: Session, run_id: int) -> dict[str, int]:
    rows = session.execute(
        select(OrderEventRow.kind, func.count().label("number"))
        .where(OrderEventRow.run_id == run_id)
        .group_by(OrderEventRow.kind)
    )
    numbers = {row.kind: row.number for row in rows}
    return {
        part.value: sum(numbers.get(kind, 0) for kind in kinds)
        for part, kinds in EVENTS_OF.items()
    }
