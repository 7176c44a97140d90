"""Passes of reconciliation and what they found; a difference stays until it is gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from dashboard.domain.booked import DocumentKind
from dashboard.domain.money import from_hundredths, hundredths
from dashboard.domain.reconciliation import (
    Difference,
    DifferenceKind,
    Pass,
    PassKind,
    PassState,
    Period,
    Reason,
    Tally,
    Total,
)
from dashboard.domain.runs import RunState
from dashboard.domain.sentences import say
from dashboard.store.codec import from_plain, to_plain
from dashboard.store.database import Database, insert_missing
from dashboard.store.schema import (
    DifferenceRow,
    PassFindingRow,
    PassRow,
    ReadBankEntryRow,
    ReadDocumentRow,
    RunRow,
)

_STOPPED = say("The program was stopped. Ask for the comparison again.")


class PassStore:
    """Writes passes and differences; each method is one transaction and commits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, kind: PassKind, period: Period | None, asked_by: str) -> int:
        """Ask for a pass and return its id; a run is to be queued for it."""
        with self._database.write() as session:
            row = PassRow(
                kind=kind.value,
                first_day=period and period.first,
                last_day=period and period.last,
                asked_by=asked_by,
                state=PassState.QUEUED.value,
                created_at=self._database.now(session),
                tally=asdict(Tally()),
                totals=[],
            )
            session.add(row)
            session.flush()
            return row.id

    def take(self, run_id: int) -> Pass | None:
        """Take the oldest pass that was asked for, for a run."""
        with self._database.write() as session:
            row = session.scalar(
                select(PassRow)
                .where(PassRow.state == PassState.QUEUED.value)
                .order_by(PassRow.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if row is None:
                return None
            row.state = PassState.RUNNING.value
            row.run_id = run_id
            row.started_at = self._database.now(session)
            return pass_of(row)

    def start_now(
        self, kind: PassKind, period: Period | None, asked_by: str, run_id: int
    ) -> Pass:
        """Begin a pass that nobody else is to take."""
        with self._database.write() as session:
            now = self._database.now(session)
            row = PassRow(
                kind=kind.value,
                first_day=period and period.first,
                last_day=period and period.last,
                asked_by=asked_by,
                state=PassState.RUNNING.value,
                run_id=run_id,
                created_at=now,
                started_at=now,
                tally=asdict(Tally()),
                totals=[],
            )
            session.add(row)
            session.flush()
            return pass_of(row)

    def last_done(self, kind: PassKind) -> Pass | None:
        """Return the newest pass of that kind that came to its end and to its day.

        One over a period long past says nothing of what is there now.
        """
        with self._database.read() as session:
            rows = session.scalars(
                select(PassRow)
                .where(
                    PassRow.state == PassState.DONE.value, PassRow.kind == kind.value
                )
                .order_by(PassRow.id.desc())
            )
            found = (
                row
                for row in rows
                if row.last_day is None or row.last_day >= row.created_at.date()
            )
            newest = next(found, None)
            return None if newest is None else pass_of(newest)

    def reaches_back_to(self, pass_id: int, since: datetime) -> Pass:
        """Let a daily pass look at what changed since a time."""
        with self._database.write() as session:
            row = session.get_one(PassRow, pass_id)
            row.since = since
            return pass_of(row)

    def cover(self, pass_id: int, period: Period) -> Pass:
        """Let a pass look at all of a period, for want of one before."""
        with self._database.write() as session:
            row = session.get_one(PassRow, pass_id)
            row.kind = PassKind.FULL.value
            row.first_day, row.last_day = period.first, period.last
            return pass_of(row)

    def note(self, pass_id: int, tally: Tally) -> None:
        """Note how far a pass has come."""
        with self._database.write() as session:
            session.get_one(PassRow, pass_id).tally = asdict(tally)

    def finish(
        self,
        pass_id: int,
        state: PassState,
        tally: Tally,
        totals: Sequence[Total] = (),
        message: str = "",
    ) -> Pass:
        """End a pass and forget what it read."""
        with self._database.write() as session:
            row = session.get_one(PassRow, pass_id)
            row.state = state.value
            row.finished_at = self._database.now(session)
            row.tally = asdict(tally)
            row.totals = [to_plain(total) for total in totals]
            row.message = message
            _forget(session, [pass_id])
            return pass_of(row)

    def clean_up(self) -> None:
        """End the passes whose run has vanished, and forget what they read."""

        def work(session: Session) -> None:
            alive = exists().where(
                RunRow.id == PassRow.run_id, RunRow.state == RunState.RUNNING.value
            )
            lost = session.scalars(
                select(PassRow).where(PassRow.state == PassState.RUNNING.value, ~alive)
            ).all()
            for row in lost:
                row.state = PassState.FAILED.value
                row.finished_at = self._database.now(session)
                row.message = _STOPPED
            _forget(session, [row.id for row in lost])

        self._database.repeated(work)

    def record_orders(
        self,
        pass_id: int,
        order_ids: Sequence[int],
        found: Sequence[Difference],
        *,
        unsure_of_banks: Sequence[int] = (),
    ) -> int:
        """Write what a pass found of orders it compared; return how many are gone.

        What stood open of these orders and was not found again is resolved, but that
        a payment is on another bank account only where that was looked at.
        """
        unseen = (DifferenceRow.reason == Reason.OTHER_BANK_ACCOUNT.value) & (
            DifferenceRow.order_id.in_(unsure_of_banks)
        )
        covered = DifferenceRow.order_id.in_(order_ids) & ~unseen
        return self._record(pass_id, covered, found)

    def record_documents(
        self, pass_id: int, period: Period | None, found: Sequence[Difference]
    ) -> int:
        """Write which documents belong to no order; return how many do now.

        Resolved are those the pass read, and those of its period it could not find.
        """
        read = select(ReadDocumentRow.document_id).where(
            ReadDocumentRow.pass_id == pass_id
        )
        covered: ColumnElement[bool] = DifferenceRow.document_id.in_(read)
        if period is not None:
            inside = DifferenceRow.day.between(period.first, period.last)
            covered = or_(covered, inside)
        return self._record(pass_id, DifferenceRow.order_id.is_(None) & covered, found)

    def _record(
        self, pass_id: int, covered: ColumnElement[bool], found: Sequence[Difference]
    ) -> int:
        with self._database.write() as session:
            now = self._database.now(session)
            _take_turns(session)
            kept = {_keep(session, pass_id, each, now) for each in _sorted(found)}
            gone = session.scalars(
                update(DifferenceRow)
                .where(
                    covered,
                    DifferenceRow.open_key.is_not(None),
                    DifferenceRow.id.not_in(kept),
                )
                .values(open_key=None, resolved_at=now)
                .returning(DifferenceRow.id)
            )
            return len(gone.all())


def _take_turns(session: Session) -> None:
    """Let one pass at a time write what it found: two may look at the same orders."""
    session.execute(
        select(PassRow.id)
        .where(PassRow.state == PassState.RUNNING.value)
        .order_by(PassRow.id)
        .with_for_update(key_share=True)
    )


def _sorted(found: Iterable[Difference]) -> list[Difference]:
    """Return differences by order, the sequence in which orders are locked."""
    return sorted(found, key=lambda each: (each.order_id or 0, each.key))


def _keep(session: Session, pass_id: int, found: Difference, now: datetime) -> int:
    """Write a difference, or bring the one that stands open up to date."""
    values = {
        "kind": found.kind.value,
        "reason": found.reason.value,
        "order_id": found.order_id,
        "number": found.number,
        "document_id": found.document_id,
        "document_kind": found.document_kind.value,
        "day": found.day,
        "currency": found.currency,
        "shop_hundredths": None if found.shop is None else hundredths(found.shop),
        "books_hundredths": None if found.books is None else hundredths(found.books),
        "message": found.message,
        "subject": found.subject,
        "seen_at": now,
    }
    new = insert_missing(
        session,
        DifferenceRow,
        unique=["open_key"],
        open_key=found.key,
        found_at=now,
        **values,
    )
    row = session.scalars(
        select(DifferenceRow).where(DifferenceRow.open_key == found.key)
    ).one()
    if not new:
        for name, value in values.items():
            setattr(row, name, value)
    insert_missing(
        session,
        PassFindingRow,
        unique=["pass_id", "difference_id"],
        pass_id=pass_id,
        difference_id=row.id,
    )
    return row.id


def _forget(session: Session, pass_ids: Sequence[int]) -> None:
    for table in (ReadDocumentRow, ReadBankEntryRow):
        session.execute(delete(table).where(table.pass_id.in_(pass_ids)))


def pass_of(row: PassRow) -> Pass:
    """Turn a row into a pass."""
    period = None
    if row.first_day is not None and row.last_day is not None:
        period = Period(first=row.first_day, last=row.last_day)
    return Pass(
        id=row.id,
        kind=PassKind(row.kind),
        period=period,
        since=row.since,
        asked_by=row.asked_by,
        state=PassState(row.state),
        run_id=row.run_id,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        tally=from_plain(Tally, row.tally),
        message=row.message,
    )


def difference_of(row: DifferenceRow) -> Difference:
    """Turn a row into a difference."""
    return Difference(
        kind=DifferenceKind(row.kind),
        reason=Reason(row.reason),
        order_id=row.order_id,
        number=row.number,
        document_id=row.document_id,
        document_kind=DocumentKind(row.document_kind),
        day=row.day,
        currency=row.currency,
        shop=None
        if row.shop_hundredths is None
        else from_hundredths(row.shop_hundredths),
        books=None
        if row.books_hundredths is None
        else from_hundredths(row.books_hundredths),
        message=row.message,
        subject=row.subject,
    )
