"""The only place that tells the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time; tests and the simulation bring their own."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds that never run backwards, for measuring a duration."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Return seconds that never run backwards, for measuring a duration."""
        return time.monotonic()


class SettableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._monotonic_s = 0.0

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self._now

    def monotonic_s(self) -> float:
        """Return the seconds it was moved forward since it was made."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Move both readings forward by *seconds*."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds
