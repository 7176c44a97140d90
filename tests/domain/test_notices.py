"""What a channel is told: once, all together, and that it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.domain.alarms import Alarm, AlarmKind, AlarmRules
from dashboard.domain.notices import (
    Channel,
    ChannelKind,
    Event,
    News,
    Setting,
    StandingAlarm,
    compose,
    news_for,
    next_try,
    trial,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
RULES = AlarmRules(batch_minutes=3)
OFFICE = Channel(
    id=1, name="Office", kind=ChannelKind.EMAIL, kinds=tuple(AlarmKind), version=1
)


OFFICE_HOURS = Setting(organisation="Demo Company", zone="Europe/Amsterdam", speak=str)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def standing(
    opened: float,
    kind: AlarmKind = AlarmKind.NO_ORDERS,
    *,
    ended: float | None = None,
    told: bool = False,
    subject: str = "demo",
) -> StandingAlarm:
    """An alarm that was opened, and perhaps ended, so many minutes ago."""
    alarm = Alarm(kind=kind, subject=subject, since=ago(opened + 60), message="Look.")
    return StandingAlarm(
        id=1,
        alarm=alarm,
        opened_at=ago(opened),
        ended_at=None if ended is None else ago(ended),
        told=told,
    )


def told_now(*alarms: StandingAlarm, channel: Channel = OFFICE) -> News | None:
    return news_for(channel, alarms, RULES, NOW)


def test_an_alarm_waits_for_others_and_the_most_urgent_is_told_first() -> None:
    early = standing(2.9)
    due, urgent = standing(3), standing(0, AlarmKind.SCHEDULE_LATE)

    assert told_now(early) is None
    assert told_now(due, urgent) == News(event=Event.ALARM, alarms=(urgent, due))


def test_what_was_told_is_not_told_again() -> None:
    assert told_now(standing(90, told=True)) is None


def test_something_new_is_told_without_what_was_told() -> None:
    new = standing(5, AlarmKind.WEBHOOK_OFF)

    assert told_now(standing(90, told=True), new) == News(
        event=Event.ALARM, alarms=(new,)
    )


def test_a_restart_of_the_workers_is_no_news() -> None:
    assert told_now(standing(4.9, AlarmKind.WORKER_SILENT)) is None
    assert told_now(standing(5, AlarmKind.WORKER_SILENT)) is not None


def test_what_was_over_before_anybody_was_told_is_never_told() -> None:
    assert told_now(standing(90, ended=80)) is None


def test_a_message_leads_to_where_each_alarm_is_looked_into() -> None:
    news = News(
        event=Event.ALARM, alarms=(standing(3), standing(3, AlarmKind.NEEDS_PERSON))
    )
    at = replace(OFFICE_HOURS, pages="https://books.example/o/acme")

    text = compose(news, "key", at, NOW).text

    first, second = text.split("\n\n")
    assert first.endswith("\nhttps://books.example/o/acme/alarms/no-orders")
    assert second.endswith("\nhttps://books.example/o/acme/alarms/needs-person")
    assert "https://" not in compose(news, "key", OFFICE_HOURS, NOW).text
    assert trial("key", at, NOW).text.endswith("\nhttps://books.example/o/acme/")


def test_all_is_well_is_said_once_everything_told_is_over() -> None:
    first = standing(90, ended=50, told=True)
    second = standing(80, ended=3, told=True)

    assert told_now(first, second) == News(event=Event.ALL_WELL, alarms=(first, second))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(standing(80, told=True), id="one still holds"),
        pytest.param(standing(80, ended=1, told=True), id="one has just ended"),
        pytest.param(standing(1, AlarmKind.WEBHOOK_OFF), id="one is about to be told"),
    ],
)
def test_all_is_not_well_while_something_is_not(other: StandingAlarm) -> None:
    assert told_now(standing(90, ended=50, told=True), other) is None


def test_a_channel_hears_only_what_it_wants() -> None:
    channel = Channel(
        id=1, name="Ops", kind=ChannelKind.WEBHOOK, kinds=(AlarmKind.WORKER_SILENT,)
    )

    assert told_now(standing(9), channel=channel) is None
    assert told_now(standing(9, AlarmKind.WORKER_SILENT), channel=channel) is not None


def test_a_channel_is_not_told_that_it_cannot_be_told() -> None:
    failed = standing(9, AlarmKind.NOT_DELIVERED, subject="Office")
    other = Channel(id=2, name="Chat", kind=ChannelKind.WEBHOOK, kinds=tuple(AlarmKind))

    assert told_now(failed) is None
    assert told_now(failed, channel=other) is not None


def test_a_message_says_what_since_when_and_what_to_do() -> None:
    news = News(event=Event.ALARM, alarms=(standing(9), standing(5)))

    message = compose(news, "k", OFFICE_HOURS, NOW)

    assert message.subject == (
        "Sluice, Demo Company: no orders come in (demo), and 1 more"
    )
    assert message.text.startswith(
        "No orders come in (demo)\n"
        "Since Tuesday 24 November 2026, 11:51 (Europe/Amsterdam).\n"
        "Look.\n\n"
    )


def test_trying_again_takes_longer_each_time_and_ends() -> None:
    waits = [next_try(attempts) for attempts in range(1, 9)]

    assert waits[-1] is None
    lasting = [wait for wait in waits if wait is not None]
    assert lasting == sorted(lasting)
    assert timedelta(hours=8) < sum(lasting, timedelta(0)) < timedelta(hours=16)
