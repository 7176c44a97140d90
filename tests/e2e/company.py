"""A company as a person sets it up: its data folder, its commands, its programs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import NullPool, create_engine, text

from dashboard.domain.sentences import load_sentence
from tests.e2e.processes import (
    Running,
    eventually,
    free_port,
    port_is_free,
    script,
)

WOOCOMMERCE, OWN_JSON = "woo", "own"
# As hard as secrets come: WooCommerce lets people type anything.
SECRET = 'shop-secret & <"x">'
EMAIL, PASSWORD = "robin@sluice.example", "cabbage-lantern-orbit-41"

_HEALTHY_WITHIN_S = 20.0
_COMMAND_WITHIN_S = 60.0
OPEN = ("queued", "in progress", "retrying", "checking")


@dataclass(frozen=True, kw_only=True)
class KnownOrder:
    """What the dashboard says of an order."""

    shop: str
    external_id: str
    status: str
    reason: str
    cause: str
    message: str
    invoice_number: str
    total: Decimal


class Company:
    """One installation of the dashboard, with its own folder and database."""

    def __init__(self, folder: Path, *, database_url: str = "") -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database_url = database_url or f"sqlite:///{self.data / 'sluice.db'}"
        self._env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SLUICE_", "MOCK_"))
        }
        self._env |= {
            "SLUICE_DATA_DIR": str(self.data),
            "SLUICE_ALLOW_LOOPBACK_API": "1",
            "SLUICE_SETTLE_SECONDS": "2",
        }
        if database_url:
            self._env["SLUICE_DATABASE_URL"] = database_url
        self._engine = create_engine(self.database_url, poolclass=NullPool)
        self._started: list[Running] = []

    # Commands and programs

    def cli(self, *arguments: str, text: str = "") -> dict[str, Any]:
        """Run `sluice ARGUMENTS --json` and return what it tells."""
        facts = json.loads(self.run(script("sluice"), *arguments, "--json", text=text))
        assert isinstance(facts, dict)
        return facts

    def run(self, *command: str, text: str = "") -> str:
        """Run a command to its end with the company's settings; return its output."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._env,
            check=False,
            capture_output=True,
            input=text,
            text=True,
            timeout=_COMMAND_WITHIN_S,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def set_up(self, books_url: str) -> None:
        """Make tables, shops and connection with the console commands."""
        self.cli("db", "upgrade")
        for kind, slug in (("woocommerce", WOOCOMMERCE), ("json", OWN_JSON)):
            prefix = f"{slug[0].upper()}-"
            shop = ("--kind", kind, "--slug", slug, "--prefix", prefix)
            self.cli("shops", "add", *shop, "--secret", SECRET)
        self.connect(books_url)

    def connect(self, books_url: str) -> None:
        """Set the connection to the books."""
        client = ("--client-id", "demo", "--client-secret", "demo")
        told = self.cli(
            "connection", "set", "--kind", "xero", "--base-url", books_url, *client
        )
        assert told["organisation"] == "Demo Company (NL)", told

    def serve(self) -> Running:
        """Start `sluice serve` and wait until it is well."""
        running = self._start("serve", "--port", str(self.port))
        eventually(
            lambda: not running.is_up() or self.is_healthy(),
            f"{self.url} is healthy",
            within_s=_HEALTHY_WITHIN_S,
        )
        assert running.is_up(), self.logs()
        return running

    def worker(self) -> Running:
        """Start `sluice worker` and wait until it works."""
        running = self._start("worker")
        eventually(
            lambda: b"Working as process" in running.log.read_bytes(),
            "the worker works",
            within_s=_HEALTHY_WITHIN_S,
        )
        return running

    def end(self) -> list[str]:
        """End every program; return what would not end, or printed a traceback."""
        problems = []
        for running in self._started:
            was_running = running.is_up()
            if not running.end():
                problems.append(f"{running.name} had to be killed")
            elif was_running and running.process.returncode not in {0, -signal.SIGTERM}:
                problems.append(
                    f"{running.name} ended with {running.process.returncode}"
                )
        if not port_is_free(self.port):
            problems.append(f"somebody still listens at {self.url}")
        if "Traceback" in self.logs():
            problems.append("a program printed a traceback")
        self._engine.dispose()
        return problems

    def logs(self) -> str:
        """Return all that the programs printed."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text()}" for log in logs)

    def is_healthy(self) -> bool:
        """Ask `/healthz` once."""
        with self.http() as http:
            try:
                return http.get(f"{self.url}/healthz", timeout=2).ok
            except requests.RequestException:
                return False

    # Orders

    @contextmanager
    def http(self) -> Iterator[requests.Session]:
        """Give a session that knows no proxy."""
        with requests.Session() as session:
            session.trust_env = False
            yield session

    def push(
        self, payload: dict[str, Any], shop: str = WOOCOMMERCE
    ) -> requests.Response:
        """Send one order, signed as its shop signs."""
        with self.http() as http:
            return self.push_with(http, payload, shop)

    def push_with(
        self,
        http: requests.Session,
        payload: dict[str, Any],
        shop: str = WOOCOMMERCE,
    ) -> requests.Response:
        """Send one order on a session."""
        body = json.dumps(payload).encode()
        return http.post(
            f"{self.url}/intake/{shop}",
            data=body,
            headers=signed(body, shop),
            timeout=30,
        )

    def orders(self) -> dict[str, KnownOrder]:
        """Return all orders by the shop's own id."""
        rows = self.query(
            "SELECT s.slug, o.external_id, o.status, o.reason, o.cause, o.message, "
            "o.invoice_number, o.total_hundredths "
            "FROM orders o JOIN shops s ON s.id = o.shop_id"
        )
        return {
            row[1]: KnownOrder(
                shop=row[0],
                external_id=row[1],
                status=row[2],
                reason=load_sentence(row[3]),
                cause=row[4],
                message=load_sentence(row[5]),
                invoice_number=row[6],
                total=Decimal(row[7]) / 100,
            )
            for row in rows
        }

    def statuses(self) -> Counter[str]:
        """Count the orders by status."""
        return Counter(
            dict(self.query("SELECT status, count(*) FROM orders GROUP BY status"))
        )

    def wait_until_settled(self, *, within_s: float, orders: int = 0) -> None:
        """Wait until nothing is open any more: no order, no request.

        Args:
            within_s: How long to wait.
            orders: How many orders there must be at least.
        """
        try:
            eventually(
                lambda: self.is_settled(orders),
                "no order is open",
                within_s=within_s,
                every_s=0.2,
            )
        except AssertionError as error:
            raise AssertionError(
                f"{error}: {dict(self.statuses())}, {self.open_requests()}"
            ) from error

    def is_settled(self, orders: int = 0) -> bool:
        """Tell whether nothing is open, and there are at least so many *orders*."""
        statuses = self.statuses()
        return (
            statuses.total() >= orders
            and not any(statuses[status] for status in OPEN)
            and not self.open_requests()
        )

    def wait_for(self, external_id: str, status: str, *, within_s: float) -> KnownOrder:
        """Wait until an order has a status and return it."""

        def has_it() -> KnownOrder | None:
            order = self.orders().get(external_id)
            return order if order is not None and order.status == status else None

        found = eventually(
            has_it, f"order {external_id} is {status}", within_s=within_s
        )
        assert found is not None
        return found

    def retry(self, external_id: str) -> None:
        """Press "Try again" on the page of an order, as a shop manager does."""
        self._add_user()
        order_id = self.query(
            "SELECT id FROM orders WHERE external_id = :id", id=external_id
        )[0][0]
        with self.http() as http:
            page = http.get(f"{self.url}/sign-in", timeout=10)
            form = {"email": EMAIL, "password": PASSWORD, "csrf_token": _token(page)}
            page = http.post(f"{self.url}/sign-in", data=form, timeout=10)
            assert page.ok, page.text
            address = f"{self.url}/orders/{order_id}"
            page = http.get(address, timeout=10)
            form = {"csrf_token": _token(page)}
            page = http.post(f"{address}/retry", data=form, timeout=10)
            assert page.ok, page.text

    def _add_user(self) -> None:
        user = ("--email", EMAIL, "--name", "Robin Example", "--role", "administrator")
        self.cli("users", "add", *user, "--password-stdin", text=PASSWORD)

    def open_requests(self) -> list[tuple[Any, ...]]:
        """Return the requests that are not done: (id, kind, state, attempts)."""
        return self.query(
            "SELECT id, kind, state, attempts FROM requests WHERE state <> 'done'"
        )

    def query(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """Read from the database, as any other program may."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql), values)]

    def _start(self, *arguments: str) -> Running:
        log = self.folder / f"{len(self._started):02}-{arguments[0]}.log"
        command = [script("sluice"), *arguments]
        running = Running(command, self._env, self.folder, log)
        self._started.append(running)
        return running


def signed(body: bytes, shop: str, secret: str = SECRET) -> dict[str, str]:
    """Return the headers with which a shop of either kind sends *body*."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256)
    if shop == OWN_JSON:
        signature = {"X-Sluice-Signature": f"sha256={digest.hexdigest()}"}
    else:
        signature = {
            "X-WC-Webhook-Signature": base64.b64encode(digest.digest()).decode(),
            "X-WC-Webhook-Topic": "order.updated",
            "X-WC-Webhook-Resource": "order",
            "X-WC-Webhook-Event": "updated",
        }
    return {"Content-Type": "application/json", **signature}


def _token(page: requests.Response) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def instant(value: str | datetime) -> datetime:
    """Return a time of the database, which is text in SQLite."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


MakeCompany = Callable[..., Company]
