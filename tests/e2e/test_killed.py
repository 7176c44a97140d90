"""Killed programs, several workers and hostile books: everything once all the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
import requests

from tests.e2e.books import Books
from tests.e2e.company import Company, MakeCompany
from tests.e2e.processes import eventually, port_is_free, seeded
from tests.e2e.woocommerce import Sample, an_order, differences


def make_orders(chance: Random, count: int) -> list[dict[str, Any]]:
    """Return orders of thirty customers, most of them paid."""
    orders = []
    for number in range(1, count + 1):
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


@pytest.mark.parametrize(
    "scale", [("sqlite", 100, 4), ("postgres", 50, 2)], ids=lambda scale: scale[0]
)
def test_every_order_is_booked_once_whatever_is_killed_or_lost(
    scale: tuple[str, int, int],
    make_company: MakeCompany,
    request: pytest.FixtureRequest,
    books: Books,
    figures: list[str],
) -> None:
    database, count, kills = scale
    url = ""
    if database == "postgres":
        url = request.getfixturevalue("postgres_maker").empty()
    company = make_company(database_url=url)
    chance = seeded(20260307)
    orders = make_orders(chance, count)
    make_books_hostile(books, seed=chance.randrange(1000))
    server, workers = company.serve(), [company.worker(), company.worker()]
    started = time.monotonic()

    with a_patient_shop(company, orders, pause_s=0.2):
        for _ in range(kills):
            calls = len(books.calls(method="PUT")) + chance.randrange(1, 4)
            eventually(
                lambda: len(books.calls(method="PUT")) >= calls,  # noqa: B023 - used now
                "the books are called on",
                within_s=30,
                every_s=0.01,
            )
            server.kill()
            eventually(
                lambda: server.is_gone() and port_is_free(company.port),  # noqa: B023
                "nothing of the killed server is left",
                within_s=5,
            )
            server = company.serve()
            workers[0].kill()
            workers = [workers[1], company.worker()]
    books.control("DELETE", "faults")
    company.wait_until_settled(within_s=90, orders=count)
    took_s = time.monotonic() - started

    faults = sum(bool(call["faults"]) for call in books.calls())
    figures.append(
        f"{database}: {count} orders, {kills} servers and {kills} workers killed, "
        f"{faults} of {len(books.calls())} calls with a fault, {took_s:.0f} s"
    )
    samples = [Sample(name=str(order["id"]), payload=order) for order in orders]
    booked = {s.number: s for s in samples if s.took_the_money}
    waiting = count - len(booked)
    assert company.statuses() == {"paid": len(booked), "awaiting payment": waiting}
    invoices = {invoice.number: invoice for invoice in books.invoices()}
    wrong = [d for n, s in booked.items() for d in differences(s, invoices[n])]
    assert wrong == []
    assert len(books.invoices()) == len(books.payments()) == len(booked)
    books.check(booked, booked)
