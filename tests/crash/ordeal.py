"""What a company goes through: a script of disasters, drawn from a seed."""

from __future__ import annotations

import contextlib
import itertools
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from tests.crash.company import WORKERS, CrashCompany
from tests.crash.mortal import CALLS, MOMENTS
from tests.crash.shops import Shops
from tests.crash.traffic import Traffic
from tests.e2e.books import Books
from tests.e2e.processes import as_long_as_it_moves, seeded

KILL_POINTS = [
    f"{side} {moment}"
    for moment in itertools.chain.from_iterable(MOMENTS.values())
    for side in ("before", "within", "after")
    if side != "within" or moment not in CALLS
]
_RARE = {
    "fire",
    "give_back",
    "look_later",
    "plan_again",
    "put_off",
    "refuse_whole",
    "take_page",
}
_NOBODY_DIES_S = 240.0
_LOOK_EVERY_S = 0.2
_PAUSE_S = 0.5
_LATE_EVERY_S = 1.0
_WRITES = 3
_LULL_S = 20.0
# Further than anything waits: a smaller jump back is waited out.
_JUMPS_S = (-7200.0, 7200.0)
_LOCKED_S = 1.5
_TELL_EVERY_S = 30.0


Disaster = Callable[["Ordeal"], None]


@dataclass
class Ordeal:
    """One company, its books and its shops, while everything fails.

    What goes wrong with the script itself, such as a kill point that nobody came by, is
    kept in *failures*: the books are to be looked at all the same.
    """

    name: str
    seed: int
    company: CrashCompany
    books: Books
    shops: Shops
    kill_points: Sequence[str]
    break_database: Callable[[], object]
    orders: int
    for_s: float
    tell: Callable[[str], object]
    # Happen again and again, beside what is drawn.
    always: Sequence[Disaster] = ()
    remembers: float = 0.7
    still_s: float = 120.0
    chance: random.Random = field(init=False)
    traffic: Traffic = field(init=False)
    happened: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _crowd: Future[None] | None = None
    _begun_s: float = field(default_factory=time.monotonic)
    _told_s: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - repeatable, not secret
        self.traffic = Traffic(self.books)

    def go(self) -> str:
        """Send orders while the script is played; return the figures of it."""
        self._begun_s = self._told_s = time.monotonic()
        make_books_hostile(self.books, self.seed, remembers=self.remembers)
        with self.company.kept_running(), ThreadPoolExecutor(3) as beside:
            dying = beside.submit(self._let_all_die)
            waits = [dying, beside.submit(self._let_customers_order, dying)]
            while not all(wait.done() for wait in waits) or self._lasts():
                self._play_script(beside)
                self._wait_for_work(waits)
                self._tell_now_and_then()
            for wait in waits:
                with self._failing_later():
                    wait.result()
            self._calm_down()
            with self._failing_later():
                # A person signs in to the books anew: a pause of minutes ends.
                self.company.connect(self.books.url)
                self.shops.deliver_late()
            self.company.ask_for_run("pull")
            with self._failing_later():
                self.company.come_to_rest(
                    still_s=self.still_s,
                    orders=self._came,
                    tell=self._tell_now_and_then,
                )
        self.traffic.look()
        return self._figures()

    @contextlib.contextmanager
    def _failing_later(self) -> Iterator[None]:
        try:
            yield
        except AssertionError as error:
            self.failures.append(str(error))

    def _wait_for_work(self, waits: Sequence[Future[None]]) -> None:
        """Wait until the books were written to some more times, before more fails.

        On a slow machine disasters must not come faster than work is done.
        """
        written = self.traffic.writes
        give_up_at = time.monotonic() + _LULL_S
        while time.monotonic() < give_up_at and not all(w.done() for w in waits):
            time.sleep(_PAUSE_S)
            self.traffic.look()
            if self.traffic.writes >= written + _WRITES:
                return

    def _lasts(self) -> bool:
        return self._passed_s() < self.for_s

    def _passed_s(self) -> float:
        return time.monotonic() - self._begun_s

    def _tell_now_and_then(self) -> None:
        if time.monotonic() - self._told_s < _TELL_EVERY_S:
            return
        self._told_s = time.monotonic()
        self.tell(
            f"{self.name}, {self._passed_s():.0f} s: "
            f"{self.company.settled()} of {self._came} orders settled, "
            f"died at {len(self.company.died())} of {len(self.kill_points)} kill points"
        )

    def _figures(self) -> str:
        told = ", ".join(f"{name} {n}" for name, n in sorted(self.happened.items()))
        invoices, notes = self.books.invoices(), self.books.credit_notes().values()
        voided = sum(invoice.status == "VOIDED" for invoice in invoices)
        return (
            f"{self.name}, seed {self.seed}: {self._came} orders; "
            f"{len(invoices)} invoices, {voided} of them voided; "
            f"{len(notes)} credit notes, "
            f"{sum(len(note.paid_out) for note in notes)} times paid out; "
            f"died at {len(self.company.died())} of {len(self.kill_points)} kill "
            f"points, {self.company.killed} more killed; "
            f"{self.traffic.with_a_fault} of {self.traffic.calls} calls with a fault; "
            f"{told}; {self._passed_s():.0f} s"
        )

    @property
    def _came(self) -> int:
        return len(self.shops.wanted)

    def _let_customers_order(self, dying: Future[None]) -> None:
        """Let orders come in, spread over the time there is, then until all have died.

        Without anything to book nobody comes by the kill points.
        """
        for number in itertools.count(1):
            if number > self.orders and dying.done():
                return
            self.shops.customer_orders(number)
            is_late = number >= self.orders
            time.sleep(_LATE_EVERY_S if is_late else self.for_s / self.orders / 2)

    def _let_all_die(self) -> None:
        """Let a process die at every kill point.

        The rare ones wait for somebody to come by; of the others there is one at a
        time, or nobody would live long enough to do anything.
        """
        waiting = list(self.kill_points)
        seeded(self.seed).shuffle(waiting)
        for place in [place for place in waiting if _moment(place) in _RARE]:
            waiting.remove(place)
            self.company.doom(place)

        def all_died() -> bool:
            doomed = self.company.doomed()
            if waiting and all(_moment(place) in _RARE for place in doomed):
                self.company.doom(waiting.pop())
                return False
            return not (waiting or doomed)

        try:
            as_long_as_it_moves(
                all_died,
                "somebody came by every kill point",
                progress=self.company.died,
                still_s=self.for_s + _NOBODY_DIES_S,
                every_s=_LOOK_EVERY_S,
            )
        except AssertionError as error:
            missing = self.company.doomed() + waiting
            raise AssertionError(f"{error}: nobody came by {missing}") from error

    def _play_script(self, beside: ThreadPoolExecutor) -> None:
        awaited = [_LEADS_TO.get(_moment(place)) for place in self.company.doomed()]
        drawn = self.chance.choice([*_DISASTERS, *filter(None, awaited)])
        for disaster in (drawn, *self.always):
            self.happened[disaster.__name__] += 1
            disaster(self)
        if self._crowd is None or self._crowd.done():
            self._crowd = beside.submit(self._let_everybody_act_on_one_order)

    def _calm_down(self) -> None:
        if self._crowd is not None:
            self._crowd.result()
        self.books.control("DELETE", "faults")
        self.company.set_clock(0)

    # Disasters ------------------------------------------------------------------------

    def somebody_is_killed(self) -> None:
        roles = ["serve", *(f"worker {n}" for n in range(WORKERS))]
        self.company.kill(self.chance.choice(roles))

    def too_many_calls(self) -> None:
        storm = {"times": 5, "options": {"status": 429, "retry_after": 1}}
        self.books.fault("status", **storm)

    def token_expires(self) -> None:
        self.books.fault("expire_token", match={"method": "PUT"})

    def sign_in_fails(self) -> None:
        self.books.fault("expire_token", match={"method": "PUT"})
        down = {"path": "/connect/token"}
        self.books.fault("status", match=down, options={"status": 503})

    def batch_is_refused(self) -> None:
        self.books.fault("status", match={"method": "PUT"}, options={"status": 400})

    def answer_takes_long(self) -> None:
        put = {"method": "PUT"}
        self.books.fault("drip", match=put, options={"seconds": 1.5})

    def clock_jumps(self) -> None:
        self.company.set_clock(self.chance.choice([0.0, *_JUMPS_S]))

    def database_breaks(self) -> None:
        self.break_database()

    def somebody_dies_having_sent(self) -> None:
        self.company.doom("after send")

    def _let_everybody_act_on_one_order(self) -> None:
        """A push, a pull, a schedule and a person's retry of an order, all at once."""
        if not self.shops.own_orders:
            return
        number = max(self.shops.own_orders)
        acts: list[Callable[[], object]] = [
            lambda: self.shops.push_again(number),
            lambda: self.company.ask_for_run("pull"),
            lambda: self.company.ask_for_run("sync"),
            self.company.let_schedules_come_due,
            lambda: self._press_retry(number),
        ]
        with ThreadPoolExecutor(len(acts)) as at_once:
            for act in [at_once.submit(act) for act in acts]:
                with contextlib.suppress(SQLAlchemyError):  # the database is away
                    act.result()
        self.happened["everybody acts on one order"] += 1

    def _press_retry(self, number: int) -> None:
        """Try an order again that needs a person; if none does, one that came in."""
        standing = self.company.standing() or [self.company.order_id(str(number))]
        self.company.press_retry(self.chance.choice(standing))


_DISASTERS: list[Disaster] = [
    Ordeal.somebody_is_killed,
    Ordeal.too_many_calls,
    Ordeal.token_expires,
    Ordeal.sign_in_fails,
    Ordeal.batch_is_refused,
    Ordeal.answer_takes_long,
    Ordeal.clock_jumps,
    Ordeal.database_breaks,
]
# Places that nobody comes by unless the books behave so.
_LEADS_TO = {
    "give_back": Ordeal.sign_in_fails,
    "put_off": Ordeal.too_many_calls,
    "refuse_whole": Ordeal.batch_is_refused,
}


def make_books_hostile(books: Books, seed: int, *, remembers: float) -> None:
    """Let the mock lose, spoil, refuse and delay a good part of its answers.

    The idempotency key of *remembers* of what it is sent again still means something to
    it, as within six minutes; nothing may hang on that.
    """
    often: dict[str, Any] = {"times": None, "seed": seed}
    put = {"match": {"method": "PUT"}}
    for kind, probability, options in (
        ("forget_key", 1 - remembers, {}),
        ("delay", 0.4, {"seconds": 0.2}),
        ("lose_answer", 0.15, {"how": "reset", "when": "after"}),
        ("lose_answer", 0.05, {"how": "close", "when": "before"}),
        ("truncate", 0.08, {}),
        ("malform", 0.05, {}),
        ("status", 0.05, {"status": 503}),
        ("status", 0.08, {"status": 500, "when": "after"}),
    ):
        books.fault(kind, probability=probability, options=options, **put, **often)
    asking = {"match": {"method": "GET"}}
    books.fault("status", probability=0.15, options={"status": 503}, **asking, **often)


def _moment(place: str) -> str:
    return place.split()[1]


@contextlib.contextmanager
def _locking(file: str) -> Iterator[None]:
    connection = sqlite3.connect(file, timeout=30, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def lock(file: str) -> None:
    """Hold the write lock of a SQLite database for a while."""
    with _locking(file):
        time.sleep(_LOCKED_S)
