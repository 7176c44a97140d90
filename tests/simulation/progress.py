"""How far a long run is, for the person who waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from dashboard.domain.clock import Clock

_EVERY_S = 60.0


@dataclass
class Progress:
    """Tells of the schedules played, about every minute."""

    total: int
    clock: Clock
    tell: Callable[[str], object]
    played: int = 0
    _begun_s: float = field(init=False)
    _told_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._begun_s = self._told_s = self.clock.monotonic_s()

    def add(self, played: int) -> None:
        """Count schedules, and tell of them when it is time."""
        self.played += played
        now_s = self.clock.monotonic_s()
        if now_s - self._told_s >= _EVERY_S:
            self._told_s = now_s
            self.tell(self._line(now_s - self._begun_s))

    def _line(self, passed_s: float) -> str:
        left_s = passed_s / self.played * (self.total - self.played)
        end = (self.clock.now() + timedelta(seconds=left_s)).astimezone()
        return (
            f"{self.played} of {self.total} schedules played, "
            f"{self.played / passed_s * 60:.0f} a minute: "
            f"done at about {end:%H:%M}"
        )
