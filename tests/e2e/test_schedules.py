"""Schedules with two programs at work: each slot once, and changes at once."""

from __future__ import annotations

import sys
from datetime import timedelta
from itertools import pairwise

from tests.e2e.company import Company, instant
from tests.e2e.processes import eventually

_EVERY_S = 10
# What the Schedules page does, in a process of its own.
_CHANGE = f"""
from dataclasses import replace

from dashboard.app import build
from dashboard.config import load_settings
from dashboard.domain.runs import ScheduleKind
from dashboard.scheduling.plan import next_due
from dashboard.store.schedules import ScheduleStore

program = build(load_settings())
store = ScheduleStore(program.database)
old = next(schedule for schedule in store.all() if schedule.name == "Pull shops")
kind, spec = ScheduleKind.INTERVAL, "{_EVERY_S}"
due = next_due(kind, spec, "UTC", program.clock.now())
new = replace(old, kind=kind, spec=spec, next_due_at=due)
store.change(new, expected_version=old.version)
"""


def test_two_workers_never_run_a_slot_twice_and_heed_a_change_without_restart(
    company: Company,
) -> None:
    company.worker()
    company.worker()

    company.run(sys.executable, "-c", _CHANGE)
    eventually(
        lambda: len(company.query(_RUNS)) >= 2,
        "two slots of the changed schedule were run",
        within_s=4 * _EVERY_S,
        every_s=0.2,
    )

    runs = company.query(_RUNS)
    slots = [instant(due_at) for due_at, _state in runs]
    assert len(set(slots)) == len(slots)
    # A run that still waits when the next one is due serves for both.
    every = timedelta(seconds=_EVERY_S)
    assert all(not (later - former) % every for former, later in pairwise(slots))
    unplanned = "SELECT id FROM runs WHERE task = 'pull' AND schedule_id IS NULL"
    assert company.query(unplanned) == []


_RUNS = (
    "SELECT r.due_at, r.state FROM runs r JOIN schedules s ON s.id = r.schedule_id "
    "WHERE s.name = 'Pull shops' AND r.state = 'done' ORDER BY r.due_at"
)
