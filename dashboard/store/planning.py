"""Carries out a plan: makes the postings of an order agree with what it needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from dashboard.domain.books import CreditNoteDraft, InvoiceDraft
from dashboard.domain.plans import Plan
from dashboard.domain.postings import NAMES, PlannedPosting, PostingKind, PostingState
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.sentences import say, together
from dashboard.domain.status import Decision
from dashboard.store.codec import dump_draft
from dashboard.store.database import insert_missing
from dashboard.store.order_words import add_words, keep_words, searched, words_of_order
from dashboard.store.postings import IN_THE_BOOKS, OPEN, own_postings
from dashboard.store.schema import OrderRow, PostingRow
from dashboard.store.standings import (
    add_event,
    problem_to_plain,
    refresh_standings,
)

# Another order that has one of the keys; asked for every plan, so it is built once.
_OTHER_WITH = (
    select(OrderRow)
    .join(PostingRow, PostingRow.order_id == OrderRow.id)
    .where(
        PostingRow.natural_key.in_(bindparam("keys", expanding=True)),
        PostingRow.order_id != bindparam("order_id"),
    )
    .limit(1)
)


def carry_out(
    session: Session,
    row: OrderRow,
    plan: Plan,
    now: datetime,
    *,
    retry_refused: bool = False,
) -> None:
    """Make an order's postings, decision and status agree with *plan*.

    The caller holds the order's lock. What is on its way or in the books stays.
    """
    own = own_postings(session, row.id)
    known = list(own.values())
    is_new = row.planned_revision_id is None
    taken = _taken_by_another(session, row, plan)
    if taken is not None:
        plan = Plan(decision=Decision.STOP, problem=taken)
    before = (row.decision, row.decision_reason, row.decision_problem)
    decided = (plan.decision.value, plan.reason, problem_to_plain(plan.problem))
    waiting = _agree(session, row, plan, own, now, retry_refused=retry_refused)
    row.decision, row.decision_reason, row.decision_problem = decided
    if decided != before or row.revision_id != row.planned_revision_id:
        kind = f"planned:{plan.decision.value}"
        add_event(session, row.id, kind, told_of(plan, waiting), at=now)
    if plan.decision is Decision.BOOK:
        row.leads_to = plan.leads_to.value
    row.planned_revision_id = row.revision_id
    refresh_standings(session, [row.id], now)
    words = words_of_order(searched(row), [*known, *plan.postings])
    if is_new:
        add_words(session, {row.id: words})
    else:
        keep_words(session, row.id, words)


def _agree(
    session: Session,
    row: OrderRow,
    plan: Plan,
    own: dict[str, PostingRow],
    now: datetime,
    *,
    retry_refused: bool,
) -> list[PlannedPosting]:
    """Make the postings agree with the plan, as far as they can still be changed.

    Returns:
        What is still to be booked.
    """
    made: dict[str, PostingRow] = {}
    for planned in plan.postings:
        requires = _requirements(planned, made)
        if planned.kind is PostingKind.CONTACT:
            posting = _shared_contact(session, row, planned, now)
            row.contact_posting_id = posting.id
        elif planned.natural_key in own:
            posting = own.pop(planned.natural_key)
            if posting.state not in IN_THE_BOOKS:
                posting.requires_id, posting.also_requires_id = requires
        else:
            posting = _new_posting(row, planned, requires, now)
            session.add(posting)
            session.flush()
        replace_draft(posting, planned, now, retry_refused=retry_refused)
        made[planned.natural_key] = posting
    for posting in own.values():
        # A stopped order keeps what it waits with; everything else is off.
        if posting.state in OPEN and plan.decision is not Decision.STOP:
            posting.state = PostingState.CANCELLED.value
            posting.updated_at = now
    invoices = (p.draft for p in plan.postings if isinstance(p.draft, InvoiceDraft))
    for invoice in invoices:
        if not invoice.corrects:
            row.invoice_number = invoice.number
    return [p for p in plan.postings if made[p.natural_key].state not in IN_THE_BOOKS]


def _requirements(
    planned: PlannedPosting, made: dict[str, PostingRow]
) -> tuple[int | None, int | None]:
    """Return the ids of the postings that a planned one requires."""
    required, also = made.get(planned.requires), made.get(planned.also_requires)
    if isinstance(planned.draft, CreditNoteDraft) and required is not None:
        # It is for the contact of its invoice, who may be another customer by now.
        invoice = made[planned.draft.invoice_number]
        return required.id, invoice.requires_id
    return (
        None if required is None else required.id,
        None if also is None else also.id,
    )


def told_of(plan: Plan, waiting: Iterable[PlannedPosting]) -> str:
    """Return what was decided, in words for the order's story."""
    match plan.decision:
        case Decision.BOOK:
            steps = together(map(_step_in_words, waiting), ", ")
            if not steps:
                return say("Planned: nothing more.")
            return say("Planned: %(steps)s.", steps=steps)
        case Decision.STOP:
            return "" if plan.problem is None else plan.problem.message
        case Decision.WAIT | Decision.SKIP:
            return plan.reason


def _step_in_words(step: PlannedPosting) -> str:
    kind = NAMES[step.kind]
    return say("%(kind)s %(key)s", kind=kind, key=step.natural_key)


def _taken_by_another(session: Session, row: OrderRow, plan: Plan) -> Problem | None:
    keys = [
        planned.natural_key
        for planned in plan.postings
        if planned.kind is not PostingKind.CONTACT
    ]
    other = session.scalar(_OTHER_WITH, {"keys": keys, "order_id": row.id})
    if other is None:
        return None
    if other.shop_id == row.shop_id:
        to_do = say("Give it another number in the shop and save it there.")
    else:
        to_do = say("Give the shops different prefixes under Settings > Shops.")
    message = say(
        "Order %(number)s would get the invoice number that order %(other_number)s "
        "(%(external_id)s in the shop) has, and a number is used only once. %(to_do)s",
        number=row.number,
        other_number=other.number,
        external_id=other.external_id,
        to_do=to_do,
    )
    return Problem(cause=Cause.NUMBER_TAKEN, message=message, settings_section="shops")


def _shared_contact(
    session: Session, row: OrderRow, planned: PlannedPosting, now: datetime
) -> PostingRow:
    """Return the posting of the customer, which all their orders share."""
    mine = select(PostingRow).where(PostingRow.natural_key == planned.natural_key)
    found = session.scalar(mine.with_for_update(key_share=True))
    if found is not None:
        return found
    insert_missing(
        session,
        PostingRow,
        unique=["natural_key"],
        order_id=row.id,
        kind=planned.kind.value,
        natural_key=planned.natural_key,
        draft=dump_draft(planned.draft),
        state=PostingState.PENDING.value,
        document_id="",
        clashes=0,
        created_at=now,
        updated_at=now,
    )
    return session.scalars(mine.with_for_update(key_share=True)).one()


def _new_posting(
    row: OrderRow,
    planned: PlannedPosting,
    requires: tuple[int | None, int | None],
    now: datetime,
) -> PostingRow:
    requires_id, also_requires_id = requires
    return PostingRow(
        order_id=row.id,
        kind=planned.kind.value,
        natural_key=planned.natural_key,
        draft=dump_draft(planned.draft),
        state=PostingState.PENDING.value,
        requires_id=requires_id,
        also_requires_id=also_requires_id,
        document_id="",
        created_at=now,
        updated_at=now,
    )


def replace_draft(
    posting: PostingRow, planned: PlannedPosting, now: datetime, *, retry_refused: bool
) -> None:
    """Bring a posting up to the plan, unless it is on its way or in the books.

    A refused one goes again when its content changed, or when a person says so: the
    same bytes would be refused again.
    """
    draft = dump_draft(planned.draft)
    refused = posting.state == PostingState.REFUSED.value
    cancelled = posting.state == PostingState.CANCELLED.value
    if posting.state in IN_THE_BOOKS:
        if retry_refused:
            posting.problem = None  # a person looked at it in the books
        return
    if refused and not retry_refused and posting.draft == draft:
        return
    if posting.draft == draft and not refused and not cancelled:
        return
    # The difference to a changed order may be an invoice first, then a credit note.
    posting.kind = planned.kind.value
    posting.draft = draft
    posting.state = PostingState.PENDING.value
    posting.problem = None
    posting.clashes = 0
    posting.updated_at = now
