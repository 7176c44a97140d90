"""Figures of the overview, and the pulse that every page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard.domain.pauses import ConnectionPause
from dashboard.domain.runs import RunState
from dashboard.domain.status import OrderStatus
from dashboard.store.database import Database
from dashboard.store.gate import pause_of
from dashboard.store.schema import (
    ConnectionRow,
    GateRow,
    HeartbeatRow,
    OrderRow,
    RunRow,
)

_MOVING = (OrderStatus.QUEUED.value, OrderStatus.IN_PROGRESS.value)
_UNDER_WAY = (RunState.QUEUED.value, RunState.RUNNING.value)


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
            return Pulse(
                engine_seen_at=session.scalar(
                    select(func.max(HeartbeatRow.at)).where(
                        HeartbeatRow.role == "engine"
                    )
                ),
                connected=session.scalar(select(ConnectionRow.id)) is not None,
                pause=pause_of(session.scalar(select(GateRow)), now),
                needs_attention=_count(session, OrderStatus.NEEDS_ATTENTION.value),
                moving=_something_moves(session),
            )


def _count(session: Session, *statuses: str) -> int:
    query = select(func.count()).where(OrderRow.status.in_(statuses))
    return session.scalar(query) or 0


def _something_moves(session: Session) -> bool:
    runs = select(RunRow.id).where(RunRow.state.in_(_UNDER_WAY)).limit(1)
    orders = select(OrderRow.id).where(OrderRow.status.in_(_MOVING)).limit(1)
    return session.scalar(runs) is not None or session.scalar(orders) is not None
