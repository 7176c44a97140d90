"""The one place that tells the time; tests freeze it and move it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """The machine's time, until it is frozen or moved by the control API."""

    def __init__(self, frozen_at: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self._frozen_at = frozen_at
        self._offset = timedelta()

    def now(self) -> datetime:
        """The time in the mock's world, aware, in UTC."""
        with self._lock:
            return self._frozen_at or datetime.now(UTC) + self._offset

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen_at is not None

    def freeze(self, at: datetime | None = None) -> None:
        """Stop time, now or at *at*."""
        moment = at or self.now()
        with self._lock:
            self._frozen_at = moment

    def advance(self, by: timedelta) -> None:
        """Move time; a frozen clock stays frozen at the new moment."""
        with self._lock:
            if self._frozen_at is not None:
                self._frozen_at += by
            else:
                self._offset += by

    def reset(self) -> None:
        """Follow the machine's time again."""
        with self._lock:
            self._frozen_at = None
            self._offset = timedelta()
