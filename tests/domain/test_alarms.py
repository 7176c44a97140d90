"""Which alarms hold, given what was seen: a table of situations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.domain.alarms import (
    AlarmRules,
    Flow,
    ProblemSeen,
    Seen,
    ShopSeen,
    WebhookState,
    alarms_now,
    in_quiet_hours,
)
from dashboard.domain.pauses import ConnectionPause, Pause
from dashboard.domain.problems import Cause
from dashboard.domain.rhythm import Rhythm
from dashboard.domain.runs import Schedule, ScheduleKind, Task

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
# Ten events an hour, day and night; a silence in which twenty should have come is odd.
STEADY = Rhythm(timezone="UTC", expected=(10.0,) * 168, limit=20.0)
ALIVE = {"engine": NOW, "scheduler": NOW}


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def flow(last: datetime, rhythm: Rhythm | None = STEADY) -> Flow:
    recent = tuple(last - timedelta(minutes=6 * n) for n in reversed(range(21)))
    return Flow(recent=recent, rhythm=rhythm)


def a_shop(last_order: datetime = NOW, **fields: object) -> ShopSeen:
    shop = ShopSeen(slug="demo", name="Demo shop", orders=flow(last_order))
    return replace(shop, **fields)  # type: ignore[arg-type]


def a_schedule(due: datetime, *, active: bool = True, shop_slug: str = "") -> Schedule:
    return Schedule(
        id=1,
        name="Book orders",
        task=Task.SYNC,
        kind=ScheduleKind.INTERVAL,
        spec="60",
        timezone="UTC",
        active=active,
        paused_reason="",
        version=1,
        next_due_at=due,
        shop_slug=shop_slug,
    )


def a_problem(first_at: datetime) -> ProblemSeen:
    return ProblemSeen(
        cause=Cause.UNKNOWN_TAX_RATE, count=3, first_at=first_at, message="Choose one."
    )


def a_pause(since: datetime) -> ConnectionPause:
    return ConnectionPause(
        pause=Pause.DAY_LIMIT,
        reason="The day's calls are used up",
        since=since,
        until=NOW + timedelta(hours=1),
    )


SITUATIONS: Mapping[str, tuple[dict[str, object], list[str]]] = {
    "all is well": ({"shops": (a_shop(),)}, []),
    "nothing is set up yet": ({}, []),
    # Workers
    "the engine is silent": ({"alive": {"scheduler": NOW}}, ["worker silent: engine"]),
    "the engine was silent for a moment": (
        {"alive": ALIVE | {"engine": ago(seconds=45)}},
        [],
    ),
    "the scheduler stopped: what it does not start is no news": (
        {
            "alive": ALIVE | {"scheduler": ago(minutes=9)},
            "schedules": (a_schedule(ago(minutes=8)),),
        },
        ["worker silent: scheduler"],
    ),
    # Schedules
    "a schedule is late": (
        {"schedules": (a_schedule(ago(minutes=6)),)},
        ["schedule late: Book orders"],
    ),
    "schedules of two shops of one name are late": (
        {
            "schedules": (
                a_schedule(ago(minutes=6), shop_slug="north"),
                a_schedule(ago(minutes=6), shop_slug="south"),
            )
        },
        ["schedule late: north", "schedule late: south"],
    ),
    "a schedule is about to start": ({"schedules": (a_schedule(ago(minutes=4)),)}, []),
    "a schedule is paused": (
        {"schedules": (a_schedule(ago(days=6), active=False),)},
        [],
    ),
    # Orders
    "orders stopped for twice the usual": (
        {"shops": (a_shop(ago(hours=2, minutes=1)),)},
        ["no orders: demo"],
    ),
    "orders stopped, not yet oddly": ({"shops": (a_shop(ago(minutes=119)),)}, []),
    "a shop that never sent an order": ({"shops": (a_shop(orders=Flow()),)}, []),
    "a shop whose rhythm is not known yet": (
        {"shops": (a_shop(orders=flow(ago(days=9), None)),)},
        [],
    ),
    "one of two shops is silent": (
        {"shops": (a_shop(), a_shop(ago(hours=3), slug="other"))},
        ["no orders: other"],
    ),
    "its webhook is off: that orders are missing is no news": (
        {"shops": (a_shop(ago(hours=9), webhook=WebhookState.DISABLED),)},
        ["webhook off: demo"],
    ),
    "its webhook is on and orders are missing": (
        {"shops": (a_shop(ago(hours=9), webhook=WebhookState.ACTIVE),)},
        ["no orders: demo"],
    ),
    "its webhook is gone": (
        {"shops": (a_shop(webhook=WebhookState.MISSING),)},
        ["webhook off: demo"],
    ),
    # Bookings
    "an order waits and nothing is booked": (
        {"waits_since": ago(minutes=61), "bookings": flow(ago(minutes=70))},
        ["no bookings: "],
    ),
    "an order waits, others are booked": (
        {"waits_since": ago(hours=9), "bookings": flow(ago(minutes=10))},
        [],
    ),
    "an order waits as long as orders usually do": (
        {
            "waits_since": ago(hours=20),
            "bookings": flow(ago(hours=21), None),
            "usual_wait": timedelta(hours=8),
        },
        [],
    ),
    "the first order of all waits": (
        {"waits_since": ago(minutes=61)},
        ["no bookings: "],
    ),
    "an order waits for an engine that is silent": (
        {"waits_since": ago(hours=9), "alive": {"scheduler": NOW}},
        ["worker silent: engine"],
    ),
    "an order waits while the books pause": (
        {"waits_since": ago(hours=9), "pause": a_pause(ago(minutes=10))},
        [],
    ),
    "an order waits without any books": (
        {"waits_since": ago(hours=9), "connected": False},
        [],
    ),
    "orders come in and none can be booked": (
        {"shops": (a_shop(),), "bookings": flow(ago(hours=3))},
        ["no bookings: "],
    ),
    "neither orders nor bookings: only the orders are news": (
        {"shops": (a_shop(ago(hours=3)),), "bookings": flow(ago(hours=3))},
        ["no orders: demo"],
    ),
    # The rest
    "the books pause for long": (
        {"pause": a_pause(ago(minutes=30))},
        ["books paused: "],
    ),
    "the books pause": ({"pause": a_pause(ago(minutes=29))}, []),
    "a problem waits for a person": (
        {"problems": (a_problem(ago(minutes=16)),)},
        ["problems waiting: unknown tax rate"],
    ),
    "a problem came up just now": ({"problems": (a_problem(ago(minutes=14)),)}, []),
    "a channel gave up": (
        {"undelivered": {"Office": (ago(minutes=1), "No such mailbox")}},
        ["notification not delivered: Office"],
    ),
    "much at once, the most urgent first": (
        {
            "alive": {},
            "shops": (a_shop(ago(hours=9)),),
            "problems": (a_problem(ago(hours=1)),),
        },
        [
            "worker silent: engine",
            "worker silent: scheduler",
            "no orders: demo",
            "problems waiting: unknown tax rate",
        ],
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_alarms(situation: str) -> None:
    seen, expected = SITUATIONS[situation]

    alarms = alarms_now(Seen(**{"alive": ALIVE} | seen), AlarmRules(), NOW)  # type: ignore[arg-type]

    assert [f"{alarm.kind}: {alarm.subject}" for alarm in alarms] == expected


@pytest.mark.parametrize(
    ("rules", "minutes", "alarm"),
    [
        (AlarmRules(floor_minutes=240), 239, False),
        (AlarmRules(floor_minutes=240), 240, True),
        (AlarmRules(ceiling_hours=1), 59, False),
        (AlarmRules(ceiling_hours=1), 60, True),
        (AlarmRules(ceiling_hours=48), 120, True),
    ],
)
def test_a_company_sets_bounds_to_what_is_odd(
    rules: AlarmRules, minutes: int, *, alarm: bool
) -> None:
    seen = Seen(alive=ALIVE, shops=(a_shop(ago(minutes=minutes)),))

    assert bool(alarms_now(seen, rules, NOW)) is alarm


def test_a_fixed_bound_counts_without_any_rhythm() -> None:
    shop = a_shop(orders=flow(ago(hours=25), None))

    (alarm,) = alarms_now(
        Seen(alive=ALIVE, shops=(shop,)), AlarmRules(ceiling_hours=24), NOW
    )

    assert alarm.since == ago(hours=25)


@pytest.mark.parametrize(
    ("begin", "end", "hour", "quiet"),
    [
        (22, 7, 21, False),
        (22, 7, 22, True),
        (22, 7, 6, True),
        (22, 7, 7, False),
        (1, 5, 4, True),
        (1, 5, 5, False),
        (None, None, 4, False),
    ],
)
def test_quiet_hours(
    begin: int | None, end: int | None, hour: int, *, quiet: bool
) -> None:
    rules = AlarmRules(quiet_from=begin, quiet_until=end)
    now = datetime(2026, 11, 24, hour, 30, tzinfo=UTC)

    assert in_quiet_hours(rules, "UTC", now) is quiet
    # An hour ahead in Amsterdam, in winter.
    earlier = now - timedelta(hours=1)
    assert in_quiet_hours(rules, "Europe/Amsterdam", earlier) is quiet
