"""The watch: what the tables say becomes a mail that somebody reads, once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, update

from dashboard.domain.alarms import AlarmKind, AlarmRules, WebhookState
from dashboard.domain.clock import SystemClock
from dashboard.domain.notices import Channel, ChannelKind, Receiver
from dashboard.domain.pauses import Pause
from dashboard.domain.runs import Schedule, ScheduleKind, Task
from dashboard.notices.courier import Courier
from dashboard.outbound.transport import Transport
from dashboard.store.alarms import AlarmStore
from dashboard.store.channels import ChannelStore
from dashboard.store.company import CompanyStore, Connection
from dashboard.store.notices import NoticeStore
from dashboard.store.runs import RunStore
from dashboard.store.schedules import ScheduleStore
from dashboard.store.schema import GateRow, OrderRow, PostingRow
from dashboard.store.shop_webhooks import ShopWebhookStore
from dashboard.store.sightings import Sightings
from dashboard.store.vault import Vault
from dashboard.sync.watch import Watch, WatchStores
from tests.fixtures.builders import an_order
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase
from tests.fixtures.receivers import (
    ChatProgram,
    MailBox,
    a_chat_program,
    a_mail_server,
)

_NUMBERS = iter(range(10_000, 10**9))


class Watched:
    """A company that is watched, with everybody alive unless a test says otherwise."""

    def __init__(self, database: ClockedDatabase) -> None:
        self.database = database
        self.company = Company(database)
        self.company.settings.set_connection(
            Connection(
                kind="xero",
                base_url="https://api.example",
                client_id="id",
                client_secret="secret",
                tenant_id="",
                version=0,
            )
        )
        self.clock = self.company.clock
        self.watch = self.another()
        self.stores = self.watch.stores
        self.silent: set[str] = set()

    def another(self) -> Watch:
        """Return the watch of another process."""
        vault = Vault(b"k" * 32)
        channels = ChannelStore(self.database, vault)
        stores = WatchStores(
            company=CompanyStore(self.database, vault),
            sightings=Sightings(self.database),
            alarms=AlarmStore(self.database),
            channels=channels,
            notices=NoticeStore(self.database, channels),
        )
        transport = Transport(SystemClock(), 10.0, allow_inner=True)
        return Watch(stores, Courier(transport, allow_inner=True), self.clock)

    def mail(self, box: MailBox) -> None:
        self.stores.channels.add(
            Channel(
                id=0,
                name="Office",
                kind=ChannelKind.EMAIL,
                kinds=tuple(AlarmKind),
                mail=box.address(),
            )
        )

    def chat(self, program: ChatProgram) -> None:
        self.stores.channels.add(
            Channel(
                id=0,
                name="Chat",
                kind=ChannelKind.WEBHOOK,
                kinds=tuple(AlarmKind),
                receiver=Receiver(url=program.url, secret="s"),
            )
        )

    def beat(self) -> None:
        runs = RunStore(self.database, "worker")
        for role in {"engine", "scheduler"} - self.silent:
            runs.beat(role)

    def look(self) -> None:
        self.beat()
        self.watch.look()

    def pass_time(self, time: timedelta, step: timedelta) -> None:
        """Let time pass, with a look at every *step*."""
        end = self.clock.now() + time
        while self.clock.now() < end:
            self.clock.advance(step.total_seconds())
            self.look()

    def orders_came_in(self, *times: datetime) -> None:
        """Have received orders that wait for their payment."""
        with self.database.write() as session:
            session.execute(
                insert(OrderRow),
                [
                    {
                        "shop_id": self.company.shop.id,
                        "external_id": str(next(_NUMBERS)),
                        "number": "",
                        "received_at": at,
                        "decision": "wait",
                        "status": "awaiting payment",
                        "status_at": at,
                    }
                    for at in times
                ],
            )

    def shown(self) -> list[str]:
        alarms = self.stores.alarms.shown(self.clock.now())
        return [f"{alarm.kind}: {alarm.subject}" for alarm in alarms]


@pytest.fixture
def watched(sqlite_database: ClockedDatabase) -> Watched:
    """A company whose kind of database does not matter."""
    return Watched(sqlite_database)


@pytest.fixture
def anywhere(database: ClockedDatabase) -> Watched:
    """A company on each kind of database."""
    return Watched(database)


@pytest.fixture
def box() -> Iterator[MailBox]:
    with a_mail_server() as made:
        yield made


@pytest.fixture
def program() -> Iterator[ChatProgram]:
    with a_chat_program() as made:
        yield made


def weeks_before(now: datetime, weeks: int) -> list[datetime]:
    """Return orders by day: one about every twenty minutes from eight to eight."""
    chance = random.Random(1)  # noqa: S311 - no secret
    minutes = [
        now - timedelta(minutes=minute) for minute in range(weeks * 7 * 24 * 60, 0, -1)
    ]
    day = [at for at in minutes if 8 <= at.hour < 20]
    return [at for at in day if chance.random() < 1 / 20]


def test_orders_that_stop_are_told_by_mail_and_that_they_come_again(
    anywhere: Watched, box: MailBox
) -> None:
    anywhere.mail(box)
    noon = anywhere.clock.now().replace(hour=12, minute=0)
    anywhere.clock.advance((noon - anywhere.clock.now()).total_seconds())
    orders = weeks_before(noon, weeks=4)
    anywhere.orders_came_in(*orders)

    anywhere.pass_time(timedelta(hours=2), step=timedelta(minutes=30))
    still_usual = anywhere.shown()
    anywhere.pass_time(timedelta(hours=5), step=timedelta(minutes=30))
    missed = anywhere.shown()
    anywhere.pass_time(timedelta(hours=48), step=timedelta(hours=4))
    anywhere.orders_came_in(anywhere.clock.now())
    anywhere.pass_time(timedelta(minutes=30), step=timedelta(minutes=10))

    assert still_usual == []
    assert missed == ["no orders: shop"]
    assert box.subjects() == [
        "Sluice: no orders come in (shop)",
        "Sluice: all is well again",
    ]
    assert orders[-1].strftime("%H:%M") in box.mails[0].get_content()


def test_two_processes_and_two_channels_tell_everybody_once(
    anywhere: Watched, box: MailBox, program: ChatProgram
) -> None:
    anywhere.mail(box)
    anywhere.chat(program)
    watches = [anywhere.watch, anywhere.another(), anywhere.another()]
    anywhere.silent = {"engine"}

    with ThreadPoolExecutor(3) as pool:
        for _ in range(20):
            anywhere.clock.advance(60)
            anywhere.beat()
            list(pool.map(Watch.look, watches))

    told = ["Sluice: nothing works in the background (engine)"]
    assert box.subjects() == told
    assert program.subjects() == told


def test_a_delivery_that_fails_is_shown_and_told_elsewhere_and_made_up_for(
    watched: Watched, box: MailBox, program: ChatProgram
) -> None:
    watched.mail(box)
    watched.chat(program)
    box.refused_recipients = {"ann@company.example"}
    watched.silent = {"engine"}

    watched.pass_time(timedelta(minutes=20), step=timedelta(minutes=1))
    shown = watched.shown()
    box.refused_recipients = set()
    office = watched.stores.channels.all()[0]
    wrong = watched.watch.try_out(office)
    watched.look()

    assert shown == ["worker silent: engine", "notification not delivered: Office"]
    assert program.subjects()[-1] == ("Sluice: a notification does not arrive (Office)")
    assert wrong == ""
    assert box.subjects() == [
        "Sluice: this is a test",
        "Sluice: nothing works in the background (engine)",
    ]


def test_the_test_says_what_went_wrong(watched: Watched, box: MailBox) -> None:
    watched.mail(box)
    box.refused_recipients = {"ann@company.example"}
    (office,) = watched.stores.channels.all()

    assert "ann@company.example (550 5.1.1 No such mailbox)" in watched.watch.try_out(
        office
    )


def test_a_mail_server_that_is_away_for_an_hour_gets_the_mail_later(
    watched: Watched, box: MailBox
) -> None:
    watched.mail(box)
    box.refusals = ["421 4.3.2 Going down"] * 4
    watched.silent = {"scheduler"}

    watched.pass_time(timedelta(minutes=40), step=timedelta(minutes=1))

    assert box.refusals == []
    assert box.subjects() == ["Sluice: nothing works in the background (scheduler)"]


def test_in_quiet_hours_nothing_is_sent_and_after_them_what_still_holds(
    watched: Watched, box: MailBox
) -> None:
    watched.mail(box)
    hour = watched.clock.now().hour
    quiet = AlarmRules(timezone="UTC", quiet_from=hour, quiet_until=hour + 2)
    watched.stores.alarms.save_rules(quiet, expected_version=0)
    watched.silent = {"engine", "scheduler"}

    watched.pass_time(timedelta(minutes=20), step=timedelta(minutes=5))
    watched.silent = {"engine"}
    watched.pass_time(timedelta(minutes=60), step=timedelta(minutes=20))
    early = box.subjects()
    watched.pass_time(timedelta(minutes=40), step=timedelta(minutes=20))

    assert early == []
    assert box.subjects() == ["Sluice: nothing works in the background (engine)"]


def test_a_channel_that_is_switched_off_hears_nothing_until_it_is_on_again(
    watched: Watched, box: MailBox
) -> None:
    watched.mail(box)
    box.refusals = ["421 4.3.2 Going down"] * 9
    watched.silent = {"engine"}
    watched.pass_time(timedelta(minutes=8), step=timedelta(minutes=1))
    (office,) = watched.stores.channels.all()

    watched.watch.change(replace(office, active=False), expected_version=1)
    box.refusals = []
    watched.pass_time(timedelta(minutes=20), step=timedelta(minutes=5))
    off = box.subjects()
    watched.watch.change(office, expected_version=2)
    watched.look()

    assert off == []
    assert box.subjects() == ["Sluice: nothing works in the background (engine)"]


def test_a_late_schedule_is_seen(watched: Watched) -> None:
    ScheduleStore(watched.database).install(
        Schedule(
            id=0,
            name="Book orders",
            task=Task.SYNC,
            kind=ScheduleKind.INTERVAL,
            spec="60",
            timezone="UTC",
            active=True,
            paused_reason="",
            version=1,
            next_due_at=watched.clock.now() + timedelta(minutes=1),
        )
    )

    watched.pass_time(timedelta(minutes=10), step=timedelta(minutes=1))

    assert watched.shown() == ["schedule late: Book orders"]


def test_a_webhook_that_is_off_is_seen_until_it_is_on_again(watched: Watched) -> None:
    webhooks = ShopWebhookStore(watched.database)
    shop_id = watched.company.shop.id
    webhooks.note(shop_id, WebhookState.ACTIVE, watched.clock.now())
    watched.look()
    before = watched.shown()

    webhooks.note(shop_id, WebhookState.DISABLED, watched.clock.now())
    watched.look()
    off = watched.shown()
    webhooks.note(shop_id, WebhookState.ACTIVE, watched.clock.now())
    watched.look()

    assert (before, off, watched.shown()) == ([], ["webhook off: shop"], [])


def test_a_long_pause_of_the_books_is_seen(watched: Watched) -> None:
    with watched.database.write() as session:
        session.add(
            GateRow(
                id=1,
                closed_until=watched.clock.now() + timedelta(hours=5),
                pause=Pause.DAY_LIMIT.value,
                reason="The day's calls are used up",
                paused_since=watched.clock.now(),
            )
        )

    watched.pass_time(timedelta(minutes=29), step=timedelta(minutes=29))
    before = watched.shown()
    watched.pass_time(timedelta(minutes=2), step=timedelta(minutes=1))

    assert (before, watched.shown()) == ([], ["books paused: "])


def test_an_order_that_nobody_books_is_seen(watched: Watched) -> None:
    watched.company.take_in(an_order())

    watched.pass_time(timedelta(minutes=60), step=timedelta(minutes=20))
    before = watched.shown()
    watched.pass_time(timedelta(minutes=1), step=timedelta(minutes=1))

    assert (before, watched.shown()) == ([], ["no bookings: "])


def test_how_long_orders_usually_wait_is_learned(anywhere: Watched) -> None:
    now = anywhere.clock.now()
    for number in range(20):
        anywhere.company.take_in(an_order(str(number)))
    with anywhere.database.write() as session:
        session.execute(
            update(PostingRow).values(
                state="confirmed", created_at=now - timedelta(hours=3), updated_at=now
            )
        )
        session.execute(update(OrderRow).values(status="invoiced"))

    anywhere.look()

    seen = anywhere.stores.sightings.seen(now)
    assert seen.usual_wait == timedelta(hours=3)
    assert seen.bookings.recent[-1] == now


def test_a_problem_that_waits_for_a_person_is_seen(watched: Watched) -> None:
    watched.company.take_in(replace(an_order(), currency="???"))
    with watched.database.write() as session:
        session.execute(
            update(OrderRow).values(
                status="needs attention", cause="unknown tax rate", message="Choose."
            )
        )

    watched.pass_time(timedelta(minutes=16), step=timedelta(minutes=8))

    assert watched.shown() == ["problems waiting: unknown tax rate"]


def test_orders_fetched_in_one_go_are_one_happening(anywhere: Watched) -> None:
    now = anywhere.clock.now()
    nights = [now - timedelta(days=day) for day in range(20, 0, -1)]
    batches = [at + timedelta(seconds=n) for at in nights for n in range(0, 30, 3)]
    anywhere.orders_came_in(*batches)

    anywhere.look()

    (shop,) = anywhere.stores.sightings.seen(now).shops
    assert len(shop.orders.recent) > 20
    assert shop.orders.rhythm is None  # twenty happenings are too few
