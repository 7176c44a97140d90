"""Whether the database answers and who is alive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from dashboard.store.database import Database
from dashboard.store.schema import HeartbeatRow

# Three beats of the slowest one.
_LATE = timedelta(seconds=45)


@dataclass(frozen=True, kw_only=True)
class Health:
    """What is alive; a role is "engine" or "scheduler"."""

    database: bool
    roles: frozenset[str] = frozenset()


def read_health(database: Database) -> Health:
    """Look at the database and the heartbeats."""
    try:
        with database.read() as session:
            since = database.now(session) - _LATE
            roles = session.scalars(
                select(HeartbeatRow.role)
                .where(HeartbeatRow.at > since)
                .group_by(HeartbeatRow.role)
                .having(func.count() > 0)
            )
            return Health(database=True, roles=frozenset(roles))
    except SQLAlchemyError:
        return Health(database=False)
