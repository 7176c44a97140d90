"""A shop that is asked for its orders: from its REST API into the books, all real."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.domain.clock import SystemClock
from tests.e2e.books import Books
from tests.e2e.company import SECRET, WOOCOMMERCE, Company
from tests.fixtures.woocommerce_shop import KEY, WooCommerceShop, served
from tests.fixtures.woocommerce_shop import SECRET as KEY_SECRET

pytestmark = pytest.mark.e2e


@pytest.fixture
def shop(company: Company) -> Iterator[WooCommerceShop]:
    """A shop that the company asks for its orders."""
    with served(WooCommerceShop(SystemClock().now())) as shop:
        company.cli(
            *("shops", "add", "--kind", "woocommerce", "--slug", WOOCOMMERCE),
            *("--secret", SECRET, "--url", shop.url),
            *("--key", KEY, "--key-secret", KEY_SECRET),
        )
        yield shop


def test_pulled_orders_are_paid_in_the_books(
    company: Company, shop: WooCommerceShop, books: Books
) -> None:
    ids = [shop.place() for _ in range(120)]

    pulled = company.cli("pull")
    company.cli("sync")

    assert (pulled["pulled"], pulled["state"]) == (120, "done")
    assert set(company.statuses()) == {"paid"}
    assert len(books.invoices()) == len(ids)


def test_a_webhook_brings_an_order_into_the_books_at_once(
    company: Company, shop: WooCommerceShop, books: Books
) -> None:
    company.serve()
    hook = shop.add_hook("order.updated", f"{company.url}/intake/{WOOCOMMERCE}", SECRET)
    order_id = shop.place()

    assert shop.deliver() == [202]

    company.wait_for(str(order_id), "paid", within_s=20)
    assert [invoice.number for invoice in books.invoices()] == [f"W-{order_id}"]
    assert hook.failures == 0


def test_a_refund_is_pulled_with_its_lines_and_credited(
    company: Company, shop: WooCommerceShop, books: Books
) -> None:
    order_id = shop.place("28_")
    company.cli("pull")
    company.cli("sync")
    shop.tick(60)
    shop.refund(order_id, "28_")

    company.cli("pull")
    company.cli("sync")

    (note,) = books.credit_notes().values()
    assert str(note.total) == "6.04"
