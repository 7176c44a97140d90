"""Passes of reconciliation and differences, as pages, API and command show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from dashboard.domain.reconciliation import (
    Difference,
    DifferenceKind,
    Pass,
    PassState,
    Total,
)
from dashboard.store.codec import from_plain
from dashboard.store.database import Database
from dashboard.store.passes import difference_of, pass_of
from dashboard.store.schema import DifferenceRow, OrderRow, PassFindingRow, PassRow


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A difference with its story; *order_number* is empty where it has no order."""

    id: int
    difference: Difference
    order_number: str
    found_at: datetime
    seen_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class PassDetail:
    """A pass with the totals it made."""

    done: Pass
    totals: tuple[Total, ...]


@dataclass(frozen=True, kw_only=True)
class PassList:
    """Some passes, the newest first, and whether there are more on either side."""

    passes: tuple[Pass, ...]
    has_previous: bool
    has_next: bool


class ReconciliationListing:
    """Reads passes and differences."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def passes(
        self, *, size: int, after: int | None = None, before: int | None = None
    ) -> PassList:
        """Return the newest passes, older than *after* or newer than *before*."""
        query = select(PassRow).limit(size + 1)
        if before is not None:
            query = query.where(PassRow.id > before).order_by(PassRow.id.asc())
        else:
            query = query.order_by(PassRow.id.desc())
            if after is not None:
                query = query.where(PassRow.id < after)
        with self._database.read() as session:
            found = [pass_of(row) for row in session.scalars(query)]
        more = len(found) > size
        found = found[:size]
        if before is not None:
            found.reverse()
        return PassList(
            passes=tuple(found),
            has_previous=more if before is not None else after is not None,
            has_next=before is not None or more,
        )

    def one(self, pass_id: int) -> PassDetail | None:
        """Return the pass of that id."""
        with self._database.read() as session:
            row = session.get(PassRow, pass_id)
            return None if row is None else _detail(row)

    def last_done(self) -> PassDetail | None:
        """Return the newest pass that came to its end."""
        with self._database.read() as session:
            row = session.scalar(
                select(PassRow)
                .where(PassRow.state == PassState.DONE.value)
                .order_by(PassRow.id.desc())
                .limit(1)
            )
            return None if row is None else _detail(row)

    def found_by(
        self,
        pass_id: int,
        kind: DifferenceKind | None = None,
        *,
        limit: int,
        after: int = 0,
    ) -> tuple[Finding, ...]:
        """Return what a pass found, the oldest first, of one kind if it is named."""
        seen = select(PassFindingRow.difference_id).where(
            PassFindingRow.pass_id == pass_id
        )
        return self._findings(DifferenceRow.id.in_(seen), kind, limit, after)

    def gone_during(
        self,
        done: Pass,
        kind: DifferenceKind | None = None,
        *,
        limit: int,
        after: int = 0,
    ) -> tuple[Finding, ...]:
        """Return what was resolved while a pass ran, the oldest first."""
        return self._findings(_gone_during(done), kind, limit, after)

    def open(
        self, kind: DifferenceKind | None = None, *, limit: int, after: int = 0
    ) -> tuple[Finding, ...]:
        """Return what is not resolved, the oldest first, of one kind if it is named."""
        is_open = DifferenceRow.open_key.is_not(None)
        return self._findings(is_open, kind, limit, after)

    def counts_open(self) -> Mapping[DifferenceKind, int]:
        """Count what is not resolved by kind."""
        return self._counts(DifferenceRow.open_key.is_not(None))

    def counts_found_by(self, pass_id: int) -> Mapping[DifferenceKind, int]:
        """Count what a pass found by kind."""
        seen = select(PassFindingRow.difference_id).where(
            PassFindingRow.pass_id == pass_id
        )
        return self._counts(DifferenceRow.id.in_(seen))

    def counts_gone_during(self, done: Pass) -> Mapping[DifferenceKind, int]:
        """Count what was resolved while a pass ran by kind."""
        return self._counts(_gone_during(done))

    def _findings(
        self,
        which: ColumnElement[bool],
        kind: DifferenceKind | None,
        limit: int,
        after: int,
    ) -> tuple[Finding, ...]:
        query = (
            select(DifferenceRow, OrderRow.number)
            .outerjoin(OrderRow, OrderRow.id == DifferenceRow.order_id)
            .where(which, DifferenceRow.id > after)
            .order_by(DifferenceRow.id)
            .limit(limit)
        )
        if kind is not None:
            query = query.where(DifferenceRow.kind == kind.value)
        with self._database.read() as session:
            return tuple(
                Finding(
                    id=row.id,
                    difference=difference_of(row),
                    order_number=number or "",
                    found_at=row.found_at,
                    seen_at=row.seen_at,
                    resolved_at=row.resolved_at,
                )
                for row, number in session.execute(query)
            )

    def _counts(self, which: ColumnElement[bool]) -> Mapping[DifferenceKind, int]:
        with self._database.read() as session:
            counts = _counted(session, which)
        return {kind: counts[kind] for kind in DifferenceKind if kind in counts}


def _gone_during(done: Pass) -> ColumnElement[bool]:
    """Return what went while a pass ran: only passes resolve anything."""
    resolved_at = DifferenceRow.resolved_at
    since = resolved_at >= (done.started_at or done.created_at)
    if done.finished_at is None:
        return since
    return since & (resolved_at <= done.finished_at)


def _counted(session: Session, which: ColumnElement[bool]) -> dict[DifferenceKind, int]:
    rows = session.execute(
        select(DifferenceRow.kind, func.count())
        .where(which)
        .group_by(DifferenceRow.kind)
    )
    return {DifferenceKind(word): number for word, number in rows}


def _detail(row: PassRow) -> PassDetail:
    totals = tuple(from_plain(Total, total) for total in row.totals)
    return PassDetail(done=pass_of(row), totals=totals)
