"""Runs as pages show them: the list, and one run with what it did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from dashboard.domain.runs import Run, RunState
from dashboard.store.database import Database
from dashboard.store.listing_exchanges import ExchangeSummary, calls_of_run
from dashboard.store.runs import run_of
from dashboard.store.schema import (
    OrderEventRow,
    OrderRow,
    RunRow,
    ScheduleRow,
)

_MAX_LINES = 200


@dataclass(frozen=True, kw_only=True)
class ListedRun:
    """A run; *schedule* is the name of the schedule that started it, or empty."""

    run: Run
    schedule: str

    @property
    def duration_ms(self) -> int | None:
        """How long it took, once it has ended."""
        started, finished = self.run.started_at, self.run.finished_at
        if started is None or finished is None:
            return None
        return round((finished - started).total_seconds() * 1000)


@dataclass(frozen=True, kw_only=True)
class RunPage:
    """Some runs, the newest first, and whether there are more on either side."""

    runs: tuple[ListedRun, ...]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, kw_only=True)
class RunEvent:
    """What a run did to an order."""

    at: datetime
    order_id: int
    order_number: str
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class RunDetail:
    """One run with what it did, the oldest first; at most 200 lines of each."""

    listed: ListedRun
    events: tuple[RunEvent, ...]
    calls: tuple[ExchangeSummary, ...]


class RunListing:
    """Reads runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        *,
        size: int,
        with_empty: bool = False,
        after: int | None = None,
        before: int | None = None,
    ) -> RunPage:
        """Return the *size* newest runs older than *after*, or newer than *before*.

        Runs that ended well and had nothing to do are left out unless *with_empty*.
        """
        query = _runs()
        if not with_empty:
            query = query.where(_not_empty())
        backwards = before is not None
        if before is not None:
            query = query.where(RunRow.id > before).order_by(RunRow.id.asc())
        else:
            query = query.order_by(RunRow.id.desc())
            if after is not None:
                query = query.where(RunRow.id < after)
        with self._database.read() as session:
            found = [
                _listed(row, name)
                for row, name in session.execute(query.limit(size + 1))
            ]
        more = len(found) > size
        found = found[:size]
        if backwards:
            found.reverse()
        return RunPage(
            runs=tuple(found),
            has_previous=more if backwards else after is not None,
            has_next=backwards or more,
        )

    def newest_of(self, schedule_id: int, limit: int) -> tuple[ListedRun, ...]:
        """Return the last runs a schedule started, the oldest of them first."""
        query = (
            _runs()
            .where(RunRow.schedule_id == schedule_id)
            .order_by(RunRow.id.desc())
            .limit(limit)
        )
        with self._database.read() as session:
            found = [_listed(row, name) for row, name in session.execute(query)]
        return tuple(reversed(found))

    def one(self, run_id: int) -> RunDetail | None:
        """Return the run of that id."""
        with self._database.read() as session:
            found = session.execute(_runs().where(RunRow.id == run_id)).one_or_none()
            if found is None:
                return None
            row, name = found
            return RunDetail(
                listed=_listed(row, name),
                events=_events(session, run_id),
                calls=calls_of_run(session, run_id, _MAX_LINES),
            )


def _runs() -> Select[RunRow, str]:
    return select(RunRow, ScheduleRow.name).outerjoin(
        ScheduleRow, ScheduleRow.id == RunRow.schedule_id
    )


def _not_empty() -> ColumnElement[bool]:
    done = (
        RunRow.orders
        + RunRow.contacts
        + RunRow.invoices
        + RunRow.payments
        + RunRow.refused
    )
    return (RunRow.state != RunState.DONE.value) | (done > 0)


def _listed(row: RunRow, schedule: str | None) -> ListedRun:
    return ListedRun(run=run_of(row), schedule=schedule or "")


def _events(session: Session, run_id: int) -> tuple[RunEvent, ...]:
    query = (
        select(OrderEventRow, OrderRow.number)
        .join(OrderRow, OrderRow.id == OrderEventRow.order_id)
        .where(OrderEventRow.run_id == run_id)
        .order_by(OrderEventRow.id)
        .limit(_MAX_LINES)
    )
    return tuple(
        RunEvent(
            at=row.at,
            order_id=row.order_id,
            order_number=number,
            kind=row.kind,
            text=row.text,
        )
        for row, number in session.execute(query)
    )
