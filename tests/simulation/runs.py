"""Plays schedules in several processes and adds up what they came by."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from tests.conftest import NOW
from tests.fixtures.clocks import SettableClock
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase, SqliteFolder
from tests.simulation.cells import Coverage
from tests.simulation.world import Violation, World

_FAST = Path("/dev/shm")  # noqa: S108 - memory instead of a disk, where there is one


def play(
    numbers: Sequence[int],
    databases: SqliteFolder,
    go: Callable[[World], None] = World.go,
) -> Coverage:
    """Play schedules one after the other.

    Raises:
        Violation: If one breaks a promise; it names the schedule.
    """
    covered = Coverage.nothing()
    for number in numbers:
        with databases.lent() as engine:
            clock = SettableClock(NOW)
            world = World(Company(ClockedDatabase(engine, clock)), number)
            try:
                go(world)
            except Violation as error:
                raise Violation(f"schedule {number}: {error}") from error
            covered.add(world.coverage)
    return covered


def play_in_processes(first: int, count: int) -> Coverage:
    """Play *count* schedules from *first* on, in as many processes as there are CPUs.

    Raises:
        Violation: If one breaks a promise; it names the schedule.
    """
    processes = min(os.cpu_count() or 1, count)
    shares = [range(first + n, first + count, processes) for n in range(processes)]
    covered = Coverage.nothing()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        for share in pool.map(_play_alone, shares):
            covered.add(share)
    return covered


@contextmanager
def fast_databases() -> Iterator[SqliteFolder]:
    """Make databases in memory, where it can hold a folder."""
    where = _FAST if _FAST.is_dir() else None
    with (
        tempfile.TemporaryDirectory(dir=where) as folder,
        closing(SqliteFolder(Path(folder))) as databases,
    ):
        yield databases


def _play_alone(numbers: Sequence[int]) -> Coverage:
    with fast_databases() as databases:
        return play(numbers, databases)
