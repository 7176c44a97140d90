"""How long the engine waits for what; the relations between them are part of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a request without a usable answer is tried before a person is told.

    Only attempts that say something of the request count: not those that ended
    because the whole connection pauses. A pause makes it no older either, so age
    alone is not enough.

    attempts: so many end it. least_attempts: age ends nothing that was tried less.
    age_s: counted from the first failure. split_attempts: a batch that failed so
        often goes on in halves, so that one element does not hold up the others.
    slow_s: how often the books are asked for it afterwards.
    """

    attempts: int = 10
    least_attempts: int = 3
    age_s: float = 24 * 3600.0
    split_attempts: int = 3
    slow_s: float = 1800.0

    def is_over(self, attempts: int, failing_since: datetime, now: datetime) -> bool:
        """Tell whether a person is to be told after so many *attempts*."""
        if attempts >= self.attempts:
            return True
        old = (now - failing_since).total_seconds() >= self.age_s
        return old and attempts >= self.least_attempts


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
    patience: when trying ends and a person is told.
    """

    deadline_s: float = 45.0
    lease_s: float = 120.0
    settle_s: float = 60.0
    fresh_s: float = 20.0
    pause_s: float = 5.0
    max_delay_s: float = 3600.0
    patience: Patience = field(default_factory=Patience)

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
        if self.patience.slow_s > self.max_delay_s:
            raise ValueError("What is asked for slowly must not count as overdue.")


def full_jitter_s(attempts: int, *, cap_s: float = 900.0) -> float:
    """Return how long to wait before the next attempt, in seconds.

    Exponential with full jitter: workers that failed together do not come back
    together.
    """
    return random.uniform(0, min(cap_s, 2.0 * 2.0 ** min(attempts, 20)))  # noqa: S311
