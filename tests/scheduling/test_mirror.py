"""Schedules fire once, as they stand in the table, in any number of processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from dashboard.domain.runs import Run, Schedule, Task, Trigger
from dashboard.scheduling.mirror import ScheduleMirror, install_defaults
from dashboard.scheduling.plan import next_due
from dashboard.store.runs import RunStore
from dashboard.store.schedules import ScheduleStore
from tests.conftest import NOW
from tests.fixtures.clocks import SettableClock
from tests.fixtures.databases import ClockedDatabase


@dataclass
class Process:
    """One of the processes that watch the schedules."""

    database: ClockedDatabase
    name: str = "process"
    woken: list[Trigger] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.schedules = ScheduleStore(self.database)
        self.runs = RunStore(self.database, self.name)
        self.mirror = ScheduleMirror(self.schedules, self.runs, self.woken.append)

    def look(self) -> None:
        self.mirror.mirror()

    def taken(self) -> list[Run]:
        """Return the queued runs, oldest first, and take them."""
        return list(iter(self.runs.take, None))

    def schedule(self) -> Schedule:
        """Return the schedule that books every minute."""
        return next(s for s in self.schedules.all() if s.task is Task.SYNC)

    def change(self, **changes: object) -> None:
        schedule = replace(self.schedule(), **changes)  # type: ignore[arg-type]
        due = next_due(schedule.kind, schedule.spec, "UTC", self.database.clock.now())
        self.schedules.change(
            replace(schedule, next_due_at=due), expected_version=schedule.version
        )


@pytest.fixture
def process(database: ClockedDatabase) -> Iterator[Process]:
    process = Process(database)
    install_defaults(process.schedules, NOW)
    pull = next(s for s in process.schedules.all() if s.task is Task.PULL)
    process.schedules.change(replace(pull, active=False), expected_version=1)
    yield process
    process.mirror.stop()


def test_nothing_fires_before_it_is_due(process: Process, clock: SettableClock) -> None:
    clock.advance(59)

    process.look()

    assert process.taken() == []


def test_what_is_due_queues_a_run_and_wakes_the_engine(
    process: Process, clock: SettableClock
) -> None:
    clock.advance(60)

    process.look()

    (run,) = process.taken()
    assert (run.task, run.trigger) == (Task.SYNC, Trigger.SCHEDULE)
    assert process.woken == [Trigger.SCHEDULE]
    assert process.schedule().next_due_at == NOW + timedelta(seconds=120)


def test_what_a_moved_clock_makes_due_fires_at_once(
    process: Process, clock: SettableClock
) -> None:
    fired = threading.Event()
    process.mirror = ScheduleMirror(
        process.schedules, process.runs, lambda _trigger: fired.set()
    )
    process.mirror.start()

    clock.advance(86_400)
    process.mirror.wake()

    # Sooner than it would look by itself.
    assert fired.wait(4)


def test_missed_times_give_one_run(process: Process, clock: SettableClock) -> None:
    clock.advance(3600)

    process.look()
    process.look()

    assert len(process.taken()) == 1


def test_a_clock_that_was_set_back_holds_up_no_schedule(
    process: Process, clock: SettableClock
) -> None:
    for wait_s in (60, 7140):
        clock.advance(wait_s)
        process.look()
        assert len(process.taken()) == 1

    clock.jump(-7200)
    process.look()
    clock.advance(60)
    process.look()

    # The time of the first run came once more.
    assert len(process.taken()) == 1
    assert process.schedule().next_due_at == NOW + timedelta(seconds=120)


def test_a_clock_that_was_set_back_a_little_fires_nothing_twice(
    process: Process, clock: SettableClock
) -> None:
    clock.advance(60)
    process.look()
    clock.jump(-30)
    process.look()
    clock.advance(30)
    process.look()

    assert len(process.taken()) == 1


def test_a_clock_that_is_set_back_does_not_put_the_mirror_to_sleep(
    process: Process, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired = threading.Event()
    monkeypatch.setattr("dashboard.scheduling.mirror._MIRROR_EVERY_S", 0.05)
    process.mirror = ScheduleMirror(
        process.schedules, process.runs, lambda _trigger: fired.set()
    )
    process.mirror.start()

    with time_machine.travel(datetime.now(UTC) - timedelta(hours=2)):
        clock.advance(60)

        assert fired.wait(10)


def test_a_changed_schedule_takes_effect_without_a_restart(
    process: Process, clock: SettableClock
) -> None:
    process.look()

    process.change(spec="10")
    clock.advance(10)
    process.look()

    assert len(process.taken()) == 1


def test_a_paused_schedule_does_not_fire(
    process: Process, clock: SettableClock
) -> None:
    process.look()

    process.change(active=False)
    clock.advance(600)
    process.look()

    assert process.taken() == []


def test_a_resumed_schedule_fires_again(process: Process, clock: SettableClock) -> None:
    process.change(active=False)
    process.look()

    process.change(active=True)
    clock.advance(60)
    process.look()

    assert len(process.taken()) == 1


def test_a_schedule_that_cannot_be_used_does_not_stop_the_others(
    process: Process, clock: SettableClock
) -> None:
    pull = next(s for s in process.schedules.all() if s.task is Task.PULL)
    broken = replace(pull, name="A broken one", spec="never", next_due_at=NOW)
    process.schedules.install(replace(broken, active=True))
    clock.advance(60)

    process.look()

    assert [run.task for run in process.taken()] == [Task.SYNC]


def test_several_processes_never_fire_one_time_twice(
    process: Process, clock: SettableClock
) -> None:
    processes = [Process(process.database, f"process {n}") for n in range(4)]
    barrier = threading.Barrier(4)
    queued = []
    for _ in range(5):
        clock.advance(60)

        def look(one: Process) -> None:
            barrier.wait()
            one.look()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(look, processes))
        queued.append(len(process.taken()))

    assert queued == [1] * 5
    assert sum(len(one.woken) for one in processes) == 5


def test_the_scheduler_itself_fires_and_ends(process: Process) -> None:
    fired = threading.Event()
    mirror = ScheduleMirror(
        process.schedules,
        process.runs,
        lambda _trigger: fired.set(),
    )
    process.change(spec="10")
    process.database.clock.advance(600)  # type: ignore[attr-defined]

    mirror.start()

    assert fired.wait(10)
    mirror.stop()
