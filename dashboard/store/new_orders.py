"""Takes in orders that are seen for the first time, many at once.

The first pull of a shop brings thousands of orders that nothing is known of. One by one
each takes some twenty statements; together, a page of a hundred takes as many. What is
written is the same: only what nothing can stand in the way of is taken in here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from dashboard.domain.keys import content_hash
from dashboard.domain.known_words import source_words
from dashboard.domain.order import Order
from dashboard.domain.plans import Plan
from dashboard.domain.postings import PlannedPosting, PostingKind, PostingState
from dashboard.domain.rules import Shop
from dashboard.domain.sentences import say
from dashboard.domain.status import Decision
from dashboard.store.codec import dump_draft
from dashboard.store.company import read_rules
from dashboard.store.database import insert_all_missing
from dashboard.store.order_words import add_words, words_of_order
from dashboard.store.planning import replace_draft, told_of
from dashboard.store.postings import IN_THE_BOOKS
from dashboard.store.revisions import Planner, Revision, Taken, facts_of
from dashboard.store.schema import OrderEventRow, OrderRow, PostingRow, RevisionRow
from dashboard.store.standings import BY_ITSELF, problem_to_plain, refresh_standings

# Each of these requires the one before it.
_USUAL = (PostingKind.CONTACT, PostingKind.INVOICE, PostingKind.PAYMENT)

# Carried out for every order that is pushed, so they are built once, and on the
# connection: what the ORM does around a statement takes longer than SQLite.
_KNOWN = select(PostingRow.natural_key).where(
    PostingRow.natural_key.in_(bindparam("keys", expanding=True))
)
_KEEP = insert(RevisionRow).returning(RevisionRow.order_id, RevisionRow.id)
_ADD = insert(PostingRow).returning(PostingRow.natural_key, PostingRow.id)
_CONTACTS = (
    select(PostingRow)
    .where(PostingRow.natural_key.in_(bindparam("keys", expanding=True)))
    .order_by(PostingRow.id)
    .with_for_update(key_share=True)
)
_WRITE = update(OrderRow).where(OrderRow.id == bindparam("row"))
_TELL = insert(OrderEventRow)


@dataclass(frozen=True, kw_only=True)
class _New:
    """An order seen for the first time, with what it needs."""

    id: int
    order: Order
    revision: Revision
    plan: Plan


def take_in_new(
    session: Session,
    shop: Shop,
    revisions: Mapping[int, Revision],
    planner: Planner,
    now: datetime,
    *,
    run_id: int | None,
) -> dict[str, Taken]:
    """Store and plan new orders, given by the id of their row; the caller commits.

    The caller has added and locked the rows. Orders that are not understood, that need
    more than contact, invoice and payments, or whose number is taken are left out.

    Returns:
        What became of those that were taken in, by the shop's own id.
    """
    rules = read_rules(session, shop)
    planned = [
        _New(
            id=order_id,
            order=revision.order,
            revision=revision,
            plan=planner(revision.order, shop, rules, (), None),
        )
        for order_id, revision in revisions.items()
        if revision.order is not None
    ]
    news = _in_nobodys_way(session, planned)
    if not news:
        return {}
    revision_ids = _keep_revisions(session, news, now)
    contacts = _share_contacts(session, news, now)
    _add_postings(session, news, contacts, now)
    columns = {new.id: _columns(new, revision_ids[new.id], contacts) for new in news}
    connection = session.connection()
    connection.execute(_WRITE, [{"row": id_, **told} for id_, told in columns.items()])
    events = [_received(new, now, run_id) for new in news]
    events += [_decided(new, contacts, now) for new in news]
    connection.execute(_TELL, events)
    refresh_standings(session, [new.id for new in news], now)
    words = {
        new.id: words_of_order(
            {**columns[new.id], "external_id": new.revision.external_id},
            new.plan.postings,
        )
        for new in news
    }
    add_words(session, words)
    return {new.revision.external_id: Taken(order_id=new.id, news=True) for new in news}


def _is_usual(plan: Plan) -> bool:
    return all(posting.kind in _USUAL for posting in plan.postings)


def _in_nobodys_way(session: Session, news: Sequence[_New]) -> list[_New]:
    """Return the orders that nothing keeps from being taken in all at once.

    Left out are those that share a number, with each other or with a known one, and
    the other orders of the same customers: of these, the last one tells who they are.
    """
    wanted = Counter(p.natural_key for new in news for p in _own(new))
    taken = set(session.connection().scalars(_KNOWN, {"keys": list(wanted)}))
    taken |= {key for key, times in wanted.items() if times > 1}
    odd = [
        new
        for new in news
        if not _is_usual(new.plan) or any(p.natural_key in taken for p in _own(new))
    ]
    left_out = {p.natural_key for new in odd for p in new.plan.postings}
    return [
        new
        for new in news
        if _is_usual(new.plan)
        and not any(p.natural_key in left_out for p in new.plan.postings)
    ]


def _own(new: _New) -> list[PlannedPosting]:
    """Return the postings that are the order's alone: all but its contact."""
    return [p for p in new.plan.postings if p.kind is not PostingKind.CONTACT]


def _keep_revisions(
    session: Session, news: Sequence[_New], now: datetime
) -> dict[int, int]:
    """Store what the shop sent; return the revision of each order."""
    rows = [
        {
            "order_id": new.id,
            "content_hash": content_hash(new.revision.payload),
            "payload": new.revision.payload,
            "headers": dict(new.revision.headers),
            "source": new.revision.source,
            "received_at": now,
        }
        for new in news
    ]
    kept = session.connection().execute(_KEEP, rows)
    return {row.order_id: row.id for row in kept}


def _share_contacts(
    session: Session, news: Sequence[_New], now: datetime
) -> dict[str, PostingRow]:
    """Add the customers nobody has ordered for yet; return all by natural key."""
    wanted = [
        (new, posting)
        for new in news
        for posting in new.plan.postings
        if posting.kind is PostingKind.CONTACT
    ]
    first = {posting.natural_key: (new, posting) for new, posting in reversed(wanted)}
    rows = [_row(*first[key], None, now) for key in sorted(first)]
    insert_all_missing(session, PostingRow, rows, unique=["natural_key"])
    found = session.scalars(_CONTACTS, {"keys": list(first)})
    contacts = {row.natural_key: row for row in found}
    for _new, posting in wanted:
        replace_draft(contacts[posting.natural_key], posting, now, retry_refused=False)
    return contacts


def _add_postings(
    session: Session,
    news: Sequence[_New],
    contacts: Mapping[str, PostingRow],
    now: datetime,
) -> None:
    made = {key: contact.id for key, contact in contacts.items()}
    for kind in _USUAL[1:]:
        rows = [
            _row(new, posting, made[posting.requires], now)
            for new in news
            for posting in new.plan.postings
            if posting.kind is kind
        ]
        if rows:
            added = session.connection().execute(_ADD, rows)
            made |= {row.natural_key: row.id for row in added}


def _row(
    new: _New, posting: PlannedPosting, requires_id: int | None, now: datetime
) -> dict[str, object]:
    return {
        "order_id": new.id,
        "kind": posting.kind.value,
        "natural_key": posting.natural_key,
        "draft": dump_draft(posting.draft),
        "state": PostingState.PENDING.value,
        "requires_id": requires_id,
        "document_id": "",
        "clashes": 0,
        "created_at": now,
        "updated_at": now,
    }


def _columns(
    new: _New, revision_id: int, contacts: Mapping[str, PostingRow]
) -> dict[str, Any]:
    """Return what becomes of the order's row."""
    keys = {posting.kind: posting.natural_key for posting in new.plan.postings}
    contact = contacts.get(keys.get(PostingKind.CONTACT, ""))
    books = new.plan.decision is Decision.BOOK
    return {
        **facts_of(new.order),
        "revision_id": revision_id,
        "planned_revision_id": revision_id,
        "decision": new.plan.decision.value,
        "decision_reason": new.plan.reason,
        "decision_problem": problem_to_plain(new.plan.problem),
        "leads_to": new.plan.leads_to.value if books else "",
        "contact_posting_id": None if contact is None else contact.id,
        "invoice_number": keys.get(PostingKind.INVOICE, ""),
    }


def _received(new: _New, now: datetime, run_id: int | None) -> dict[str, object]:
    """Return the first line of the order's story."""
    return {
        "order_id": new.id,
        "at": now,
        "actor": BY_ITSELF,
        "kind": "received",
        "text": say(
            "%(what)s (%(source)s).",
            what=say("Order received"),
            source=source_words(new.revision.source),
        ),
        "run_id": run_id,
    }


def _decided(
    new: _New, contacts: Mapping[str, PostingRow], now: datetime
) -> dict[str, object]:
    """Return the second one: what was decided."""
    waiting = (
        posting
        for posting in new.plan.postings
        if posting.kind is not PostingKind.CONTACT
        or contacts[posting.natural_key].state not in IN_THE_BOOKS
    )
    return {
        "order_id": new.id,
        "at": now,
        "actor": BY_ITSELF,
        "kind": f"planned:{new.plan.decision.value}",
        "text": told_of(new.plan, waiting),
        "run_id": None,
    }
