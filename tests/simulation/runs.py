"""Plays schedules, alone or in several processes, and adds up what they came by."""

from __future__ import annotations

import gc
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache, partial
from pathlib import Path

from tests.conftest import NOW
from tests.fixtures.clocks import SettableClock
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase, SqliteFolder
from tests.simulation.cells import Coverage
from tests.simulation.processes import shared_out
from tests.simulation.world import Violation, World

_FAST = Path("/dev/shm")  # noqa: S108 - memory instead of a disk, where there is one
# So few that the news of how far it is comes often.
_SHARE = 10


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
            covered.schedules += 1
    return covered


def play_in_processes(first: int, count: int) -> Iterator[Coverage]:
    """Play *count* schedules from *first* on; yield what a few came by at a time.

    All are played, whatever one finds.
    """
    shares = [
        range(begin, min(begin + _SHARE, first + count))
        for begin in range(first, first + count, _SHARE)
    ]
    with _fast_folder() as folder:
        yield from shared_out(partial(_play_share, folder), shares)


@contextmanager
def fast_databases() -> Iterator[SqliteFolder]:
    """Make databases in memory, where it can hold a folder."""
    with _fast_folder() as folder, closing(SqliteFolder(folder)) as databases:
        yield databases


@contextmanager
def _fast_folder() -> Iterator[Path]:
    where = _FAST if _FAST.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="simulation-", dir=where) as folder:
        yield Path(folder)


def _play_share(folder: Path, numbers: Sequence[int]) -> Coverage:
    databases = _own_databases(folder)
    covered = Coverage.nothing()
    for number in numbers:
        try:
            covered.add(play([number], databases))
        except Violation as error:
            covered.found(str(error))
        except Exception:  # noqa: BLE001 - whatever it is, it has to be found again
            covered.found(f"schedule {number}: {traceback.format_exc()}")
    return covered


@cache
def _own_databases(folder: Path) -> SqliteFolder:
    """Make the databases of this process, once; the folder goes with its maker."""
    databases = SqliteFolder(Path(tempfile.mkdtemp(dir=folder)))
    # What is loaded by now is never garbage.
    gc.freeze()
    return databases
