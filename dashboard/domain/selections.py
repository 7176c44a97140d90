"""A selection: the orders that one act was chosen for, frozen when it was chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.domain.reconciliation import Period


class SelectionAct(StrEnum):
    """What is done with every order of a selection."""

    RETRY = "retry"
    IGNORE = "ignore"
    RESTORE = "restore"
    BACKFILL = "backfill"


class SelectionState(StrEnum):
    """How far a selection has come."""

    PLANNING = "planning"  # a backfill whose orders are still being looked up
    READY = "ready"  # a person is asked, nothing is done yet
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"  # a person ended it; what was not done stays undone
    FAILED = "failed"  # it could not be planned


class Outlook(StrEnum):
    """What the plan of a backfill says of an order."""

    CREATES = "creates"
    SKIPS = "skips"
    BLOCKED = "blocked"


class Result(StrEnum):
    """What became of an order of a selection."""

    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"  # it had moved on meanwhile, and was left alone
    STOPPED = "stopped"  # it was tried and still needs a person
    FAILED = "failed"  # it could not be tried; the log says why


class Stage(StrEnum):
    """How far orders of a selection have come, whatever became of them."""

    HANDLED = "handled"


# What can be asked of a selection: its orders of which this is true.
Which = Outlook | Result | Stage


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What a backfill costs: calls to the books, and how long it takes."""

    calls: int
    lasts: timedelta


@dataclass(frozen=True, kw_only=True)
class SelectionTally:
    """How many orders a selection holds, by what the plan says and what became of them.

    Only a backfill has a plan; of other acts all orders are meant to be done.
    """

    outlooks: dict[Outlook, int] = field(default_factory=dict)
    results: dict[Result, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The orders that something is done with, or was meant to be."""
        return sum(self.results.values())

    @property
    def handled(self) -> int:
        """Those of them that something became of."""
        return self.total - self.results.get(Result.WAITING, 0)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A selection as stored.

    *message* says why a backfill could not be planned. *resumed_at* is when it last
    began to run, with *handled_before* orders handled until then.
    """

    id: int
    act: SelectionAct
    state: SelectionState
    asked_by: str
    created_at: datetime
    reason: str = ""
    shop_id: int | None = None
    period: Period | None = None
    effort: Effort | None = None
    message: str = ""
    started_at: datetime | None = None
    resumed_at: datetime | None = None
    finished_at: datetime | None = None
    handled_before: int = 0
    tally: SelectionTally = SelectionTally()


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How fast a selection goes; *finish_at* is when it is done at that rate."""

    a_minute: float
    finish_at: datetime


def rate_of(selection: Selection, now: datetime) -> Rate | None:
    """Return how fast a running selection goes; None while nobody can tell."""
    if selection.state is not SelectionState.RUNNING or selection.resumed_at is None:
        return None
    handled = selection.tally.handled - selection.handled_before
    passed_s = (now - selection.resumed_at).total_seconds()
    if handled <= 0 or passed_s <= 0:
        return None
    left = selection.tally.results.get(Result.WAITING, 0)
    return Rate(
        a_minute=handled * 60 / passed_s,
        finish_at=now + timedelta(seconds=left * passed_s / handled),
    )


@dataclass(frozen=True, kw_only=True)
class Member:
    """An order of a selection; *order_id* is None while only the shop knows it.

    *why* says what keeps it from being done, as the plan or the act found.
    """

    position: int
    order_id: int | None
    external_id: str
    number: str
    outlook: Outlook | None = None
    result: Result = Result.WAITING
    why: str = ""
