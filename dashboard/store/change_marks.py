"""Whether anything that pages show may have changed: one quick question to the tables.

What is only added to tells by its newest ids, what is replaced by its version or time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute

from dashboard.domain.reconciliation import PassState
from dashboard.domain.runs import RunState
from dashboard.domain.selections import SelectionState
from dashboard.store.database import Database
from dashboard.store.parts import any_is
from dashboard.store.schema import (
    ActivityRow,
    AlarmRow,
    ChannelRow,
    ConnectionRow,
    ExchangeRow,
    GateRow,
    HeartbeatRow,
    OrderEventRow,
    OrderTallyRow,
    PassRow,
    RevisionRow,
    RunRow,
    ScheduleRow,
    SelectionRow,
)

# On PostgreSQL the newest id may be there before one that was given out earlier.
_MAY_COME_LATE: Final = 20


def _newest(key: InstrumentedAttribute[int]) -> ScalarSelect[Any]:
    newest = select(key).order_by(key.desc()).limit(_MAY_COME_LATE).subquery()
    return select(func.sum(newest.c[0])).scalar_subquery()


_QUESTION: Final = select(
    select(func.max(HeartbeatRow.at))
    .where(HeartbeatRow.role == "engine")
    .scalar_subquery(),
    any_is(RunRow.state, RunState.QUEUED, RunState.RUNNING),
    any_is(PassRow.state, PassState.QUEUED, PassState.RUNNING),
    any_is(SelectionRow.state, SelectionState.PLANNING, SelectionState.RUNNING),
    _newest(OrderTallyRow.id),
    _newest(OrderEventRow.id),
    _newest(RevisionRow.id),
    _newest(ExchangeRow.id),
    _newest(ActivityRow.id),
    _newest(RunRow.id),
    _newest(PassRow.id),
    _newest(SelectionRow.id),
    _newest(AlarmRow.id),
    *(
        select(figure).scalar_subquery()
        for figure in (
            func.count(AlarmRow.open_key),
            func.sum(ConnectionRow.version),
            func.max(ConnectionRow.facts_at),
            func.max(ChannelRow.failed_at),
            func.sum(ScheduleRow.version),
            func.min(ScheduleRow.next_due_at),
            func.max(GateRow.closed_until),
            func.max(GateRow.reason),
        )
    ),
)


@dataclass(frozen=True, kw_only=True)
class ChangeMark:
    """Two whose *seen* is alike say that nothing changed between them.

    Unless something is *moving*: what is under way counts its steps in place.
    """

    seen: str
    engine_seen_at: datetime | None
    moving: bool


def read_change_mark(database: Database) -> ChangeMark:
    """Look at what tells of changes."""
    [(engine_seen_at, run, comparison, selection, *seen)] = database.ask(_QUESTION)
    return ChangeMark(
        seen=repr(seen),
        engine_seen_at=engine_seen_at,
        moving=bool(run or comparison or selection),
    )
