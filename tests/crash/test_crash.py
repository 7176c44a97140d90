"""Killed at every named point, and whatever else: everything is booked once.

make crash CRASH_SECONDS=120 CRASH_SEEDS="1 2 3"
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.crash.company import DONE, CrashCompany
from tests.crash.comparison import Difference, Kind, differences
from tests.crash.ordeal import KILL_POINTS, Disaster, Ordeal, lock
from tests.crash.shops import Shops
from tests.e2e.books import Books
from tests.e2e.mock_program import running_mock
from tests.e2e.processes import seeded
from tests.fixtures.databases import PostgresServer
from tests.fixtures.postgres import NoPostgres, PostgresProcess, postgres_process
from tests.fixtures.served_shops import served
from tests.fixtures.woocommerce_shop import WooCommerceShop

SEEDS = [int(seed) for seed in os.environ.get("CRASH_SEEDS", "20260307").split()]
FOR_S = float(os.environ.get("CRASH_SECONDS", "5"))
# In a short run each database has some of the kill points, drawn from the seed; the
# simulation comes by all of them every time.
LONG = "CRASH_SECONDS" in os.environ
KILL_POINTS_A_RUN = len(KILL_POINTS) if LONG else 5
ORDERS_A_SECOND = 6
MUTANT_STILL_S = 20.0
# Safeguards of the simulation's list, and what has to happen again and again. Of the
# others no run of minutes has shown the lack yet: few processes meet in one request.
MUTANTS: Mapping[str, Sequence[Disaster]] = {
    "confirmed before it is sent": (),
    "the request of a vanished worker is sent again": (
        Ordeal.somebody_dies_having_sent,
    ),
    "no look-up": (),
    "a payment has another reference each time": (),
    "an older version of an order counts": (),
}


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
    tell: Callable[[str], None],
) -> None:
    with ExitStack() as everything:
        addresses = {"SQLite": "", "PostgreSQL": databases.empty()}
        ordeals = [
            everything.enter_context(
                an_ordeal(
                    tmp_path / name,
                    address,
                    name=name,
                    seed=seed + number,
                    kill_points=seeded(seed + number).sample(
                        KILL_POINTS, KILL_POINTS_A_RUN
                    ),
                    tell=tell,
                    break_database=postgres.restart if address else None,
                )
            )
            for number, (name, address) in enumerate(addresses.items())
        ]
        with ThreadPoolExecutor(len(ordeals)) as both:
            figures.extend(both.map(Ordeal.go, ordeals))
        wrong = [
            f"{ordeal.name}: {text}"
            for ordeal in ordeals
            for text in (*wrong_with_books(ordeal), *wrong_with_programs(ordeal))
        ]
        again = f'make crash CRASH_SEEDS="{seed}" CRASH_SECONDS={FOR_S:g}'
        assert not wrong, "\n".join([*wrong, f"Play it again: {again}"])


@pytest.mark.parametrize("mutant", MUTANTS if LONG else [*MUTANTS][:1])
def test_a_safeguard_that_is_missing_shows_in_the_books(
    mutant: str, tmp_path: Path, figures: list[str], tell: Callable[[str], None]
) -> None:
    with an_ordeal(
        tmp_path,
        "",
        name=mutant,
        seed=SEEDS[0],
        kill_points=[],
        tell=tell,
        mutant=mutant,
        always=MUTANTS[mutant],
        remembers=0.0,
        still_s=MUTANT_STILL_S,
    ) as ordeal:
        figures.append(ordeal.go())
        found = [
            difference
            for difference in compared(ordeal)
            if difference.kind is not Kind.NOT_DONE
        ]
        counted = Counter(difference.kind for difference in found)
        figures += [f"  {count} times: {kind}" for kind, count in counted.items()]
        assert found, "\n".join(wrong_with_programs(ordeal)) or "nothing was found"
        figures.append(f"  {found[0]}")


@contextmanager
def an_ordeal(
    folder: Path,
    address: str,
    *,
    seed: int,
    break_database: Callable[[], object] | None = None,
    mutant: str = "",
    **how: Any,
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
            break_database=break_database or partial(lock, file),
            orders=int(ORDERS_A_SECOND * FOR_S),
            for_s=FOR_S,
            **how,
        )


def compared(ordeal: Ordeal) -> list[Difference]:
    """Return what is not in the books as the shops told it."""
    return differences(ordeal.books, ordeal.shops.wanted, ordeal.company.done())


def wrong_with_books(ordeal: Ordeal) -> list[str]:
    """Return what is wrong with the books, by their own checks too."""
    wrong = [str(difference) for difference in compared(ordeal)]
    try:
        ordeal.books.check()
    except AssertionError as error:
        wrong.append(f"the books themselves: {error}")
    return wrong


def wrong_with_programs(ordeal: Ordeal) -> list[str]:
    """Return what else went wrong: with the script, or with the programs."""
    company = ordeal.company
    missing = set(ordeal.kill_points) - set(company.died())
    looked_at = {
        "left open": company.open_requests(),
        "orders that are not done": sorted(set(company.statuses()) - DONE),
        "slots of schedules run twice": company.doubled_slots(),
        "errors in logs": company.tracebacks(),
        "kill points nobody came by": sorted(missing),
    }
    return [
        *ordeal.failures,
        *(f"{what}: {found}" for what, found in looked_at.items() if found),
    ]
