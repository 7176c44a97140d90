"""Without a safeguard the simulation finds a violation, or it would be blind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fixtures.databases import SqliteFolder
from tests.simulation.mutants import MUTANTS, mutated
from tests.simulation.runs import fast_databases, play
from tests.simulation.world import Violation

MOST_SCHEDULES = 60
# Schedules far apart have other answers and other deaths; odd ones a bad day as well.
_STRIDE = 38


@pytest.fixture(scope="module")
def in_memory() -> Iterator[SqliteFolder]:
    with fast_databases() as databases:
        yield databases


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_missing_safeguard_is_found(
    mutant: str, in_memory: SqliteFolder, figures: list[str]
) -> None:
    numbers = range(1, MOST_SCHEDULES * _STRIDE, _STRIDE)

    with mutated(mutant), pytest.raises(Violation) as found:
        play(numbers, in_memory)

    figures.append(f"{mutant}: {str(found.value)[:160]}")
