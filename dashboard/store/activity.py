"""Activity: who did what and when; only ever added to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from dashboard.domain.activity import Act, ActivityKind
from dashboard.domain.clock import Clock
from dashboard.store.database import Database
from dashboard.store.parts import WHOLE_LIST_PART, read_part
from dashboard.store.schema import ActivityRow


@dataclass(frozen=True, kw_only=True)
class Activity:
    """An act with the time of it."""

    id: int
    at: datetime
    act: Act


@dataclass(frozen=True, kw_only=True)
class ActivityFilter:
    """Which acts a list holds; what is None does not limit it.

    *since* is inclusive, *until* is not.
    """

    kind: ActivityKind | None = None
    user_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    oldest_first: bool = False


@dataclass(frozen=True, kw_only=True)
class ActivityPage:
    """Some acts of a list, and whether there are more on either side."""

    activities: tuple[Activity, ...]
    has_previous: bool
    has_next: bool


class ActivityStore:
    """Writes down what people do, and reads it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, act: Act) -> None:
        """Write one line; commits."""
        with self._database.write() as session:
            add_activity(session, act, at=self._clock.now())

    def page(
        self,
        wanted: ActivityFilter,
        *,
        size: int,
        after: int | None = None,
        before: int | None = None,
    ) -> ActivityPage:
        """Return the *size* acts that follow *after*, or precede *before*."""
        query = select(ActivityRow).where(*_conditions(wanted))
        with self._database.read() as session:
            part = read_part(
                session,
                query,
                ActivityRow.id,
                size=size,
                after=after,
                before=before,
                oldest_first=wanted.oldest_first,
            )
        return ActivityPage(
            activities=tuple(_activity(row) for (row,) in part.rows),
            has_previous=part.has_previous,
            has_next=part.has_next,
        )

    def all(self, wanted: ActivityFilter) -> Iterator[Activity]:
        """Yield every act of a list, reading a part of it at a time."""
        after = None
        while True:
            page = self.page(wanted, size=WHOLE_LIST_PART, after=after)
            yield from page.activities
            if not page.has_next:
                return
            after = page.activities[-1].id


def add_activity(session: Session, act: Act, *, at: datetime) -> None:
    """Write one line within the caller's transaction."""
    session.add(
        ActivityRow(
            at=at,
            kind=act.kind.value,
            actor=act.actor,
            user_id=act.user_id,
            address=act.address,
            action=act.action,
            subject=act.subject,
            subject_id=act.subject_id,
            detail=act.detail,
        )
    )


def _conditions(wanted: ActivityFilter) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        conditions.append(ActivityRow.kind == wanted.kind.value)
    if wanted.user_id is not None:
        conditions.append(ActivityRow.user_id == wanted.user_id)
    if wanted.since is not None:
        conditions.append(ActivityRow.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(ActivityRow.at < wanted.until)
    return conditions


def _activity(row: ActivityRow) -> Activity:
    return Activity(
        id=row.id,
        at=row.at,
        act=Act(
            kind=ActivityKind(row.kind),
            actor=row.actor,
            user_id=row.user_id,
            address=row.address,
            action=row.action,
            subject=row.subject,
            subject_id=row.subject_id,
            detail=row.detail,
        ),
    )
