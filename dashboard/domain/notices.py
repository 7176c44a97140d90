"""Notices: who is told of which alarms, when, and in what words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from dashboard.domain.alarms import Alarm, AlarmKind, AlarmRules, patience, urgency
from dashboard.domain.problems import TITLES
from dashboard.domain.sentences import Sentence, say

_ALARMS: Final[Mapping[AlarmKind, Sentence]] = {
    AlarmKind.WORKER_SILENT: say("nothing works in the background"),
    AlarmKind.SCHEDULE_LATE: say("a schedule is late"),
    AlarmKind.WEBHOOK_OFF: say("a shop has switched its webhook off"),
    AlarmKind.NO_ORDERS: say("no orders come in"),
    AlarmKind.NO_BOOKINGS: say("nothing is booked"),
    AlarmKind.BOOKS_PAUSED: say("calls to the books pause"),
    AlarmKind.NOT_DELIVERED: say("a notification does not arrive"),
    AlarmKind.NEEDS_PERSON: say("orders need a person"),
}
# What people who keep books there mostly read; English elsewhere.
_LANGUAGES: Final = {"NL": "nl", "BE": "nl", "DE": "de", "AT": "de", "CH": "de"}
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
    language: str = ""  # "": the company's
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


# Puts a sentence into the language of those who are told.
Speak: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """For whom messages are written.

    organisation: Whose books these are; "" while nobody knows.
    zone: The time zone that times are written in.
    pages: What the addresses of the company's pages begin with; "" if nobody said.
    """

    organisation: str
    zone: str
    speak: Speak
    pages: str = ""


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


def compose(news: News, key: str, setting: Setting, now: datetime) -> Message:
    """Write the message that tells *news*; *key* is what it is known by."""
    told = [standing.alarm for standing in news.alarms]
    speak = setting.speak
    name = f"Sluice, {setting.organisation}" if setting.organisation else "Sluice"
    if news.event is Event.ALL_WELL:
        subject = say("%(name)s: all is well again", name=name)
        over = say("All is well again. Over are:")
        lines = ["\n".join((speak(over), *(f"- {speak(_heading(a))}" for a in told)))]
    else:
        subject = say("%(name)s: %(summary)s", name=name, summary=_summary(told))
        lines = [_paragraph(alarm, setting) for alarm in told]
    return Message(
        key=key,
        event=news.event,
        at=now,
        subject=speak(subject),
        text="\n\n".join(lines),
        alarms=tuple(replace(a, message=speak(a.message)) for a in told),
    )


def trial(key: str, setting: Setting, now: datetime) -> Message:
    """Return the message of the test button."""
    words = setting.speak(say("This is a test. Alarms of Sluice will arrive here."))
    return Message(
        key=key,
        event=Event.TEST,
        at=now,
        subject=setting.speak(say("Sluice: this is a test")),
        text="\n".join((words, f"{setting.pages}/")) if setting.pages else words,
    )


def alarm_key(kind: AlarmKind) -> str:
    """Return how a kind of alarm is written in an address."""
    return kind.name.lower().replace("_", "-")


def language_of(channel: Channel, country: str) -> str:
    """Return what a channel is written in: as chosen, else as its country reads."""
    return channel.language or _LANGUAGES.get(country, "en")


def next_try(attempts: int) -> timedelta | None:
    """Return how long to wait after *attempts* that failed; None to give up."""
    return _TRIES_AFTER[attempts - 1] if attempts <= len(_TRIES_AFTER) else None


def _wants(channel: Channel, alarm: Alarm) -> bool:
    of_itself = alarm.kind is AlarmKind.NOT_DELIVERED and alarm.subject == channel.name
    return alarm.kind in channel.kinds and not of_itself


def _ripe_at(standing: StandingAlarm) -> datetime:
    return standing.opened_at + patience(standing.alarm.kind)


def _summary(alarms: Sequence[Alarm]) -> Sentence:
    first, more = _heading(alarms[0]), len(alarms) - 1
    return (
        say("%(first)s, and %(more)s more", first=first, more=more) if more else first
    )


def _heading(alarm: Alarm) -> Sentence:
    title = _ALARMS[alarm.kind]
    if not alarm.subject:
        return title
    return say("%(title)s (%(subject)s)", title=title, subject=_subject(alarm))


def _subject(alarm: Alarm) -> str:
    if alarm.kind is AlarmKind.NEEDS_PERSON:
        titles = {cause.value: title for cause, title in TITLES.items()}
        return titles.get(alarm.subject, alarm.subject)
    return alarm.subject


def _paragraph(alarm: Alarm, setting: Setting) -> str:
    heading = setting.speak(_heading(alarm))
    since = say(
        "Since %(since)s (%(zone)s).",
        since=alarm.since.astimezone(ZoneInfo(setting.zone)),
        zone=setting.zone,
    )
    lines = [
        f"{heading[0].upper()}{heading[1:]}",
        setting.speak(since),
        setting.speak(alarm.message),
    ]
    if setting.pages:
        lines.append(f"{setting.pages}/alarms/{alarm_key(alarm.kind)}")
    return "\n".join(lines)
