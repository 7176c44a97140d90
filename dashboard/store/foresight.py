"""What an order would send next, put together as freezing does it; changes nothing.

What waits is frozen as it is stored. What is not stored yet, because the order waits
for its payment for instance, is written as storing it would write it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.domain.books import CreditNoteDraft
from dashboard.domain.order import Order
from dashboard.domain.plans import Plan
from dashboard.domain.postings import (
    PlannedPosting,
    Posting,
    PostingKind,
    PostingState,
)
from dashboard.domain.rules import CompanyRules, Shop
from dashboard.store.company import read_rules
from dashboard.store.database import Database
from dashboard.store.deciding import correction_of
from dashboard.store.postings import (
    IN_THE_BOOKS,
    own_postings,
    posting_of,
    postings_of,
    selected,
)
from dashboard.store.revisions import Planner, Reader, newest_of, told_of
from dashboard.store.schema import OrderRow, PostingRow

_CONTACT = PostingKind.CONTACT


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """A posting as it would be frozen now.

    *exact* is False while it builds on a document that the books have not named yet:
    then words stand where its id will be. *refused* ones wait for a person.
    """

    posting: Posting
    exact: bool
    refused: bool = False


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What an order needs by today's rules, and what is still to be sent of it.

    *order* and *plan* are None when the shop's last message cannot be read. *ahead* is
    in the sequence in which it is booked.
    """

    order: Order | None
    shop: Shop
    rules: CompanyRules
    plan: Plan | None = None
    ahead: tuple[Ahead, ...] = ()


class Foresight:
    """Reads what orders would send."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, order_id: int, reader: Reader, planner: Planner) -> Foreseen | None:
        """Return what an order would send, None if it is not known."""
        with self._database.read() as session:
            row = session.get(OrderRow, order_id)
            stored = None if row is None else newest_of(session, row)
            if row is None or stored is None:
                return None
            shop, order = stored.shop, told_of(session, row, stored, reader)
            rules = read_rules(session, shop)
            if not isinstance(order, Order):
                return Foreseen(order=None, shop=shop, rules=rules)
            rows = own_postings(session, row.id, lock=False).values()
            own = [posting_of(posting) for posting in rows]
            plan = planner(order, shop, rules, own, correction_of(row))
            return Foreseen(
                order=order,
                shop=shop,
                rules=rules,
                plan=plan,
                ahead=_ahead(session, row.id, plan, self._database.now(session)),
            )


def _ahead(
    session: Session, order_id: int, plan: Plan, now: datetime
) -> tuple[Ahead, ...]:
    keys = [planned.natural_key for planned in plan.postings]
    which = select(PostingRow).where(PostingRow.natural_key.in_(keys))
    known = {p.natural_key: p for p in postings_of(selected(session, which))}
    contact = next((k.natural_key for k in plan.postings if k.kind is _CONTACT), "")
    return tuple(
        _to_be_frozen(planned, known, contact, order_id, now)
        for planned in plan.postings
        if planned.natural_key not in known
        or known[planned.natural_key].state not in IN_THE_BOOKS
    )


def _to_be_frozen(
    planned: PlannedPosting,
    known: Mapping[str, Posting],
    contact: str,
    order_id: int,
    now: datetime,
) -> Ahead:
    stored = known.get(planned.natural_key)
    refused = stored is not None and stored.state is PostingState.REFUSED
    if stored is None or stored.state is not PostingState.PENDING:
        stored = Posting(
            id=0,
            order_id=order_id,
            kind=planned.kind,
            natural_key=planned.natural_key,
            draft=planned.draft,
            state=PostingState.PENDING,
            updated_at=now,
        )
    also = planned.also_requires
    if isinstance(planned.draft, CreditNoteDraft):
        also = contact  # that of its invoice
    required_id = stored.required_document_id or _document_id(known, planned.requires)
    also_id = stored.also_required_document_id or _document_id(known, also)
    posting = replace(
        stored,
        required_document_id=required_id or _stand_in(planned.requires),
        also_required_document_id=also_id or _stand_in(also),
    )
    lacking = (planned.requires and not required_id) or (also and not also_id)
    return Ahead(posting=posting, exact=not lacking, refused=refused)


def _document_id(known: Mapping[str, Posting], key: str) -> str:
    return known[key].document_id if key in known else ""


def _stand_in(key: str) -> str:
    return f"(the id of {key})" if key else ""
