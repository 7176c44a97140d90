"""Plans one order: from what the shop told, its postings, and what people decided."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from dashboard.domain.order import Order
from dashboard.domain.plans import Plan
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.rules import Correction, Shop
from dashboard.domain.sentences import say
from dashboard.domain.status import Decision
from dashboard.store.company import read_rules
from dashboard.store.planning import carry_out
from dashboard.store.postings import own_postings, posting_of
from dashboard.store.revisions import Planner, facts_of
from dashboard.store.schema import OrderRow


def locked_order(session: Session, condition: ColumnElement[bool]) -> OrderRow | None:
    """Return an order and lock it, within the caller's transaction."""
    mine = select(OrderRow).where(condition)
    return session.scalar(mine.with_for_update(key_share=True))


def plan_row(  # noqa: PLR0913
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
        plan_of_ignored(row) if row.ignored_by else plan,
        now,
        retry_refused=retry_refused,
    )


def correction_of(row: OrderRow) -> Correction | None:
    """Return what a person chose for the newest revision; an older one is past."""
    if not row.correction or row.corrected_revision_id != row.revision_id:
        return None
    return Correction(row.correction)


def plan_of_ignored(row: OrderRow) -> Plan:
    """Return the plan for an order that a person ignored.

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
