"""How fast orders get into the books: prints a table.

    python -m benchmarks.sync                 everything, about five minutes
    python -m benchmarks.sync --orders 300 --stored 1000

The orders of one row are all there before its clock starts, and a hundred others are
booked, because statements are compiled once in a process's life. Each is of a customer
of its own, which makes three calls of fifty: contacts, invoices, payments. The stub
answers from a process of its own and keeps nothing, so what is measured is Sluice; the
mock keeps books. The machine's cores are shared by all of them: run it alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from statistics import median
from typing import Any

import click
import requests
import sqlalchemy as sa

from dashboard.app import Program, build
from dashboard.config import load_settings
from dashboard.domain.books import BooksFacts
from dashboard.domain.rules import CompanyRules, Shop
from dashboard.domain.runs import Trigger
from dashboard.store.company import Connection
from dashboard.store.database import db, upgrade_schema
from dashboard.sync.intake import Intake
from tests.fixtures.databases import PostgresServer
from tests.fixtures.postgres import running_postgres

NewDatabase = Callable[[], str]
_Headers = Mapping[str, str]

_SECRET = "benchmark-secret"  # noqa: S105 - of a shop that lives for a minute
_TIMEOUT_S = 30
_KB_PER_MB = 1024
_THREADS = 5
_IDLE_S = 0.3
_GIVE_UP_S = 300
_FIRST = 100  # booked before the clock starts
_NOT_PAID = "SELECT count(*) FROM orders WHERE status <> 'paid'"
# Port 9 discards.
_NOWHERE = "http://127.0.0.1:9"
_NO_LIMITS = {
    "SLUICE_ALLOW_LOOPBACK_API": "1",
    "SLUICE_CALLS_PER_MINUTE": "0",
    "SLUICE_CALLS_PER_DAY": "0",
    "SLUICE_LOG_LEVEL": "error",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table; *wanted* is None where a figure is for comparison."""

    what: str
    found: float
    unit: str
    wanted: float | None = None
    more_is_better: bool = True

    @property
    def mark(self) -> str:
        """A word behind a figure that is not as good as it should be."""
        if self.wanted is None or self.found == self.wanted:
            return ""
        return "" if (self.found > self.wanted) == self.more_is_better else "  missed"


# Programs beside this one ---------------------------------------------------------


@contextmanager
def started(
    *command: str | Path, env: _Headers | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a program as long as the block."""
    process = subprocess.Popen(  # noqa: S603 - our own commands
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the table is all there is to read
        text=True,
        env=env,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def a_mock() -> Iterator[str]:
    """Run a mock without limits, its books in memory; give its address."""
    options = ("serve", "--port", "0", "--memory", "--limits", "off")
    with started(_script("mock-accounting"), *options) as process:
        yield _first_line(process).split(" is at ")[1].split(" ")[0]


@contextmanager
def a_stub(delay_ms: int) -> Iterator[str]:
    """Run a stub that answers after *delay_ms*; give its address."""
    stub = (sys.executable, "-m", "benchmarks.stub_books", str(delay_ms))
    with started(*stub) as process:
        yield _first_line(process).strip()


def _script(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None  # noqa: S101 - for the type checker
    return process.stdout.readline()


# A company ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Books:
    """What a company knows of its books before the first order."""

    facts: BooksFacts
    rules: CompanyRules


@dataclass(frozen=True, kw_only=True)
class Company:
    """A company with one shop on a database of its own."""

    program: Program
    shop: Shop
    environment: Mapping[str, str]

    def take_in(self, numbers: range) -> float:
        """Store the orders of *numbers*; return how many in a second."""
        intake = Intake(
            self.program.company,
            self.program.orders,
            self.program.pulls,
            self.program.clock,
        )
        messages = [message(number) for number in numbers]
        began = time.perf_counter()
        for headers, body in messages:
            intake.receive(self.shop, headers, body)
        return len(messages) / (time.perf_counter() - began)

    def book(self) -> float:
        """Book what is stored; return how long it took in seconds."""
        began = time.perf_counter()
        while self.query(_NOT_PAID) != [(0,)]:
            self.program.engine.run_now(Trigger.PERSON)
            if time.perf_counter() - began > _GIVE_UP_S:
                raise click.ClickException("Not all is paid in time")
        return time.perf_counter() - began

    def wait_until_paid(self, *, every_s: float = 0.1) -> None:
        """Wait until every order is paid."""
        give_up_at = time.perf_counter() + _GIVE_UP_S
        while self.query(_NOT_PAID) != [(0,)]:
            if time.perf_counter() > give_up_at:
                raise click.ClickException("Not all is paid in time")
            time.sleep(every_s)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Read from the database."""
        with self.program.database.read() as session:
            return [tuple(row) for row in session.execute(sa.text(sql))]


@contextmanager
def a_company(
    url: str, database_url: str = "", books: Books | None = None
) -> Iterator[Company]:
    """Set a company up whose books are at *url*; they are asked for what is not known.

    An empty *database_url* means SQLite.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {"SLUICE_DATA_DIR": folder, **_NO_LIMITS}
        if database_url:
            environment["SLUICE_DATABASE_URL"] = database_url
        program = build(load_settings(environment))
        upgrade_schema(program.app)
        company = program.company
        now = program.clock.now()
        new = Shop(id=0, slug="shop", name="Shop", kind="json", prefix="W-")
        company.add_shop(new, _SECRET, at=now)
        company.set_connection(
            Connection(
                kind="xero",
                base_url=url,
                client_id="demo",
                client_secret="demo",  # noqa: S106 - the mock's own
                tenant_id="",
                version=0,
            )
        )
        if books is None:
            program.engine.run_now(Trigger.PERSON)
        else:
            company.save_rules(books.rules, expected_version=0)
            company.save_facts(books.facts, tenant_id="tenant", at=now)
        shop = company.shop("shop")
        assert shop is not None  # noqa: S101 - for the type checker
        yield Company(program=program, shop=shop, environment=environment)
        with program.app.app_context():
            program.app.extensions["sqlalchemy"].engine.dispose()


@dataclass(frozen=True, kw_only=True)
class Server:
    """`sluice serve` for a company."""

    url: str
    pid: int

    def push(self, numbers: range) -> float:
        """Push the orders of *numbers* as a shop does; how many in a second."""
        messages = [message(number) for number in numbers]

        def send(session: requests.Session, headers: _Headers, body: bytes) -> None:
            address = f"{self.url}/intake/shop"
            answer = session.post(
                address, data=body, headers=headers, timeout=_TIMEOUT_S
            )
            answer.raise_for_status()

        with requests.Session() as session, ThreadPoolExecutor(_THREADS) as threads:
            session.trust_env = False
            began = time.perf_counter()
            list(threads.map(send, repeat(session), *zip(*messages, strict=True)))
            return len(messages) / (time.perf_counter() - began)

    @property
    def memory_mb(self) -> float:
        """What the process that serves holds in memory."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii")
        status = Path(f"/proc/{children.split()[-1]}/status").read_text("ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / _KB_PER_MB if found else float("nan")


@contextmanager
def served(company: Company, *, workers: int) -> Iterator[Server]:
    """Run `sluice serve` as long as the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,  # noqa: TID251 - a program beside this one gets it too
        **company.environment,
        "SLUICE_WORKERS": str(workers),
    }
    command = (_script("sluice"), "serve", "--port", str(port))
    with started(*command, env=environment) as process:
        url = f"http://127.0.0.1:{port}"
        give_up_at = time.perf_counter() + _TIMEOUT_S
        while not _is_ready(url):
            if time.perf_counter() > give_up_at:
                raise click.ClickException("`sluice serve` does not start")
            time.sleep(0.1)
        yield Server(url=url, pid=process.pid)


def _is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=_TIMEOUT_S).ok
    except requests.ConnectionError:
        return False


def learned(url: str) -> Books:
    """Return what a company learns from the books at *url*."""
    with a_company(url) as company:
        facts = company.program.company.facts()
        assert facts is not None  # noqa: S101 - for the type checker
        return Books(facts=facts, rules=company.program.company.rules())


def message(number: int) -> tuple[Mapping[str, str], bytes]:
    """A paid order of two lines and shipping, as its shop signs it."""
    tax = [{"rate_percent": "21", "amount": "2.10", "label": "VAT"}]
    order = {
        "id": str(number),
        "number": str(number),
        "status": "placed",
        "currency": "EUR",
        "total": "36.30",
        "ordered_at": "2026-11-20T10:00:00+01:00",
        "customer": {
            "id": str(number),
            "email": f"customer{number}@shop.example",
            "first_name": "Customer",
            "last_name": f"Number {number}",
            "address": {"line1": "Street 1", "city": "Utrecht", "country": "NL"},
        },
        "lines": [
            {"description": "Mug", "quantity": "2", "net": "10.00", "taxes": tax},
            {"description": "Tea", "quantity": "1", "net": "10.00", "taxes": tax},
            {"kind": "shipping", "description": "Post", "net": "10.00", "taxes": tax},
        ],
        "payments": [
            {
                "amount": "36.30",
                "method": "ideal",
                "paid_at": "2026-11-20T10:01:00+01:00",
            }
        ],
        "payment_method": "ideal",
    }
    body = json.dumps(order).encode()
    digest = hmac.new(_SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Sluice-Signature": f"sha256={digest}",
    }
    return headers, body


# What is measured -----------------------------------------------------------------


def one_call_at_a_time(url: str, orders: int) -> float:
    """Orders a second with three calls each, by threads that wait for each answer."""

    def book(session: requests.Session, number: int) -> None:
        for collection in ("Contacts", "Invoices", "Payments"):
            element = {"Name": f"Customer {number}", "Reference": f"W-{number}"}
            session.put(
                f"{url}/api.xro/2.0/{collection}",
                json={collection: [element]},
                timeout=_TIMEOUT_S,
            ).raise_for_status()

    with requests.Session() as session, ThreadPoolExecutor(_THREADS) as threads:
        session.trust_env = False
        began = time.perf_counter()
        list(threads.map(book, repeat(session), range(orders)))
        return orders / (time.perf_counter() - began)


def booking(orders: int, databases: Mapping[str, NewDatabase]) -> Iterator[Row]:
    """From orders stored to invoices and payments confirmed."""
    with a_mock() as url:
        books = learned(url)
    with a_stub(50) as url:
        found = one_call_at_a_time(url, max(_THREADS, orders // 10))
        what = f"one call at a time, {_THREADS} threads, stub 50 ms"
        yield Row(what=what, found=found, unit="orders/s")
    targets: Sequence[tuple[str, Callable[[], AbstractContextManager[str]], float]] = (
        ("stub 50 ms", partial(a_stub, 50), 300),
        ("stub 0 ms", partial(a_stub, 0), 500),
        ("mock", a_mock, 0),
    )
    for target, open_books, wanted in targets:
        for database, new_database in databases.items():
            # The stubs tell nothing of themselves; the mock knows only its own tenant.
            known = None if target == "mock" else books
            with open_books() as url, a_company(url, new_database(), known) as company:
                company.take_in(range(1, _FIRST + 1))
                company.book()
                company.take_in(range(_FIRST + 1, _FIRST + orders + 1))
                began_s = time.process_time()
                took_s = company.book()
                own_s = time.process_time() - began_s
                yield Row(
                    what=f"stored to paid, {target}, {database}",
                    found=orders / took_s,
                    unit="orders/s",
                    wanted=wanted or None,
                )
                yield Row(
                    what="  of it Sluice's own work on a processor",
                    found=1000 * own_s / orders,
                    unit="ms an order",
                )


def taking_in(orders: int, databases: Mapping[str, NewDatabase]) -> Iterator[Row]:
    """From a push to an order stored and planned."""
    for database, new_database in databases.items():
        with a_company(_NOWHERE, new_database()) as company:
            yield Row(
                what=f"taken in by one thread, {database}",
                found=company.take_in(range(1, orders + 1)),
                unit="orders/s",
            )
            with served(company, workers=0) as server:
                found = server.push(range(orders + 1, 2 * orders + 1))
            what = f"pushed over HTTP, {_THREADS} at once, {database}"
            yield Row(what=what, found=found, unit="orders/s")


def serving(stored: int) -> Iterator[Row]:
    """What a shop and the machine notice of `sluice serve`, on SQLite."""
    with a_mock() as url, a_company(url) as company:
        company.take_in(range(1, 2))
        company.book()
        _multiply(company, stored)
        with served(company, workers=4) as server:
            took_s = [_time_to_paid(company, server, stored + n) for n in range(1, 21)]
            yield Row(
                what="pushed order to paid in the books, idle",
                found=median(took_s),
                unit="s",
                wanted=0.5,
                more_is_better=False,
            )
            server.push(range(stored + 100, stored + 600))
            company.wait_until_paid()
            yield Row(
                what=f"memory with {stored:,} orders stored",
                found=server.memory_mb,
                unit="MB",
                wanted=150,
                more_is_better=False,
            )


def _time_to_paid(company: Company, server: Server, number: int) -> float:
    """Push an order to an idle company; how long until it is paid in the books."""
    time.sleep(_IDLE_S)
    began = time.perf_counter()
    server.push(range(number, number + 1))
    company.wait_until_paid(every_s=0.005)
    return time.perf_counter() - began


def _multiply(company: Company, orders: int) -> None:
    """Copy the only order and all that belongs to it, until there are *orders*."""
    with company.program.database.write() as session:
        for table in db.metadata.tables.values():
            if table.name in _MULTIPLIED:
                names = [column.name for column in table.columns]
                values = ", ".join(_MULTIPLIED[table.name].get(n, n) for n in names)
                session.execute(
                    sa.text(
                        "WITH RECURSIVE copies(n) AS (SELECT 2 UNION ALL "  # noqa: S608
                        f"SELECT n + 1 FROM copies WHERE n < {orders}) "
                        f"INSERT INTO {table.name} ({', '.join(names)}) "
                        f"SELECT {values} FROM {table.name}, copies"
                    )
                )


# What differs between an order and its copy; a contact's posting is shared.
_MULTIPLIED: Mapping[str, Mapping[str, str]] = {
    "orders": {
        "id": "n",
        "external_id": "n",
        "number": "n",
        "invoice_number": "'W-'||n",
    },
    "order_revisions": {"id": "n", "order_id": "n"},
    "postings": {
        "id": "id + 3 * n",
        "order_id": "n",
        "natural_key": "natural_key||'-'||n",
        "requires_id": "NULL",
    },
    "order_events": {"id": "id + 100 * n", "order_id": "n"},
}


@click.command()
@click.option("--orders", default=1500, help="How many are booked in each row.")
@click.option("--stored", default=100_000, help="How many are stored for the memory.")
def main(*, orders: int, stored: int) -> None:
    """Measure the engine and print a table."""
    click.echo(f"{'':46} {'found':>8} {'wanted':>8}")
    with running_postgres(durable=True) as url:
        postgres = PostgresServer(url)
        databases = {"SQLite": str, "PostgreSQL": postgres.empty}
        for row in chain(
            booking(orders, databases), taking_in(orders, databases), serving(stored)
        ):
            wanted = "" if row.wanted is None else f"{row.wanted:,.1f}"
            click.echo(
                f"{row.what:46} {row.found:>8,.2f} {wanted:>8} {row.unit}{row.mark}"
            )
        postgres.close()


if __name__ == "__main__":
    main()
