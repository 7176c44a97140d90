"""Keeps the status that lists show equal to what the postings say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_, select, update
from sqlalchemy.orm import Session

from dashboard.domain.postings import NAMES, PostingKind, PostingState
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.sentences import dump_sentence, load_sentence, say
from dashboard.domain.status import (
    Decision,
    OrderStatus,
    Progress,
    RequestState,
    Standing,
    standing_of,
)
from dashboard.store.among import among, among_given
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
# Orders by id as they were when they were locked, with what decides their status.
LockedOrders = Mapping[int, _Row]

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
    OrderRow.cause,
    OrderRow.cause_about,
    OrderRow.reason,
    OrderRow.message,
    OrderRow.settings_section,
    OrderRow.next_attempt_at,
)
_now_derived = attrgetter(*(column.key for column in _DERIVED))
# The first of them tell one problem from another.
_NAMED = 3
_now_named = attrgetter(*(column.key for column in _DERIVED[:_NAMED]))


def _locked(which: ColumnElement[bool]) -> Select[int]:
    """Select and lock orders in one sequence: no waiting in a circle."""
    return (
        select(OrderRow.id)
        .where(which)
        .order_by(OrderRow.id)
        .with_for_update(key_share=True)
    )


# Carried out for every batch, so they are built once, and on the connection: what the
# ORM does around a statement takes longer than SQLite.
_ORDERS = (
    select(*_DECIDING, *_DERIVED).where(among_given(OrderRow.id)).order_by(OrderRow.id)
)
_WAITING_FOR_POSTINGS = _locked(
    OrderRow.id.in_(
        select(PostingRow.order_id)
        .where(among_given(PostingRow.id))
        .union(
            select(OrderRow.id).where(
                among_given(OrderRow.contact_posting_id),
                # A contact changes nothing for orders that are through with it.
                OrderRow.status.not_in(["paid", "credited", "ignored"]),
            )
        )
    )
).with_only_columns(*_DECIDING, *_DERIVED)
_POSTINGS = (
    select(
        PostingRow.id,
        PostingRow.order_id,
        PostingRow.kind,
        PostingRow.natural_key,
        PostingRow.state,
        PostingRow.problem,
    )
    .where(
        or_(
            among_given(PostingRow.order_id, "orders"),
            among_given(PostingRow.id, "contacts"),
        )
    )
    .order_by(PostingRow.id)
)
_OPEN_REQUESTS = (
    select(
        RequestMemberRow.posting_id,
        RequestRow.state,
        RequestRow.attempts,
        RequestRow.last_sent_at,
        RequestRow.given_up_at,
        RequestRow.not_before,
    )
    .join(RequestRow, RequestRow.id == RequestMemberRow.request_id)
    .where(among_given(RequestMemberRow.posting_id))
    .where(RequestRow.state != RequestState.DONE.value)
)
_WRITE = update(OrderRow).where(among_given(OrderRow.id))


def refresh_standings(session: Session, order_ids: Iterable[int], at: datetime) -> None:
    """Derive the status of the orders anew, within the caller's transaction."""
    ids = sorted(set(order_ids))
    if not ids:
        return
    session.flush()
    orders = session.connection().execute(_ORDERS, {"ids": ids})
    refresh_locked(session, {order.id: order for order in orders}, at)


def refresh_locked(session: Session, orders: LockedOrders, at: datetime) -> None:
    """Do the same to orders of which nothing but postings changed since the lock."""
    if not orders:
        return
    session.flush()
    progress = _progress(session, orders.values())
    alike: dict[Standing, list[_Row]] = defaultdict(list)
    for order in orders.values():
        alike[_standing(order, progress[order.id])].append(order)
    for standing, standing_so in alike.items():
        _write(session, standing, standing_so, at)


def _write(
    session: Session, standing: Standing, orders: Iterable[_Row], at: datetime
) -> None:
    """Write down where orders stand, those of a batch with one statement."""
    derived = _derived(standing)
    values = tuple(derived.values())
    changed = [order for order in orders if _now_derived(order) != values]
    if not changed:
        return
    # Another cause is another problem: it begins now.
    begun = [order.id for order in changed if _now_named(order) != values[:_NAMED]]
    rest = {order.id for order in changed}.difference(begun)
    for ids, written in ((begun, {**derived, "status_at": at}), (rest, derived)):
        if ids:
            session.connection().execute(_WRITE, {"ids": list(ids), **written})
    moves: Counter[tuple[int, str]] = Counter()
    for order in changed:
        moves[order.shop_id, order.status] -= 1
        moves[order.shop_id, standing.status.value] += 1
    tally(session, moves)
    _forget_derived(session, {order.id for order in changed})


def lock_orders_of(session: Session, posting_ids: Iterable[int]) -> LockedOrders:
    """Lock the orders that wait for any of the postings, contacts among them.

    Returns:
        All of them, by id: their status may change with the postings.
    """
    session.flush()
    ids = {"ids": list(posting_ids)}
    orders = session.connection().execute(_WAITING_FOR_POSTINGS, ids)
    return {order.id: order for order in orders}


def lock_orders(session: Session, order_ids: Iterable[int]) -> None:
    """Lock orders whose ids are known, before their postings."""
    session.execute(_locked(among(OrderRow.id, order_ids)))


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


def _standing(order: _Row, progress: list[Progress]) -> Standing:
    return standing_of(
        Decision(order.decision),
        order.decision_reason,
        problem_from_plain(order.decision_problem),
        progress,
        leads_to=OrderStatus(order.leads_to or OrderStatus.INVOICED),
    )


def _derived(standing: Standing) -> dict[str, Any]:
    """Return what the columns of `_DERIVED` hold of an order that stands so."""
    problem = standing.problem
    return {
        "status": standing.status.value,
        "cause": problem.cause.value if problem else "",
        "cause_about": problem.about if problem else "",
        "reason": standing.reason,
        "message": problem.message if problem else "",
        "settings_section": problem.settings_section if problem else "",
        "next_attempt_at": standing.next_attempt_at,
    }


def _forget_derived(session: Session, order_ids: set[int]) -> None:
    """Let rows that the session holds be read anew where they were written past it."""
    names = [column.key for column in (*_DERIVED, OrderRow.status_at)]
    for row in session.identity_map.values():
        if isinstance(row, OrderRow) and row.id in order_ids:
            session.expire(row, names)


def _progress(
    session: Session, orders: Collection[_Row]
) -> Mapping[int, list[Progress]]:
    """Return the progress of each order's postings, its contact's first."""
    orders_by_contact: dict[int, list[int]] = defaultdict(list)
    for order in orders:
        if order.contact_posting_id is not None:
            orders_by_contact[order.contact_posting_id].append(order.id)
    ids = {"orders": [o.id for o in orders], "contacts": list(orders_by_contact)}
    postings = session.connection().execute(_POSTINGS, ids).all()
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
    found = session.connection().execute(_OPEN_REQUESTS, {"ids": ids})
    return {request.posting_id: request for request in found}


def _step(posting: _Row, request: _Row | None) -> Progress:
    if request is None and posting.problem is None:
        return _untroubled(posting.kind, posting.state)
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


@cache  # as most are
def _untroubled(kind: str, state: str) -> Progress:
    return Progress(kind=PostingKind(kind), state=PostingState(state))


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
