"""A run is carried out once, and a schedule fires once for each time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.domain.alarms import AlarmKind, AlarmRules, alarms_now
from dashboard.domain.runs import RunState, Schedule, ScheduleKind, Task, Trigger
from dashboard.scheduling.mirror import give_own_schedule, install_defaults
from dashboard.store.company import ChangedMeanwhile
from dashboard.store.listing_runs import RunListing
from dashboard.store.runs import RunStore
from dashboard.store.schedules import ScheduleStore
from dashboard.store.sightings import Sightings
from tests.conftest import NOW
from tests.fixtures.builders import an_order
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase
from tests.fixtures.work import accepted, an_exchange, claim_next, send_next


@pytest.fixture
def runs(database: ClockedDatabase) -> RunStore:
    return RunStore(database, "process")


@pytest.fixture
def schedules(database: ClockedDatabase) -> ScheduleStore:
    store = ScheduleStore(database)
    store.install(a_schedule())
    return store


def a_schedule() -> Schedule:
    return Schedule(
        id=0,
        name="Book orders",
        task=Task.SYNC,
        kind=ScheduleKind.INTERVAL,
        spec="60",
        timezone="UTC",
        active=True,
        paused_reason="",
        version=1,
        next_due_at=NOW,
    )


def test_a_queued_run_is_taken_once(runs: RunStore) -> None:
    run_id = runs.queue(Task.SYNC, Trigger.PERSON)

    taken = runs.take()

    assert taken is not None
    assert (taken.id, taken.state) == (run_id, RunState.RUNNING)
    assert runs.take() is None


def test_a_run_that_waits_already_serves_as_well(runs: RunStore) -> None:
    first = runs.queue(Task.SYNC, Trigger.PERSON)

    assert runs.queue(Task.SYNC, Trigger.ORDER) == first
    assert runs.queue(Task.PULL, Trigger.PERSON) != first


def test_a_run_that_waits_is_a_person_s_once_one_asks_for_it(
    runs: RunStore, schedules: ScheduleStore
) -> None:
    (schedule,) = schedules.all()
    assert schedules.fire(schedule, NOW + timedelta(seconds=60))

    asked = runs.queue(schedule.task, Trigger.PERSON)

    taken = runs.take()
    assert taken is not None
    assert (taken.id, taken.trigger) == (asked, Trigger.PERSON)
    assert runs.take() is None


def test_a_run_of_one_shop_does_not_serve_for_all(company: Company) -> None:
    runs = RunStore(company.database, "process")
    shop, other = company.shop, company.add_shop("other", "O-")
    of_one = runs.queue(Task.PULL, Trigger.PERSON, shop)

    assert runs.queue(Task.PULL, Trigger.PERSON, shop) == of_one
    assert runs.queue(Task.PULL, Trigger.PERSON, other) != of_one
    assert runs.queue(Task.PULL, Trigger.PERSON) != of_one


def test_many_processes_take_each_run_once(database: ClockedDatabase) -> None:
    for task in Task:
        RunStore(database, "first").queue(task, Trigger.PERSON)
    barrier = threading.Barrier(6)

    def take(number: int) -> bool:
        store = RunStore(database, f"process {number}")
        barrier.wait()
        return store.take() is not None

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(take, range(6))) == len(Task)


def test_the_run_of_a_process_that_vanished_is_marked(
    runs: RunStore, database: ClockedDatabase
) -> None:
    run = runs.begin(Task.SYNC, Trigger.PERSON)

    database.clock.advance(61)
    runs.clean_up()

    assert runs.finish(run.id, RunState.DONE).state is RunState.DONE


def test_a_run_that_beats_is_left_alone(
    runs: RunStore, database: ClockedDatabase
) -> None:
    run = runs.begin(Task.SYNC, Trigger.PERSON)
    database.clock.advance(50)
    runs.beat("engine", run.id)

    database.clock.advance(50)
    runs.clean_up()

    assert runs.take() is None


def test_a_run_counts_what_it_did(company: Company) -> None:
    runs = RunStore(company.database, "process")
    run = runs.begin(Task.SYNC, Trigger.PERSON)
    company.take_in(an_order("1"), an_order("2"))
    for _ in range(3):
        claim = send_next(company)
        exchange = an_exchange(company)
        company.queue().record_answer(claim, accepted(claim), exchange, run.id)

    counts = runs.finish(run.id, RunState.DONE).counts

    assert (counts.orders, counts.calls, counts.refused) == (2, 3, 0)
    assert (counts.contacts, counts.invoices, counts.payments) == (1, 2, 2)


def test_work_is_due_at_once_when_a_posting_waits(company: Company) -> None:
    runs = RunStore(company.database, "process")
    assert runs.work_due_in_s() is None

    company.take_in(an_order())

    assert runs.work_due_in_s() == 0


def test_work_is_due_when_the_request_is(company: Company) -> None:
    runs = RunStore(company.database, "process")
    company.take_in(an_order())

    company.queue().give_back(claim_next(company), 90.0)

    assert runs.work_due_in_s() == 90


# Schedules ----------------------------------------------------------------------------


def test_a_schedule_fires_once_for_one_time(schedules: ScheduleStore) -> None:
    (schedule,) = schedules.all()
    later = NOW + timedelta(seconds=60)

    assert schedules.fire(schedule, later)
    assert not schedules.fire(schedule, later)


def test_a_schedule_queues_nothing_behind_its_run_that_still_waits(
    schedules: ScheduleStore, runs: RunStore, database: ClockedDatabase
) -> None:
    def due() -> bool:
        (schedule,) = schedules.all()
        database.clock.advance(60)
        return schedules.fire(schedule, database.clock.now() + timedelta(seconds=60))

    assert due()
    assert due()
    taken = runs.take()
    assert taken is not None
    assert runs.take() is None

    assert due()  # while that one runs

    assert runs.take() is not None


def test_a_run_that_waits_for_one_shop_does_not_stand_for_that_of_all(
    company: Company,
) -> None:
    runs = RunStore(company.database, "process")
    store = ScheduleStore(company.database)
    store.install(replace(a_schedule(), task=Task.PULL))
    (schedule,) = store.all()
    of_one = runs.queue(Task.PULL, Trigger.PERSON, company.shop)

    assert store.fire(schedule, NOW + timedelta(seconds=60))

    taken = [run.id for run in iter(lambda: runs.take(Task.PULL), None)]
    assert (len(taken), taken[0]) == (2, of_one)


def test_a_schedule_does_not_fire_early(schedules: ScheduleStore) -> None:
    (schedule,) = schedules.all()
    later = NOW + timedelta(seconds=60)
    schedules.fire(schedule, later)
    (schedule,) = schedules.all()

    assert not schedules.fire(schedule, later + timedelta(seconds=60))


def test_of_many_processes_one_fires(
    schedules: ScheduleStore, runs: RunStore, database: ClockedDatabase
) -> None:
    (schedule,) = schedules.all()
    barrier = threading.Barrier(8)

    def fire(_number: int) -> bool:
        store = ScheduleStore(database)
        barrier.wait()
        return store.fire(schedule, NOW + timedelta(seconds=60))

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(fire, range(8))) == 1
    assert runs.take() is not None
    assert runs.take() is None


def test_a_schedule_changed_meanwhile_is_not_overwritten(
    schedules: ScheduleStore,
) -> None:
    (schedule,) = schedules.all()
    schedules.change(schedule, expected_version=1)

    with pytest.raises(ChangedMeanwhile):
        schedules.change(schedule, expected_version=1)

    assert not schedules.fire(schedule, NOW + timedelta(seconds=60))


def test_several_processes_may_install_one_schedule(database: ClockedDatabase) -> None:
    barrier = threading.Barrier(6)

    def install(_number: int) -> None:
        barrier.wait()
        ScheduleStore(database).install(a_schedule())

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(install, range(6)))

    assert len(ScheduleStore(database).all()) == 1


# A schedule of one shop ---------------------------------------------------------------


@pytest.fixture
def pulling(company: Company) -> ScheduleStore:
    store = ScheduleStore(company.database)
    install_defaults(store, company.clock.now())
    return store


def test_a_shop_is_pulled_by_the_schedule_of_all_until_it_has_its_own(
    company: Company, pulling: ScheduleStore
) -> None:
    other = company.add_shop("other", "O-")

    own = give_own_schedule(pulling, company.shop, company.clock.now())

    assert (own.shop_id, own.spec, own.active) == (company.shop.id, "300", True)
    assert pulling.pulling(company.shop) == own
    of_all = pulling.pulling(other)
    assert of_all is not None
    assert (of_all.name, of_all.shop_id) == ("Pull shops", None)


def test_a_shop_has_one_schedule_of_its_own(
    company: Company, pulling: ScheduleStore
) -> None:
    now = company.clock.now()
    first = give_own_schedule(pulling, company.shop, now)
    pulling.change(replace(first, spec="600"), expected_version=first.version)

    again = give_own_schedule(pulling, company.shop, now)

    assert (again.id, again.spec) == (first.id, "600")


def test_a_shop_whose_pulling_is_paused_stays_so_with_a_schedule_of_its_own(
    company: Company, pulling: ScheduleStore
) -> None:
    of_all = pulling.pulling(company.shop)
    assert of_all is not None
    paused = replace(of_all, active=False, paused_reason="The shop moves (Pat)")
    pulling.change(paused, expected_version=of_all.version)

    own = give_own_schedule(pulling, company.shop, company.clock.now())

    assert (own.active, own.paused_reason) == (False, "The shop moves (Pat)")


def test_a_shop_without_its_own_schedule_is_pulled_with_the_others_again(
    company: Company, pulling: ScheduleStore
) -> None:
    give_own_schedule(pulling, company.shop, company.clock.now())

    assert pulling.remove_own(company.shop)

    assert not pulling.remove_own(company.shop)
    of_all = pulling.pulling(company.shop)
    assert of_all is not None
    assert of_all.shop_id is None


def test_a_schedule_of_a_shop_starts_runs_that_say_so(
    company: Company, pulling: ScheduleStore
) -> None:
    own = give_own_schedule(pulling, company.shop, company.clock.now())
    company.clock.advance(300)

    assert pulling.fire(own, company.clock.now() + timedelta(seconds=300))

    runs = RunStore(company.database, "process")
    run = runs.take(Task.PULL)
    assert run is not None
    assert run.shop_id == company.shop.id
    (listed,) = RunListing(company.database).newest_of(own.id, 5)
    assert (listed.schedule, listed.shop) == ("Pull Shop", "Shop")
    pulling.remove_own(company.shop)
    detail = RunListing(company.database).one(run.id)
    assert detail is not None
    assert detail.listed.shop == "Shop"


def test_a_late_schedule_of_a_shop_is_told_by_the_shops_name(
    company: Company, pulling: ScheduleStore
) -> None:
    own = give_own_schedule(pulling, company.shop, company.clock.now())
    for schedule in pulling.all():
        if schedule.id != own.id:
            off = replace(schedule, active=False)
            pulling.change(off, expected_version=schedule.version)
    company.clock.advance(3600)
    RunStore(company.database, "process").beat("scheduler")
    RunStore(company.database, "process").beat("engine")

    def late() -> list[str]:
        now = company.clock.now()
        alarms = alarms_now(Sightings(company.database).seen(now), AlarmRules(), now)
        return [a.subject for a in alarms if a.kind is AlarmKind.SCHEDULE_LATE]

    assert late() == [company.shop.slug]
    pulling.remove_own(company.shop)
    assert late() == []
