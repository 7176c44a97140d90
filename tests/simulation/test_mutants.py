"""Without a safeguard the simulation finds a violation, or it would be blind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fixtures.databases import SqliteFolder
from tests.simulation.mutants import MUTANTS, mutated
from tests.simulation.promises import Violation
from tests.simulation.runs import fast_databases, play
from tests.simulation.world import World

MOST_DAYS = 60


@pytest.fixture(scope="module")
def in_memory() -> Iterator[SqliteFolder]:
    with fast_databases() as databases:
        yield databases


def play_until_it_is_found(databases: SqliteFolder) -> None:
    # Some need a whole life of an order more than an accident.
    play([0], databases)
    play(range(MOST_DAYS), databases, World.go_through_a_bad_day)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_missing_safeguard_is_found(
    mutant: str, in_memory: SqliteFolder, figures: list[str]
) -> None:
    with mutated(mutant), pytest.raises(Violation) as found:
        play_until_it_is_found(in_memory)

    figures.append(f"{mutant}: {str(found.value)[:160]}")
