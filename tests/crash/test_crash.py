"""Killed at every named point, and whatever else: everything is booked once.

make crash CRASH_SECONDS=120 CRASH_SEEDS="1 2 3"
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
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
LONG = "CRASH_SECONDS" in os.environ
KILL_POINTS_A_RUN = len(KILL_POINTS) if LONG else 5
ORDERS_A_SECOND = 6
# Those of the simulation that real time leaves room for: the books' own memory of keys
# masks the others for minutes.
MUTANTS = [
    "confirmed before it is sent",
    "a new key for every try, and nobody asks",
    "a payment has another reference each time",
]


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
        ordeals = {
            name: everything.enter_context(
                an_ordeal(
                    tmp_path / name,
                    address,
                    seed=seed + number,
                    kill_points=seeded(seed + number).sample(
                        KILL_POINTS, KILL_POINTS_A_RUN
                    ),
                    for_s=FOR_S,
                    break_database=postgres.restart if address else None,
                )
            )
            for number, (name, address) in enumerate(addresses.items())
        }
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


@pytest.mark.parametrize("mutant", MUTANTS if LONG else MUTANTS[:1])
def test_a_safeguard_that_is_missing_shows_in_the_books(
    mutant: str, tmp_path: Path, figures: list[str]
) -> None:
    with an_ordeal(
        tmp_path, "", seed=SEEDS[0], kill_points=[], for_s=FOR_S, mutant=mutant
    ) as ordeal:
        figures.append(f"{mutant}: {ordeal.go()}")
        with pytest.raises(AssertionError) as found:
            check(ordeal)
        figures.append(f"  {str(found.value).splitlines()[0][:120]}")


@contextmanager
def an_ordeal(
    folder: Path,
    address: str,
    *,
    seed: int,
    kill_points: Sequence[str],
    for_s: float,
    break_database: Callable[[], object] | None = None,
    mutant: str = "",
) -> Iterator[Ordeal]:
    """Prepare what a company on the database at *address* goes through.

    Without an *address* it is SQLite, which is broken by locking it.
    """
    with ExitStack() as everything:
        (folder / "mock").mkdir(parents=True)
        program = everything.enter_context(
            running_mock(folder / "mock", "--memory", "--limits", "off")
        )
        company = CrashCompany(folder, database_url=address, mutant=mutant)
        everything.callback(company.end)
        shop = everything.enter_context(served(WooCommerceShop(datetime.now(UTC))))
        company.open_for_business(program.url, shop)
        way = seeded(seed).choice(["renew", "adjust"])
        company.cli("rules", "set", "--when-changed", way)
        file = company.database_url.removeprefix("sqlite:///")
        yield Ordeal(
            seed=seed,
            company=company,
            books=everything.enter_context(Books(program.url)),
            shops=Shops(company, shop, seeded(seed)),
            kill_points=kill_points,
            break_database=break_database or partial(lock, file),
            orders=int(ORDERS_A_SECOND * for_s),
            for_s=for_s,
        )


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
