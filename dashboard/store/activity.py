"""Activity: who did what and when; only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.domain.clock import Clock
from dashboard.store.database import Database
from dashboard.store.schema import ActivityRow


@dataclass(frozen=True, kw_only=True)
class Activity:
    """One thing a person did; *subject* names what they did it to."""

    at: datetime
    actor: str
    address: str
    action: str
    subject: str
    detail: str


class ActivityStore:
    """Writes down what people do."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(
        self,
        actor: str,
        action: str,
        *,
        subject: str = "",
        detail: str = "",
        address: str = "",
    ) -> None:
        """Write one line; commits."""
        with self._database.write() as session:
            add_activity(
                session,
                actor,
                action,
                at=self._clock.now(),
                subject=subject,
                detail=detail,
                address=address,
            )

    def newest(self, limit: int) -> tuple[Activity, ...]:
        """Return the last *limit* lines, the newest first."""
        with self._database.read() as session:
            rows = session.scalars(
                select(ActivityRow).order_by(ActivityRow.id.desc()).limit(limit)
            )
            return tuple(
                Activity(
                    at=row.at,
                    actor=row.actor,
                    address=row.address,
                    action=row.action,
                    subject=row.subject,
                    detail=row.detail,
                )
                for row in rows
            )


def add_activity(  # noqa: PLR0913 - a row has its columns
    session: Session,
    actor: str,
    action: str,
    *,
    at: datetime,
    subject: str = "",
    detail: str = "",
    address: str = "",
) -> None:
    """Write one line within the caller's transaction."""
    session.add(
        ActivityRow(
            at=at,
            actor=actor,
            address=address,
            action=action,
            subject=subject,
            detail=detail,
        )
    )
