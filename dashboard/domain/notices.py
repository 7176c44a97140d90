"""Notices: who is told of which alarms, when, and in what words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from dashboard.domain.alarms import Alarm, AlarmKind, AlarmRules, patience, urgency

_TITLES: Final = {
    AlarmKind.WORKER_SILENT: "nothing works in the background",
    AlarmKind.SCHEDULE_LATE: "a schedule is late",
    AlarmKind.WEBHOOK_OFF: "a shop has switched its webhook off",
    AlarmKind.NO_ORDERS: "no orders come in",
    AlarmKind.NO_BOOKINGS: "nothing is booked",
    AlarmKind.BOOKS_PAUSED: "calls to the books pause",
    AlarmKind.NOT_DELIVERED: "a notification does not arrive",
    AlarmKind.NEEDS_PERSON: "orders need a person",
}
# About half a day in all: who comes in the morning still gets what failed at night.
_TRIES_AFTER: Final = tuple(
    timedelta(minutes=minutes) for minutes in (0.5, 2, 5, 15, 60, 180, 360)
)


class ChannelKind(StrEnum):
    """How a channel carries a message."""

    EMAIL = "email"
    WEBHOOK = "webhook"  # JSON with a `text`, as Slack, Mattermost and programs take
    TEAMS = "teams"  # the same, with the card that Microsoft Teams wants


class Encryption(StrEnum):
    """How the connection to a mail server is kept private."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where e-mail is handed over, and for whom. Secret: it has the password."""

    host: str
    port: int
    encryption: Encryption
    user: str = ""
    password: str = ""
    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Where a webhook goes, and what it is signed with. Secret, the address too."""

    url: str
    secret: str


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A way to tell people; *kinds* are the alarms they want to hear of.

    Exactly one of *mail* and *receiver* is set, as *kind* says.
    """

    id: int
    name: str
    kind: ChannelKind
    kinds: tuple[AlarmKind, ...]
    mail: MailServer | None = None
    receiver: Receiver | None = None
    active: bool = True
    version: int = 0
    failed_at: datetime | None = None
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class StandingAlarm:
    """An alarm that was opened, with what became of it; *told* is for one channel."""

    id: int
    alarm: Alarm
    opened_at: datetime
    ended_at: datetime | None = None
    told: bool = False


class Event(StrEnum):
    """What a message says."""

    ALARM = "alarm"
    ALL_WELL = "all well"
    TEST = "test"


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is sent; *key* is the same however often it is tried."""

    key: str
    event: Event
    at: datetime
    subject: str
    text: str
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True, kw_only=True)
class News:
    """What a channel is to be told now."""

    event: Event
    alarms: tuple[StandingAlarm, ...]


def is_ripe(standing: StandingAlarm, now: datetime) -> bool:
    """Tell whether an alarm that holds is to be shown and told."""
    return standing.ended_at is None and now >= _ripe_at(standing)


def news_for(
    channel: Channel,
    standing: Sequence[StandingAlarm],
    rules: AlarmRules,
    now: datetime,
) -> News | None:
    """Return what *channel* is to be told at *now*, if anything.

    Args:
        channel: Whom to tell.
        standing: The alarms that hold, and those that ended and that the channel
            was told of, but not yet that they ended.
        rules: When the company wants to be told.
        now: The time.
    """
    batch = timedelta(minutes=rules.batch_minutes)
    new = [
        each
        for each in standing
        if not each.told and _wants(channel, each.alarm) and is_ripe(each, now)
    ]
    new.sort(key=lambda each: urgency(each.alarm))
    if any(now - _ripe_at(each) >= batch for each in new):
        return News(event=Event.ALARM, alarms=tuple(new))
    told = [each for each in standing if each.told]
    ends = [each.ended_at for each in told if each.ended_at is not None]
    if new or not told or len(ends) < len(told) or now - max(ends) < batch:
        return None
    return News(event=Event.ALL_WELL, alarms=tuple(told))


def compose(
    news: News, key: str, organisation: str, zone: str, now: datetime
) -> Message:
    """Write the message that tells *news*.

    Args:
        news: What to tell.
        key: What the message is known by.
        organisation: Whose books these are; "" while nobody knows.
        zone: The time zone that times are written in.
        now: When it is written.
    """
    alarms = tuple(standing.alarm for standing in news.alarms)
    name = f"Sluice, {organisation}" if organisation else "Sluice"
    if news.event is Event.ALL_WELL:
        subject = f"{name}: all is well again"
        lines = [f"All is well again. Over are:\n{_headings(alarms)}"]
    else:
        subject = f"{name}: {_summary(alarms)}"
        lines = [_paragraph(alarm, zone) for alarm in alarms]
    return Message(
        key=key,
        event=news.event,
        at=now,
        subject=subject,
        text="\n\n".join(lines),
        alarms=alarms,
    )


def trial(key: str, now: datetime) -> Message:
    """Return the message of the test button."""
    return Message(
        key=key,
        event=Event.TEST,
        at=now,
        subject="Sluice: this is a test",
        text="This is a test. Alarms of Sluice will arrive here.",
    )


def next_try(attempts: int) -> timedelta | None:
    """Return how long to wait after *attempts* that failed; None to give up."""
    return _TRIES_AFTER[attempts - 1] if attempts <= len(_TRIES_AFTER) else None


def _wants(channel: Channel, alarm: Alarm) -> bool:
    of_itself = alarm.kind is AlarmKind.NOT_DELIVERED and alarm.subject == channel.name
    return alarm.kind in channel.kinds and not of_itself


def _ripe_at(standing: StandingAlarm) -> datetime:
    return standing.opened_at + patience(standing.alarm.kind)


def _summary(alarms: Sequence[Alarm]) -> str:
    first = _heading(alarms[0])
    return first if len(alarms) == 1 else f"{first}, and {len(alarms) - 1} more"


def _headings(alarms: Sequence[Alarm]) -> str:
    return "\n".join(f"- {_heading(alarm)}" for alarm in alarms)


def _heading(alarm: Alarm) -> str:
    title = _TITLES[alarm.kind]
    return f"{title} ({alarm.subject})" if alarm.subject else title


def _paragraph(alarm: Alarm, zone: str) -> str:
    since = alarm.since.astimezone(ZoneInfo(zone))
    heading = _heading(alarm)
    return (
        f"{heading[0].upper()}{heading[1:]}\n"
        f"Since {since:%A %d %B %Y, %H:%M} ({zone}).\n{alarm.message}"
    )
