"""The lab itself: one shop, its books, its clock, and who may change what when."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import requests

from seed.catalogue import Shop
from seed.clock import utc_now
from seed.lab.books import LabBooks
from seed.lab.notebook import Notes, keep_notes, read_notes
from seed.lab.orders import Act, Item, LabOrder, Paying, after, place, snapshot_of
from seed.lab.scenes import SCRIPTS, numbered_from
from seed.problems import LabRefused
from seed.send import Intake, deliver

SPEEDS: Final = (0, 1, 4, 20)
LONGEST_MOVE_S: Final = 31 * 24 * 3600
_PATIENCE_S: Final = 90.0
_LOOK_EVERY_S: Final = 0.3


class BrokenOff(Exception):
    """The lab ends, or goes back to the start: the scene is over."""


@dataclass(frozen=True, kw_only=True)
class Play:
    """How far a scene is; *reason* says why it could not be played to its end."""

    since: datetime
    running: bool
    reason: str = ""


class Lab:
    """Places orders, plays scenes, moves the clock; may be used by several threads."""

    def __init__(
        self, folder: Path, shop: Shop, intake: Intake, books: LabBooks, *, seed: int
    ) -> None:
        self.books = books
        self.shop = shop
        self.seed = seed
        self._folder = folder
        self._intake = intake
        self._notes = read_notes(folder)
        self._plays: dict[str, Play] = {}
        self._speed = 1
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._wants_start = threading.Event()

    # What is so

    @property
    def ahead_s(self) -> float:
        """How far the demo's clock is ahead of the machine's, in seconds."""
        return self._notes.ahead_s

    @property
    def speed(self) -> int:
        """How many times faster than usual the story is told; 0 is not at all."""
        return self._speed

    @property
    def wants_start(self) -> bool:
        """Whether somebody asked to go back to the start."""
        return self._wants_start.is_set()

    def now(self) -> datetime:
        """Return the time on the demo's clock, to the second."""
        return utc_now() + timedelta(seconds=int(self.ahead_s))

    def today(self) -> date:
        """Return the day on the demo's clock."""
        return self.now().date()

    def orders(self) -> tuple[LabOrder, ...]:
        """Return the orders of the lab, the newest first."""
        with self._lock:
            orders = list(self._notes.orders.values())
        return tuple(
            sorted(orders, key=lambda it: (it.placed_at, it.number), reverse=True)
        )

    def plays(self) -> Mapping[str, Play]:
        """Return how far the scenes are that were played."""
        with self._lock:
            return dict(self._plays)

    def next_number(self, scene: str) -> int:
        """Return the number of the next order of *scene*, empty for one by hand."""
        taken = [it.number for it in self.orders() if it.scene == scene]
        return max(taken, default=numbered_from(scene) - 1) + 1

    # What can be done

    def place(
        self,
        items: tuple[Item, ...],
        paying: Paying,
        *,
        country: str = "NL",
        scene: str = "",
    ) -> LabOrder:
        """Place an order and tell the dashboard.

        Raises:
            LabRefused: If it makes no sense, or the dashboard does not take it.
        """
        with self._lock:
            order = place(
                self.next_number(scene),
                items,
                paying,
                at=self.now(),
                country=country,
                scene=scene,
            )
            self._tell(order)
        return order

    def act(self, number: int, act: Act) -> LabOrder:
        """Let something happen to an order and tell the dashboard.

        Raises:
            LabRefused: If it cannot, or the dashboard does not take it.
        """
        with self._lock:
            order = self._notes.orders.get(number)
            if order is None:
                raise LabRefused(f"The lab has no order {number}.")
            changed = after(order, act, at=self.now(), seed=self.seed, shop=self.shop)
            self._tell(changed)
        return changed

    def play(self, scene: str) -> None:
        """Begin a scene.

        Raises:
            LabRefused: If there is none of that name, or it is being played.
        """
        if scene not in SCRIPTS:
            raise LabRefused(f"There is no scene {scene}.")
        with self._lock:
            if scene in self._plays and self._plays[scene].running:
                raise LabRefused("This scene is being played already.")
            self._plays[scene] = Play(since=self.now(), running=True)
        thread = threading.Thread(
            target=self._perform, args=[scene], name=scene, daemon=True
        )
        thread.start()

    def advance(self, seconds: float) -> None:
        """Move the clock of shop and books forward.

        Raises:
            LabRefused: If that is backwards, or further than a month at once.
        """
        if not 0 < seconds <= LONGEST_MOVE_S:
            raise LabRefused("The clock goes forward, a month at once at most.")
        with self._lock:
            self.books.advance(seconds)
            ahead_s = self._notes.ahead_s + seconds
            self._keep(replace(self._notes, ahead_s=ahead_s))

    def set_speed(self, speed: int) -> None:
        """Tell the story faster, or not at all.

        Raises:
            LabRefused: If it is no speed there is.
        """
        if speed not in SPEEDS:
            raise LabRefused(f"A speed is one of {', '.join(map(str, SPEEDS))}.")
        self._speed = speed

    def ask_for_start(self) -> None:
        """Ask to go back to the start; whoever runs the programs does it."""
        self._wants_start.set()
        self._closing.set()

    # For who runs the programs

    def catch_up(self) -> None:
        """Move the clock of books that were started anew to where it was."""
        if self.ahead_s > 0:
            self.books.advance(self.ahead_s)

    def begin_anew(self) -> None:
        """Forget everything and empty the books."""
        with self._lock:
            self.books.begin_anew(self.seed)
            self._plays.clear()
            self._keep(Notes())
            self._speed = 1
        self._closing.clear()
        self._wants_start.clear()

    def close(self) -> None:
        """Let scenes that are played end."""
        self._closing.set()

    # Scenes

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds.

        Raises:
            LabRefused: If it does not come about in good time.
            BrokenOff: If the lab ends meanwhile.
        """
        for _ in range(int(_PATIENCE_S / _LOOK_EVERY_S)):
            if holds():
                return
            if self._closing.wait(_LOOK_EVERY_S):
                raise BrokenOff
        raise LabRefused(f"It waited {_PATIENCE_S:g} s in vain for {what}.")

    def _perform(self, scene: str) -> None:
        reason = ""
        try:
            SCRIPTS[scene](self, scene)
        except BrokenOff:
            return
        except LabRefused as refused:
            reason = str(refused)
        with self._lock:
            if scene in self._plays:
                play = self._plays[scene]
                self._plays[scene] = replace(play, running=False, reason=reason)

    def _tell(self, order: LabOrder) -> None:
        """Keep an order once the dashboard has it."""
        with requests.Session() as session:
            session.trust_env = False
            snapshot = snapshot_of(order, self.seed)
            delivery = deliver(snapshot, self.shop, self._intake, session)
        if not delivery.taken:
            raise LabRefused(
                f"The dashboard did not take order {order.number}: {delivery.reason}."
            )
        orders = {**self._notes.orders, order.number: order}
        self._keep(replace(self._notes, orders=orders))

    def _keep(self, notes: Notes) -> None:
        keep_notes(self._folder, notes)
        self._notes = notes
