"""How a rule of the mapping says that an order cannot become documents."""

from __future__ import annotations

from dashboard.domain.order import Order
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.sentences import say


class NotMappable(Exception):
    """The order needs a person; *problem* says why and what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def stopped(
    cause: Cause, order: Order, what: str, settings_section: str = "", about: str = ""
) -> NotMappable:
    """Return the exception for *order*; *what* completes "Order 1042: ..."."""
    return NotMappable(
        Problem(
            cause=cause,
            message=say("Order %(number)s: %(what)s", number=order.number, what=what),
            about=about,
            settings_section=settings_section,
        )
    )
