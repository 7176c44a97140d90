"""Alarms in the database: opened once, told once, by however many processes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

import pytest

from dashboard.domain.alarms import Alarm, AlarmKind, AlarmRules
from dashboard.domain.notices import Channel, ChannelKind, Receiver, Setting
from dashboard.store.alarms import AlarmStore
from dashboard.store.channels import ChannelExists, ChannelStore
from dashboard.store.company import ChangedMeanwhile
from dashboard.store.notices import Delivery, NoticeState, NoticeStore
from dashboard.store.vault import Vault
from tests.fixtures.clocks import SettableClock
from tests.fixtures.databases import ClockedDatabase

_T = TypeVar("_T")

CHAT = Channel(
    id=0,
    name="Chat",
    kind=ChannelKind.WEBHOOK,
    kinds=tuple(AlarmKind),
    receiver=Receiver(url="https://chat.example/hooks/very-secret", secret="s"),
)


class Office:
    """The stores of alarms, and what a test does with them at the time of its clock."""

    def __init__(self, database: ClockedDatabase, clock: SettableClock) -> None:
        self.clock = clock
        self.database = database
        self.alarms = AlarmStore(database)
        self.channels = ChannelStore(database, Vault(b"k" * 32))
        self.notices = NoticeStore(database, self.channels)

    def alarm(self, kind: AlarmKind = AlarmKind.NO_ORDERS, subject: str = "a") -> Alarm:
        return Alarm(
            kind=kind, subject=subject, since=self.clock.now(), message="Look."
        )

    def settle(self, *alarms: Alarm) -> None:
        self.alarms.settle(alarms, self.clock.now())

    def pass_minutes(self, minutes: float, *alarms: Alarm) -> None:
        """Let time pass, with a look every minute at the alarms that hold."""
        for _ in range(int(minutes)):
            self.settle(*alarms)
            self.write()
            self.clock.advance(60)

    def write(self) -> int:
        setting = Setting(organisation="Company", zone="UTC", speak=str)
        return self.notices.write_due(lambda _channel: setting, self.clock.now())

    def claim(self) -> Delivery | None:
        return self.notices.claim(self.clock.now())

    def deliver(self) -> list[str]:
        """Deliver what is due; return what was said."""
        said = []
        while (delivery := self.claim()) is not None:
            self.notices.delivered(delivery, self.clock.now())
            said.append(delivery.message.subject)
        return said

    def fail(self, *, for_good: bool = False) -> None:
        delivery = self.claim()
        assert delivery is not None
        self.notices.failed(
            delivery, "No such mailbox", self.clock.now(), for_good=for_good
        )

    def shown(self) -> list[str]:
        return [alarm.kind.value for alarm in self.alarms.shown(self.clock.now())]

    def at_once(self, act: Callable[[], _T], times: int = 4) -> list[_T]:
        """Let several processes do the same at the same moment."""
        barrier = Barrier(times)

        def wait_and_act(_: int) -> _T:
            barrier.wait(10)
            return act()

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(wait_and_act, range(times)))


@pytest.fixture
def office(database: ClockedDatabase, clock: SettableClock) -> Office:
    office = Office(database, clock)
    office.channels.add(CHAT)
    return office


def test_an_alarm_is_told_once_and_its_end_once(office: Office) -> None:
    alarm = office.alarm()
    office.pass_minutes(60, alarm)
    told = office.deliver()
    office.pass_minutes(60)
    told += office.deliver()
    office.pass_minutes(60)

    assert told == [
        "Sluice, Company: no orders come in (a)",
        "Sluice, Company: all is well again",
    ]
    assert office.deliver() == []


def test_many_alarms_are_one_message(office: Office) -> None:
    alarms = [office.alarm(subject=f"shop{n}") for n in range(20)]
    office.settle(*alarms[:1])
    office.clock.advance(120)
    office.settle(*alarms)
    office.clock.advance(60)
    office.write()

    assert office.deliver() == [
        "Sluice, Company: no orders come in (shop0), and 19 more"
    ]


def test_processes_that_look_at_once_tell_once(office: Office) -> None:
    alarm = office.alarm()
    office.at_once(lambda: office.settle(alarm))
    office.clock.advance(600)

    written = office.at_once(office.write)
    claimed = office.at_once(office.claim)

    assert sum(written) == 1
    assert len([each for each in claimed if each is not None]) == 1
    assert office.shown() == ["no orders"]


def test_a_shop_that_stutters_is_told_of_once(office: Office) -> None:
    alarm = office.alarm()
    for _ in range(30):
        office.pass_minutes(1, alarm)
        office.pass_minutes(1)

    assert office.deliver() == ["Sluice, Company: no orders come in (a)"]


def test_what_was_over_before_it_was_told_is_never_told(office: Office) -> None:
    office.pass_minutes(2, office.alarm())
    office.pass_minutes(30)

    assert office.deliver() == []


def test_a_delivery_that_fails_is_tried_again_later_each_time(office: Office) -> None:
    office.pass_minutes(5, office.alarm())

    tries = 0
    for _ in range(24 * 6):
        delivery = office.claim()
        if delivery is not None:
            tries += 1
            office.notices.failed(delivery, "Away", office.clock.now(), for_good=False)
        office.clock.advance(600)

    (notice,) = office.notices.newest(9)
    assert tries == 8
    assert notice.state is NoticeState.GIVEN_UP
    assert notice.error == "Away"
    (channel,) = office.channels.all()
    assert channel.failure == "Away"


def test_a_process_that_vanishes_while_sending_is_taken_over(office: Office) -> None:
    office.pass_minutes(5, office.alarm())
    vanished = office.claim()
    assert vanished is not None
    assert office.claim() is None
    office.clock.advance(200)

    again = office.claim()

    assert again is not None
    assert again.message == vanished.message
    office.notices.delivered(vanished, office.clock.now())  # it was only slow
    (notice,) = office.notices.newest(9)
    assert notice.state is NoticeState.SENDING


def test_messages_to_a_channel_keep_their_order(office: Office) -> None:
    office.pass_minutes(5, office.alarm())
    office.fail()
    office.pass_minutes(10)

    assert office.deliver() == [
        "Sluice, Company: no orders come in (a)",
        "Sluice, Company: all is well again",
    ]


def test_nobody_hears_the_end_of_what_they_never_heard_of(office: Office) -> None:
    office.pass_minutes(5, office.alarm())
    office.fail(for_good=True)
    office.pass_minutes(10)

    assert office.deliver() == []


def test_a_channel_that_works_again_gets_what_still_holds(office: Office) -> None:
    alarm = office.alarm()
    office.pass_minutes(5, alarm)
    office.fail(for_good=True)
    (channel,) = office.channels.all()

    office.notices.take_up_again(channel.id, office.clock.now())

    assert office.deliver() == ["Sluice, Company: no orders come in (a)"]
    assert office.channels.all()[0].failed_at is None


def test_a_new_channel_hears_what_holds_and_the_old_one_not_again(
    office: Office,
) -> None:
    alarm = office.alarm()
    office.pass_minutes(5, alarm)
    office.deliver()
    office.channels.add(replace(CHAT, name="Second"))

    office.pass_minutes(5, alarm)

    assert len(office.deliver()) == 1
    assert [notice.channel for notice in office.notices.newest(9)] == ["Second", "Chat"]


def test_a_channel_that_is_off_hears_nothing(office: Office) -> None:
    (channel,) = office.channels.all()
    office.channels.change(replace(channel, active=False), expected_version=1)

    office.pass_minutes(10, office.alarm())

    assert office.deliver() == []


def test_a_silent_worker_is_shown_only_when_it_lasts(office: Office) -> None:
    silent = office.alarm(AlarmKind.WORKER_SILENT, "engine")
    office.settle(silent, office.alarm())
    at_once = office.shown()
    office.clock.advance(120)

    assert at_once == ["no orders"]
    assert office.shown() == ["worker silent", "no orders"]


def test_addresses_are_secret(office: Office) -> None:
    with office.database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM channels").all()

    assert "very-secret" not in str(rows)
    stranger = ChannelStore(office.database, Vault(b"x" * 32))
    assert stranger.all()[0].receiver is None
    assert office.channels.all()[0].receiver == CHAT.receiver


def test_two_people_do_not_undo_each_other(office: Office) -> None:
    (channel,) = office.channels.all()
    office.channels.change(replace(channel, name="Hers"), expected_version=1)
    office.alarms.save_rules(AlarmRules(floor_minutes=90), expected_version=0)

    with pytest.raises(ChangedMeanwhile):
        office.channels.change(replace(channel, name="His"), expected_version=1)
    with pytest.raises(ChangedMeanwhile):
        office.alarms.save_rules(AlarmRules(), expected_version=0)
    assert office.alarms.rules() == (AlarmRules(floor_minutes=90), 1)


def test_a_name_belongs_to_one_channel(office: Office) -> None:
    with pytest.raises(ChannelExists):
        office.channels.add(CHAT)


def test_a_channel_that_was_told_something_can_be_deleted(office: Office) -> None:
    office.pass_minutes(5, office.alarm())
    (channel,) = office.channels.all()

    office.channels.delete(channel.id)

    assert office.channels.all() == ()
    assert office.deliver() == []


def test_what_is_long_over_is_forgotten(office: Office) -> None:
    office.pass_minutes(5, office.alarm())
    office.deliver()
    office.pass_minutes(5)
    office.deliver()
    office.clock.advance(timedelta(days=91).total_seconds())

    office.alarms.forget_old(office.clock.now())
    office.notices.forget_old(office.clock.now())

    assert office.notices.newest(9) == ()
