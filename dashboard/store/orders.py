"""Takes orders in and plans them: all that belongs together in one commit."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from dashboard.domain.keys import content_hash
from dashboard.domain.known_words import source_words
from dashboard.domain.money import hundredths
from dashboard.domain.order import Order
from dashboard.domain.plans import Plan
from dashboard.domain.postings import PlannedPosting, Posting, PostingState
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.rules import CompanyRules, Correction, Shop
from dashboard.domain.sentences import say
from dashboard.domain.status import Decision, OrderStatus
from dashboard.store.company import read_rules, shop_of
from dashboard.store.database import Database, insert_all_missing
from dashboard.store.given_up import try_given_up_again
from dashboard.store.planning import carry_out
from dashboard.store.postings import IN_THE_BOOKS, own_postings, posting_of, put_first
from dashboard.store.schema import OrderRow, PostingRow, RevisionRow, ShopRow
from dashboard.store.standings import (
    add_event,
    lock_orders,
    refresh_standings,
)

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


@dataclass(frozen=True, kw_only=True)
class Revision:
    """What a shop sent of an order, and what we understood of it.

    *order* is None when it was not understood; *problem* then says why.
    """

    external_id: str
    number: str
    order: Order | None
    problem: Problem | None
    payload: bytes
    headers: Mapping[str, str]
    source: str


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a revision; *news* is False for one that is known already."""

    order_id: int
    news: bool


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
class StoredRevision:
    """The newest revision of an order, to be read again."""

    order_id: int
    revision_id: int
    external_id: str
    number: str
    shop: Shop
    payload: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the books can follow a change of an order, and what each way would book.

    *revision_id* names the version of the order that they are for.
    """

    revision_id: int
    postings: Mapping[Correction, tuple[PlannedPosting, ...]]


Planner = Callable[
    [Order, Shop, CompanyRules, Sequence[Posting], Correction | None], Plan
]
# None: the revision tells nothing anew (the shop only said that the order is gone).
Reader = Callable[[StoredRevision], Order | Problem | None]


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
            return take_in_within(session, shop, revision, planner, now)

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
            row = _locked(session, OrderRow.id == order_id)
            stored = None if row is None else newest_of(session, row)
            told = None if stored is None else reader(stored)
            if row is None or stored is None or told is None:
                return _Again.SKIPPED
            before = row.status
            if why:
                if before != OrderStatus.NEEDS_ATTENTION.value:
                    return _Again.SKIPPED
                add_event(session, row.id, "person", why, at=now, actor=actor)
            retry = bool(why)
            if retry and row.decision == Decision.STOP:
                row.ignored_by = row.ignored_reason = ""
            _plan(session, row, stored.shop, told, planner, now, retry_refused=retry)
            if urgent:
                put_first(session, row)
            if row.status in _STANDING:
                return _Again.STOPPED
            return _Again.MOVED if before in _STANDING else _Again.SKIPPED

        return self._database.repeated(work)

    def ignore(
        self, order_id: int, reason: str, *, actor: str, stopped_only: bool = False
    ) -> bool:
        """Set an order aside; False if it is on its way right now.

        With *stopped_only* an order that does not need a person any more is left.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            row = _locked(session, OrderRow.id == order_id)
            if row is None or (row.decision == Decision.SKIP and row.ignored_by):
                return False
            if stopped_only and row.status != OrderStatus.NEEDS_ATTENTION.value:
                return False
            postings = own_postings(session, row.id)
            if any(p.state == PostingState.IN_FLIGHT.value for p in postings.values()):
                return False
            row.ignored_by = actor
            row.ignored_reason = reason
            row.decision = Decision.SKIP.value
            carry_out(session, row, _ignored(row), now)
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
        """Take an order up again that a person had set aside."""

        def work(session: Session) -> bool:
            now = self._database.now(session)
            row = _locked(session, OrderRow.id == order_id)
            stored = None if row is None else newest_of(session, row)
            told = None if stored is None else reader(stored)
            if row is None or not row.ignored_by or stored is None or told is None:
                return False
            row.ignored_by = ""
            row.ignored_reason = ""
            text = say("Taken up again: %(reason)s", reason=reason)
            add_event(session, row.id, "person", text, at=now, actor=actor)
            _plan(session, row, stored.shop, told, planner, now, retry_refused=True)
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
            row = _locked(session, OrderRow.id == order_id)
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
            _plan(session, row, stored.shop, told, planner, now, retry_refused=True)
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

    def refresh_lagging(self) -> None:
        """Derive anew the status of orders that have been on their way for long.

        An order that came to share a contact just as the books refused it is not
        among those whose status was derived then.
        """
        with self._database.read() as session:
            before = self._database.now(session) - _LAGGING
            lagging = session.scalars(
                select(OrderRow.id)
                .where(OrderRow.status.in_(_MOVING), OrderRow.status_at < before)
                .order_by(OrderRow.id)
                .limit(_LAGGING_AT_ONCE)
            ).all()
        if lagging:
            with self._database.write() as session:
                lock_orders(session, lagging)
                refresh_standings(session, lagging, self._database.now(session))

    def newest_revision(self, order_id: int) -> StoredRevision | None:
        """Return what the shop last sent of an order."""
        with self._database.read() as session:
            row = session.get(OrderRow, order_id)
            return None if row is None else newest_of(session, row)

    def standing(self, order_id: int) -> tuple[str, OrderStatus]:
        """Return why an order is not booked, in words, and its status."""
        with self._database.read() as session:
            row = session.get_one(OrderRow, order_id)
            return row.message or row.reason, OrderStatus(row.status)

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


def take_in_within(  # noqa: PLR0913 - what a revision is judged by
    session: Session,
    shop: Shop,
    revision: Revision,
    planner: Planner,
    now: datetime,
    *,
    reader: Reader | None = None,
    run_id: int | None = None,
) -> Taken:
    """Store a revision and plan its order, within the caller's transaction.

    With *reader*, one that only says in other words what the newest one said changes
    nothing either: a shop that is asked again does not answer byte for byte the same.
    """
    row = _find_or_add(session, shop, revision, now)
    created = row.revision_id is None
    digest = content_hash(revision.payload)
    stored = session.scalar(
        select(RevisionRow).where(
            RevisionRow.order_id == row.id, RevisionRow.content_hash == digest
        )
    )
    if stored is not None and stored.id == row.revision_id:
        return Taken(order_id=row.id, news=False)
    older = not created and _is_older(revision.order, row)
    if older and (stored is not None or reader is not None):
        return Taken(order_id=row.id, news=False)
    if reader is not None and _says_the_same(session, row, revision, reader):
        if revision.order is not None:
            row.modified_at = revision.order.modified_at  # saved, and nothing changed
        return Taken(order_id=row.id, news=False)
    if stored is None:
        stored = _keep(session, row, revision, digest, now)
    if older:
        text = say("The shop sent an older version of the order. Nothing changes.")
        add_event(session, row.id, "received", text, at=now)
        return Taken(order_id=row.id, news=False)
    # Back to an earlier version, word for word, is a change as well.
    row.revision_id = stored.id
    text = say(
        "%(what)s (%(source)s).",
        what=_what_came(row, revision, created=created),
        source=source_words(revision.source),
    )
    add_event(session, row.id, "received", text, at=now, run_id=run_id)
    if row.ignored_by and _concerns_the_books(session, row, revision.order):
        # What a person did by hand is not known here: they decide again.
        row.decision = Decision.STOP.value
    _plan(session, row, shop, revision.order or revision.problem, planner, now)
    return Taken(order_id=row.id, news=True)


def _says_the_same(
    session: Session, row: OrderRow, revision: Revision, reader: Reader
) -> bool:
    """Tell whether a revision says what the newest one said, whenever it was saved."""
    newest = None if row.revision_id is None else newest_of(session, row)
    if newest is None:
        return False
    known, told = reader(newest), revision.order or revision.problem
    if isinstance(known, Order) and isinstance(told, Order):
        known = replace(
            known, modified_at=told.modified_at, modified_on=told.modified_on
        )
    return known == told


def _what_came(row: OrderRow, revision: Revision, *, created: bool) -> str:
    if created:
        return say("Order received")
    order = revision.order
    if order is None or order.modified_at is None or row.modified_at is None:
        return say("The shop changed the order")
    if order.modified_at == row.modified_at and hundredths(order.total) != (
        row.total_hundredths
    ):
        # Its settings may have changed: it writes old orders by those of today.
        return say(
            "The shop tells a total of %(total)s %(currency)s now, without "
            "saying that the order was changed",
            total=order.total,
            currency=order.currency,
        )
    return say("The shop changed the order")


def add_missing(
    session: Session, shop: Shop, revisions: Iterable[Revision], now: datetime
) -> None:
    """Add the orders that are not there yet, still without a revision.

    Two processes may meet the same new orders at once: one adds them, both go on. In
    one sequence, or each would wait for what the other has added.
    """
    defaults = {
        column.name: column.default.arg
        for column in OrderRow.__table__.columns
        if column.default is not None
    }
    numbers = {revision.external_id: revision.number for revision in revisions}
    rows = [
        defaults
        | {
            "shop_id": shop.id,
            "external_id": external_id,
            "number": number,
            "received_at": now,
            "decision": Decision.STOP.value,
            "status": "",
            "status_at": now,
        }
        for external_id, number in sorted(numbers.items())
    ]
    insert_all_missing(session, OrderRow, rows, unique=["shop_id", "external_id"])


def _find_or_add(
    session: Session, shop: Shop, revision: Revision, now: datetime
) -> OrderRow:
    mine = (OrderRow.shop_id == shop.id) & (
        OrderRow.external_id == revision.external_id
    )
    row = _locked(session, mine)
    if row is None:
        add_missing(session, shop, [revision], now)
        row = _locked(session, mine)
    if row is None:
        raise RuntimeError("an order vanished while it was taken in")
    return row


def _locked(session: Session, condition: ColumnElement[bool]) -> OrderRow | None:
    mine = select(OrderRow).where(condition)
    return session.scalar(mine.with_for_update(key_share=True))


def _keep(
    session: Session, row: OrderRow, revision: Revision, digest: str, now: datetime
) -> RevisionRow:
    stored = RevisionRow(
        order_id=row.id,
        content_hash=digest,
        payload=revision.payload,
        headers=dict(revision.headers),
        source=revision.source,
        received_at=now,
    )
    session.add(stored)
    session.flush()
    return stored


def _concerns_the_books(session: Session, row: OrderRow, order: Order | None) -> bool:
    """Tell whether a change of an ignored order makes its documents wrong anew."""
    if order is None:
        return False
    known = (row.total_hundredths, row.paid_hundredths, row.refunded_hundredths)
    told = tuple(hundredths(a) for a in (order.total, order.paid, order.refunded))
    if known == told and row.shop_status == order.shop_status:
        return False
    return any(
        posting.state in IN_THE_BOOKS
        for posting in own_postings(session, row.id).values()
    )


def _is_older(order: Order | None, row: OrderRow) -> bool:
    if order is None or order.modified_at is None or row.modified_at is None:
        return False
    return order.modified_at < row.modified_at


def newest_of(session: Session, row: OrderRow) -> StoredRevision | None:
    """Return what the shop last sent of an order, within the caller's transaction."""
    revision = session.get(RevisionRow, row.revision_id)
    shop = session.get(ShopRow, row.shop_id)
    if revision is None or shop is None:
        return None
    return StoredRevision(
        order_id=row.id,
        revision_id=revision.id,
        external_id=row.external_id,
        number=row.number,
        shop=shop_of(shop),
        payload=revision.payload,
        headers=revision.headers,
    )


def _plan(  # noqa: PLR0913
    session: Session,
    row: OrderRow,
    shop: Shop,
    told: Order | Problem | None,
    planner: Planner,
    now: datetime,
    *,
    retry_refused: bool = False,
) -> None:
    """Decide what the order needs and make the postings agree with it."""
    if isinstance(told, Order):
        for column, fact in facts_of(told).items():
            setattr(row, column, fact)
        own = [
            posting_of(posting) for posting in own_postings(session, row.id).values()
        ]
        plan = planner(told, shop, read_rules(session, shop), own, correction_of(row))
    else:
        plan = Plan(decision=Decision.STOP, problem=told)
    carry_out(
        session,
        row,
        _ignored(row) if row.ignored_by else plan,
        now,
        retry_refused=retry_refused,
    )


def correction_of(row: OrderRow) -> Correction | None:
    """Return what a person chose for the newest revision; an older one is past."""
    if not row.correction or row.corrected_revision_id != row.revision_id:
        return None
    return Correction(row.correction)


def _ignored(row: OrderRow) -> Plan:
    """Return the plan for an order that a person set aside.

    One that changed since stops, and stays stopped until that person decides again.
    """
    if row.decision == Decision.STOP:
        message = say(
            "Order %(number)s was ignored by %(ignored_by)s "
            "(%(ignored_reason)s), and the shop has changed it since. Try "
            "again to let Sluice book what is missing, or ignore it again "
            "with a reason.",
            number=row.number,
            ignored_by=row.ignored_by,
            ignored_reason=row.ignored_reason,
        )
        problem = Problem(cause=Cause.CHANGED_AFTER_BOOKING, message=message)
        return Plan(decision=Decision.STOP, problem=problem)
    reason = say(
        "Ignored by %(ignored_by)s: %(ignored_reason)s",
        ignored_by=row.ignored_by,
        ignored_reason=row.ignored_reason,
    )
    return Plan(decision=Decision.SKIP, reason=reason)


def facts_of(order: Order) -> dict[str, Any]:
    """Return what is kept of an order beside its revision, by column."""
    return {
        "number": order.number,
        "shop_status": order.shop_status,
        "currency": order.currency,
        "total_hundredths": hundredths(order.total),
        "paid_hundredths": hundredths(order.paid),
        "refunded_hundredths": hundredths(order.refunded),
        "customer_name": order.customer.name,
        "customer_email": order.customer.email,
        "payment_references": " ".join(
            payment.reference for payment in order.payments if payment.reference
        ),
        "ordered_at": order.ordered_at,
        "modified_at": order.modified_at,
    }
