"""No more calls than the books allow, whoever makes them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.store.gate import Gate, Pace, gate_state
from tests.fixtures.databases import ClockedDatabase

PACE = Pace(calls=10, window_s=63.0, in_flight=3)


@pytest.fixture
def gate(database: ClockedDatabase) -> Gate:
    gate = Gate(database, PACE, "process")
    gate.install()
    return gate


def call(gate: Gate) -> bool:
    """Make a call if it is granted."""
    entry = gate.enter()
    if entry.slot is None:
        return False
    gate.leave(entry.slot)
    return True


def test_only_so_many_calls_are_in_flight_at_once(gate: Gate) -> None:
    entries = [gate.enter() for _ in range(4)]

    assert [entry.slot is not None for entry in entries] == [True] * 3 + [False]
    assert entries[3].wait_s > 0


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


def test_no_window_holds_more_calls_than_allowed(
    gate: Gate, database: ClockedDatabase
) -> None:
    granted: list[float] = []
    for second in range(300):
        while call(gate):
            granted.append(float(second))
        database.clock.advance(1)

    busiest = max(
        sum(start <= moment < start + PACE.window_s for moment in granted)
        for start in range(300)
    )
    assert busiest == PACE.calls
    assert len(granted) >= 4 * PACE.calls


def test_a_closed_gate_lets_nobody_through_until_it_opens(
    gate: Gate, database: ClockedDatabase
) -> None:
    gate.close(30.0, "Too many calls")

    assert gate.enter().wait_s == pytest.approx(30.0)
    state = gate_state(database, PACE)
    assert state.reason == "Too many calls"
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
