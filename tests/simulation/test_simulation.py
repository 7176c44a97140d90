"""Hundreds of schedules: whatever happens, the books come to equal the shop.

make simulate SCHEDULES=20000
make simulate FIRST=1234 SCHEDULES=1     # what schedule 1234 found, again
"""

from __future__ import annotations

import os
from collections.abc import Callable

from dashboard.domain.clock import SystemClock
from tests.simulation.cells import Coverage
from tests.simulation.progress import Progress
from tests.simulation.runs import fast_databases, play, play_in_processes

FIRST = int(os.environ.get("FIRST", "0"))
SCHEDULES = int(os.environ.get("SCHEDULES", "200"))


def test_whatever_happens_the_books_come_to_equal_the_shop(
    figures: list[str], tell: Callable[[str], None]
) -> None:
    if SCHEDULES == 1:
        with fast_databases() as databases:
            play([FIRST], databases)
        return

    progress = Progress(SCHEDULES, SystemClock(), tell)
    coverage = Coverage.nothing()
    for share in play_in_processes(FIRST, SCHEDULES):
        coverage.add(share)
        progress.add(share.schedules)
        for violation in share.violations:
            tell(violation)

    assert coverage.violations == []
    assert coverage.schedules == SCHEDULES
    figures.append(f"{SCHEDULES} schedules, {coverage.steps} steps")
    figures.extend(coverage.table())
    # A place that no schedule comes by proves nothing.
    assert coverage.empty() == []
