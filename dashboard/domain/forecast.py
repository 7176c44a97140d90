"""When all that waits will be in the books, at the pace they allow. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.pace import Pace, Usage, finish_of
from dashboard.domain.postings import PostingKind, batch_size

# To freeze a batch and to write down what became of it.
_OWN_WORK_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What is not in the books yet and needs no person.

    *requests* are under way. *call_s* is how long the books took for a call of late.
    """

    orders: int = 0
    postings: Mapping[PostingKind, int]
    requests: int = 0
    call_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What is left to do; *finish_at* is None when that is nothing."""

    orders: int
    calls: int
    finish_at: datetime | None


def forecast(
    waiting: Waiting,
    pace: Pace,
    usage: Usage,
    now: datetime,
    *,
    closed_until: datetime | None = None,
) -> Forecast:
    """Estimate when all that waits will be done, if nothing more comes in.

    Every kind fills its batches by itself, as its postings become due.
    """
    batches = (
        -(-count // batch_size(kind)) for kind, count in waiting.postings.items()
    )
    calls = sum(batches) + waiting.requests
    if not calls:
        return Forecast(orders=waiting.orders, calls=0, finish_at=None)
    start = now if closed_until is None else max(now, closed_until)
    at_once = pace.in_flight_for(urgent=False)
    call_s = _OWN_WORK_S + waiting.call_s / at_once
    finish_at = finish_of(calls, pace, usage, start, call_s=call_s)
    return Forecast(orders=waiting.orders, calls=calls, finish_at=finish_at)
