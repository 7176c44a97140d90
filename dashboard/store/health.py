"""Whether the database answers and who is alive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from dashboard.store.database import Database
from dashboard.store.schema import HeartbeatRow

# Three beats of the slowest one.
_LATE = timedelta(seconds=45)


@dataclass(frozen=True, kw_only=True)
class Health:
    """What is alive; a role is "engine" or "scheduler".

    *at* is the time all processes agree on, None when the database does not answer.
    """

    at: datetime | None
    roles: frozenset[str] = frozenset()

    @property
    def database(self) -> bool:
        """Whether the database answers and has its tables."""
        return self.at is not None


def read_health(database: Database) -> Health:
    """Look at the database and the heartbeats."""
    try:
        with database.read() as session:
            now = database.now(session)
            roles = session.scalars(
                select(HeartbeatRow.role)
                .where(HeartbeatRow.at > now - _LATE)
                .group_by(HeartbeatRow.role)
                .having(func.count() > 0)
            )
            return Health(at=now, roles=frozenset(roles))
    except SQLAlchemyError:
        return Health(at=None)
