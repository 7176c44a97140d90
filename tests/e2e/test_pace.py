"""How fast an order is booked, and how few calls a rush of them takes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from statistics import median

from tests.e2e.books import Books
from tests.e2e.company import Company
from tests.e2e.processes import eventually
from tests.e2e.woocommerce import an_order


def test_pushed_order_is_in_the_books_within_seconds(
    serving: Company, books: Books, figures: list[str]
) -> None:
    took_s = []
    for number in range(1, 11):
        serving.wait_until_settled(within_s=10)
        billing = {"email": f"customer{number}@shop.example", "last_name": f"N{number}"}
        started = time.monotonic()
        serving.push(an_order(number, billing=billing))
        wait_until_paid(books, Decimal("12.08") * number)
        took_s.append(time.monotonic() - started)

    figures.append(
        f"pushed order to paid invoice: median {median(took_s):.2f} s, "
        f"longest {max(took_s):.2f} s of {len(took_s)}"
    )
    assert median(took_s) < 2
    assert max(took_s) < 5


def wait_until_paid(books: Books, amount: Decimal) -> None:
    """Wait until the invoices in the books are paid with *amount* in all."""

    def is_paid() -> bool:
        sums = books.control("GET", "assertions")["invoices"]
        return bool(sums.get("EUR", {}).get("paid", 0) == amount)

    eventually(is_paid, f"{amount} is paid", within_s=10, every_s=0.01)


def test_rush_of_orders_takes_few_calls_and_never_meets_the_limit(
    serving: Company, books: Books, figures: list[str]
) -> None:
    books.control("POST", "limits", {"mode": "real"})
    orders = [
        an_order(
            number,
            customer_id=number % 40 + 1,
            billing={"last_name": f"N{number % 40}"},
        )
        for number in range(1, 201)
    ]

    started = time.monotonic()
    with ThreadPoolExecutor(4) as shop:
        answers = list(shop.map(serving.push, orders))
    serving.wait_until_settled(within_s=60, orders=200)
    took_s = time.monotonic() - started

    assert {answer.status_code for answer in answers} == {202}
    calls = books.calls()
    per_order = len(calls) / len(orders)
    figures.append(
        f"200 orders at once: {len(calls)} calls ({per_order:.3f} an order), "
        f"{took_s:.1f} s"
    )
    assert [call["status"] for call in calls if call["status"] == 429] == []
    assert per_order < 0.25
    assert serving.statuses() == {"paid": 200}
    numbers = [f"W-{number}" for number in range(1, 201)]
    books.check(numbers, numbers)
    assert len(books.contacts()) == 40
