"""Takes in what shops tell of orders, one at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.domain.keys import content_hash
from dashboard.domain.known_words import source_words
from dashboard.domain.money import hundredths
from dashboard.domain.order import Order
from dashboard.domain.rules import Shop
from dashboard.domain.sentences import say
from dashboard.domain.status import Decision
from dashboard.store.database import insert_all_missing, insert_missing_row
from dashboard.store.deciding import locked_order, plan_row
from dashboard.store.new_orders import take_in_new
from dashboard.store.postings import IN_THE_BOOKS, own_postings
from dashboard.store.revisions import (
    Planner,
    Reader,
    Revision,
    Taken,
    newest_of,
)
from dashboard.store.schema import OrderRow, RevisionRow
from dashboard.store.standings import add_event

_UNIQUE: Final = ("shop_id", "external_id")
_DEFAULTS: Final = {
    column.name: column.default.arg
    for column in OrderRow.__table__.columns
    if column.default is not None
}


def take_in_one(
    session: Session, shop: Shop, revision: Revision, planner: Planner, now: datetime
) -> Taken:
    """Store a revision and plan its order, within the caller's transaction.

    An order that is seen for the first time is taken in as a page of them is: with two
    thirds of the statements.
    """
    blank = _blank(shop, revision, now)
    order_id = insert_missing_row(session, OrderRow, unique=_UNIQUE, **blank)
    if order_id is not None:
        new = {order_id: revision}
        taken = take_in_new(session, shop, new, planner, now, run_id=None)
        if taken:
            return taken[revision.external_id]
    return take_in_within(session, shop, revision, planner, now)


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
    plan_row(session, row, shop, revision.order or revision.problem, planner, now)
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
    first = {revision.external_id: revision for revision in revisions}
    rows = [_blank(shop, first[external_id], now) for external_id in sorted(first)]
    insert_all_missing(session, OrderRow, rows, unique=_UNIQUE)


def _blank(shop: Shop, revision: Revision, now: datetime) -> dict[str, object]:
    """Return the row of an order that nothing is known of yet."""
    return _DEFAULTS | {
        "shop_id": shop.id,
        "external_id": revision.external_id,
        "number": revision.number,
        "received_at": now,
        "decision": Decision.STOP.value,
        "status": "",
        "status_at": now,
    }


def _find_or_add(
    session: Session, shop: Shop, revision: Revision, now: datetime
) -> OrderRow:
    mine = (OrderRow.shop_id == shop.id) & (
        OrderRow.external_id == revision.external_id
    )
    row = locked_order(session, mine)
    if row is None:
        add_missing(session, shop, [revision], now)
        row = locked_order(session, mine)
    if row is None:
        raise RuntimeError("an order vanished while it was taken in")
    return row


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
