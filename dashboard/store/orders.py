"""Writes orders: all that belongs together in one commit."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from itertools import takewhile

from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from dashboard.domain.order import Order
from dashboard.domain.postings import PlannedPosting, PostingState
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.rules import Correction, Shop
from dashboard.domain.sentences import say
from dashboard.domain.status import Decision, OrderStatus
from dashboard.store.company import read_rules
from dashboard.store.database import Database
from dashboard.store.deciding import (
    locked_order,
    plan_of_ignored,
    plan_row,
)
from dashboard.store.given_up import try_given_up_again
from dashboard.store.planning import carry_out
from dashboard.store.postings import IN_THE_BOOKS, own_postings, posting_of, put_first
from dashboard.store.revisions import (
    Planner,
    Reader,
    Revision,
    Taken,
    newest_of,
    told_before,
    told_of,
)
from dashboard.store.schema import OrderEventRow, OrderRow, PostingRow
from dashboard.store.standings import (
    add_event,
    lock_orders,
    refresh_standings,
)
from dashboard.store.taking_in import take_in_one

_log = logging.getLogger(__name__)

_STANDING = {
    OrderStatus.AWAITING_PAYMENT.value,
    OrderStatus.NEEDS_ATTENTION.value,
    OrderStatus.IGNORED.value,
}
_CHANGEABLE = [
    OrderStatus.AWAITING_PAYMENT.value,
    OrderStatus.NEEDS_ATTENTION.value,
    OrderStatus.QUEUED.value,
    OrderStatus.IN_PROGRESS.value,
]
_MOVING = [
    OrderStatus.QUEUED.value,
    OrderStatus.IN_PROGRESS.value,
    OrderStatus.RETRYING.value,
    OrderStatus.CHECKING.value,
]
_CHOSEN = {
    Correction.RENEW: say("Chosen: take the invoice back and make it anew."),
    Correction.ADJUST: say("Chosen: book only the difference."),
}
_LAGGING = timedelta(minutes=2)
_LAGGING_AT_ONCE = 200


# After these an order stands still, or begins anew.
_STOOD_STILL = {"received", "refused", "planned:stop"}
_LOOKED_BACK = 30


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What changed the course of an order, in words, and who did it."""

    actor: str
    text: str
    by_person: bool


class _Again(Enum):
    """What became of one order that was planned anew."""

    MOVED = auto()
    STOPPED = auto()
    SKIPPED = auto()
    FAILED = auto()


@dataclass(frozen=True, kw_only=True)
class PlannedAgain:
    """What became of orders that were planned anew.

    *moved* go on, *stopped* stand still as before, *skipped* were not to be planned
    any more, *failed* could not be: the log says why.
    """

    moved: int = 0
    stopped: int = 0
    skipped: int = 0
    failed: int = 0


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the books can follow a change of an order, and what each way would book.

    *revision_id* names the version of the order that they are for.
    """

    revision_id: int
    postings: Mapping[Correction, tuple[PlannedPosting, ...]]


class OrderStore:
    """Writes orders; each method is one transaction and commits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_in(self, shop: Shop, revision: Revision, planner: Planner) -> Taken:
        """Store a revision and plan its order.

        A revision that is the newest one, or older than it, changes nothing.
        """

        def work(session: Session) -> Taken:
            now = self._database.now(session)
            return take_in_one(session, shop, revision, planner, now)

        return self._database.repeated(work)

    def changeable_order_ids(self) -> tuple[int, ...]:
        """Return the orders that a change of the rules may concern."""
        with self._database.read() as session:
            return tuple(
                session.scalars(
                    select(OrderRow.id)
                    .where(OrderRow.status.in_(_CHANGEABLE), OrderRow.ignored_by == "")
                    .order_by(OrderRow.id)
                )
            )

    def plan_again(
        self,
        order_ids: Iterable[int],
        reader: Reader,
        planner: Planner,
        *,
        actor: str = "Sluice",
        why: str = "",
        urgent: bool = False,
    ) -> PlannedAgain:
        """Read and plan orders anew and say what became of them.

        Each order is a transaction of its own, so that one that cannot be read does
        not hold up the rest. *why* is given when a person wants it: it becomes a line
        in the story of each, what was refused or given up goes again, and orders that
        do not need a person any more are skipped. What is *urgent* goes before all
        that waits in line.
        """
        outcomes = Counter[_Again]()
        for order_id in order_ids:
            try:
                if why and self._try_given_up_again(
                    order_id, actor, why, urgent=urgent
                ):
                    outcomes[_Again.MOVED] += 1
                    continue
                became = self._plan_one_again(
                    order_id, reader, planner, actor, why, urgent=urgent
                )
                outcomes[became] += 1
            except SQLAlchemyError:
                raise
            except Exception:  # noqa: BLE001 - logged
                _log.exception("an order cannot be planned", extra={"order": order_id})
                outcomes[_Again.FAILED] += 1
        return PlannedAgain(
            moved=outcomes[_Again.MOVED],
            stopped=outcomes[_Again.STOPPED],
            skipped=outcomes[_Again.SKIPPED],
            failed=outcomes[_Again.FAILED],
        )

    def _try_given_up_again(
        self, order_id: int, actor: str, why: str, *, urgent: bool
    ) -> bool:
        with self._database.write() as session:
            now = self._database.now(session)
            if not try_given_up_again(session, order_id, now, urgent=urgent):
                return False
            add_event(session, order_id, "person", why, at=now, actor=actor)
            return True

    def _plan_one_again(
        self,
        order_id: int,
        reader: Reader,
        planner: Planner,
        actor: str,
        why: str,
        *,
        urgent: bool,
    ) -> _Again:
        def work(session: Session) -> _Again:
            now = self._database.now(session)
            row = locked_order(session, OrderRow.id == order_id)
            stored = None if row is None else newest_of(session, row)
            if row is None or stored is None:
                return _Again.SKIPPED
            told = told_of(session, row, stored, reader)
            if told is None:
                return _Again.SKIPPED
            before = row.status
            if why:
                if before != OrderStatus.NEEDS_ATTENTION.value:
                    return _Again.SKIPPED
                add_event(session, row.id, "person", why, at=now, actor=actor)
            retry = bool(why)
            if retry and row.decision == Decision.STOP:
                row.ignored_by = row.ignored_reason = ""
            plan_row(session, row, stored.shop, told, planner, now, retry_refused=retry)
            if urgent:
                put_first(session, row)
            if row.status in _STANDING:
                return _Again.STOPPED
            return _Again.MOVED if before in _STANDING else _Again.SKIPPED

        return self._database.repeated(work)

    def ignore(
        self, order_id: int, reason: str, *, actor: str, stopped_only: bool = False
    ) -> bool:
        """Ignore an order; False if it is on its way right now.

        With *stopped_only* an order that does not need a person any more is left.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            row = locked_order(session, OrderRow.id == order_id)
            if row is None or (row.decision == Decision.SKIP and row.ignored_by):
                return False
            if stopped_only and row.status != OrderStatus.NEEDS_ATTENTION.value:
                return False
            postings = own_postings(session, row.id)
            if any(p.state == PostingState.IN_FLIGHT.value for p in postings.values()):
                return False
            for posting in postings.values():
                posting.problem = None  # a person saw it; another one is told anew
            row.ignored_by = actor
            row.ignored_reason = reason
            row.decision = Decision.SKIP.value
            carry_out(session, row, plan_of_ignored(row), now)
            add_event(
                session,
                row.id,
                "person",
                say("Ignored: %(reason)s", reason=reason),
                at=now,
                actor=actor,
            )
            return True

    def restore(
        self,
        order_id: int,
        reader: Reader,
        planner: Planner,
        *,
        reason: str,
        actor: str,
    ) -> bool:
        """Restore an order that a person had ignored."""

        def work(session: Session) -> bool:
            now = self._database.now(session)
            row = locked_order(session, OrderRow.id == order_id)
            stored = None if row is None else newest_of(session, row)
            if row is None or not row.ignored_by or stored is None:
                return False
            told = told_of(session, row, stored, reader)
            if told is None:
                return False
            row.ignored_by = ""
            row.ignored_reason = ""
            text = say("Restored: %(reason)s", reason=reason)
            add_event(session, row.id, "person", text, at=now, actor=actor)
            plan_row(session, row, stored.shop, told, planner, now, retry_refused=True)
            put_first(session, row)
            return True

        return self._database.repeated(work)

    def add_note(self, order_id: int, text: str, *, actor: str) -> None:
        """Add a note to an order's story."""
        with self._database.write() as session:
            now = self._database.now(session)
            add_event(session, order_id, "note", text, at=now, actor=actor)

    def correct(
        self,
        order_id: int,
        revision_id: int,
        correction: Correction,
        reader: Reader,
        planner: Planner,
        *,
        actor: str,
    ) -> bool:
        """Let the books follow a change as a person chose.

        Returns:
            False if the shop changed the order since, or nothing waits for a choice.
        """

        def work(session: Session) -> bool:
            now = self._database.now(session)
            row = locked_order(session, OrderRow.id == order_id)
            stored = None if row is None else newest_of(session, row)
            told = None if stored is None else reader(stored)
            if row is None or stored is None or not isinstance(told, Order):
                return False
            asked = (row.decision_problem or {}).get("cause")
            if (
                row.revision_id != revision_id
                or row.ignored_by
                or asked != Cause.CHANGED_AFTER_BOOKING
            ):
                return False
            row.correction = correction.value
            row.corrected_revision_id = revision_id
            chosen = _CHOSEN[correction]
            add_event(session, row.id, "person", chosen, at=now, actor=actor)
            plan_row(session, row, stored.shop, told, planner, now, retry_refused=True)
            return True

        return self._database.repeated(work)

    def options(
        self, order_id: int, reader: Reader, planner: Planner
    ) -> Options | None:
        """Return how the books can follow a change, if the order waits for that."""
        with self._database.read() as session:
            row = session.get(OrderRow, order_id)
            asked = None if row is None else (row.decision_problem or {}).get("cause")
            if row is None or asked != Cause.CHANGED_AFTER_BOOKING or row.ignored_by:
                return None
            stored = newest_of(session, row)
            told = None if stored is None else reader(stored)
            if stored is None or not isinstance(told, Order):
                return None
            rows = own_postings(session, row.id, lock=False).values()
            own = [posting_of(posting) for posting in rows]
            rules = read_rules(session, stored.shop)
            ways = planner(told, stored.shop, rules, own, None).corrections
            plans = {way: planner(told, stored.shop, rules, own, way) for way in ways}
            booked = {p.natural_key for p in own if p.state in IN_THE_BOOKS}
            return Options(
                revision_id=stored.revision_id,
                postings={
                    way: tuple(p for p in plan.postings if p.natural_key not in booked)
                    for way, plan in plans.items()
                },
            )

    def refresh_lagging(
        self, after: int = 0, *, at_once: int = _LAGGING_AT_ONCE
    ) -> int:
        """Derive anew the status of orders that have been on their way for long.

        An order that came to share a contact just as the books refused it is not
        among those whose status was derived then.

        Args:
            after: Behind which order to go on, by id.
            at_once: How many orders to look at.

        Returns:
            Where to go on next time; 0, from the beginning, when none is left.
        """
        with self._database.read() as session:
            before = self._database.now(session) - _LAGGING
            lagging = session.scalars(
                select(OrderRow.id)
                .where(
                    OrderRow.status.in_(_MOVING),
                    OrderRow.status_at < before,
                    OrderRow.id > after,
                )
                .order_by(OrderRow.id)
                .limit(at_once)
            ).all()
        if lagging:
            with self._database.write() as session:
                lock_orders(session, lagging)
                refresh_standings(session, lagging, self._database.now(session))
        return lagging[-1] if len(lagging) == at_once else 0

    def told(self, order_id: int, reader: Reader) -> Order | Problem | None:
        """Return what the shop last told of an order, as planning knows it."""
        with self._database.read() as session:
            row = session.get(OrderRow, order_id)
            stored = None if row is None else newest_of(session, row)
            if row is None or stored is None:
                return None
            return told_of(session, row, stored, reader)

    def last_told(self, order_id: int, reader: Reader) -> Order | None:
        """Return an order as the shop last told it in a way that is understood.

        None where the last is that the shop deleted it.
        """
        with self._database.read() as session:
            row = session.get(OrderRow, order_id)
            newest = None if row is None else newest_of(session, row)
            if row is None or newest is None:
                return None
            told = reader(newest)
            if isinstance(told, Problem):
                return told_before(session, row, newest, reader)
            return told

    def standing(self, order_id: int) -> tuple[str, OrderStatus]:
        """Return why an order is not booked, in words, and its status."""
        with self._database.read() as session:
            row = session.get_one(OrderRow, order_id)
            return row.message or row.reason, OrderStatus(row.status)

    def last_turn(self, order_id: int) -> Turn | None:
        """Return what an order's story took last; None if nothing but its beginning.

        What a person did since it stood still counts more than what followed from it.
        """
        query = (
            select(OrderEventRow)
            .where(OrderEventRow.order_id == order_id, OrderEventRow.kind != "note")
            .order_by(OrderEventRow.id.desc())
            .limit(_LOOKED_BACK)
        )
        with self._database.read() as session:
            since = list(
                takewhile(
                    lambda event: event.kind not in _STOOD_STILL,
                    session.scalars(query),
                )
            )
            if not since:
                return None
            turn = next((e for e in since if e.kind == "person"), since[0])
            by_person = turn.kind == "person"
            return Turn(actor=turn.actor, text=turn.text, by_person=by_person)

    def is_doubtful(self, order_id: int) -> bool:
        """Tell whether something of the order stands in the books as it should not."""
        with self._database.read() as session:
            row = session.get_one(OrderRow, order_id)
            doubtful = select(PostingRow.id).where(
                or_(
                    PostingRow.order_id == order_id,
                    PostingRow.id == row.contact_posting_id,
                ),
                PostingRow.state == PostingState.CONFIRMED.value,
                PostingRow.problem.is_not(None),
            )
            return session.scalar(doubtful.limit(1)) is not None

    def find(self, shop: Shop, external_id: str) -> int | None:
        """Return the id of the order the shop knows as *external_id*."""
        with self._database.read() as session:
            return session.scalar(
                select(OrderRow.id).where(
                    OrderRow.shop_id == shop.id, OrderRow.external_id == external_id
                )
            )
