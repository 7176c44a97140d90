"""Orders of Shopify, read to the cent."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.order import LineKind, Order, OrderPhase
from dashboard.shops.protocol import NotUnderstood, Received
from dashboard.shops.shopify.connector import ZONE_HEADER, Shopify

SAMPLES = Path(__file__).parents[1] / "data" / "shopify"
HEADERS = {ZONE_HEADER: "Europe/Amsterdam"}


def sample(name: str, **fields: Any) -> dict[str, Any]:
    (path,) = SAMPLES.glob(f"{name}*.json")
    return {**json.loads(path.read_text(encoding="utf-8")), **fields}


def read(payload: dict[str, Any], headers: dict[str, str] | None = None) -> Order:
    told = HEADERS if headers is None else headers
    message = Shopify().read(told, json.dumps(payload).encode())
    assert isinstance(message, Received), message
    return message.order


def faults(payload: dict[str, Any]) -> list[str]:
    message = Shopify().read(HEADERS, json.dumps(payload).encode())
    assert isinstance(message, NotUnderstood)
    return [error.path for error in message.errors]


def lines(order: Order) -> list[tuple[str, str, str, str]]:
    return [
        (line.kind.value, line.description, f"{line.net:.2f}", f"{line.tax:.2f}")
        for line in order.lines
    ]


def residual(order: Order) -> Decimal:
    return order.total - sum((line.net + line.tax for line in order.lines), Decimal(0))


WANTED: dict[str, list[tuple[str, str, str, str]]] = {
    "01": [
        ("product", "Mug - Blue", "31.57", "6.63"),
        ("product", "Book", "22.29", "2.01"),
        ("shipping", "Parcel", "4.09", "0.86"),
    ],
    "02": [
        ("product", "Lamp", "95.00", "14.23"),
        ("shipping", "Standard", "9.00", "1.35"),
    ],
    "03": [
        ("product", "Soup", "10.11", "0.91"),
        ("fee", "Tip", "2.00", "0.00"),
        ("fee", "Cash rounding", "-0.02", "0.00"),
    ],
    "04": [
        ("product", "Soup", "10.09", "0.91"),
        ("product", "Tip", "2.00", "0.00"),
    ],
    "05": [
        ("product", "Coat", "100.00", "0.00"),
        ("shipping", "Express", "10.00", "0.00"),
        ("fee", "Import duty", "24.00", "0.00"),
        ("fee", "Handling", "2.50", "0.00"),
    ],
    "07": [
        ("product", "Plate", "49.59", "10.41"),
        ("shipping", "Parcel", "4.09", "0.86"),
    ],
    "09": [("product", "Plate", "33.06", "6.94")],
    "10": [("product", "Plate", "49.59", "10.41")],
    "11": [("product", "Lamp (tax paid by the marketplace)", "100.00", "0.00")],
    "12": [("product", "Desk", "500.00", "0.00")],
    "13": [("product", "Mug", "34.71", "7.29")],
}


@pytest.mark.parametrize("name", sorted(WANTED))
def test_lines_are_what_was_charged_to_the_cent(name: str) -> None:
    order = read(sample(name))

    assert lines(order) == WANTED[name]
    assert residual(order) == 0


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda p: p.stem)
def test_every_sample_adds_up(path: Path) -> None:
    assert residual(read(json.loads(path.read_text(encoding="utf-8")))) == 0


def test_who_and_when_are_read_with_ids_too_long_for_a_fraction() -> None:
    order = read(sample("01"))

    assert order.external_id == "820982911946155001"
    assert order.number == "1001"
    assert order.customer.external_id.isdigit()
    assert order.customer.name == "Noor Voorbeeld"
    assert order.customer.address.country == "NL"
    assert order.shop_status == "paid"
    assert order.lines[0].quantity == 3
    assert order.lines[0].sku == "MUG-B"
    # 6.80 off a price that holds 21 % of tax
    assert order.lines[0].discount == Decimal("5.62")


def test_days_are_those_of_the_shop_and_not_of_greenwich() -> None:
    late = "2026-11-30T23:30:00Z"

    order = read(sample("01", createdAt=late, updatedAt=late))

    assert order.day == date(2026, 12, 1)
    assert order.changed_on == date(2026, 12, 1)
    assert order.payments[0].day == date(2026, 11, 20)


def test_without_a_zone_days_are_those_in_utc() -> None:
    assert read(sample("01"), headers={}).day == date(2026, 11, 20)
    assert read(sample("01"), headers={ZONE_HEADER: "../x"}).day == date(2026, 11, 20)


def test_only_captured_and_sold_money_counts() -> None:
    (payment,) = read(sample("02")).payments

    assert payment.amount == Decimal("119.58")
    assert payment.method == "shopify_payments"
    assert payment.day == date(2026, 11, 21)


def test_cash_is_what_stays_in_the_till() -> None:
    order = read(sample("03"))

    assert order.total == Decimal("13.00")
    assert [payment.amount for payment in order.payments] == [Decimal("13.00")]


def test_gift_card_pays_by_its_own_method() -> None:
    order = read(sample("06"))

    assert [(p.method, p.amount) for p in order.payments] == [
        ("gift_card", Decimal("30.00")),
        ("shopify_payments", Decimal("41.00")),
    ]


def test_payments_are_known_by_their_own_id_however_they_are_sorted() -> None:
    payload = sample("06")
    ids = {p.method: p.external_id for p in read(payload).payments}
    card, other = payload["transactions"]
    card["processedAt"], other["processedAt"] = (
        "2026-11-20T12:00:00Z",
        "2026-11-20T11:00:00Z",
    )

    payments = read(payload).payments

    assert [p.method for p in payments] == ["shopify_payments", "gift_card"]
    assert {p.method: p.external_id for p in payments} == ids
    assert all(id_.isdigit() for id_ in ids.values())


def test_gift_card_that_is_sold_bears_no_tax() -> None:
    (card, _mug) = read(sample("06")).lines

    assert (card.kind, card.taxes) == (LineKind.GIFT_CARD, ())


def test_pending_money_is_no_payment() -> None:
    order = read(sample("12"))

    assert order.payments == ()
    assert order.payment_method == "manual"
    assert order.payment_method_title == "Bank Deposit"
    assert order.phase is OrderPhase.PLACED


def test_part_of_the_money_is_told_as_such() -> None:
    order = read(sample("16"))

    assert (order.paid, order.total) == (Decimal("20.00"), Decimal("50.00"))
    assert order.customer.name == ""
    assert order.lines[0].description == 'Größe "L" & Co'


def test_company_brings_its_name_and_vat_number() -> None:
    order = read(sample("12"))

    assert order.customer.company == "Beispiel GmbH"
    assert order.customer.vat_number == "DE136695976"
    assert order.vat_exempt


@pytest.mark.parametrize(
    "fields",
    [
        {"customAttributes": [{"key": "VAT Number", "value": "NL123456782B90"}]},
        {"customAttributes": [{"key": "btw-nummer", "value": "NL123456782B90"}]},
        {
            "localizedFields": {
                "nodes": [
                    {"key": "TAX_CREDENTIAL_TYPE_CO", "value": "RUT"},
                    {"key": "TAX_CREDENTIAL_IT", "value": "NL123456782B90"},
                ]
            }
        },
    ],
)
def test_vat_number_is_found_where_checkouts_keep_it(fields: dict[str, Any]) -> None:
    assert read(sample("01", **fields)).customer.vat_number == "NL123456782B90"


def test_refund_has_lines_and_shipping_with_their_taxes() -> None:
    (refund,) = read(sample("07")).refunds

    assert refund.amount == Decimal("44.95")
    assert refund.reason == "Two broke"
    assert refund.refunded_on == date(2026, 11, 22)
    assert [(line.kind, line.net, line.tax) for line in refund.lines] == [
        (LineKind.PRODUCT, Decimal("33.06"), Decimal("6.94")),
        (LineKind.SHIPPING, Decimal("4.09"), Decimal("0.86")),
    ]


def test_refund_of_an_amount_has_no_lines_and_counts_what_went_back() -> None:
    (refund,) = read(sample("08")).refunds

    assert (refund.amount, refund.lines) == (Decimal("10.00"), ())


def test_unit_taken_off_before_payment_is_not_part_of_the_order() -> None:
    order = read(sample("09"))

    assert (order.total, order.paid) == (Decimal("40.00"), Decimal("40.00"))
    assert order.lines[0].quantity == 2
    assert order.refunds == ()


def test_money_back_for_a_unit_taken_off_is_a_refund_of_that_unit() -> None:
    order = read(sample("10"))

    (refund,) = order.refunds
    assert (order.total, refund.amount) == (Decimal("60.00"), Decimal("20.00"))
    assert [(line.net, line.tax) for line in refund.lines] == [
        (Decimal("16.53"), Decimal("3.47"))
    ]


def test_unit_taken_off_stays_until_its_money_goes_back() -> None:
    payload = sample("10")
    payload["refunds"] = payload["refunds"][:1]

    order = read(payload)

    assert (order.total, order.refunds) == (Decimal("60.00"), ())


def test_tax_that_the_marketplace_pays_is_none_of_ours() -> None:
    order = read(sample("11"))

    assert order.total == Decimal("100.00")
    assert order.paid == Decimal("100.00")
    (refund,) = order.refunds
    assert refund.amount == Decimal("50.00")
    assert [(line.net, line.tax) for line in refund.lines] == [
        (Decimal("50.00"), Decimal(0))
    ]


def test_refund_of_an_amount_leaves_out_its_share_of_the_marketplaces_tax() -> None:
    payload = sample("11")
    payload["refunds"][0]["refundLineItems"]["nodes"] = []

    (refund,) = read(payload).refunds

    assert refund.amount == Decimal("50.00")  # of 54.13


def test_shops_currency_is_booked_whatever_the_customer_saw() -> None:
    order = read(sample("13"))

    assert (order.currency, order.total) == ("EUR", Decimal("42.00"))


def test_amount_in_another_currency_is_refused() -> None:
    payload = sample("13")
    payload["totalPriceSet"]["shopMoney"]["currencyCode"] = "USD"

    assert faults(payload) == ["totalPriceSet.shopMoney.currencyCode"]


def test_test_order_is_told_as_such() -> None:
    assert read(sample("14")).phase is OrderPhase.TEST


def test_cancelled_order_is_told_as_such() -> None:
    order = read(sample("15"))

    assert (order.phase, order.payments) == (OrderPhase.CANCELLED, ())


def test_rate_is_taken_from_the_fraction_where_no_percentage_is_told() -> None:
    payload = sample("01")
    payload["lineItems"]["nodes"][1]["taxLines"][0]["ratePercentage"] = None

    (tax,) = read(payload).lines[1].taxes

    assert tax.rate_percent == Decimal("9.00")


def test_order_without_its_amounts_names_what_is_missing() -> None:
    payload = sample("01")
    payload["lineItems"]["nodes"][0]["originalUnitPriceSet"] = None
    payload["totalPriceSet"] = None

    assert faults(payload) == [
        "totalPriceSet.shopMoney.amount",
        "lineItems.nodes[0].originalUnitPriceSet.shopMoney.amount",
    ]
