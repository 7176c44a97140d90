"""A poll costs next to nothing when nothing is new, and misses nothing that is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, update

from dashboard.domain.runs import Task, Trigger
from dashboard.domain.users import Role
from dashboard.store.schema import OrderRow, UserRow
from tests.fixtures.clocks import SettableClock
from tests.web.scene import Browsing, Scene

PAGES = ("/", "/orders", "/orders?q=1001", "/problems", "/runs", "/exchanges")


class Tab:
    """A page that stays open and asks whether it is still up to date."""

    def __init__(self, client: Browsing, address: str) -> None:
        self._client, self._address = client, address
        self._etag = ""
        self.poll()

    def poll(self) -> int:
        headers = {"X-Live": "1", "If-None-Match": self._etag}
        answer = self._client.get(self._address, headers=headers)
        self._etag = answer.headers["ETag"]
        return answer.status_code


@contextmanager
def statements(scene: Scene) -> Iterator[list[str]]:
    """Collect what the database is asked."""
    asked: list[str] = []
    with scene.database.read() as session:
        engine = session.get_bind().engine

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("address", PAGES)
def test_a_poll_that_finds_nothing_new_asks_who_and_whether_alone(
    scene: Scene, address: str
) -> None:
    scene.order("1001")
    tab = Tab(scene.client(), address)

    with statements(scene) as asked:
        assert tab.poll() == 304

    assert len([each for each in asked if each.startswith("SELECT")]) == 2


@pytest.mark.parametrize(
    ("address", "questions"),
    [
        ("/orders", 11),
        ("/orders?q=100", 13),
        ("/orders?sort=highest", 11),
        ("/problems", 5),
        ("/problems/unknown-tax-rate?about=13+%25", 13),
        ("/runs", 6),
        ("/selections", 12),
    ],
)
def test_a_list_asks_as_little_however_much_stands_in_it(
    scene: Scene, address: str, questions: int
) -> None:
    for number in range(1001, 1013):
        scene.order(str(number), rate="13")
    client = scene.client()
    client.get(address)

    with statements(scene) as asked:
        assert client.get(address).status_code == 200

    assert len([each for each in asked if each.startswith("SELECT")]) <= questions


def test_what_happens_is_seen_at_the_next_poll(scene: Scene) -> None:
    order_id = scene.order("1001")
    tab = Tab(scene.client(), "/orders")

    scene.order("1002")
    assert (tab.poll(), tab.poll()) == (200, 304)
    scene.refuse(order_id)
    assert (tab.poll(), tab.poll()) == (200, 304)


def test_what_no_mark_tells_of_is_seen_within_a_minute(
    scene: Scene, clock: SettableClock
) -> None:
    scene.order("1001")
    tab = Tab(scene.client(), "/orders")
    with scene.database.write() as session:
        session.execute(update(OrderRow).values(customer_name="Somebody Else"))

    clock.advance(60)

    assert (tab.poll(), tab.poll()) == (200, 304)


def test_a_page_that_comes_out_the_same_is_not_sent_again(scene: Scene) -> None:
    scene.order("1001")
    tab = Tab(scene.client(), "/schedules")

    scene.order("1002")
    assert tab.poll() == 304
    with statements(scene) as asked:
        assert tab.poll() == 304
    assert len([each for each in asked if each.startswith("SELECT")]) == 2


def test_a_run_under_way_is_looked_at_each_time(scene: Scene) -> None:
    scene.program.engine.runs.queue(Task.SYNC, Trigger.PERSON)
    tab = Tab(scene.client(), "/runs")

    with statements(scene) as asked:
        tab.poll()

    assert any("FROM runs LEFT" in each for each in asked)


def test_what_a_user_may_see_changes_with_their_role(scene: Scene) -> None:
    tab = Tab(scene.client(Role.MANAGER), "/schedules")
    with scene.database.write() as session:
        manager = update(UserRow).where(UserRow.role == Role.MANAGER.word)
        session.execute(manager.values(role=Role.WATCHER.word))

    with statements(scene) as asked:
        tab.poll()

    assert len(asked) > 3
