"""Runs of the engine and the schedules that start them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from dashboard.domain.sentences import say

NOTHING_TO_PULL = say("No shop is set up to be pulled: orders come in by push.")
ALL_BY_THEMSELVES = say("Every shop is pulled by a schedule of its own.")


class Task(StrEnum):
    """What a run does."""

    SYNC = "sync"
    PULL = "pull"
    RECONCILE = "reconcile"
    PRUNE = "prune"


# What can be ended half-way: a comparison of half the documents compares nothing.
STOPPABLE: Final = frozenset({Task.SYNC, Task.PULL, Task.PRUNE})


class Trigger(StrEnum):
    """What started a run."""

    SCHEDULE = "schedule"
    ORDER = "order"
    PERSON = "person"
    SWEEP = "sweep"  # work was left over that nobody announced


class RunState(StrEnum):
    """How far a run has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"  # a person ended it; the next run takes up what is left
    INTERRUPTED = "interrupted"  # its process ended without finishing it


class RunPart(StrEnum):
    """A part of what a run did to orders, as its counts tell it."""

    CONTACTS = "contacts"
    INVOICES = "invoices"
    PAYMENTS = "payments"
    CREDITS = "credits"
    REFUSED = "refused"


class ScheduleKind(StrEnum):
    """How a schedule says when."""

    INTERVAL = "interval"
    CRON = "cron"


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When runs of a task start.

    *shop_id* is the shop it pulls and *shop_slug* its short name; none where it pulls
    all that have no schedule of their own, or pulls nothing. *spec* is a number of
    seconds for an interval, five cron fields for cron, read in *timezone* (an IANA
    name). *version* grows with every change.
    """

    id: int
    name: str
    task: Task
    kind: ScheduleKind
    spec: str
    timezone: str
    active: bool
    paused_reason: str
    version: int
    next_due_at: datetime
    shop_id: int | None = None
    shop_slug: str = ""


@dataclass(frozen=True, kw_only=True)
class RunCounts:
    """What a run did; credits are credit notes and voided invoices."""

    orders: int = 0
    contacts: int = 0
    invoices: int = 0
    payments: int = 0
    credits: int = 0
    refused: int = 0
    calls: int = 0


@dataclass(frozen=True, kw_only=True)
class Run:
    """One pass of the engine, or one pull of the shops.

    *stopped_by* is who wants it to end after the batch it is at, *shop_id* the shop it
    pulls if it is about one.
    """

    id: int
    task: Task
    trigger: Trigger
    state: RunState
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    process: str
    counts: RunCounts
    message: str
    schedule_id: int | None = None
    stopped_by: str = ""
    shop_id: int | None = None
