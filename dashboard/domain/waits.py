"""How long things took, in two figures: what is usual, and what the slow ones take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Waits:
    """What some waits come to, in seconds.

    Half of them are no longer than *median_s*, 95 of a hundred no longer than *p95_s*.
    """

    count: int
    median_s: float
    p95_s: float


def waits_of(seconds: Sequence[float]) -> Waits:
    """Return what *seconds* come to; all zero if there are none."""
    if not seconds:
        return Waits(count=0, median_s=0.0, p95_s=0.0)
    ordered = sorted(seconds)

    def nearest_rank(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return Waits(
        count=len(ordered), median_s=nearest_rank(0.5), p95_s=nearest_rank(0.95)
    )
