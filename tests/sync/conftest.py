"""What the tests of the engine share."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase
from tests.fixtures.workers import Office


@pytest.fixture(autouse=True)
def _same_waits_every_time() -> None:
    random.seed(1)


@pytest.fixture
def office(sqlite_database: ClockedDatabase) -> Iterator[Office]:
    """A company with fake books; in the end its statuses must follow."""
    office = Office(Company(sqlite_database))
    yield office
    office.company.assert_statuses_are_what_follows_from_the_postings()
    office.company.assert_orders_are_counted_and_found()
