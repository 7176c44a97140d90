"""When a schedule is due follows from its line and its time zone alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dashboard.domain.runs import ScheduleKind
from dashboard.scheduling.plan import ScheduleWrong, in_words, next_due, next_runs

EVERY_DAY = {
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
}
CRON, INTERVAL = ScheduleKind.CRON, ScheduleKind.INTERVAL


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_interval_counts_from_a_fixed_start_in_every_process() -> None:
    first = next_due(INTERVAL, "60", "UTC", at("2026-11-22 09:30:07"))
    second = next_due(INTERVAL, "60", "UTC", at("2026-11-22 09:30:59"))

    assert first == second == at("2026-11-22 09:31:00")


def test_what_is_due_now_is_next_due_later() -> None:
    assert next_due(INTERVAL, "60", "UTC", at("2026-11-22 09:31")) == at(
        "2026-11-22 09:32"
    )


def test_a_cron_line_is_read_in_its_time_zone() -> None:
    due = next_due(CRON, "0 9 * * *", "Europe/Paris", at("2026-07-01 00:00"))

    assert due == at("2026-07-01 07:00")


def test_in_spring_a_time_that_does_not_exist_comes_an_hour_later() -> None:
    runs = next_runs(CRON, "30 2 * * *", "Europe/Paris", at("2026-03-28 12:00"), 2)

    assert runs == [at("2026-03-29 01:30"), at("2026-03-30 00:30")]


def test_in_autumn_an_interval_goes_on_every_hour() -> None:
    runs = next_runs(INTERVAL, "3600", "Europe/Paris", at("2026-10-24 23:00"), 3)

    assert runs == [at(f"2026-10-25 0{hour}:00") for hour in range(3)]


def test_in_autumn_a_daily_time_never_goes_backwards() -> None:
    runs = next_runs(CRON, "30 2 * * *", "Europe/Paris", at("2026-10-24 12:00"), 3)

    assert runs == sorted(set(runs))
    assert runs[0] == at("2026-10-25 00:30")
    assert runs[-1] >= at("2026-10-26 01:30")


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "SUN"])
def test_sunday_is_zero_and_seven_as_in_cron(sunday: str) -> None:
    due = next_due(CRON, f"0 9 * * {sunday}", "UTC", at("2026-11-23 00:00"))

    assert (due, due.strftime("%A")) == (at("2026-11-29 09:00"), "Sunday")


@pytest.mark.parametrize(
    ("weekday", "days"),
    [
        ("1", {"Monday"}),
        ("1-5", {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}),
        ("6,0", {"Saturday", "Sunday"}),
        ("5-7", {"Friday", "Saturday", "Sunday"}),
        ("0-2", {"Sunday", "Monday", "Tuesday"}),
        ("0-6", EVERY_DAY),
        ("*", EVERY_DAY),
        ("mon-fri/2", {"Monday", "Wednesday", "Friday"}),
        ("fri-sun", {"Friday", "Saturday", "Sunday"}),
        ("*/2", {"Sunday", "Tuesday", "Thursday", "Saturday"}),
    ],
)  # fmt: skip
def test_weekdays_are_counted_as_cron_counts_them(weekday: str, days: set[str]) -> None:
    runs = next_runs(CRON, f"0 9 * * {weekday}", "UTC", at("2026-11-23 00:00"), 14)

    assert {run.strftime("%A") for run in runs} == days


@pytest.mark.parametrize(
    ("kind", "spec", "timezone"),
    [
        (INTERVAL, "", "UTC"),
        (INTERVAL, "9", "UTC"),
        (INTERVAL, "1.5", "UTC"),
        (INTERVAL, "-60", "UTC"),
        (INTERVAL, "604801", "UTC"),
        (INTERVAL, "\uff19\uff19", "UTC"),
        (CRON, "", "UTC"),
        (CRON, "* * * *", "UTC"),
        (CRON, "* * * * * *", "UTC"),
        (CRON, "60 * * * *", "UTC"),
        (CRON, "0 24 * * *", "UTC"),
        (CRON, "0 0 0 * *", "UTC"),
        (CRON, "0 0 * 13 *", "UTC"),
        (CRON, "0 0 * * 8", "UTC"),
        (CRON, "0 0 * * funday", "UTC"),
        (CRON, "0 0 * * 5-1", "UTC"),
        (CRON, "0 0 * * 1/2", "UTC"),
        (CRON, "0 0 * * 1-5/0", "UTC"),
        (CRON, "0 0 * * 1,", "UTC"),
        (CRON, "0 0 30 2 *", "UTC"),
        (CRON, "0 0 * * *", "Europe/Atlantis"),
        (CRON, "0 0 * * *", ""),
        (CRON, "0 0 * * *", "../../etc/passwd"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    kind: ScheduleKind, spec: str, timezone: str
) -> None:
    with pytest.raises(ScheduleWrong, match=r"\w"):
        next_due(kind, spec, timezone, at("2026-11-22 00:00"))


@pytest.mark.parametrize(
    ("kind", "spec", "words"),
    [
        (INTERVAL, "60", "every minute"),
        (INTERVAL, "300", "every 5 minutes"),
        (INTERVAL, "3600", "every hour"),
        (INTERVAL, "86400", "every day"),
        (INTERVAL, "90", "every 90 seconds"),
        (CRON, "5 * * * *", "every hour at 5 past"),
        (CRON, "0 9 * * *", "every day at 09:00, Paris"),
        (CRON, "30 17 * * 1-5", "every weekday at 17:30, Paris"),
        (CRON, "0 9 * * 0", "every Sunday at 09:00, Paris"),
        (CRON, "0 9 * * 1,3", "every Monday, Wednesday at 09:00, Paris"),
        (CRON, "*/5 * * * *", "by the cron line */5 * * * * (Paris)"),
        (CRON, "0 9 1 * *", "by the cron line 0 9 1 * * (Paris)"),
    ],
)
def test_a_schedule_is_said_as_a_person_would(
    kind: ScheduleKind, spec: str, words: str
) -> None:
    assert in_words(kind, spec, "Europe/Paris") == words
