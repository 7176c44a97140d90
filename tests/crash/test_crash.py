"""Killed at every named point, and whatever else: everything is booked once.

make crash CRASH_SECONDS=120 CRASH_SEEDS="1 2 3"
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from tests.crash.company import CrashCompany
from tests.crash.ordeal import KILL_POINTS, Ordeal, lock
from tests.crash.shops import Shops
from tests.e2e.books import BookedCreditNote, BookedInvoice, Books
from tests.e2e.mock_program import running_mock
from tests.e2e.processes import seeded
from tests.fixtures.databases import PostgresServer
from tests.fixtures.postgres import NoPostgres, PostgresProcess, postgres_process
from tests.fixtures.served_shops import served
from tests.fixtures.woocommerce_shop import WooCommerceShop
from tests.simulation.promises import root_of

SEEDS = [int(seed) for seed in os.environ.get("CRASH_SEEDS", "20260307").split()]
FOR_S = float(os.environ.get("CRASH_SECONDS", "5"))
# In a short run each database has some of the kill points, drawn from the seed; the
# simulation comes by all of them every time.
KILL_POINTS_A_RUN = len(KILL_POINTS) if "CRASH_SECONDS" in os.environ else 5
ORDERS_A_SECOND = 6


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresProcess]:
    """A server that keeps what was committed when it is restarted."""
    try:
        with postgres_process(durable=True) as server:
            yield server
    except NoPostgres as error:
        if os.environ.get("REQUIRE_PG") == "1":
            pytest.fail(f"REQUIRE_PG=1, but {error}")
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {error}")


@pytest.fixture(scope="module")
def databases(postgres: PostgresProcess) -> Iterator[PostgresServer]:
    with closing(PostgresServer(postgres.url)) as server:
        yield server


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_is_booked_once_whatever_happens(
    seed: int,
    postgres: PostgresProcess,
    databases: PostgresServer,
    tmp_path: Path,
    figures: list[str],
) -> None:
    with ExitStack() as everything:
        addresses = {"SQLite": "", "PostgreSQL": databases.empty()}
        ordeals = {}
        for number, (name, address) in enumerate(addresses.items()):
            folder = tmp_path / name
            (folder / "mock").mkdir(parents=True)
            program = everything.enter_context(
                running_mock(folder / "mock", "--memory", "--limits", "off")
            )
            company = CrashCompany(folder, database_url=address)
            everything.callback(company.end)
            shop = everything.enter_context(served(WooCommerceShop(datetime.now(UTC))))
            company.open_for_business(program.url, shop)
            way = seeded(seed + number).choice(["renew", "adjust"])
            company.cli("rules", "set", "--when-changed", way)
            file = company.database_url.removeprefix("sqlite:///")
            ordeals[name] = Ordeal(
                seed=seed + number,
                company=company,
                books=everything.enter_context(Books(program.url)),
                shops=Shops(company, shop, seeded(seed + number)),
                kill_points=seeded(seed + number).sample(
                    KILL_POINTS, KILL_POINTS_A_RUN
                ),
                break_database=postgres.restart if address else partial(lock, file),
                orders=int(ORDERS_A_SECOND * FOR_S),
                for_s=FOR_S,
            )
        with ThreadPoolExecutor(len(ordeals)) as both:
            told = {name: both.submit(ordeal.go) for name, ordeal in ordeals.items()}
        broken = []
        for name, ordeal in ordeals.items():
            try:
                figures.append(f"{name}, {told[name].result()}")
                check(ordeal)
            except AssertionError as error:
                broken.append(f"{name}: {error}")
        again = f'make crash CRASH_SEEDS="{seed}" CRASH_SECONDS={FOR_S:g}'
        assert not broken, "\n".join([*broken, f"Play it again: {again}"])


def check(ordeal: Ordeal) -> None:
    """Compare the books with the shops, to the cent."""
    company, books, wanted = ordeal.company, ordeal.books, ordeal.shops.wanted
    booked = {number: Account() for number in wanted}
    for invoice in books.invoices():
        booked[root_of(invoice.number)].add_invoice(invoice)
    for note in books.credit_notes().values():
        booked[root_of(note.number)].add_note(note)
    assert {
        number: (account.asked, account.kept) for number, account in booked.items()
    } == {number: (order.asked, order.kept) for number, order in wanted.items()}
    for number, account in booked.items():
        # What is credited lowers what is asked for, before any of it is left over.
        still_due = wanted[number].asked - wanted[number].kept
        assert (account.due, account.left) == (still_due, 0), number
    books.check()
    assert company.open_requests() == []
    assert set(company.statuses()) <= {"paid", "invoiced", "credited", "ignored"}
    assert company.doubled_slots() == []
    assert company.tracebacks() == []
    assert set(company.died()) == set(ordeal.kill_points)


@dataclass
class Account:
    """What the books say of one order, all its documents added up."""

    asked: Decimal = Decimal(0)
    kept: Decimal = Decimal(0)
    due: Decimal = Decimal(0)
    left: Decimal = Decimal(0)

    def add_invoice(self, invoice: BookedInvoice) -> None:
        if invoice.status != "VOIDED":
            self.asked += invoice.total
            self.due += invoice.due
        self.kept += sum(payment.amount for payment in invoice.payments)

    def add_note(self, note: BookedCreditNote) -> None:
        self.asked -= note.total
        self.left += note.left
        self.kept -= sum(payment.amount for payment in note.paid_out)
