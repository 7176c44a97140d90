"""Odd orders as real shops send them: read right, or refused and told what is wrong.

Each is told to every connector in its own words.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.order import Order
from dashboard.shops.protocol import NotUnderstood, Received
from dashboard.shops.registry import CONNECTORS

DATA = Path(__file__).parents[1] / "data"
Json = dict[str, Any]


def sample(name: str) -> Json:
    found: Json = json.loads((DATA / name).read_text(encoding="utf-8"))
    return found


def woocommerce() -> Json:
    return sample("woocommerce/02_guest_paid_shipping_taxed.json")


def shopify() -> Json:
    return sample("shopify/08_refund_amount_only.json")


def own_json() -> Json:
    return {
        "id": "7",
        "status": "placed",
        "currency": "EUR",
        "total": "12.10",
        "ordered_at": "2026-11-22T09:30:00Z",
        "customer": {"last_name": "Buyer", "address": {"country": "NL"}},
        "lines": [
            {
                "description": "Mug",
                "net": "10.00",
                "taxes": [{"rate_percent": "21", "amount": "2.10"}],
            }
        ],
    }


ORDERS: dict[str, Callable[[], Json]] = {
    "woocommerce": woocommerce,
    "shopify": shopify,
    "json": own_json,
}
# Where each has the first line's name, the country of the bill and the number.
NAMES = {
    "woocommerce": ("line_items", 0, "name"),
    "shopify": ("lineItems", "nodes", 0, "name"),
    "json": ("lines", 0, "description"),
}
COUNTRIES = {
    "woocommerce": ("billing", "country"),
    "shopify": ("billingAddress", "countryCodeV2"),
    "json": ("customer", "address", "country"),
}
NUMBERS = {"woocommerce": ("number",), "shopify": ("name",)}
RATES = {
    "woocommerce": ("tax_lines", 0, "rate_percent"),
    "shopify": ("lineItems", "nodes", 0, "taxLines", 0, "ratePercentage"),
}
REFUNDS: dict[str, list[Json]] = {
    "woocommerce": [{"id": 9, "reason": "", "total": "-1.00"}],
    "shopify": shopify()["refunds"],
    "json": [{"id": "9", "amount": "1.00"}],
}


def told(kind: str, path: tuple[str | int, ...] = (), value: object = None) -> Json:
    """Return an order with *value* at *path*."""
    payload = ORDERS[kind]()
    place: Any = payload
    for step in path[:-1]:
        place = place[step]
    if path:
        place[path[-1]] = value
    return payload


def read(kind: str, payload: Json) -> Order:
    message = CONNECTORS[kind].read({}, json.dumps(payload).encode())
    assert isinstance(message, Received), message
    return message.order


def faults(kind: str, payload: Json) -> dict[str, str]:
    message = CONNECTORS[kind].read({}, json.dumps(payload).encode())
    assert isinstance(message, NotUnderstood)
    assert len({error.path for error in message.errors}) == len(message.errors)
    return {error.path: error.message for error in message.errors}


@pytest.mark.parametrize("kind", ORDERS)
@pytest.mark.parametrize(
    ("given", "name"),
    [
        (
            "Mug 🧦 👨\u200d👩\u200d👧 &amp; <b>Söhne</b>",
            "Mug 🧦 👨\u200d👩\u200d👧 & Söhne",
        ),
        ("כוס אדומה &quot;גדולה&quot;", 'כוס אדומה "גדולה"'),
        ("\ufeffMug\u200b \u202egum\u202c", "Mug gum"),
        ("Ä" * 500, "Ä" * 500),
        ("\u200b<br>&nbsp;", "Item"),
    ],
)
def test_name_is_what_a_person_reads(kind: str, given: str, name: str) -> None:
    order = read(kind, told(kind, NAMES[kind], given))

    assert order.lines[0].description == name


@pytest.mark.parametrize("kind", ORDERS)
@pytest.mark.parametrize(
    ("given", "country"), [("EL", "GR"), ("UK", "GB"), ("GR", "GR"), ("", "")]
)
def test_country_is_the_one_of_the_standard(
    kind: str, given: str, country: str
) -> None:
    order = read(kind, told(kind, COUNTRIES[kind], given))

    assert order.customer.address.country == country


@pytest.mark.parametrize("kind", ORDERS)
def test_country_that_is_no_code_is_never_taken_for_one_outside_the_eu(
    kind: str,
) -> None:
    wrong = faults(kind, told(kind, COUNTRIES[kind], "Greece"))

    (message,) = wrong.values()
    assert "must be a country code of two" in message


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("given", ["2026,1", 'A"1', "A\\1"])
def test_number_that_the_books_cannot_be_asked_for_is_refused(
    kind: str, given: str
) -> None:
    wrong = faults(kind, told(kind, NUMBERS[kind], given))

    assert list(wrong) == list(NUMBERS[kind])


@pytest.mark.parametrize("kind", RATES)
@pytest.mark.parametrize(
    ("given", "rate"),
    [
        (9.9749999999999996, "9.975"),
        (7.000000000000001, "7"),
        (20.999999999999996, "21"),
        (0.000001, "0.000001"),
    ],
)
def test_rate_kept_as_a_binary_fraction_is_the_one_meant(
    kind: str, given: float, rate: str
) -> None:
    order = read(kind, told(kind, RATES[kind], given))

    assert order.lines[0].taxes[0].rate_percent == Decimal(rate)


@pytest.mark.parametrize("kind", ORDERS)
def test_refund_that_is_told_twice_is_not_guessed_to_be_one_or_two(kind: str) -> None:
    wrong = faults(kind, told(kind, ("refunds",), REFUNDS[kind] * 2))

    assert wrong == {"refunds[1].id": "is there twice"}


def test_refund_without_an_id_is_refused() -> None:
    refunds = [{"reason": "", "total": "-1.00"}]

    wrong = faults("woocommerce", told("woocommerce", ("refunds",), refunds))

    assert wrong == {"refunds[0].id": "is missing"}


def test_payment_that_is_told_twice_is_refused() -> None:
    payments = shopify()["transactions"] * 2

    wrong = faults("shopify", told("shopify", ("transactions",), payments))

    assert set(wrong.values()) == {"is there twice"}
