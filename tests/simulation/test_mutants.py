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


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_missing_safeguard_is_found(
    mutant: str, in_memory: SqliteFolder, figures: list[str]
) -> None:
    with mutated(mutant), pytest.raises(Violation) as found:
        play(range(MOST_DAYS), in_memory, World.go_through_a_bad_day)

    figures.append(f"{mutant}: {str(found.value)[:160]}")
