"""Activity: who did what and when; only ever added to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Text, cast, or_, select, true
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


# A search looks at so many acts at a time: no index finds what stands within a text.
LOOKED_THROUGH: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class SoughtWord:
    """A word looked for in what was done by whom to what.

    *actions* are those that say it in the language of who looks.
    """

    text: str
    actions: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class ActivityFilter:
    """Which acts a list holds; what is None does not limit it.

    *since* is inclusive, *until* is not. Of *words* each has to be found.
    """

    kind: ActivityKind | None = None
    user_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: tuple[SoughtWord, ...] = ()
    oldest_first: bool = False


@dataclass(frozen=True, kw_only=True)
class ActivityPage:
    """Some acts of a list, and whether there are more on either side.

    *goes_on_after* is the act after which the list goes on, None at its end. A search
    that has looked through many acts goes on after the last of those.
    """

    activities: tuple[Activity, ...]
    has_previous: bool
    goes_on_after: int | None


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
            near = None
            if wanted.words:
                near = _near(session, wanted, after=after, before=before)
                query = query.where(near.holds, *map(_says, wanted.words))
            part = read_part(
                session,
                query,
                ActivityRow.id,
                size=size,
                after=after,
                before=before,
                oldest_first=wanted.oldest_first,
            )
        activities = tuple(_activity(row) for (row,) in part.rows)
        goes_on_after = activities[-1].id if activities and part.has_next else None
        if near is not None and before is None and goes_on_after is None:
            goes_on_after = near.ends_at
        return ActivityPage(
            activities=activities,
            has_previous=part.has_previous,
            goes_on_after=goes_on_after,
        )

    def actions(self) -> frozenset[str]:
        """Return what people did lately, in the words it is written down with."""
        lately = (
            select(ActivityRow.action)
            .order_by(ActivityRow.id.desc())
            .limit(LOOKED_THROUGH)
            .subquery()
        )
        with self._database.read() as session:
            return frozenset(session.scalars(select(lately.c.action).distinct()))

    def all(self, wanted: ActivityFilter) -> Iterator[Activity]:
        """Yield every act of a list, reading a part of it at a time."""
        after = None
        while True:
            page = self.page(wanted, size=WHOLE_LIST_PART, after=after)
            yield from page.activities
            if page.goes_on_after is None:
                return
            after = page.goes_on_after


@dataclass(frozen=True, kw_only=True)
class _Near:
    """The acts that a search looks through at once; *ends_at* the last, if more follow.

    *holds* is true of those acts.
    """

    holds: ColumnElement[bool]
    ends_at: int | None


def _near(
    session: Session, wanted: ActivityFilter, *, after: int | None, before: int | None
) -> _Near:
    """Return the acts that follow *after*, or precede *before*, in their list."""
    backwards = before is not None
    upwards = wanted.oldest_first != backwards
    start = before if backwards else after
    key = ActivityRow.id
    acts = select(key).where(*_conditions(wanted))
    if start is not None:
        acts = acts.where(key > start if upwards else key < start)
    acts = acts.order_by(key.asc() if upwards else key.desc())
    nth = acts.offset(LOOKED_THROUGH - 1).limit(2)
    last_and_next = session.scalars(nth).all()
    if len(last_and_next) < 2:  # noqa: PLR2004 - the last of them, and one that follows
        return _Near(holds=true(), ends_at=None)
    last = last_and_next[0]
    return _Near(holds=key <= last if upwards else key >= last, ends_at=last)


def _says(word: SoughtWord) -> ColumnElement[bool]:
    """Tell whether an act says a word: who, what, to what, or why."""
    texts = (ActivityRow.actor, ActivityRow.subject, ActivityRow.detail)
    says = [
        cast(text, Text).icontains(word.text, autoescape=True)
        for text in (*texts, ActivityRow.action)
    ]
    return or_(*says, ActivityRow.action.in_(sorted(word.actions)))


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
