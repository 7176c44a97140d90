"""No more calls than the books allow, whoever makes them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from dashboard.domain.exchanges import NotProcessed, OutcomeUnknown
from dashboard.domain.pace import Pace
from dashboard.domain.pauses import Pause
from dashboard.store.gate import Gate, gate_state
from tests.fixtures.databases import ClockedDatabase

# One call a window, one in flight and two a day are kept for what is urgent.
PACE = Pace(calls=12, window_s=63.0, calls_a_day=20, in_flight=4)
NO_DAY_LIMIT = replace(PACE, calls_a_day=0)


@pytest.fixture
def gate(database: ClockedDatabase) -> Gate:
    gate = Gate(database, PACE, "process")
    gate.install()
    return gate


def call(gate: Gate, *, urgent: bool = False) -> bool:
    """Make a call if it is granted."""
    entry = gate.enter(urgent=urgent)
    if entry.slot is None:
        return False
    gate.leave(entry.slot)
    return True


def test_only_so_many_calls_are_in_flight_at_once(gate: Gate) -> None:
    entries = [gate.enter() for _ in range(4)]

    assert [entry.slot is not None for entry in entries] == [True] * 3 + [False]
    assert entries[3].wait_s > 0


def test_what_is_urgent_finds_a_place_among_the_calls_in_flight(gate: Gate) -> None:
    while gate.enter().slot is not None:
        pass

    assert gate.enter(urgent=True).slot is not None
    assert gate.enter(urgent=True).slot is None


def test_what_is_urgent_goes_when_the_minute_is_used_up(
    gate: Gate, database: ClockedDatabase
) -> None:
    for _ in range(62):
        call(gate)
        database.clock.advance(1)
    assert gate.wait_s() > 0

    assert call(gate, urgent=True)
    assert not call(gate, urgent=True)


def test_what_is_urgent_goes_when_the_day_is_used_up(
    gate: Gate, database: ClockedDatabase
) -> None:
    granted = 0
    for _ in range(60):
        granted += call(gate)
        database.clock.advance(60)
    assert granted == PACE.calls_a_day_for(urgent=False)
    assert gate.wait_s() > 22 * 3600

    assert [call(gate, urgent=True) for _ in range(3)] == [True, True, False]


def test_no_day_holds_more_calls_than_allowed(
    gate: Gate, database: ClockedDatabase
) -> None:
    granted: list[int] = []
    for quarter in range(4 * 72):
        granted += [quarter] * call(gate)
        database.clock.advance(900)

    busiest = max(
        sum(start <= quarter < start + 4 * 24 for quarter in granted)
        for start in range(4 * 72)
    )
    assert busiest == PACE.calls_a_day_for(urgent=False)
    assert len(granted) > 2 * busiest


def test_without_limits_only_the_calls_in_flight_are_bounded(
    database: ClockedDatabase,
) -> None:
    gate = Gate(database, replace(PACE, calls=0, calls_a_day=0), "process")
    gate.install()

    assert all(call(gate) for _ in range(100))
    assert [gate.enter().slot is None for _ in range(4)] == [False] * 3 + [True]


def test_a_slot_given_back_serves_another(gate: Gate) -> None:
    entries = [gate.enter() for _ in range(3)]
    assert entries[0].slot is not None

    gate.leave(entries[0].slot)

    assert gate.enter().slot is not None


def test_the_slot_of_a_process_that_vanished_comes_free(
    gate: Gate, database: ClockedDatabase
) -> None:
    for _ in range(3):
        gate.enter()

    database.clock.advance(PACE.lease_s + 1)

    assert Gate(database, PACE, "another").enter().slot is not None


def test_no_window_holds_more_calls_than_allowed(database: ClockedDatabase) -> None:
    gate = Gate(database, NO_DAY_LIMIT, "process")
    gate.install()
    granted: list[float] = []
    for second in range(300):
        while call(gate):
            granted.append(float(second))
        database.clock.advance(1)

    allowed = PACE.calls_for(urgent=False)
    busiest = max(
        sum(start <= moment < start + PACE.window_s for moment in granted)
        for start in range(300)
    )
    assert busiest == allowed
    assert len(granted) >= 4 * allowed


def test_a_closed_gate_lets_nobody_through_until_it_opens(
    gate: Gate, database: ClockedDatabase
) -> None:
    gate.close(30.0, "Too many calls")

    assert gate.enter().wait_s == pytest.approx(30.0)
    state = gate_state(database, PACE)
    assert state.pause is not None
    assert state.pause.reason == "Too many calls"
    database.clock.advance(30)
    assert call(gate)


def test_a_shorter_pause_does_not_open_the_gate_earlier(
    gate: Gate, database: ClockedDatabase
) -> None:
    gate.close(300.0, "The day's calls are used up")
    gate.close(5.0, "Too many calls")

    database.clock.advance(6)

    assert not call(gate)


def test_several_failures_in_a_row_close_the_gate(gate: Gate) -> None:
    for _ in range(5):
        assert call(gate)
        gate.note_failure("The books are away")

    assert not call(gate)


def test_a_success_in_between_forgets_the_failures(gate: Gate) -> None:
    for _ in range(4):
        gate.note_failure("The books are away")
    gate.note_success()

    gate.note_failure("The books are away")

    assert call(gate)


def test_a_clock_set_back_does_not_stop_the_calls(
    gate: Gate, database: ClockedDatabase
) -> None:
    while call(gate):
        pass

    database.clock.advance(-24 * 3600)

    assert call(gate)


@pytest.mark.parametrize("seconds", [-600, -7200, -48 * 3600])
def test_a_clock_set_back_does_not_keep_the_gate_closed(
    gate: Gate, database: ClockedDatabase, seconds: float
) -> None:
    gate.close(20, "Too many calls")
    database.clock.jump(seconds)
    assert call(gate)

    gate.close(20, "Too many calls")
    assert not call(gate)
    database.clock.advance(21)
    assert call(gate)


def test_many_at_once_get_no_more_than_allowed(database: ClockedDatabase) -> None:
    Gate(database, PACE, "first").install()
    barrier = threading.Barrier(8)

    def take(number: int) -> int:
        gate = Gate(database, PACE, f"process {number}")
        barrier.wait()
        return sum(gate.enter().slot is not None for _ in range(3))

    with ThreadPoolExecutor(8) as threads:
        granted = sum(threads.map(take, range(8)))

    assert granted <= PACE.in_flight


def test_several_processes_may_install_it_at_once(database: ClockedDatabase) -> None:
    barrier = threading.Barrier(6)

    def install(number: int) -> None:
        barrier.wait()
        Gate(database, PACE, str(number)).install()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(install, range(6)))

    assert call(Gate(database, PACE, "one"))


@pytest.mark.parametrize("pause", [p for p in Pause if not p.ends_by_itself])
def test_after_a_pause_one_call_at_a_time_goes_until_one_proves_it_is_over(
    gate: Gate, database: ClockedDatabase, pause: Pause
) -> None:
    gate.close(300.0, "Disconnected", pause)
    database.clock.advance(301)

    first, second = gate.enter(), gate.enter()

    assert first.slot is not None
    assert second.slot is None
    assert gate.is_unproven()
    gate.note_success()
    assert gate.enter().slot is not None
    assert gate_state(database, PACE).pause is None


def test_a_pause_that_time_ends_needs_no_proof(
    gate: Gate, database: ClockedDatabase
) -> None:
    gate.close(30.0, "Too many calls", Pause.MINUTE_LIMIT)
    database.clock.advance(31)

    assert not gate.is_unproven()
    assert [gate.enter().slot is not None for _ in range(2)] == [True, True]
    assert gate_state(database, PACE).pause is None


def test_a_pause_that_goes_on_keeps_since_when_it_lasts(
    gate: Gate, database: ClockedDatabase
) -> None:
    began = database.clock.now()
    gate.close(300.0, "Disconnected", Pause.DISCONNECTED)
    database.clock.advance(301)

    gate.note_failure("The books are away", Pause.AWAY)

    pause = gate_state(database, PACE).pause
    assert pause is not None
    assert (pause.pause, pause.since) == (Pause.AWAY, began)
    assert pause.until > database.clock.now()


def test_a_person_lets_a_pause_be_tried_at_once(
    gate: Gate, database: ClockedDatabase
) -> None:
    gate.close(3600.0, "The day's calls are used up", Pause.DAY_LIMIT)

    gate.try_now()

    assert call(gate)
    assert gate.is_unproven()
    assert gate_state(database, PACE).pause is not None


@pytest.mark.parametrize(
    ("failure", "pauses"),
    [
        (NotProcessed(reason="429", wait_s=1.0), False),
        (NotProcessed(reason="429", wait_s=9.0, pause=Pause.MINUTE_LIMIT), True),
        (OutcomeUnknown(reason="500"), False),
        (OutcomeUnknown(reason="503", pause=Pause.AWAY), True),
        (OutcomeUnknown(reason="503", pause=Pause.AWAY, wait_s=60.0), True),
    ],
)
def test_only_what_pauses_the_connection_says_nothing_of_the_request(
    gate: Gate, failure: NotProcessed | OutcomeUnknown, *, pauses: bool
) -> None:
    assert gate.note(failure) is pauses
