"""Rate limits of an organisation: calls in flight, a minute, a day."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mock_accounting.ledger.clock import Clock

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """How much is allowed; *enforced* false counts nothing and refuses nothing."""

    enforced: bool = True
    in_flight: int = 5
    minute: int = 60
    day: int = 5000
    app_minute: int = 10_000


class LimitExceeded(Exception):
    """A call too many."""

    def __init__(self, problem: str, retry_after_s: float | None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class _Usage:
    """What an organisation has used up."""

    in_flight: int = 0
    minute: deque[datetime] = field(default_factory=deque)
    day_started: datetime | None = None
    day_count: int = 0


class Limits:
    """Counts the calls of every organisation against one quota."""

    def __init__(self, quota: Quota, clock: Clock) -> None:
        self.quota = quota
        self._clock = clock
        self._lock = threading.Lock()
        self._usage: dict[str, _Usage] = {}
        self._app_minute: deque[datetime] = deque()

    @contextmanager
    def admit(self, tenant_id: str) -> Iterator[None]:
        """Count a call and hold its place while it is in flight.

        Raises:
            LimitExceeded: If it is one too many; it is not counted then.
        """
        if not self.quota.enforced:
            yield
            return
        with self._lock:
            usage = self._usage.setdefault(tenant_id, _Usage())
            self._take(usage)
        try:
            yield
        finally:
            with self._lock:
                usage.in_flight -= 1

    def headers(self, tenant_id: str) -> Mapping[str, str]:
        """What is left, as every answer tells it."""
        quota = self.quota
        with self._lock:
            usage = self._usage.get(tenant_id, _Usage())
            now = self._clock.now()
            _forget(usage, now)
            _drop_before(self._app_minute, now - _MINUTE)
            left = {
                "X-MinLimit-Remaining": quota.minute - len(usage.minute),
                "X-DayLimit-Remaining": quota.day - usage.day_count,
                "X-AppMinLimit-Remaining": quota.app_minute - len(self._app_minute),
            }
        return {name: str(max(0, count)) for name, count in left.items()}

    def change(self, quota: Quota) -> None:
        """Set another quota and begin to count anew."""
        with self._lock:
            self.quota = quota
            for usage in self._usage.values():
                usage.minute.clear()
                usage.day_started = None
                usage.day_count = 0
            self._app_minute.clear()

    def _take(self, usage: _Usage) -> None:
        now = self._clock.now()
        quota = self.quota
        _forget(usage, now)
        _drop_before(self._app_minute, now - _MINUTE)
        if usage.in_flight >= quota.in_flight:
            raise LimitExceeded("concurrent", None)
        if usage.day_count >= quota.day:
            started = usage.day_started or now
            raise LimitExceeded("day", (started + _DAY - now).total_seconds())
        for calls, allowed, problem in (
            (usage.minute, quota.minute, "minute"),
            (self._app_minute, quota.app_minute, "appminute"),
        ):
            if len(calls) >= allowed:
                oldest = calls[0] if calls else now
                wait_s = (oldest + _MINUTE - now).total_seconds()
                raise LimitExceeded(problem, wait_s)
        usage.in_flight += 1
        usage.minute.append(now)
        self._app_minute.append(now)
        usage.day_started = usage.day_started or now
        usage.day_count += 1


def _forget(usage: _Usage, now: datetime) -> None:
    _drop_before(usage.minute, now - _MINUTE)
    if usage.day_started is not None and now >= usage.day_started + _DAY:
        usage.day_started = None
        usage.day_count = 0


def _drop_before(calls: deque[datetime], moment: datetime) -> None:
    while calls and calls[0] <= moment:
        calls.popleft()
