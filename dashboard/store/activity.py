"""Activity: who did what and when; only ever added to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from dashboard.domain.activity import Act, ActivityKind
from dashboard.domain.clock import Clock
from dashboard.store.database import Database
from dashboard.store.schema import ActivityRow

# A list that is read whole is read in parts: no transaction stays open for long.
_PART = 500
_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])


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


@dataclass(frozen=True, kw_only=True)
class ActivityPage:
    """Some acts, the newest first, and whether there are more on either side."""

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
        """Return the *size* acts older than *after*, or newer than *before*."""
        backwards = before is not None
        query = _filtered(select(ActivityRow), wanted)
        if before is not None:
            query = query.where(ActivityRow.id > before).order_by(ActivityRow.id)
        else:
            query = query.order_by(ActivityRow.id.desc())
            if after is not None:
                query = query.where(ActivityRow.id < after)
        with self._database.read() as session:
            found = [_activity(row) for row in session.scalars(query.limit(size + 1))]
        more = len(found) > size
        found = found[:size]
        if backwards:
            found.reverse()
        return ActivityPage(
            activities=tuple(found),
            has_previous=more if backwards else after is not None,
            has_next=backwards or more,
        )

    def all(self, wanted: ActivityFilter) -> Iterator[Activity]:
        """Yield every act of a list, reading a part of it at a time."""
        after = None
        while True:
            page = self.page(wanted, size=_PART, after=after)
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


def _filtered(query: _Query, wanted: ActivityFilter) -> _Query:
    conditions: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        conditions.append(ActivityRow.kind == wanted.kind.value)
    if wanted.user_id is not None:
        conditions.append(ActivityRow.user_id == wanted.user_id)
    if wanted.since is not None:
        conditions.append(ActivityRow.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(ActivityRow.at < wanted.until)
    return query.where(*conditions)


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
