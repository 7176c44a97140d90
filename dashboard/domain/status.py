"""The status of an order, derived from what was decided and from its postings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.problems import Problem


class OrderStatus(StrEnum):
    """Where an order stands on its way into the books."""

    AWAITING_PAYMENT = "awaiting payment"
    QUEUED = "queued"
    IN_PROGRESS = "in progress"
    RETRYING = "retrying"
    CHECKING = "checking"
    INVOICED = "invoiced"
    PAID = "paid"
    CREDITED = "credited"
    NEEDS_ATTENTION = "needs attention"
    IGNORED = "ignored"


class Decision(StrEnum):
    """What the plan says is to be done with an order."""

    BOOK = "book"
    WAIT = "wait"  # until the shop has the money
    SKIP = "skip"  # nothing to book
    STOP = "stop"  # a person is needed


class RequestState(StrEnum):
    """How far a frozen request has come."""

    PREPARED = "prepared"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far one posting of an order has come, with the request that carries it.

    *tried* tells whether the request was sent before; *given_up* whether that was so
    often in vain that a person is told, with *problem*.
    """

    kind: PostingKind
    state: PostingState
    problem: Problem | None = None
    request_state: RequestState | None = None
    tried: bool = False
    given_up: bool = False
    next_attempt_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An order's status with what belongs to it on the page."""

    status: OrderStatus
    reason: str = ""
    problem: Problem | None = None
    next_attempt_at: datetime | None = None


# Nothing of these is sent, so their contact's trouble is that of other orders.
_WITHOUT_CONTACT = {Decision.SKIP, Decision.WAIT}


def standing_of(
    decision: Decision,
    reason: str,
    problem: Problem | None,
    progress: Iterable[Progress],
    leads_to: OrderStatus,
) -> Standing:
    """Derive where an order stands.

    Args:
        decision: What the plan says is to be done.
        reason: Why, in a sentence, when the decision is WAIT or SKIP.
        problem: What is wrong when the decision is STOP; what remains for a person
            when it is BOOK.
        progress: The order's postings and its contact's, in any order.
        leads_to: Where the order stands once everything planned is booked.
    """
    live = [step for step in progress if step.state is not PostingState.CANCELLED]
    if decision in _WITHOUT_CONTACT:
        live = _own(live)
    moving = _moving(live)
    if moving is not None:
        return moving
    troubled = next((step for step in live if step.problem is not None), None)
    if troubled is not None:
        return Standing(status=OrderStatus.NEEDS_ATTENTION, problem=troubled.problem)
    match decision:
        case Decision.STOP:
            return Standing(status=OrderStatus.NEEDS_ATTENTION, problem=problem)
        case Decision.WAIT:
            return Standing(status=OrderStatus.AWAITING_PAYMENT, reason=reason)
        case Decision.SKIP:
            return Standing(status=OrderStatus.IGNORED, reason=reason)
        case Decision.BOOK:
            return _standing_when_booking(live, problem, leads_to)


def _moving(live: list[Progress]) -> Standing | None:
    """Return the standing while a request carries one of the postings."""
    for step in live:
        if step.state is not PostingState.IN_FLIGHT:
            continue
        if step.given_up:
            return Standing(
                status=OrderStatus.NEEDS_ATTENTION,
                problem=step.problem,
                next_attempt_at=step.next_attempt_at,
            )
        if step.request_state is RequestState.UNKNOWN:
            return Standing(
                status=OrderStatus.CHECKING, next_attempt_at=step.next_attempt_at
            )
        if step.request_state is RequestState.PREPARED and step.tried:
            return Standing(
                status=OrderStatus.RETRYING, next_attempt_at=step.next_attempt_at
            )
        return Standing(status=OrderStatus.IN_PROGRESS)
    return None


def _standing_when_booking(
    live: list[Progress], problem: Problem | None, leads_to: OrderStatus
) -> Standing:
    if not _own(live) or any(step.state is PostingState.PENDING for step in live):
        confirmed = {s.kind for s in live if s.state is PostingState.CONFIRMED}
        started = PostingKind.INVOICE in confirmed
        return Standing(
            status=OrderStatus.IN_PROGRESS if started else OrderStatus.QUEUED
        )
    if problem is not None:
        return Standing(status=OrderStatus.NEEDS_ATTENTION, problem=problem)
    return Standing(status=leads_to)


def _own(steps: Iterable[Progress]) -> list[Progress]:
    return [step for step in steps if step.kind is not PostingKind.CONTACT]
