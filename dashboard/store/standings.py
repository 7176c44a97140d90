"""Keeps the status that lists show equal to what the postings say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.status import Decision, Progress, RequestState, standing_of
from dashboard.store.schema import (
    OrderEventRow,
    OrderRow,
    PostingRow,
    RequestMemberRow,
    RequestRow,
)


def refresh_standings(session: Session, order_ids: Iterable[int], at: datetime) -> None:
    """Derive the status of the orders anew, within the caller's transaction."""
    ids = sorted(set(order_ids))
    if not ids:
        return
    session.flush()
    rows = session.scalars(select(OrderRow).where(OrderRow.id.in_(ids))).all()
    progress = _progress(session, rows)
    for row in rows:
        _refresh(row, progress[row.id], at)


def orders_of(session: Session, posting_ids: Iterable[int]) -> set[int]:
    """Return the orders that wait for any of the postings, contacts among them."""
    ids = list(posting_ids)
    own = session.scalars(select(PostingRow.order_id).where(PostingRow.id.in_(ids)))
    sharing = session.scalars(
        select(OrderRow.id).where(
            OrderRow.contact_posting_id.in_(ids),
            # A contact changes nothing for orders that are through with it.
            OrderRow.status.not_in(["paid", "credited", "ignored"]),
        )
    )
    return {*own, *sharing}


def lock_orders(session: Session, order_ids: Iterable[int]) -> None:
    """Lock orders in one sequence, before their postings: no waiting in a circle."""
    ids = sorted(order_ids)
    session.scalars(
        select(OrderRow)
        .where(OrderRow.id.in_(ids))
        .order_by(OrderRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def add_event(  # noqa: PLR0913 - a row has its columns
    session: Session,
    order_id: int,
    kind: str,
    text: str,
    *,
    at: datetime,
    actor: str = "Sluice",
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
        "message": problem.message,
        "settings_section": problem.settings_section,
    }


def problem_from_plain(data: Mapping[str, str] | None) -> Problem | None:
    """Turn what a JSON column holds back into a problem."""
    if data is None:
        return None
    return Problem(
        cause=Cause(data["cause"]),
        about=data["about"],
        message=data["message"],
        settings_section=data["settings_section"],
    )


def _refresh(row: OrderRow, progress: list[Progress], at: datetime) -> None:
    standing = standing_of(
        Decision(row.decision),
        row.decision_reason,
        problem_from_plain(row.decision_problem),
        progress,
        paid_in_full=row.paid_hundredths >= row.total_hundredths,
    )
    if row.status != standing.status.value:
        row.status_at = at
    problem = standing.problem
    row.status = standing.status.value
    row.reason = standing.reason
    row.cause = problem.cause.value if problem else ""
    row.cause_about = problem.about if problem else ""
    row.message = problem.message if problem else ""
    row.settings_section = problem.settings_section if problem else ""
    row.next_attempt_at = standing.next_attempt_at


def _progress(
    session: Session, rows: Iterable[OrderRow]
) -> Mapping[int, list[Progress]]:
    """Return the progress of each order's postings, its contact's first."""
    orders_by_contact: dict[int, list[int]] = defaultdict(list)
    ids = []
    for row in rows:
        ids.append(row.id)
        if row.contact_posting_id is not None:
            orders_by_contact[row.contact_posting_id].append(row.id)
    postings = session.scalars(
        select(PostingRow)
        .where(or_(PostingRow.order_id.in_(ids), PostingRow.id.in_(orders_by_contact)))
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


def _open_requests(
    session: Session, postings: Iterable[PostingRow]
) -> Mapping[int, RequestRow]:
    """Return the request that carries each posting in flight."""
    ids = [p.id for p in postings if p.state == PostingState.IN_FLIGHT.value]
    if not ids:
        return {}
    found = session.execute(
        select(RequestMemberRow.posting_id, RequestRow)
        .join(RequestRow, RequestRow.id == RequestMemberRow.request_id)
        .where(RequestMemberRow.posting_id.in_(ids))
        .where(RequestRow.state != RequestState.DONE.value)
    )
    return {row.posting_id: row.RequestRow for row in found}


def _step(posting: PostingRow, request: RequestRow | None) -> Progress:
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


def _no_answer(posting: PostingRow, request: RequestRow) -> Problem:
    return Problem(
        cause=Cause.NO_ANSWER,
        message=(
            f"The books were sent {posting.kind} {posting.natural_key} "
            f"{request.attempts} times and never said what became of it. They are "
            "still asked for it now and then. Look for it there, then try again: they "
            "are asked once more before it is sent."
        ),
        about=posting.kind,
    )
