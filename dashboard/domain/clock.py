"""The only place that tells the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time; tests bring their own."""

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


class DemoClock:
    """The machine's clock moved ahead, for all of a demonstration's process.

    It never goes back: what is stored would then lie in the future. Durations stay
    those of the machine.
    """

    def __init__(self, ahead: timedelta = timedelta(0)) -> None:
        self._ahead = ahead

    @property
    def ahead(self) -> timedelta:
        """How far it is ahead of the machine's clock."""
        return self._ahead

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        return datetime.now(UTC) + self._ahead

    def monotonic_s(self) -> float:
        """Return seconds that never run backwards, for measuring a duration."""
        return time.monotonic()

    def move_to(self, ahead: timedelta) -> None:
        """Be so far ahead of the machine's clock, or further if it is already."""
        self._ahead = max(self._ahead, ahead)
