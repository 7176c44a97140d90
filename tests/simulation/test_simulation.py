"""Hundreds of schedules: whatever happens, the books come to equal the shop.

make simulate SCHEDULES=20000
make simulate FIRST=1234 SCHEDULES=1     # what schedule 1234 found, again
"""

from __future__ import annotations

import os

from tests.simulation.runs import fast_databases, play, play_in_processes

FIRST = int(os.environ.get("FIRST", "0"))
SCHEDULES = int(os.environ.get("SCHEDULES", "200"))


def test_whatever_happens_the_books_come_to_equal_the_shop(figures: list[str]) -> None:
    if SCHEDULES == 1:
        with fast_databases() as databases:
            play([FIRST], databases)
        return

    coverage = play_in_processes(FIRST, SCHEDULES)

    figures.append(f"{SCHEDULES} schedules, {coverage.steps} steps")
    figures.extend(coverage.table())
    # A place that no schedule comes by proves nothing.
    assert coverage.empty() == []
