"""Keeps the status that lists show equal to what the postings say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select, update
from sqlalchemy.orm import Session

from dashboard.domain.postings import NAMES, PostingKind, PostingState
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.sentences import dump_sentence, load_sentence, say
from dashboard.domain.status import (
    Decision,
    OrderStatus,
    Progress,
    RequestState,
    standing_of,
)
from dashboard.store.among import among
from dashboard.store.schema import (
    OrderEventRow,
    OrderRow,
    PostingRow,
    RequestMemberRow,
    RequestRow,
)
from dashboard.store.tallies import tally

# Who acts in the story of an order when no person does.
BY_ITSELF = "Sluice"

_Row = Row[*tuple[Any, ...]]

# What decides a status, and what follows from it.
_DECIDING = (
    OrderRow.id,
    OrderRow.contact_posting_id,
    OrderRow.decision,
    OrderRow.decision_reason,
    OrderRow.decision_problem,
    OrderRow.leads_to,
    OrderRow.shop_id,
)
_DERIVED = (
    OrderRow.status,
    OrderRow.reason,
    OrderRow.cause,
    OrderRow.cause_about,
    OrderRow.message,
    OrderRow.settings_section,
    OrderRow.next_attempt_at,
)


def refresh_standings(session: Session, order_ids: Iterable[int], at: datetime) -> None:
    """Derive the status of the orders anew, within the caller's transaction."""
    ids = sorted(set(order_ids))
    if not ids:
        return
    session.flush()
    orders = session.execute(
        select(*_DECIDING, *_DERIVED)
        .where(among(OrderRow.id, ids))
        .order_by(OrderRow.id)
    ).all()
    progress = _progress(session, orders)
    changes = [
        change
        for order in orders
        if (change := _change(order, progress[order.id], at)) is not None
    ]
    if changes:
        session.execute(update(OrderRow), changes)
        tally(session, _moves(orders, changes))
        _forget_derived(session, {change["id"] for change in changes})


def _moves(
    orders: Sequence[_Row], changes: Iterable[Mapping[str, Any]]
) -> Counter[tuple[int, str]]:
    """Count the orders of each shop that leave a status and come to another."""
    before = {order.id: order for order in orders}
    moves: Counter[tuple[int, str]] = Counter()
    for change in changes:
        order = before[change["id"]]
        moves[order.shop_id, order.status] -= 1
        moves[order.shop_id, change["status"]] += 1
    return moves


def orders_of(session: Session, posting_ids: Iterable[int]) -> set[int]:
    """Return the orders that wait for any of the postings, contacts among them."""
    ids = list(posting_ids)
    own = session.scalars(select(PostingRow.order_id).where(among(PostingRow.id, ids)))
    sharing = session.scalars(
        select(OrderRow.id).where(
            among(OrderRow.contact_posting_id, ids),
            # A contact changes nothing for orders that are through with it.
            OrderRow.status.not_in(["paid", "credited", "ignored"]),
        )
    )
    return {*own, *sharing}


def lock_orders(session: Session, order_ids: Iterable[int]) -> None:
    """Lock orders in one sequence, before their postings: no waiting in a circle."""
    session.execute(
        select(OrderRow.id)
        .where(among(OrderRow.id, order_ids))
        .order_by(OrderRow.id)
        .with_for_update(key_share=True)
    )


def add_event(  # noqa: PLR0913 - a row has its columns
    session: Session,
    order_id: int,
    kind: str,
    text: str,
    *,
    at: datetime,
    actor: str = BY_ITSELF,
    request_id: int | None = None,
    run_id: int | None = None,
) -> None:
    """Add a line to the story of an order, within the caller's transaction."""
    session.add(
        OrderEventRow(
            order_id=order_id,
            at=at,
            actor=actor,
            kind=kind,
            text=text,
            request_id=request_id,
            run_id=run_id,
        )
    )


def problem_to_plain(problem: Problem | None) -> dict[str, str] | None:
    """Turn a problem into what a JSON column holds."""
    if problem is None:
        return None
    return {
        "cause": problem.cause.value,
        "about": problem.about,
        "message": dump_sentence(problem.message),
        "settings_section": problem.settings_section,
    }


def problem_from_plain(data: Mapping[str, str] | None) -> Problem | None:
    """Turn what a JSON column holds back into a problem."""
    if data is None:
        return None
    return Problem(
        cause=Cause(data["cause"]),
        about=data["about"],
        message=load_sentence(data["message"]),
        settings_section=data["settings_section"],
    )


def _change(
    order: _Row, progress: list[Progress], at: datetime
) -> dict[str, Any] | None:
    """Return what is to be written to an order; None if all of it stands there."""
    standing = standing_of(
        Decision(order.decision),
        order.decision_reason,
        problem_from_plain(order.decision_problem),
        progress,
        leads_to=OrderStatus(order.leads_to or OrderStatus.INVOICED),
    )
    problem = standing.problem
    derived = {
        "status": standing.status.value,
        "reason": standing.reason,
        "cause": problem.cause.value if problem else "",
        "cause_about": problem.about if problem else "",
        "message": problem.message if problem else "",
        "settings_section": problem.settings_section if problem else "",
        "next_attempt_at": standing.next_attempt_at,
    }
    changed = {name for name, value in derived.items() if value != getattr(order, name)}
    if not changed:
        return None
    # Another cause is another problem: it begins now.
    if changed & {"status", "cause", "cause_about"}:
        derived["status_at"] = at
    return {"id": order.id, **derived}


def _forget_derived(session: Session, order_ids: set[int]) -> None:
    """Let rows that the session holds be read anew where they were written past it."""
    names = [column.key for column in (*_DERIVED, OrderRow.status_at)]
    for row in session.identity_map.values():
        if isinstance(row, OrderRow) and row.id in order_ids:
            session.expire(row, names)


def _progress(session: Session, orders: Sequence[_Row]) -> Mapping[int, list[Progress]]:
    """Return the progress of each order's postings, its contact's first."""
    orders_by_contact: dict[int, list[int]] = defaultdict(list)
    for order in orders:
        if order.contact_posting_id is not None:
            orders_by_contact[order.contact_posting_id].append(order.id)
    own = among(PostingRow.order_id, [order.id for order in orders])
    postings = session.execute(
        select(
            PostingRow.id,
            PostingRow.order_id,
            PostingRow.kind,
            PostingRow.natural_key,
            PostingRow.state,
            PostingRow.problem,
        )
        .where(or_(own, among(PostingRow.id, orders_by_contact)))
        .order_by(PostingRow.id)
    ).all()
    carriers = _open_requests(session, postings)
    result: dict[int, list[Progress]] = defaultdict(list)
    for posting in postings:
        step = _step(posting, carriers.get(posting.id))
        if step.kind is PostingKind.CONTACT:
            for order_id in orders_by_contact[posting.id]:
                result[order_id].insert(0, step)
        else:
            result[posting.order_id].append(step)
    return result


def _open_requests(session: Session, postings: Iterable[_Row]) -> Mapping[int, _Row]:
    """Return the request that carries each posting in flight."""
    ids = [p.id for p in postings if p.state == PostingState.IN_FLIGHT.value]
    if not ids:
        return {}
    found = session.execute(
        select(
            RequestMemberRow.posting_id,
            RequestRow.state,
            RequestRow.attempts,
            RequestRow.last_sent_at,
            RequestRow.given_up_at,
            RequestRow.not_before,
        )
        .join(RequestRow, RequestRow.id == RequestMemberRow.request_id)
        .where(among(RequestMemberRow.posting_id, ids))
        .where(RequestRow.state != RequestState.DONE.value)
    )
    return {request.posting_id: request for request in found}


def _step(posting: _Row, request: _Row | None) -> Progress:
    kind, state = PostingKind(posting.kind), PostingState(posting.state)
    problem = problem_from_plain(posting.problem)
    if request is None:
        return Progress(kind=kind, state=state, problem=problem)
    given_up = request.given_up_at is not None
    return Progress(
        kind=kind,
        state=state,
        problem=_no_answer(posting, request) if given_up else problem,
        request_state=RequestState(request.state),
        tried=request.last_sent_at is not None,
        given_up=given_up,
        next_attempt_at=request.not_before,
    )


def _no_answer(posting: _Row, request: _Row) -> Problem:
    return Problem(
        cause=Cause.NO_ANSWER,
        message=say(
            "The books were sent %(kind)s %(natural_key)s %(attempts)s times "
            "and never said what became of it. They are still asked for it "
            "now and then. Look for it there, then try again: they are asked "
            "once more before it is sent.",
            kind=NAMES[PostingKind(posting.kind)],
            natural_key=posting.natural_key,
            attempts=request.attempts,
        ),
        about=posting.kind,
    )
