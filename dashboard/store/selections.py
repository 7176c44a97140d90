"""Selections: what one act was chosen for, and how far that has come."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from dashboard.domain.reconciliation import Period
from dashboard.domain.selections import (
    Effort,
    Member,
    Outlook,
    Result,
    Selection,
    SelectionAct,
    SelectionState,
    SelectionTally,
    Stage,
    Which,
)
from dashboard.domain.status import OrderStatus
from dashboard.store.database import Database
from dashboard.store.parts import WHOLE_LIST_PART
from dashboard.store.schema import OrderRow, SelectionOrderRow, SelectionRow
from dashboard.store.selection_removal import forget_some, unconfirmed_since

# A process that worked on one and is gone is followed by another after this.
_LEASE: Final = timedelta(seconds=60)
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
# What nobody has confirmed by then is forgotten.
_UNCONFIRMED_KEPT: Final = timedelta(days=2)
# Somebody works on it, or is to.
AT_WORK: Final = (SelectionState.PLANNING.value, SelectionState.RUNNING.value)
_MOVING: Final = (
    OrderStatus.QUEUED.value,
    OrderStatus.IN_PROGRESS.value,
    OrderStatus.RETRYING.value,
    OrderStatus.CHECKING.value,
)


@dataclass(frozen=True, kw_only=True)
class ListedMember:
    """An order of a selection, and how it stands now; None while only the shop knows.

    *message* is what keeps the order from being booked at this moment.
    """

    member: Member
    status: OrderStatus | None
    message: str


@dataclass(frozen=True, kw_only=True)
class MemberPage:
    """Some orders of a selection, and whether there are more on either side."""

    members: tuple[ListedMember, ...]
    has_previous: bool
    has_next: bool


class SelectionStore:
    """Reads and writes selections; each method is one transaction and commits."""

    def __init__(self, database: Database, process: str) -> None:
        self._database = database
        self._process = process

    # Made -----------------------------------------------------------------------------

    def freeze(
        self, act: SelectionAct, order_ids: Sequence[int], asked_by: str
    ) -> Selection:
        """Keep for which orders a person is asked to confirm *act*."""
        with self._database.write() as session:
            now = self._database.now(session)
            row = _new(act, SelectionState.READY, asked_by, now)
            session.add(row)
            session.flush()
            numbers = _numbers(session, order_ids)
            known = [order_id for order_id in order_ids if order_id in numbers]
            members = [
                Member(
                    position=position,
                    order_id=order_id,
                    external_id="",
                    number=numbers[order_id],
                )
                for position, order_id in enumerate(known, start=1)
            ]
            _add(session, row.id, members)
            return selection_of(session, row)

    def ask_backfill(
        self, shop_id: int, period: Period, asked_by: str, *, claim: bool = False
    ) -> Selection:
        """Ask for the plan of a backfill; with *claim* this process makes it."""
        with self._database.write() as session:
            now = self._database.now(session)
            row = _new(SelectionAct.BACKFILL, SelectionState.PLANNING, asked_by, now)
            row.shop_id = shop_id
            row.first_day, row.last_day = period.first, period.last
            if claim:
                self._claim(row, now)
            session.add(row)
            session.flush()
            return selection_of(session, row)

    def add_members(self, selection_id: int, members: Sequence[Member]) -> bool:
        """Add what was found to a plan; False once it is stopped, or another's."""
        with self._database.write() as session:
            row = _locked(session, selection_id)
            if not self._is_planning(row):
                return False
            _add(session, selection_id, members)
            self._claim(row, self._database.now(session))
            return True

    def set_ready(self, selection_id: int, effort: Effort) -> None:
        """End the planning: from here on a person may start it."""
        with self._database.write() as session:
            row = _locked(session, selection_id)
            if self._is_planning(row):
                row.state = SelectionState.READY.value
                row.calls = effort.calls
                row.lasts_s = round(effort.lasts.total_seconds())

    def fail(self, selection_id: int, message: str) -> None:
        """End a selection that cannot be planned, and say why."""
        with self._database.write() as session:
            row = _locked(session, selection_id)
            if self._is_planning(row):
                row.message = message
                _end(session, row, SelectionState.FAILED, self._database.now(session))

    # Started, paused, stopped ---------------------------------------------------------

    def start(
        self, selection_id: int, reason: str = "", *, claim: bool = False
    ) -> bool:
        """Let what was confirmed begin; False if it has begun before.

        With *claim* it is this process's own, and no other's.
        """
        with self._database.write() as session:
            row = _locked(session, selection_id)
            if row.state != SelectionState.READY.value:
                return False
            now = self._database.now(session)
            row.state = SelectionState.RUNNING.value
            row.reason = reason
            row.started_at = row.resumed_at = now
            if claim:
                self._claim(row, now)
            return True

    def pause(self, selection_id: int, message: str = "") -> bool:
        """Let a running selection stand still after the part it is at."""
        with self._database.write() as session:
            row = _locked(session, selection_id)
            if row.state != SelectionState.RUNNING.value:
                return False
            row.state = SelectionState.PAUSED.value
            row.message = message
            return True

    def resume(self, selection_id: int) -> bool:
        """Let a paused selection go on."""
        with self._database.write() as session:
            row = _locked(session, selection_id)
            if row.state != SelectionState.PAUSED.value:
                return False
            row.state = SelectionState.RUNNING.value
            row.message = ""
            row.resumed_at = self._database.now(session)
            row.handled_before = _counted(session, selection_id).handled
            return True

    def stop(self, selection_id: int) -> bool:
        """End a selection for good; what is not done stays undone."""
        with self._database.write() as session:
            row = _locked(session, selection_id)
            if row.finished_at is not None:
                return False
            _end(session, row, SelectionState.STOPPED, self._database.now(session))
            return True

    # Worked on ------------------------------------------------------------------------

    def take(self) -> Selection | None:
        """Take the oldest selection that waits for work and that nobody works on."""
        with self._database.write() as session:
            now = self._database.now(session)
            row = session.scalar(
                select(SelectionRow)
                .where(
                    SelectionRow.state.in_(AT_WORK), SelectionRow.claimed_until < now
                )
                .order_by(SelectionRow.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if row is None:
                return None
            self._claim(row, now)
            if row.state == SelectionState.PLANNING.value:
                mine = SelectionOrderRow.selection_id == row.id
                session.execute(delete(SelectionOrderRow).where(mine))
            return selection_of(session, row)

    def next_members(self, selection_id: int, size: int) -> tuple[Member, ...]:
        """Return orders to go on with; none once it is paused, stopped or done.

        That keeps the selection for this process for another minute; one whose orders
        are all handled ends here.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            row = _locked(session, selection_id)
            if row.state != SelectionState.RUNNING.value:
                return ()
            if row.claimed_by != self._process:
                return ()
            waiting = (
                select(SelectionOrderRow)
                .where(
                    SelectionOrderRow.selection_id == selection_id,
                    SelectionOrderRow.result == Result.WAITING.value,
                )
                .order_by(SelectionOrderRow.position)
                .limit(size)
            )
            members = tuple(_member(each) for each in session.scalars(waiting))
            self._claim(row, now)
            if not members:
                _end(session, row, SelectionState.DONE, now)
            return members

    def record(self, selection_id: int, members: Collection[Member]) -> None:
        """Write down what became of orders."""
        if not members:
            return
        with self._database.write() as session:
            row = _locked(session, selection_id)
            session.execute(
                update(SelectionOrderRow),
                [
                    {
                        "selection_id": selection_id,
                        "position": member.position,
                        "order_id": member.order_id,
                        "result": member.result.value,
                        "why": member.why,
                    }
                    for member in members
                ],
            )
            if row.tally is not None:
                # It was stopped while these were worked on.
                row.tally = _dump_tally(_counted(session, selection_id))

    def release(self, selection_id: int) -> None:
        """Let another process go on, or this one later."""
        with self._database.write() as session:
            row = _locked(session, selection_id)
            if row.claimed_by == self._process:
                row.claimed_until = _LONG_AGO

    def on_their_way(self, selection_id: int) -> int:
        """Count the orders that were taken up and are not in the books yet."""
        query = (
            select(func.count())
            .select_from(SelectionOrderRow)
            .join(OrderRow, OrderRow.id == SelectionOrderRow.order_id)
            .where(
                SelectionOrderRow.selection_id == selection_id,
                SelectionOrderRow.result == Result.DONE.value,
                OrderRow.status.in_(_MOVING),
            )
        )
        with self._database.read() as session:
            return session.scalar(query) or 0

    def clean_up(self) -> None:
        """Forget selections that nobody has confirmed for days, a part at a time."""
        left: int | None = 0
        while left is not None:
            with self._database.write() as session:
                before = self._database.now(session) - _UNCONFIRMED_KEPT
                left = forget_some(session, unconfirmed_since(before))

    # Looked at ------------------------------------------------------------------------

    def one(self, selection_id: int) -> Selection | None:
        """Return a selection with its counts."""
        with self._database.read() as session:
            row = session.get(SelectionRow, selection_id)
            return None if row is None else selection_of(session, row)

    def page(
        self,
        selection_id: int,
        which: Which | None,
        *,
        size: int,
        after: int | None = None,
        before: int | None = None,
    ) -> MemberPage:
        """Return the *size* orders after a position, or before one.

        *which* are only those of which the plan, or what became of them, says so.
        """
        backwards = before is not None
        start = before if backwards else after
        query = _of_kind(
            select(SelectionOrderRow, OrderRow)
            .outerjoin(OrderRow, OrderRow.id == SelectionOrderRow.order_id)
            .where(SelectionOrderRow.selection_id == selection_id),
            which,
        )
        place = SelectionOrderRow.position
        if start is not None:
            query = query.where(place < start if backwards else place > start)
        query = query.order_by(place.desc() if backwards else place).limit(size + 1)
        with self._database.read() as session:
            rows = [(row[0], row[1]) for row in session.execute(query)]
        more = len(rows) > size
        rows = rows[:size]
        if backwards:
            rows.reverse()
        return MemberPage(
            members=tuple(_listed(row, order) for row, order in rows),
            has_previous=more if backwards else start is not None,
            has_next=backwards or more,
        )

    def all(self, selection_id: int, which: Which | None) -> Iterator[ListedMember]:
        """Yield every order of a selection, reading a part of it at a time."""
        after = 0
        while True:
            page = self.page(selection_id, which, size=WHOLE_LIST_PART, after=after)
            yield from page.members
            if not page.has_next:
                return
            after = page.members[-1].member.position

    def _is_planning(self, row: SelectionRow) -> bool:
        """Tell whether the plan is still being made, and by this process."""
        return (
            row.state == SelectionState.PLANNING.value
            and row.claimed_by == self._process
        )

    def _claim(self, row: SelectionRow, now: datetime) -> None:
        row.claimed_by = self._process
        row.claimed_until = now + _LEASE


def _new(
    act: SelectionAct, state: SelectionState, asked_by: str, now: datetime
) -> SelectionRow:
    return SelectionRow(
        act=act.value,
        state=state.value,
        asked_by=asked_by,
        created_at=now,
        claimed_until=_LONG_AGO,
    )


def _numbers(session: Session, order_ids: Sequence[int]) -> dict[int, str]:
    """Return the numbers of orders by id; a database takes only so many at once."""
    numbers: dict[int, str] = {}
    for start in range(0, len(order_ids), 500):
        some = order_ids[start : start + 500]
        query = select(OrderRow.id, OrderRow.number, OrderRow.external_id).where(
            OrderRow.id.in_(some)
        )
        numbers |= {
            row.id: row.number or row.external_id for row in session.execute(query)
        }
    return numbers


def _add(session: Session, selection_id: int, members: Sequence[Member]) -> None:
    rows = [
        {
            "selection_id": selection_id,
            "position": member.position,
            "order_id": member.order_id,
            "external_id": member.external_id,
            "number": member.number,
            "outlook": member.outlook.value if member.outlook else "",
            "result": Result.WAITING.value
            if member.outlook in {None, Outlook.CREATES}
            else None,
            "why": member.why,
        }
        for member in members
    ]
    if rows:
        session.execute(insert(SelectionOrderRow), rows)


def _locked(session: Session, selection_id: int) -> SelectionRow:
    return session.get_one(SelectionRow, selection_id, with_for_update=True)


def _of_kind(
    query: Select[SelectionOrderRow, OrderRow], which: Which | None
) -> Select[SelectionOrderRow, OrderRow]:
    match which:
        case Outlook():
            return query.where(SelectionOrderRow.outlook == which.value)
        case Result():
            return query.where(SelectionOrderRow.result == which.value)
        case Stage.HANDLED:
            return query.where(SelectionOrderRow.result != Result.WAITING.value)
        case None:
            return query


def _end(
    session: Session, row: SelectionRow, state: SelectionState, now: datetime
) -> None:
    row.state = state.value
    row.finished_at = now
    row.tally = _dump_tally(_counted(session, row.id))


def _dump_tally(tally: SelectionTally) -> dict[str, dict[str, int]]:
    return {
        "outlooks": {outlook.value: n for outlook, n in tally.outlooks.items()},
        "results": {result.value: n for result, n in tally.results.items()},
    }


def _load_tally(kept: Mapping[str, Mapping[str, int]]) -> SelectionTally:
    return SelectionTally(
        outlooks={Outlook(word): n for word, n in kept["outlooks"].items()},
        results={Result(word): n for word, n in kept["results"].items()},
    )


def _counted(session: Session, selection_id: int) -> SelectionTally:
    rows = session.execute(
        select(SelectionOrderRow.outlook, SelectionOrderRow.result, func.count())
        .where(SelectionOrderRow.selection_id == selection_id)
        .group_by(SelectionOrderRow.outlook, SelectionOrderRow.result)
    )
    tally = SelectionTally()
    for outlook, result, count in rows:
        if outlook:
            known = Outlook(outlook)
            tally.outlooks[known] = tally.outlooks.get(known, 0) + count
        if result is not None:
            became = Result(result)
            tally.results[became] = tally.results.get(became, 0) + count
    return tally


def selection_of(session: Session, row: SelectionRow) -> Selection:
    """Turn a row into a selection with its counts."""
    period = effort = None
    if row.first_day is not None and row.last_day is not None:
        period = Period(first=row.first_day, last=row.last_day)
    if row.calls is not None and row.lasts_s is not None:
        effort = Effort(calls=row.calls, lasts=timedelta(seconds=row.lasts_s))
    return Selection(
        id=row.id,
        act=SelectionAct(row.act),
        state=SelectionState(row.state),
        asked_by=row.asked_by,
        created_at=row.created_at,
        reason=row.reason,
        shop_id=row.shop_id,
        period=period,
        effort=effort,
        message=row.message,
        started_at=row.started_at,
        resumed_at=row.resumed_at,
        finished_at=row.finished_at,
        handled_before=row.handled_before,
        tally=(
            _counted(session, row.id) if row.tally is None else _load_tally(row.tally)
        ),
    )


def _member(row: SelectionOrderRow) -> Member:
    return Member(
        position=row.position,
        order_id=row.order_id,
        external_id=row.external_id,
        number=row.number,
        outlook=Outlook(row.outlook) if row.outlook else None,
        result=Result(row.result) if row.result else Result.WAITING,
        why=row.why,
    )


def _listed(row: SelectionOrderRow, order: OrderRow | None) -> ListedMember:
    return ListedMember(
        member=_member(row),
        status=None if order is None else OrderStatus(order.status),
        message="" if order is None else order.message,
    )
