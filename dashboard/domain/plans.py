"""What is to be done with an order: the answer of the pure planner."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.domain.postings import PlannedPosting
from dashboard.domain.problems import Problem
from dashboard.domain.rules import Correction
from dashboard.domain.status import Decision, OrderStatus


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A decision and the postings it needs.

    *reason* says why in a sentence when the order waits or is skipped. *problem* is
    what stops it; with Decision.BOOK it is what remains for a person to do once
    everything is booked. *leads_to* is where the order stands then: invoiced, paid or
    credited. *corrections* are the ways to go on that a person can choose from.
    """

    decision: Decision
    reason: str = ""
    problem: Problem | None = None
    postings: tuple[PlannedPosting, ...] = ()
    leads_to: OrderStatus = OrderStatus.INVOICED
    corrections: tuple[Correction, ...] = ()
