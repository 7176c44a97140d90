"""Killed programs, several workers and hostile books: everything once all the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import requests

from tests.e2e.books import Books
from tests.e2e.company import Company, MakeCompany
from tests.e2e.mock_program import running_mock
from tests.e2e.processes import Running, eventually, port_is_free, seeded
from tests.e2e.woocommerce import Sample, an_order, differences
from tests.fixtures.databases import PostgresServer

ORDERS = 100
KILLS = 3
SEED = 20260307


def make_orders(chance: Random) -> list[dict[str, Any]]:
    """Return orders of thirty customers, most of them paid."""
    orders = []
    for number in range(1, ORDERS + 1):
        customer = chance.randrange(30)
        billing = {"last_name": f"N{customer}", "email": f"n{customer}@shop.example"}
        order = an_order(number, customer_id=customer, billing=billing)
        if chance.random() < 0.2:
            order |= {"payment_method": "cod", "date_paid_gmt": None}
        orders.append(order)
    return orders


def make_books_hostile(books: Books, seed: int) -> None:
    """Let the mock lose, spoil, refuse and delay a good part of its answers."""
    often: dict[str, Any] = {"times": None, "seed": seed}
    put = {"match": {"method": "PUT"}}
    for kind, probability, options in (
        ("delay", 0.4, {"seconds": 0.2}),
        ("lose_answer", 0.15, {"how": "reset", "when": "after"}),
        ("lose_answer", 0.05, {"how": "close", "when": "before"}),
        ("truncate", 0.1, {}),
        ("status", 0.05, {"status": 503}),
        ("status", 0.08, {"status": 500, "when": "after"}),
        ("status", 0.05, {"status": 429, "retry_after": 1}),
    ):
        books.fault(kind, probability=probability, options=options, **put, **often)
    asking = {"match": {"method": "GET"}}
    books.fault("status", probability=0.1, options={"status": 503}, **asking, **often)


@contextmanager
def a_patient_shop(
    company: Company, orders: list[dict[str, Any]], pause_s: float
) -> Iterator[None]:
    """Send orders beside the test, each again until it is taken."""

    def send(order: dict[str, Any]) -> None:
        time.sleep(pause_s)  # orders come over time, not all at once

        def is_taken() -> bool:
            try:
                return company.push(order).status_code in {200, 202}
            except requests.RequestException:
                return False  # just killed

        eventually(is_taken, f"order {order['id']} is taken", within_s=60)

    with ThreadPoolExecutor(2) as shop:
        sent = [shop.submit(send, order) for order in orders]
        yield
        for one in sent:
            one.result()


def survive(
    company: Company, books: Books, chance: Random, orders: list[dict[str, Any]]
) -> str:
    """Send orders while everything fails; return the figures of it."""
    server, workers = company.serve(), [company.worker(), company.worker()]
    started = time.monotonic()
    with a_patient_shop(company, orders, pause_s=0.1):
        for _ in range(KILLS):
            wait_for_calls(books, more=chance.randrange(1, 4))
            server.kill()
            wait_until_gone(company, server)
            server = company.serve()
            workers[0].kill()
            workers = [workers[1], company.worker()]
    books.control("DELETE", "faults")
    company.wait_until_settled(within_s=90, orders=len(orders))
    took_s = time.monotonic() - started
    calls = books.calls()
    faults = sum(bool(call["faults"]) for call in calls)
    return (
        f"{len(orders)} orders, {KILLS} servers and {KILLS} workers killed, "
        f"{faults} of {len(calls)} calls with a fault: {took_s:.0f} s"
    )


def wait_for_calls(books: Books, more: int) -> None:
    """Wait until the books were written to some more times."""
    wanted = len(books.calls(method="PUT")) + more
    eventually(
        lambda: len(books.calls(method="PUT")) >= wanted,
        "the books are written to",
        within_s=30,
        every_s=0.01,
    )


def wait_until_gone(company: Company, server: Running) -> None:
    """Wait until a killed server has left nothing behind."""
    eventually(
        lambda: server.is_gone() and port_is_free(company.port),
        "nothing of the killed server is left",
        within_s=5,
    )


def check_everything_is_booked_once(
    company: Company, books: Books, orders: list[dict[str, Any]]
) -> None:
    samples = [Sample(name=str(order["id"]), payload=order) for order in orders]
    booked = {s.number: s for s in samples if s.took_the_money}
    waiting = len(orders) - len(booked)
    assert company.statuses() == {"paid": len(booked), "awaiting payment": waiting}
    invoices = {invoice.number: invoice for invoice in books.invoices()}
    wrong = [d for n, s in booked.items() for d in differences(s, invoices[n])]
    assert wrong == []
    assert len(books.invoices()) == len(books.payments()) == len(booked)
    books.check(booked, booked)


def test_every_order_is_booked_once_whatever_is_killed_or_lost(
    make_company: MakeCompany,
    postgres_maker: PostgresServer,
    books: Books,
    tmp_path: Path,
    figures: list[str],
) -> None:
    # Both databases at once: most of the time is spent waiting for the minute.
    (tmp_path / "mock").mkdir()
    with (
        running_mock(tmp_path / "mock", "--memory", "--limits", "off") as other_mock,
        Books(other_mock.url) as other_books,
        ThreadPoolExecutor(2) as both,
    ):
        on_sqlite = make_company()
        on_postgres = make_company(
            database_url=postgres_maker.empty(), books_url=other_books.url
        )
        companies = {
            "SQLite": (on_sqlite, books),
            "PostgreSQL": (on_postgres, other_books),
        }
        running = []
        for seed, (name, (company, own_books)) in enumerate(companies.items(), SEED):
            chance = seeded(seed)
            orders = make_orders(chance)
            make_books_hostile(own_books, seed)
            told = both.submit(survive, company, own_books, chance, orders)
            running.append((name, company, own_books, orders, told))

        for name, company, own_books, orders, told in running:
            figures.append(f"{name}: {told.result()}")
            check_everything_is_booked_once(company, own_books, orders)
