"""An order is booked in its own currency where the books have it, else it waits."""

from __future__ import annotations

import sys

from tests.e2e.books import Books
from tests.e2e.company import Company
from tests.e2e.woocommerce import an_order

# What *Read again* on the Settings page does, in a process of its own.
_READ_AGAIN = """
from dashboard.app import build
from dashboard.config import load_settings

build(load_settings()).company.doubt_facts()
"""


def test_foreign_currency_is_booked_as_it_is_or_waits_until_the_books_have_it(
    serving: Company, books: Books
) -> None:
    serving.push(an_order(1))
    serving.wait_for("1", "paid", within_s=15)

    serving.push(an_order(2, currency="USD"))
    serving.push(an_order(3, currency="SEK"))
    serving.wait_for("2", "paid", within_s=15)
    stopped = serving.wait_for("3", "needs attention", within_s=15)

    assert stopped.cause == "currency not in the books"
    assert "the books have no SEK" in stopped.message
    booked = {each.number: each.currency for each in books.invoices()}
    assert booked == {"W-1": "EUR", "W-2": "USD"}

    books.put("Currencies", {"Code": "SEK"})
    serving.run(sys.executable, "-c", _READ_AGAIN)
    serving.push(an_order(4))
    serving.wait_for("3", "paid", within_s=20)

    booked = {each.number: each.currency for each in books.invoices()}
    assert booked["W-3"] == "SEK"
    books.check(["W-1", "W-2", "W-3", "W-4"], ["W-1", "W-2", "W-3", "W-4"])
