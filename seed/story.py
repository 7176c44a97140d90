"""Tells the shop's story to an intake, order by order, at a given pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import requests

from seed.catalogue import Shop
from seed.orders import Snapshot, turn
from seed.send import Delivery, Intake, deliver


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast orders come: *opening* of them over a time, then one at a time.

    With *every_s* 0 the story ends after the opening.
    """

    opening: int
    over_s: float
    every_s: float


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An order as it was sent, and what became of it."""

    snapshot: Snapshot
    delivery: Delivery


class Storyteller:
    """Sends each order's news when its turn comes.

    *placed* keeps when each order was placed, by number; it grows with every
    turn.
    """

    def __init__(
        self, shop: Shop, intake: Intake, *, seed: int, placed: dict[int, datetime]
    ) -> None:
        self._shop = shop
        self._intake = intake
        self._seed = seed
        self._session = requests.Session()
        # Loopback and company networks: a proxy of the machine has no say.
        self._session.trust_env = False
        self.placed = placed

    def tell(self, number: int, *, at: datetime) -> list[Sent]:
        """Place order *number* at the moment *at*, and send what is news by then."""
        self.placed[number] = at
        return [
            Sent(
                snapshot=snapshot,
                delivery=deliver(snapshot, self._shop, self._intake, self._session),
            )
            for snapshot in turn(number, seed=self._seed, placed=self.placed)
        ]

    def close(self) -> None:
        """Close the connection to the intake."""
        self._session.close()


def numbers(first: int, pace: Pace, wait: Callable[[float], bool]) -> Iterator[int]:
    """Yield order numbers from *first* on, each when its moment has come.

    Args:
        first: The first order's number.
        pace: How fast.
        wait: Waits so many seconds of the story, which may run faster than the clock,
            and returns True when it is time to stop.
    """
    number = first
    gap = pace.over_s / max(pace.opening, 1)
    worked_s = 0.0
    while number < first + pace.opening or pace.every_s > 0:
        step = gap if number < first + pace.opening else pace.every_s
        # Time lost with a slow intake is not made up for in a rush.
        if wait(max(0.0, step - worked_s)):
            return
        began = time.monotonic()
        yield number
        worked_s = time.monotonic() - began
        number += 1
