"""Alarms: what somebody has to be told although no single order went wrong.

Pure rules: from what was seen, the rhythm that was learned and the time follows which
alarms hold now. That each is told once is the business of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from dashboard.domain.pauses import ConnectionPause
from dashboard.domain.problems import TITLES, Cause
from dashboard.domain.rhythm import Rhythm, odd_from
from dashboard.domain.runs import Schedule
from dashboard.domain.sentences import Sentence, say, without_stop

# A role is played by threads of the processes; each says every 15 s that it is alive.
ROLES: Final = ("engine", "scheduler")
SILENT_AFTER: Final = timedelta(minutes=1)

_LATE_AFTER = timedelta(minutes=5)
# A restart is no alarm.
_RESTART = timedelta(minutes=2)
_USUAL_WAITS = 3
# Fewer orders than these may be such as wait for their payment.
_ORDERS_UNBOOKED = 5


_NOBODY_WORKS: Final[Mapping[str, Sentence]] = {
    "engine": say(
        "No process says that it books orders. Orders are still received and kept. "
        "Start the program again (sluice serve or sluice worker) and read its log."
    ),
    "scheduler": say(
        "No process says that it starts runs on schedule. Orders are still received "
        "and kept. Start the program again (sluice serve or sluice worker) and read "
        "its log."
    ),
}


class AlarmKind(StrEnum):
    """What an alarm is about; the most urgent first."""

    WORKER_SILENT = "worker silent"
    SCHEDULE_LATE = "schedule late"
    WEBHOOK_OFF = "webhook off"
    NO_ORDERS = "no orders"
    NO_BOOKINGS = "no bookings"
    BOOKS_PAUSED = "books paused"
    NOT_DELIVERED = "notification not delivered"
    NEEDS_PERSON = "problems waiting"


# What only somebody with a hand on the machines can put right.
FOR_OPERATORS: Final = frozenset({AlarmKind.WORKER_SILENT, AlarmKind.SCHEDULE_LATE})


class WebhookState(StrEnum):
    """What a shop says of the webhook that sends us its orders."""

    ACTIVE = "active"
    DISABLED = "disabled"  # by the shop itself, after deliveries that failed
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class AlarmRules:
    """When a company wants to be told.

    floor_minutes: a shorter silence, or wait, is never an alarm.
    ceiling_hours: a longer silence of a shop always is; None leaves it to its rhythm.
    paused_minutes: how long calls to the books may pause.
    problem_minutes: how long a problem may wait for a person.
    batch_minutes: what begins within these is told in one message; what is over before
        they are is not told at all.
    timezone: in which shops keep their hours; "" for that of the books' country.
    quiet_from, quiet_until: hours of that time zone between which nothing is sent;
        None both for no such hours.
    """

    floor_minutes: int = 60
    ceiling_hours: int | None = None
    paused_minutes: int = 30
    problem_minutes: int = 15
    batch_minutes: int = 3
    timezone: str = ""
    quiet_from: int | None = None
    quiet_until: int | None = None


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Something somebody has to look at.

    *subject* tells alarms of one kind apart: a shop's slug, a cause, the name of a
    schedule for all shops.
    *since* is when it began. *message* says what it is and what to do, in sentences
    that stay true while it lasts.
    """

    kind: AlarmKind
    subject: str
    since: datetime
    message: str


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Something that comes again and again: orders of a shop, or bookings.

    *recent* are the last few times, the oldest first; *rhythm* is None until enough of
    them are known.
    """

    recent: tuple[datetime, ...] = ()
    rhythm: Rhythm | None = None


@dataclass(frozen=True, kw_only=True)
class ShopSeen:
    """What was seen of an active shop; *webhook* is None if it was never asked."""

    slug: str
    name: str
    orders: Flow
    webhook: WebhookState | None = None
    webhook_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ProblemSeen:
    """Orders that need a person for one cause, the first of them since *first_at*."""

    cause: Cause
    count: int
    first_at: datetime
    message: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Everything the alarms follow from.

    alive: when each role last said that it is.
    pause: why and since when the books are not called; None while they are.
    connected: whether there are books at all.
    waits_since: when the order that has waited longest could first be booked.
    usual_wait: how long nearly every order waits at most, once that is known.
    undelivered: channels whose last message was given up, with when and why.
    """

    alive: Mapping[str, datetime] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] = ()
    connected: bool = True
    pause: ConnectionPause | None = None
    shops: tuple[ShopSeen, ...] = ()
    bookings: Flow = Flow()
    waits_since: datetime | None = None
    usual_wait: timedelta | None = None
    problems: tuple[ProblemSeen, ...] = ()
    undelivered: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)


def alarms_now(seen: Seen, rules: AlarmRules, now: datetime) -> tuple[Alarm, ...]:
    """Return every alarm that holds at *now*, the most urgent first.

    What merely follows from another alarm is left out: of an engine that is silent
    nobody has to hear that it books nothing.
    """
    return tuple(alarm for rule in _RULES for alarm in rule(seen, rules, now))


def urgency(alarm: Alarm) -> int:
    """Return what sorts alarms, the most urgent first."""
    return list(AlarmKind).index(alarm.kind)


def patience(kind: AlarmKind) -> timedelta:
    """Return how long an alarm has to hold before anybody is bothered with it."""
    return _RESTART if kind is AlarmKind.WORKER_SILENT else timedelta(0)


def silent_from(flow: Flow, rules: AlarmRules) -> datetime | None:
    """Return when the silence after the last of *flow* becomes an alarm, if ever."""
    if not flow.recent:
        return None
    last = flow.recent[-1]
    odd = None if flow.rhythm is None else odd_from(flow.rhythm, flow.recent)
    at = [max(odd, last + timedelta(minutes=rules.floor_minutes))] if odd else []
    if rules.ceiling_hours is not None:
        at.append(last + timedelta(hours=rules.ceiling_hours))
    return min(at, default=None)


def in_quiet_hours(rules: AlarmRules, timezone: str, now: datetime) -> bool:
    """Tell whether nothing is to be sent now."""
    begin, end = rules.quiet_from, rules.quiet_until
    if begin is None or end is None:
        return False
    hour = now.astimezone(ZoneInfo(timezone)).hour
    return begin <= hour < end if begin <= end else hour >= begin or hour < end


def _silent_roles(seen: Seen, now: datetime) -> list[str]:
    alive = seen.alive
    return [r for r in ROLES if r not in alive or now - alive[r] > SILENT_AFTER]


def _workers(seen: Seen, _rules: AlarmRules, now: datetime) -> Iterator[Alarm]:
    for role in _silent_roles(seen, now):
        yield Alarm(
            kind=AlarmKind.WORKER_SILENT,
            subject=role,
            since=seen.alive.get(role, now),
            message=_NOBODY_WORKS[role],
        )


def _schedules(seen: Seen, _rules: AlarmRules, now: datetime) -> Iterator[Alarm]:
    if "scheduler" in _silent_roles(seen, now):
        return
    for schedule in seen.schedules:
        if schedule.active and now - schedule.next_due_at > _LATE_AFTER:
            yield Alarm(
                kind=AlarmKind.SCHEDULE_LATE,
                subject=schedule.shop_slug or schedule.name,
                since=schedule.next_due_at,
                message=say(
                    'The schedule "%(name)s" was due and has not started. Look at it '
                    "under Schedules and read the program's log.",
                    name=schedule.name,
                ),
            )


def _webhooks(seen: Seen, _rules: AlarmRules, now: datetime) -> Iterator[Alarm]:
    for shop in seen.shops:
        if _webhook_is_off(shop):
            yield Alarm(
                kind=AlarmKind.WEBHOOK_OFF,
                subject=shop.slug,
                since=shop.webhook_at or now,
                message=_webhook_words(shop),
            )


def _webhook_words(shop: ShopSeen) -> Sentence:
    if shop.webhook is WebhookState.DISABLED:
        return say(
            "%(name)s sends no orders any more: its webhook is disabled. Set it active "
            "again in the shop, in WooCommerce under Settings > Advanced > Webhooks.",
            name=shop.name,
        )
    return say(
        "%(name)s sends no orders any more: its webhook is missing. Set it active "
        "again in the shop, in WooCommerce under Settings > Advanced > Webhooks.",
        name=shop.name,
    )


def _orders(seen: Seen, rules: AlarmRules, now: datetime) -> Iterator[Alarm]:
    for shop in seen.shops:
        silent_at = silent_from(shop.orders, rules)
        if silent_at is None or now < silent_at or _webhook_is_off(shop):
            continue
        yield Alarm(
            kind=AlarmKind.NO_ORDERS,
            subject=shop.slug,
            since=shop.orders.recent[-1],
            message=say(
                "%(name)s has sent no order for longer than is usual at these "
                "hours. See whether customers can order, and whether the shop's "
                "webhook is active and reaches Sluice.",
                name=shop.name,
            ),
        )


def _bookings(seen: Seen, rules: AlarmRules, now: datetime) -> Iterator[Alarm]:
    if not seen.connected or seen.pause or "engine" in _silent_roles(seen, now):
        return
    last = seen.bookings.recent[-1] if seen.bookings.recent else None
    if seen.waits_since is not None:
        since = max(seen.waits_since, last or seen.waits_since)
        if now - since > _longest_wait(seen, rules):
            yield _no_bookings(
                since,
                say(
                    "Orders wait and none is booked, for longer than usual. Look at "
                    "the newest runs and at what the books answered."
                ),
            )
            return
    silent_at = silent_from(seen.bookings, rules)
    if last is None or silent_at is None or now < silent_at:
        return
    unbooked = sum(at > last for shop in seen.shops for at in shop.orders.recent)
    if unbooked >= _ORDERS_UNBOOKED:
        yield _no_bookings(
            last,
            say(
                "Orders come in and none is booked, for longer than usual. See "
                "what they wait for under Orders: if it is their payment, whether "
                "the shop still tells when an order is paid."
            ),
        )


def _no_bookings(since: datetime, message: str) -> Alarm:
    return Alarm(kind=AlarmKind.NO_BOOKINGS, subject="", since=since, message=message)


def _longest_wait(seen: Seen, rules: AlarmRules) -> timedelta:
    floor = timedelta(minutes=rules.floor_minutes)
    return max(floor, _USUAL_WAITS * (seen.usual_wait or timedelta(0)))


def _pauses(seen: Seen, rules: AlarmRules, now: datetime) -> Iterator[Alarm]:
    pause = seen.pause
    if pause and now - pause.since >= timedelta(minutes=rules.paused_minutes):
        yield Alarm(
            kind=AlarmKind.BOOKS_PAUSED,
            subject="",
            since=pause.since,
            message=say(
                "Calls to the books pause: %(reason)s. Orders wait and go on by "
                "themselves. If it lasts, see Settings > Connection.",
                reason=without_stop(pause.reason),
            ),
        )


def _deliveries(seen: Seen, _rules: AlarmRules, _now: datetime) -> Iterator[Alarm]:
    for channel, (since, why) in seen.undelivered.items():
        yield Alarm(
            kind=AlarmKind.NOT_DELIVERED,
            subject=channel,
            since=since,
            message=say(
                "Notifications to %(channel)s do not arrive: %(reason)s. Put it "
                "right and test it under Settings > Notifications.",
                channel=channel,
                reason=without_stop(why),
            ),
        )


def _problems(seen: Seen, rules: AlarmRules, now: datetime) -> Iterator[Alarm]:
    for problem in seen.problems:
        if now - problem.first_at >= timedelta(minutes=rules.problem_minutes):
            yield Alarm(
                kind=AlarmKind.NEEDS_PERSON,
                subject=problem.cause.value,
                since=problem.first_at,
                message=say(
                    "%(title)s: %(message)s",
                    title=TITLES[problem.cause],
                    message=problem.message,
                ),
            )


def _webhook_is_off(shop: ShopSeen) -> bool:
    return shop.webhook not in {None, WebhookState.ACTIVE}


_RULES: Final[tuple[Callable[[Seen, AlarmRules, datetime], Iterator[Alarm]], ...]] = (
    _workers,
    _schedules,
    _webhooks,
    _orders,
    _bookings,
    _pauses,
    _deliveries,
    _problems,
)
