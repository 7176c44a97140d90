"""Tells APScheduler what stands in the schedules table, in every process alike.

APScheduler only calls; whether a run is queued is decided by a compare-and-swap on
the row, so any number of processes may mirror the same schedules.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from apscheduler.schedulers.background import BackgroundScheduler
from typing_extensions import override

from dashboard.domain.rules import Shop
from dashboard.domain.runs import Schedule, ScheduleKind, Task, Trigger
from dashboard.logs import in_the_same_name
from dashboard.scheduling.plan import ScheduleWrong, make_trigger, next_due
from dashboard.store.runs import RunStore
from dashboard.store.schedules import ScheduleStore
from dashboard.sync.background import Background

_log = logging.getLogger(__name__)

_MIRROR_EVERY_S = 5
# A clock that was set back by less is waited out.
_SET_BACK: Final = timedelta(seconds=60)
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


class ScheduleMirror(Background):
    """APScheduler in this process, kept equal to the schedules table.

    APScheduler waits by the time of day, the mirror by a clock that nobody sets.
    """

    def __init__(
        self,
        schedules: ScheduleStore,
        runs: RunStore,
        wake: Callable[[Trigger], None],
    ) -> None:
        super().__init__("mirror of schedules", every_s=_MIRROR_EVERY_S)
        self._schedules = schedules
        self._runs = runs
        self._wake_for = wake
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

    @override
    def start(self) -> None:
        """Begin to watch the table and to fire what is due."""
        self._scheduler.start()
        super().start()

    @override
    def stop(self, timeout_s: float = 10.0) -> None:
        """Fire nothing any more."""
        super().stop(timeout_s)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    @override
    def _work(self) -> None:
        self.mirror()

    def mirror(self) -> None:
        """Bring the jobs up to the table, and fire what was missed."""
        self._runs.beat("scheduler")
        rows = {schedule.id: schedule for schedule in self._schedules.all()}
        now = self._schedules.now()
        for gone in self._mirrored.keys() - rows.keys():
            self._forget(gone)
        for schedule in rows.values():
            if self._mirrored.get(schedule.id) != schedule.version:
                self._replace(schedule)
            if schedule.active and schedule.next_due_at <= now:
                self._fire(schedule, now)
            elif schedule.active:
                self._bring_forward(schedule, now)

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
            self._fire(schedule, self._schedules.now())

    def _bring_forward(self, schedule: Schedule, now: datetime) -> None:
        """Let a schedule be due by the clock as it is, if it was set back."""
        with suppress(ScheduleWrong):  # said when its job was to be made
            kind, spec, zone = schedule.kind, schedule.spec, schedule.timezone
            if next_due(kind, spec, zone, now + _SET_BACK) >= schedule.next_due_at:
                return
            due = next_due(kind, spec, zone, now)
            if self._schedules.bring_forward(schedule, due):
                _log.warning("the clock was set back", extra={"schedule": schedule.id})
            self._replace(schedule)

    def _fire(self, schedule: Schedule, now: datetime) -> None:
        """Queue one run for all times that have passed."""
        after = max(now, schedule.next_due_at)
        try:
            due = next_due(schedule.kind, schedule.spec, schedule.timezone, after)
        except ScheduleWrong as error:
            # One row that cannot be used must not keep the others from firing.
            _log.error("a schedule cannot be used", extra={"error": str(error)})
            return
        if self._schedules.fire(schedule, due):
            self._wake_for(Trigger.SCHEDULE)


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
