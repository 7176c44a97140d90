"""How long the engine waits for what; the relations between them are part of it."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Waiting times in seconds.

    deadline_s: the longest one call may take, from connecting to the last byte.
    lease_s: how long a claimed request belongs to its worker.
    settle_s: how long the books may still be working on a request that got no answer.
    fresh_s: how long "it is not there" is believed before sending again.
    pause_s: the longest pause between writing "sending" and sending; a machine that
        slept longer does not send.
    max_delay_s: nothing waits longer than this, whatever the clock does.
    """

    deadline_s: float = 45.0
    lease_s: float = 120.0
    settle_s: float = 60.0
    fresh_s: float = 20.0
    pause_s: float = 5.0
    max_delay_s: float = 3600.0

    def __post_init__(self) -> None:
        """Refuse waiting times under which something could be booked twice.

        Raises:
            ValueError: If one does not fit the others.
        """
        if self.deadline_s >= self.lease_s:
            raise ValueError("A call must end before its worker's lease does.")
        if self.max_delay_s <= self.settle_s:
            raise ValueError("A settling request must not count as overdue.")
        if self.fresh_s + self.pause_s >= self.lease_s:
            raise ValueError("A verdict must not outlive the lease.")


def full_jitter_s(attempts: int, *, cap_s: float = 900.0) -> float:
    """Return how long to wait before the next attempt, in seconds.

    Exponential with full jitter: workers that failed together do not come back
    together.
    """
    return random.uniform(0, min(cap_s, 2.0 * 2.0 ** min(attempts, 20)))  # noqa: S311
