"""A company whose programs are killed, and started again by their keeper."""

from __future__ import annotations

import contextlib
import random
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import text
from typing_extensions import override

from tests.crash import mortal
from tests.e2e.company import (
    EMAIL,
    OPEN,
    OWN_JSON,
    PASSWORD,
    SECRET,
    WOOCOMMERCE,
    Company,
    _token,
)
from tests.e2e.processes import Running, as_long_as_it_moves, port_is_free
from tests.fixtures.woocommerce_shop import KEY, WooCommerceShop
from tests.fixtures.woocommerce_shop import SECRET as KEY_SECRET

WORKERS = 2
_LOOK_EVERY_S = 0.1
_STANDING = "needs attention"
DONE = {"paid", "invoiced", "credited", "ignored"}
_REST_EVERY_S = 0.5
_END_OF_ERROR = 600
# What programs may say while their database is away or locked.
_AWAY = re.compile(r"OperationalError|InterfaceError|AdminShutdown|DBAPIError")


# Of errors that led to one another only the first begins a new piece.
_NEXT_ERROR = re.compile(
    r"(?<!exception:\n\n)(?<!occurred:\n\n)^(?=Traceback )", re.MULTILINE
)


class CrashCompany(Company):
    """Its programs die at named points; a keeper starts them again."""

    def __init__(
        self, folder: Path, *, database_url: str = "", mutant: str = ""
    ) -> None:
        super().__init__(folder, database_url=database_url)
        self.crashes = folder / "crashes"
        for name in ("deaths", "died"):
            (self.crashes / name).mkdir(parents=True)
        self._env |= {
            "CRASH_DIR": str(self.crashes),
            "CRASH_MUTANT": mutant,
            # At the pace of a real organisation little could break in a minute.
            "SLUICE_CALLS_PER_MINUTE": "1200",
        }
        self._resting = threading.Event()
        self._keepers: list[threading.Thread] = []
        self.programs: dict[str, Running] = {}
        self.killed = 0

    @override
    def _start(self, *arguments: str) -> Running:
        log = self.folder / f"{len(self._started):03}-{arguments[0]}.log"
        command = [sys.executable, str(mortal.__file__), *arguments]
        running = Running(command, self._env, self.folder, log)
        self._started.append(running)
        return running

    # Deaths -----------------------------------------------------------------------

    def doom(self, place: str) -> None:
        """Let the next process that comes by a place die there."""
        (self.crashes / "deaths" / place).touch()

    def doomed(self) -> list[str]:
        """Return where somebody is still to die."""
        return sorted(file.name for file in (self.crashes / "deaths").iterdir())

    def died(self) -> list[str]:
        """Return where somebody died."""
        return sorted(file.name for file in (self.crashes / "died").iterdir())

    def set_clock(self, wrong_by_s: float) -> None:
        """Set the clock of this machine, for all programs at once."""
        new = self.crashes / "clock.new"
        new.write_text(str(wrong_by_s))
        new.rename(self.crashes / "clock")

    def kill(self, name: str) -> None:
        """Kill a program at a moment of its own."""
        running = self.programs.get(name)
        if running is not None and running.is_up():
            running.process.kill()
            self.killed += 1

    # The keeper -------------------------------------------------------------------

    @contextlib.contextmanager
    def kept_running(self) -> Iterator[None]:
        """Start a server and workers, each again whenever it died."""
        roles = ["serve", *(f"worker {n}" for n in range(WORKERS))]
        for role in roles:
            keeper = threading.Thread(target=self._keep, args=(role,), daemon=True)
            keeper.start()
            self._keepers.append(keeper)
        try:
            yield
        finally:
            self._resting.set()
            for keeper in self._keepers:
                keeper.join(30)

    def _keep(self, role: str) -> None:
        while not self._resting.wait(_LOOK_EVERY_S):
            running = self.programs.get(role)
            if running is not None and running.is_up():
                continue
            if role == "serve":
                if running is not None and not self._is_gone(running):
                    continue
                arguments: tuple[str, ...] = ("serve", "--port", str(self.port))
            else:
                arguments = ("worker",)
            self.programs[role] = self._start(*arguments)

    def _is_gone(self, server: Running) -> bool:
        """Tell whether a killed server has left nothing behind."""
        return server.is_gone() and port_is_free(self.port)

    def open_for_business(self, books_url: str, shop: WooCommerceShop) -> None:
        """Set everything up: shops, one of them pulled, books, rules and a person."""
        self.cli("db", "upgrade")
        own = ("--kind", "json", "--slug", OWN_JSON, "--prefix", "O-")
        self.cli("shops", "add", *own, "--secret", SECRET)
        woocommerce = ("--kind", "woocommerce", "--slug", WOOCOMMERCE, "--prefix", "W-")
        keys = ("--url", shop.url, "--key", KEY, "--key-secret", KEY_SECRET)
        self.cli("shops", "add", *woocommerce, "--secret", SECRET, *keys)
        self.connect(books_url)
        # Part payments are the only thing that the books would take twice.
        card = ("--payment-method", "card=091")
        self.cli("rules", "set", "--invoice-when", "ordered", *card)
        self._add_user()
        self.token = str(self.cli("tokens", "add", "--name", "crash")["token"])

    # A person ---------------------------------------------------------------------

    def press_retry(self, order_id: int) -> None:
        """Press "Try again" on the page of an order; gives up if nobody answers."""
        nobody = (requests.RequestException, AssertionError)  # no page, or not that
        with contextlib.suppress(*nobody), self.http() as http:
            page = http.get(f"{self.url}/sign-in", timeout=10)
            form = {"email": EMAIL, "password": PASSWORD, "csrf_token": _token(page)}
            http.post(f"{self.url}/sign-in", data=form, timeout=10)
            page = http.get(f"{self.url}/orders/{order_id}", timeout=10)
            if page.ok and "csrf_token" in page.text:
                form = {"csrf_token": _token(page)}
                http.post(f"{self.url}/orders/{order_id}/retry", data=form, timeout=10)

    def ask_for_run(self, task: str) -> None:
        """Ask for a run by the API; gives up if nobody answers."""
        with contextlib.suppress(requests.RequestException), self.http() as http:
            bearer = {"Authorization": f"Bearer {self.token}"}
            url = f"{self.url}/api/v1/runs"
            http.post(url, json={"task": task}, headers=bearer, timeout=10)

    def let_schedules_come_due(self) -> None:
        """Move the next slot of every schedule to now."""
        with self._engine.begin() as connection:
            statement = "UPDATE schedules SET next_due_at = CURRENT_TIMESTAMP"
            connection.execute(text(statement))

    def order_id(self, external_id: str) -> int:
        """Return our id of an order of the shop that pushes."""
        rows = self.query(
            "SELECT o.id FROM orders o JOIN shops s ON s.id = o.shop_id "
            "WHERE o.external_id = :id AND s.slug = :slug",
            id=external_id,
            slug=OWN_JSON,
        )
        return int(rows[0][0]) if rows else 0

    def standing(self) -> list[int]:
        """Return the orders that need a person."""
        rows = self.query(
            "SELECT id FROM orders WHERE status = :status", status=_STANDING
        )
        return [row[0] for row in rows]

    def come_to_rest(
        self, *, still_s: float, orders: int, tell: Callable[[], None]
    ) -> None:
        """Wait until nothing is open, a person trying again what was refused.

        Raises:
            AssertionError: If nothing moves for *still_s*.
        """

        def rests() -> bool:
            tell()
            standing = self.standing()
            if standing:
                self.press_retry(random.choice(standing))  # noqa: S311 - not secret
            return not standing and self.is_settled(orders)

        try:
            as_long_as_it_moves(
                rests,
                "nothing is open, and nothing needs a person",
                progress=self._how_far,
                still_s=still_s,
                every_s=_REST_EVERY_S,
            )
        except AssertionError as error:
            raise AssertionError(
                f"{error}: {dict(self.statuses())}, {self.open_requests()}"
            ) from error

    def settled(self) -> int:
        """Count the orders of which nothing is open, and that need nobody."""
        statuses = self.statuses()
        return statuses.total() - sum(statuses[it] for it in (*OPEN, _STANDING))

    def _how_far(self) -> tuple[object, ...]:
        """Return what changes as long as work is done, or waits for its time."""
        waiting = (
            "SELECT min(not_before) FROM requests WHERE state <> 'done' "
            "HAVING min(not_before) > CURRENT_TIMESTAMP"
        )
        waits = time.monotonic() if self.query(waiting) else 0.0
        return self.settled(), waits

    def done(self) -> set[str]:
        """Return the invoice numbers of the orders that are shown as booked."""
        rows = self.query("SELECT invoice_number, status FROM orders")
        return {number for number, status in rows if status in DONE}

    def tracebacks(self) -> list[str]:
        """Return the errors programs printed that no absent database explains."""
        return [
            f"{log.name}: {error}"
            for log in sorted(self.folder.glob("*.log"))
            for error in unexplained_errors(log.read_text())
        ]

    def doubled_slots(self) -> list[tuple[Any, ...]]:
        """Return the slots of schedules that were run more than once."""
        return self.query(
            "SELECT schedule_id, due_at FROM runs WHERE schedule_id IS NOT NULL "
            "GROUP BY schedule_id, due_at HAVING count(*) > 1"
        )


def unexplained_errors(log: str) -> list[str]:
    """Return the errors of a log that no absent database explains, each by its end.

    The product writes a JSON object a line; Python writes what nobody caught in plain.
    """
    lines = log.splitlines(keepends=True)
    written = [line for line in lines if line.startswith("{")]
    plain = "".join(line for line in lines if not line.startswith("{"))
    return [
        error.rstrip()[-_END_OF_ERROR:]
        for error in (*written, *_NEXT_ERROR.split(plain))
        if "Traceback" in error and not _AWAY.search(error)
    ]
