"""A shop that is asked for its orders: from its API into the books, all real."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.domain.clock import SystemClock
from tests.e2e.books import Books
from tests.e2e.company import SECRET, WOOCOMMERCE, Company
from tests.fixtures.served_shops import served
from tests.fixtures.shopify_shop import CLIENT_ID, CLIENT_SECRET, TOPICS, ShopifyShop
from tests.fixtures.woocommerce_shop import KEY, WooCommerceShop
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


@pytest.fixture
def shopify(company: Company) -> Iterator[ShopifyShop]:
    """A shop at Shopify that the company asks for its orders."""
    company.cli("rules", "set", "--payment-method", "shopify_payments=090")
    with served(ShopifyShop(SystemClock().now())) as shop:
        company.cli(
            *("shops", "add", "--kind", "shopify", "--slug", "fy", "--prefix", "F-"),
            *("--secret", CLIENT_SECRET, "--domain", shop.url),
            *("--client-id", CLIENT_ID),
        )
        yield shop


def test_orders_of_shopify_are_paid_in_the_books_to_the_cent(
    company: Company, shopify: ShopifyShop, books: Books
) -> None:
    for sample in ("01_", "07_", "10_", "14_"):
        shopify.place(sample)

    tested = company.cli("shops", "test", "fy")
    pulled = company.cli("pull")
    company.cli("sync")

    assert (tested["orders"], tested["currency"]) == (4, "EUR")
    assert (pulled["pulled"], pulled["state"]) == (4, "done")
    booked = {invoice.number: invoice for invoice in books.invoices()}
    assert {number: str(each.total) for number, each in booked.items()} == {
        "F-1": "67.45",
        "F-2": "64.95",
        "F-3": "60.00",
    }
    assert [(str(net), str(tax)) for net, tax, _ in booked["F-1"].lines] == [
        ("31.57", "6.63"),
        ("22.29", "2.01"),
        ("4.09", "0.86"),
    ]
    notes = sorted(str(note.total) for note in books.credit_notes().values())
    assert notes == ["20.00", "44.95"]
    assert company.statuses() == {"paid": 3, "ignored": 1}


def test_a_webhook_of_shopify_brings_an_order_into_the_books_at_once(
    company: Company, shopify: ShopifyShop, books: Books
) -> None:
    company.serve()
    shopify.subscribe(f"{company.url}/intake/fy", *TOPICS)
    number = shopify.place()

    assert shopify.deliver() == [202]

    company.wait_for(str(number), "paid", within_s=20)
    assert [invoice.number for invoice in books.invoices()] == ["F-1"]
