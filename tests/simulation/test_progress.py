"""A person who waits for a long simulation is told how far it is."""

from __future__ import annotations

from tests.conftest import NOW
from tests.fixtures.clocks import SettableClock
from tests.simulation.progress import Progress


def test_it_is_told_every_minute_how_far_it_is() -> None:
    told: list[str] = []
    clock = SettableClock(NOW)
    progress = Progress(20_000, clock, told.append)

    for _ in range(9):
        clock.advance(20)
        progress.add(40)

    end = NOW.replace(hour=12, minute=16).astimezone()
    assert [line.split(",")[0] for line in told] == [
        f"{played} of 20000 schedules played" for played in (120, 240, 360)
    ]
    assert told[0].endswith(f"120 a minute: done at about {end:%H:%M}")
