"""The parts of a file of orders that its numbers count, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from flask import request, url_for

from dashboard.domain.status import Decision
from dashboard.domain.uploads import Standing
from dashboard.sync.upload import Foreseen, Preview
from dashboard.web.language import lazy_gettext
from dashboard.web.problem_titles import problem_title

_T = TypeVar("_T")

_PAGE_SIZE: Final = 50
_WEIGHT: Final = (Decision.STOP, Decision.WAIT, Decision.SKIP, Decision.BOOK)
COMPUTED: Final = "computed"
STANDINGS: Final[Mapping[Standing, str]] = {
    Standing.NEW: lazy_gettext("New"),
    Standing.CHANGED: lazy_gettext("Changed"),
    Standing.KNOWN: lazy_gettext("Known already"),
    Standing.WRONG: lazy_gettext("Wrong"),
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What would become of some of the new orders, and of how many.

    *key* names them in an address.
    """

    key: str
    decision: Decision
    text: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Part(Generic[_T]):
    """A page of some orders of a file; the addresses are empty where none follows."""

    key: str
    orders: Sequence[_T]
    previous_url: str
    next_url: str


def outcomes_of(preview: Preview) -> tuple[Outcome, ...]:
    """Return what would become of the new orders, what stops them first."""
    counted = Counter(map(_outcome, preview.of(Standing.NEW)))
    counted.pop(None, None)
    found = sorted(
        ((what, count) for what, count in counted.items() if what is not None),
        key=lambda each: (_WEIGHT.index(each[0][0]), -each[1], each[0][1]),
    )
    return tuple(
        Outcome(key=f"outcome-{place}", decision=decision, text=text, count=count)
        for place, ((decision, text), count) in enumerate(found)
    )


def asked_for(
    preview: Preview, outcomes: Sequence[Outcome], key: str
) -> tuple[Foreseen, ...] | None:
    """Return the orders that *key* names; None if it names none."""
    if key == COMPUTED:
        return tuple(o for o in preview.orders if o.read.order and o.read.computed)
    if key in set(Standing):
        return preview.of(Standing(key))
    for outcome in outcomes:
        if key == outcome.key:
            same = (outcome.decision, outcome.text)
            return tuple(o for o in preview.of(Standing.NEW) if _outcome(o) == same)
    return None


def part_of(orders: Sequence[_T], key: str, upload_id: int) -> Part[_T]:
    """Return the page that is asked for of *orders*, those that *key* names."""
    start = max(0, min(request.args.get("from", 0, type=int), len(orders)))
    after = start + _PAGE_SIZE

    def href(place: int) -> str:
        asked: dict[str, Any] = {"of": key or None, "from": place or None}
        return url_for(
            "uploads.show", upload_id=upload_id, **asked, _anchor="orders-title"
        )

    return Part(
        key=key,
        orders=orders[start:after],
        previous_url=href(max(0, start - _PAGE_SIZE)) if start else "",
        next_url=href(after) if after < len(orders) else "",
    )


def _outcome(order: Foreseen) -> tuple[Decision, str] | None:
    """Return what becomes of a new order, told without its own number."""
    plan = order.plan
    if plan is None:
        return None
    if plan.decision is Decision.BOOK:
        return plan.decision, ""
    if plan.problem is None:
        return plan.decision, plan.reason
    return plan.decision, problem_title(plan.problem.cause, plan.problem.about)
