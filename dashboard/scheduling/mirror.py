"""Tells APScheduler what stands in the schedules table, in every process alike.

APScheduler only calls; whether a run is queued is decided by a compare-and-swap on
the row, so any number of processes may mirror the same schedules.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from apscheduler.schedulers.background import BackgroundScheduler
from typing_extensions import override

from dashboard.domain.clock import Clock, SystemClock
from dashboard.domain.rules import Shop
from dashboard.domain.runs import Schedule, ScheduleKind, Task, Trigger
from dashboard.logs import in_the_same_name
from dashboard.scheduling.plan import ScheduleWrong, make_trigger, next_due
from dashboard.store.runs import RunStore
from dashboard.store.schedules import ScheduleStore

_log = logging.getLogger(__name__)

_MIRROR_EVERY_S = 5
_MIRROR = "mirror"
_PULLED_AT_FIRST: Final = (ScheduleKind.INTERVAL, "300", "UTC")


class _Scheduler(BackgroundScheduler):  # type: ignore[misc]
    """APScheduler, its thread in the name of the organisation that starts it."""

    @override
    def start(self, *args: Any, **options: Any) -> None:
        self._named_loop = in_the_same_name(super()._main_loop)
        super().start(*args, **options)

    @override
    def _main_loop(self) -> None:
        self._named_loop()


class ScheduleMirror:
    """APScheduler in this process, kept equal to the schedules table."""

    def __init__(
        self,
        schedules: ScheduleStore,
        runs: RunStore,
        clock: Clock,
        wake: Callable[[Trigger], None],
    ) -> None:
        self._schedules = schedules
        self._runs = runs
        self._clock = clock
        self._wake = wake
        self._mirrored: dict[int, int] = {}
        self._scheduler = _Scheduler(
            timezone=UTC,
            job_defaults={
                # Late is better than never: the default drops a job 1 s late.
                "misfire_grace_time": None,
                "coalesce": True,
                "max_instances": 1,
            },
        )

    def start(self) -> None:
        """Begin to watch the table and to fire what is due."""
        self._scheduler.add_job(
            in_the_same_name(self.mirror),
            "interval",
            seconds=_MIRROR_EVERY_S,
            id=_MIRROR,
            next_run_time=SystemClock().now(),  # APScheduler goes by the machine's
        )
        self._scheduler.start()

    def look_again(self) -> None:
        """Fire what is due by a clock that was moved."""
        if self._scheduler.running:
            self._scheduler.modify_job(_MIRROR, next_run_time=SystemClock().now())

    def stop(self) -> None:
        """Fire nothing any more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def mirror(self) -> None:
        """Bring the jobs up to the table, and fire what was missed."""
        self._runs.beat("scheduler")
        rows = {schedule.id: schedule for schedule in self._schedules.all()}
        for gone in self._mirrored.keys() - rows.keys():
            self._forget(gone)
        for schedule in rows.values():
            if self._mirrored.get(schedule.id) != schedule.version:
                self._replace(schedule)
            if schedule.active and schedule.next_due_at <= self._clock.now():
                self._fire(schedule)

    def _replace(self, schedule: Schedule) -> None:
        self._forget(schedule.id)
        self._mirrored[schedule.id] = schedule.version
        if not schedule.active:
            return
        try:
            trigger = make_trigger(schedule.kind, schedule.spec, schedule.timezone)
        except ScheduleWrong as error:
            _log.error("a schedule cannot be used", extra={"error": str(error)})
            return
        due = in_the_same_name(self._due)
        self._scheduler.add_job(due, trigger, args=[schedule.id], id=str(schedule.id))

    def _forget(self, schedule_id: int) -> None:
        self._mirrored.pop(schedule_id, None)
        if self._scheduler.get_job(str(schedule_id)) is not None:
            self._scheduler.remove_job(str(schedule_id))

    def _due(self, schedule_id: int) -> None:
        schedule = self._schedules.get(schedule_id)
        if schedule is not None and schedule.active:
            self._fire(schedule)

    def _fire(self, schedule: Schedule) -> None:
        """Queue one run for all times that have passed."""
        after = max(self._clock.now(), schedule.next_due_at)
        try:
            due = next_due(schedule.kind, schedule.spec, schedule.timezone, after)
        except ScheduleWrong as error:
            # One row that cannot be used must not keep the others from firing.
            _log.error("a schedule cannot be used", extra={"error": str(error)})
            return
        if self._schedules.fire(schedule, due):
            self._wake(Trigger.SCHEDULE)


def give_own_schedule(schedules: ScheduleStore, shop: Shop, now: datetime) -> Schedule:
    """Let a shop be pulled apart from the others, at first as often as they are.

    Where they are paused, it is too.
    """
    known = schedules.pulling(shop)
    kind, spec, zone = _PULLED_AT_FIRST
    if known is not None:
        kind, spec, zone = known.kind, known.spec, known.timezone
    own = Schedule(
        id=0,
        name=f"pull of {shop.slug}",
        task=Task.PULL,
        kind=kind,
        spec=spec,
        timezone=zone,
        active=known is None or known.active,
        paused_reason="" if known is None else known.paused_reason,
        version=1,
        next_due_at=next_due(kind, spec, zone, now),
        shop_id=shop.id,
    )
    schedules.install(own)
    return schedules.pulling(shop) or own


def install_defaults(schedules: ScheduleStore, now: datetime) -> None:
    """Add the schedules a new company starts with."""
    interval, cron = ScheduleKind.INTERVAL, ScheduleKind.CRON
    for name, task, kind, spec in (
        ("Book orders", Task.SYNC, interval, "60"),
        ("Pull shops", Task.PULL, interval, "300"),
        ("Reconcile", Task.RECONCILE, cron, "30 3 * * *"),
        ("Prune", Task.PRUNE, cron, "10 2 * * *"),
    ):
        zone = "UTC"
        schedules.install(
            Schedule(
                id=0,
                name=name,
                task=task,
                kind=kind,
                spec=spec,
                timezone=zone,
                active=True,
                paused_reason="",
                version=1,
                next_due_at=next_due(kind, spec, zone, now),
            )
        )
