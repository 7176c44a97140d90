"""Figures of the overview, and the pulse that every page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from dashboard.domain.pauses import ConnectionPause
from dashboard.domain.runs import RunState
from dashboard.domain.status import OrderStatus
from dashboard.store.database import Database
from dashboard.store.gate import pause_of
from dashboard.store.parts import any_is
from dashboard.store.schema import (
    ConnectionRow,
    GateRow,
    HeartbeatRow,
    OrderRow,
    OrderTallyRow,
    RunRow,
)

# In one question: every page asks it.
_FIGURES: Final = select(
    select(func.max(HeartbeatRow.at))
    .where(HeartbeatRow.role == "engine")
    .scalar_subquery(),
    select(func.count(ConnectionRow.id)).scalar_subquery(),
    # Tallied, not counted: there may be a hundred thousand of one cause.
    select(func.sum(OrderTallyRow.orders))
    .where(OrderTallyRow.status == OrderStatus.NEEDS_ATTENTION.value)
    .scalar_subquery(),
    any_is(RunRow.state, RunState.QUEUED, RunState.RUNNING),
    any_is(OrderRow.status, OrderStatus.QUEUED, OrderStatus.IN_PROGRESS),
)


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """What every page shows of the engine.

    *engine_seen_at* is the newest heartbeat of any engine. *moving* tells whether
    something is about to change: a run under way or an order on its way.
    """

    engine_seen_at: datetime | None
    connected: bool
    pause: ConnectionPause | None
    needs_attention: int
    moving: bool


class OverviewReading:
    """Reads figures over all orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pulse(self, now: datetime) -> Pulse:
        """Return how the engine is doing at *now*."""
        with self._database.read() as session:
            seen_at, connections, stuck, runs, orders = session.execute(_FIGURES).one()
            gate = session.scalar(select(GateRow))
        return Pulse(
            engine_seen_at=seen_at,
            connected=connections > 0,
            pause=pause_of(gate, now),
            needs_attention=int(stuck or 0),
            moving=runs + orders > 0,
        )
