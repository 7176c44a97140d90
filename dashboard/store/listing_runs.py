"""Runs as pages show them: the list, and one run with what it did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, literal_column, select

from dashboard.domain.known_words import schedule_words
from dashboard.domain.runs import Run, RunPart, RunState, Task, Trigger
from dashboard.store.database import Database
from dashboard.store.listing_exchanges import ExchangeSummary, calls_of_run
from dashboard.store.parts import WHOLE_LIST_PART, counted, read_part
from dashboard.store.runs import EVENTS_OF, run_of
from dashboard.store.schema import (
    TELLING,
    OrderEventRow,
    OrderRow,
    RunRow,
    ScheduleRow,
    ShopRow,
)

_MAX_CALLS = 200


@dataclass(frozen=True, kw_only=True)
class RunFilter:
    """Which runs a list holds; what is empty does not limit it.

    Runs that ended well and had nothing to do are left out unless *with_empty*.
    """

    states: tuple[RunState, ...] = ()
    task: Task | None = None
    trigger: Trigger | None = None
    schedule_id: int | None = None
    with_empty: bool = False
    oldest_first: bool = False


@dataclass(frozen=True, kw_only=True)
class ListedRun:
    """A run; *schedule* is the name of the schedule that started it, or empty.

    *shop* is the name of the shop it is about, and empty for all shops.
    """

    run: Run
    schedule: str
    shop: str

    @property
    def duration_ms(self) -> int | None:
        """How long it took, once it has ended."""
        started, finished = self.run.started_at, self.run.finished_at
        if started is None or finished is None:
            return None
        return round((finished - started).total_seconds() * 1000)


@dataclass(frozen=True, kw_only=True)
class RunPage:
    """Some runs of a list, and whether there are more on either side."""

    runs: tuple[ListedRun, ...]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, kw_only=True)
class RunEvent:
    """What a run did to an order."""

    id: int
    at: datetime
    order_id: int
    order_number: str
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class RunEventPage:
    """Some of what a run did, and whether there is more on either side."""

    events: tuple[RunEvent, ...]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, kw_only=True)
class RunDetail:
    """One run with its first 200 calls, the oldest first."""

    listed: ListedRun
    calls: tuple[ExchangeSummary, ...]


class RunListing:
    """Reads runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        wanted: RunFilter,
        *,
        size: int,
        after: int | None = None,
        before: int | None = None,
    ) -> RunPage:
        """Return the *size* runs that follow *after*, or precede *before*."""
        merged = _by_state(wanted)
        query = _runs() if merged else _runs().where(*_conditions(wanted))
        with self._database.read() as session:
            part = read_part(
                session,
                query,
                RunRow.id,
                size=size,
                after=after,
                before=before,
                oldest_first=wanted.oldest_first,
                merged=merged,
            )
        return RunPage(
            runs=tuple(_listed(*row) for row in part.rows),
            has_previous=part.has_previous,
            has_next=part.has_next,
        )

    def counts(self, wanted: RunFilter) -> Mapping[RunState, int]:
        """Count by state what *wanted* holds, whatever states it asks for.

        None is counted beyond `COUNTED_UP_TO`.
        """
        queries = [
            counted(RunRow.id, _conditions(replace(wanted, states=(state,))))
            for state in RunState
        ]
        with self._database.read() as session:
            counts = session.execute(select(*queries)).one()
        return dict(zip(RunState, counts, strict=True))

    def all(self, wanted: RunFilter) -> Iterator[ListedRun]:
        """Yield every run of a list, reading a part of it at a time."""
        after = None
        while True:
            page = self.page(wanted, size=WHOLE_LIST_PART, after=after)
            yield from page.runs
            if not page.has_next:
                return
            after = page.runs[-1].run.id

    def newest_of(self, schedule_id: int, limit: int) -> tuple[ListedRun, ...]:
        """Return the last runs a schedule started, the oldest of them first."""
        query = (
            _runs()
            .where(RunRow.schedule_id == schedule_id, RunRow.due_at.is_not(None))
            .order_by(RunRow.due_at.desc())  # they stand so in an index
            .limit(limit)
        )
        with self._database.read() as session:
            found = [_listed(*row) for row in session.execute(query)]
        return tuple(reversed(found))

    def one(self, run_id: int) -> RunDetail | None:
        """Return the run of that id."""
        with self._database.read() as session:
            found = session.execute(_runs().where(RunRow.id == run_id)).one_or_none()
            if found is None:
                return None
            return RunDetail(
                listed=_listed(*found),
                calls=calls_of_run(session, run_id, _MAX_CALLS),
            )

    def events(
        self,
        run_id: int,
        part: RunPart | None,
        *,
        size: int,
        after: int | None = None,
        before: int | None = None,
    ) -> RunEventPage:
        """Return what a run did, the oldest first: the *size* events after one.

        Only those that *part* counts, if one is named.
        """
        query = (
            select(OrderEventRow, OrderRow.number, OrderRow.external_id)
            .join(OrderRow, OrderRow.id == OrderEventRow.order_id)
            .where(OrderEventRow.run_id == run_id)
        )
        if part is not None:
            query = query.where(OrderEventRow.kind.in_(EVENTS_OF[part]))
        with self._database.read() as session:
            found = read_part(
                session,
                query,
                OrderEventRow.id,
                size=size,
                after=after,
                before=before,
                oldest_first=True,
            )
        return RunEventPage(
            events=tuple(_event(*row) for row in found.rows),
            has_previous=found.has_previous,
            has_next=found.has_next,
        )


def _runs() -> Select[RunRow, str, str]:
    return (
        select(RunRow, ScheduleRow.name, ShopRow.name)
        .outerjoin(ScheduleRow, ScheduleRow.id == RunRow.schedule_id)
        .outerjoin(ShopRow, ShopRow.id == RunRow.shop_id)
    )


def _conditions(wanted: RunFilter) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    state, task, trigger, schedule = (
        *(RunRow.state.expression, RunRow.task.expression, RunRow.trigger.expression),
        RunRow.schedule_id.expression,
    )
    if _is_telling(wanted):
        # As it is written in the index, or the index is not found; and no other is to
        # be taken instead, in which SQLite would go through all that were empty.
        conditions.append(literal_column(f"({TELLING})"))
        state, task, trigger = (each.concat("") for each in (state, task, trigger))
        schedule += 0
    if wanted.states:
        conditions.append(state.in_([each.value for each in wanted.states]))
    if wanted.task is not None:
        conditions.append(task == wanted.task.value)
    if wanted.trigger is not None:
        conditions.append(trigger == wanted.trigger.value)
    if wanted.schedule_id is not None:
        conditions.append(schedule == wanted.schedule_id)
    return conditions


def _is_telling(wanted: RunFilter) -> bool:
    """Tell whether empty runs are to be left out; only one that is done can be."""
    return not wanted.with_empty and RunState.DONE in (wanted.states or RunState)


def _by_state(wanted: RunFilter) -> Sequence[Select[int]]:
    """Return the lists, one a state, that a list of one task or trigger is made of.

    Nothing where it stands in an index as it is.
    """
    if _is_telling(wanted) or (wanted.task is None and wanted.trigger is None):
        return ()
    return [
        select(RunRow.id).where(*_conditions(replace(wanted, states=(state,))))
        for state in wanted.states or RunState
    ]


def _listed(row: RunRow, schedule: str | None, shop: str | None) -> ListedRun:
    by = "" if schedule is None else schedule_words(schedule, shop)
    return ListedRun(run=run_of(row), schedule=by, shop=shop or "")


def _event(row: OrderEventRow, number: str, external_id: str) -> RunEvent:
    return RunEvent(
        id=row.id,
        at=row.at,
        order_id=row.order_id,
        order_number=number or external_id,
        kind=row.kind,
        text=row.text,
    )
