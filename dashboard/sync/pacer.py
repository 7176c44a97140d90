"""Waits for a place in the gate before a call, and gives it back after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from dashboard.accounting.protocol import BooksSilent
from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import NotProcessed
from dashboard.domain.sentences import say
from dashboard.store.gate import Gate

# Much shorter than a lease: a claim must not run out while its call waits.
_MAX_WAIT_S = 30.0
# The gate may open before its time, when a person says so.
_ASK_AGAIN_S = 1.0


class GatePacer:
    """Lets a call pass when the gate, shared by all processes, grants it.

    One made *urgent* takes every call for one that a person waits for.
    """

    def __init__(
        self, gate: Gate, clock: Clock, stopping: Event, *, urgent: bool = False
    ) -> None:
        self._gate = gate
        self._clock = clock
        self._stopping = stopping
        self._urgent = urgent

    @contextmanager
    def __call__(self, *, urgent: bool = False) -> Iterator[None]:
        """Wait for a place, hold it while the caller calls, give it back.

        Raises:
            BooksSilent: If no place comes free in time, or the program stops.
        """
        slot = self._wait(urgent=urgent or self._urgent)
        try:
            yield
        finally:
            self._gate.leave(slot)

    def _wait(self, *, urgent: bool) -> int:
        until_s = self._clock.monotonic_s() + _MAX_WAIT_S
        while not self._stopping.is_set():
            entry = self._gate.enter(urgent=urgent)
            if entry.slot is not None:
                return entry.slot
            if self._clock.monotonic_s() + entry.wait_s > until_s:
                raise BooksSilent(
                    NotProcessed(
                        reason=say("The books allow no more calls for now"),
                        wait_s=entry.wait_s,
                    )
                )
            self._stopping.wait(min(entry.wait_s, _ASK_AGAIN_S))
        raise BooksSilent(NotProcessed(reason=say("The program stops"), wait_s=0.0))
