"""What two do at the same moment ends as if one had come first, and nobody fails."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from dashboard.domain.rules import CompanyRules, Shop
from dashboard.domain.runs import Task, Trigger
from dashboard.store.company import (
    ChangedMeanwhile,
    CompanyStore,
    Connection,
)
from dashboard.store.database import Overtaken
from dashboard.store.runs import RunStore
from dashboard.store.sign_in_throttle import SignInThrottle
from dashboard.store.vault import Vault
from dashboard.sync.plan import plan_order
from tests.conftest import NOW
from tests.fixtures.builders import a_revision, an_order
from tests.fixtures.clocks import SettableClock
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase

MANY = 6
_T = TypeVar("_T")


def at_once(act: Callable[[int], _T]) -> list[_T]:
    """Let many threads act at the same moment; return what each got."""
    start = threading.Barrier(MANY)

    def begin(number: int) -> _T:
        start.wait(10)
        return act(number)

    with ThreadPoolExecutor(MANY) as threads:
        return list(threads.map(begin, range(MANY)))


@pytest.fixture
def settings(database: ClockedDatabase) -> CompanyStore:
    return CompanyStore(database, Vault(b"k" * 32))


def test_orders_that_race_for_one_number_stop_but_the_first(company: Company) -> None:
    orders = [replace(an_order("1042"), external_id=str(n)) for n in range(MANY)]

    at_once(
        lambda n: company.orders.take_in(
            company.shop, a_revision(orders[n]), plan_order
        )
    )

    statuses = Counter(row.status for row in company.rows())
    assert statuses == {"queued": 1, "needs attention": MANY - 1}


def test_of_two_first_saves_of_the_rules_one_counts(settings: CompanyStore) -> None:
    def save(_number: int) -> bool:
        try:
            settings.save_rules(CompanyRules(), expected_version=0)
        except ChangedMeanwhile:
            return False
        return True

    saved = at_once(save)

    assert saved.count(True) == 1
    assert settings.rules_version() == 1


def test_first_connections_at_once_follow_each_other(settings: CompanyStore) -> None:
    def connect(number: int) -> None:
        settings.set_connection(
            Connection(
                kind="xero",
                base_url="http://127.0.0.1",
                client_id=str(number),
                client_secret="secret",
                tenant_id="",
                version=0,
            )
        )

    at_once(connect)

    connection = settings.connection()
    assert connection is not None
    assert connection.version == MANY


def test_a_shop_added_by_many_at_once_is_there_once(settings: CompanyStore) -> None:
    shop = Shop(id=0, slug="shop", name="Shop", kind="json", prefix="")

    added = at_once(lambda n: settings.add_shop(shop, f"secret {n}", at=NOW))

    assert added.count(True) == 1
    assert len(settings.shops()) == 1


def test_processes_beat_while_others_clear_them_away(
    postgres_database: ClockedDatabase,
) -> None:
    clock = postgres_database.clock
    assert isinstance(clock, SettableClock)

    def live(number: int) -> None:
        runs = RunStore(postgres_database, f"process {number % 2}")
        run = runs.begin(Task.SYNC, Trigger.PERSON)
        for _ in range(20):
            # The machine slept: everybody is taken for vanished, and wakes up.
            clock.advance(61)
            runs.beat("engine", run.id)
            runs.clean_up()

    at_once(live)


def test_people_of_one_office_sign_in_at_once(
    postgres_database: ClockedDatabase,
) -> None:
    throttle = SignInThrottle(postgres_database, postgres_database.clock)

    def sign_in(_number: int) -> None:
        for _ in range(10):
            throttle.enter("pat@office.example", "127.0.0.1")
            throttle.forgive("pat@office.example", "127.0.0.1")

    at_once(sign_in)

    wait = throttle.enter("pat@office.example", "127.0.0.1")
    assert wait == timedelta(0)


def test_what_was_overtaken_begins_again(database: ClockedDatabase) -> None:
    begun: list[int] = []

    def work(_session: Session) -> str:
        begun.append(1)
        if len(begun) < 3:
            raise Overtaken
        return "done"

    assert database.repeated(work) == "done"
    assert len(begun) == 3


def test_what_is_always_overtaken_ends(database: ClockedDatabase) -> None:
    def work(_session: Session) -> None:
        raise Overtaken

    with pytest.raises(Overtaken):
        database.repeated(work)


def test_an_error_that_would_come_again_is_not_tried_again(
    database: ClockedDatabase,
) -> None:
    begun: list[int] = []

    def work(session: Session) -> None:
        begun.append(1)
        session.execute(text("SELECT nothing FROM nowhere"))

    with pytest.raises(DBAPIError):
        database.repeated(work)
    assert begun == [1]
