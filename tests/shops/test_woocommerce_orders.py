"""Orders of a running WooCommerce read into our own, and broken ones refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.order import LineKind, LineTax, Order, OrderPhase
from dashboard.shops.protocol import NotUnderstood, Received
from dashboard.shops.woocommerce.connector import WooCommerce

SAMPLES = Path(__file__).parents[1] / "data" / "woocommerce"

Json = dict[str, Any]


def sample(name: str) -> Json:
    """Return the one sample whose file name begins with *name*."""
    (path,) = SAMPLES.glob(f"{name}*.json")
    payload: Json = json.loads(path.read_text())
    return payload


def read(payload: Json, connector: WooCommerce | None = None) -> Order:
    message = (connector or WooCommerce()).read({}, json.dumps(payload).encode())
    assert isinstance(message, Received), message
    return message.order


def faults(payload: Json) -> dict[str, str]:
    message = WooCommerce().read({}, json.dumps(payload).encode())
    assert isinstance(message, NotUnderstood), message
    return {error.path: error.message for error in message.errors}


def an_order(**fields: Any) -> Json:
    return {**sample("01_"), **fields}


def a_line(**fields: Any) -> Json:
    line: Json = {**sample("01_")["line_items"][0], **fields}
    return line


def test_guest_order_paid_by_card() -> None:
    order = read(sample("01_"))

    assert (order.external_id, order.number) == ("25", "25")
    assert order.phase is OrderPhase.PLACED
    assert (order.total, order.currency) == (Decimal("12.08"), "EUR")
    assert order.ordered_at == datetime(2026, 11, 22, 7, 22, 45, tzinfo=UTC)
    assert order.customer.external_id == ""
    assert order.customer.name == "Jan Jansen"
    (payment,) = order.payments
    assert (payment.amount, payment.method) == (Decimal("12.08"), "stripe")
    assert payment.reference == "pi_test_123"
    (line,) = order.lines
    assert line.quantity == 2
    assert (line.net, line.tax) == (Decimal("9.98"), Decimal("2.10"))


@pytest.mark.parametrize(
    ("status", "date_paid", "phase", "paid"),
    [
        ("processing", "2026-11-22T07:22:45", OrderPhase.PLACED, True),
        ("completed", "2026-11-22T07:22:45", OrderPhase.PLACED, True),
        ("refunded", "2026-11-22T07:22:45", OrderPhase.PLACED, True),
        ("processing", None, OrderPhase.PLACED, False),
        ("on-hold", None, OrderPhase.PLACED, False),
        ("on-hold", "2026-11-22T07:22:45", OrderPhase.PLACED, False),
        ("pending", None, OrderPhase.PENDING, False),
        ("failed", None, OrderPhase.FAILED, False),
        ("cancelled", "2026-11-22T07:22:45", OrderPhase.CANCELLED, False),
        ("trash", "2026-11-22T07:22:45", OrderPhase.DELETED, False),
        ("checkout-draft", None, OrderPhase.DRAFT, False),
        ("auto-draft", None, OrderPhase.DRAFT, False),
        ("wc-in-production", "2026-11-22T07:22:45", OrderPhase.PLACED, True),
        ("wc-in-production", None, OrderPhase.PLACED, False),
    ],
)
def test_status_and_payment_date_tell_phase_and_payment(
    status: str, date_paid: str | None, phase: OrderPhase, *, paid: bool
) -> None:
    order = read(an_order(status=status, date_paid_gmt=date_paid))

    assert order.phase is phase
    assert bool(order.payments) is paid


def test_free_order_has_no_payment_of_nothing() -> None:
    assert read(sample("46_")).payments == ()


def test_shipping_and_fees_are_lines_of_their_own_kind() -> None:
    order = read(sample("06_"))

    fees = [line for line in order.lines if line.kind is LineKind.FEE]
    assert [(fee.description, fee.net, fee.tax) for fee in fees] == [
        ("Gift wrapping", Decimal("2.50"), Decimal("0.53")),
        ("Loyalty discount", Decimal("-3.00"), Decimal("-0.61")),
        ("Untaxed fee", Decimal("1.00"), Decimal(0)),
    ]


def test_tax_of_zero_percent_is_not_the_same_as_no_tax() -> None:
    lines = read(sample("03_")).lines

    rates = [tuple(tax.rate_percent for tax in line.taxes) for line in lines]
    assert (Decimal(0),) in rates
    assert () in rates


def test_two_taxes_on_a_line_keep_their_amounts_and_rates() -> None:
    line = read(sample("17_")).lines[0]

    assert [(tax.rate_percent, tax.amount) for tax in line.taxes] == [
        (Decimal(5), Decimal("0.75")),
        (Decimal("9.975"), Decimal("1.49")),
    ]


def test_total_tax_of_a_line_wins_over_the_sum_of_its_taxes() -> None:
    line = a_line(
        total="-1.00",
        total_tax="-0.20",
        taxes=[{"id": 1, "total": "-0.20"}, {"id": 1, "total": "-0.01"}],
    )

    order = read(an_order(line_items=[line]))

    assert order.lines[0].tax == Decimal("-0.20")
    assert [tax.amount for tax in order.lines[0].taxes] == [
        Decimal("-0.19"),
        Decimal("-0.01"),
    ]


def test_rates_that_a_line_does_not_bear_are_left_out() -> None:
    line = a_line(taxes=[{"id": 1, "total": "2.10"}, {"id": 9, "total": ""}])

    order = read(an_order(line_items=[line]))

    assert order.lines[0].taxes == (
        LineTax(
            rate_percent=Decimal(21),
            amount=Decimal("2.10"),
            label="BTW 21%",
            country="NL",
        ),
    )


def test_coupon_shows_as_discount_and_is_not_subtracted_again() -> None:
    order = read(sample("41_"))

    for line, payload in zip(order.lines, sample("41_")["line_items"], strict=False):
        assert line.net == Decimal(payload["total"])
        assert line.net + line.discount == Decimal(payload["subtotal"])


def test_raised_price_is_no_discount() -> None:
    line = a_line(subtotal="8.00", total="9.98")

    assert read(an_order(line_items=[line])).lines[0].discount == 0


def test_markup_and_entities_are_taken_out_of_names() -> None:
    assert read(sample("21_")).lines[0].description == ('Unicode ☕ Größe "L" & Co x')


def test_refunds_are_positive_and_do_not_lower_the_total() -> None:
    order = read(sample("29b_"))

    assert order.total == Decimal("80.66")
    amounts = {refund.amount for refund in order.refunds}
    assert amounts == {Decimal("10.00"), Decimal("5.00")}


def test_company_and_vat_number_come_from_billing_and_meta_data() -> None:
    customer = read(sample("14_")).customer

    assert customer.name == customer.company != ""
    assert customer.vat_number == "NL123456782B01"


def test_key_of_the_vat_number_can_be_chosen() -> None:
    meta = [{"key": "my_vat", "value": "DE999999999"}]

    order = read(an_order(meta_data=meta), WooCommerce(vat_number_keys=["my_vat"]))

    assert order.customer.vat_number == "DE999999999"


def test_customer_exempt_from_tax_is_marked() -> None:
    meta = [{"key": "is_vat_exempt", "value": "yes"}, {"key": "x", "value": [1]}]

    assert read(an_order(meta_data=meta)).vat_exempt


def test_order_without_any_billing_detail_is_read() -> None:
    assert read(sample("25_")).customer.name == ""


def test_empty_objects_that_php_writes_as_lists_are_read() -> None:
    assert read(an_order(billing=[])).customer.name == ""


def test_nothing_that_php_writes_as_false_is_empty() -> None:
    assert read(an_order(line_items=[a_line(sku=False)])).lines[0].sku == ""


@pytest.mark.parametrize("name", ["54_", "58_", "60_", "19_"])
def test_unusual_orders_are_read(name: str) -> None:
    assert read(sample(name)).total > 0


def test_numbers_written_the_other_way_do_no_harm() -> None:
    line = a_line(quantity="2", total=9.98, total_tax=2.1, subtotal=9.98)

    order = read(an_order(id="25", number=25, customer_id="7", line_items=[line]))

    assert (order.external_id, order.number) == ("25", "25")
    assert order.customer.external_id == "7"
    assert order.lines[0].net == Decimal("9.98")


def test_total_without_the_cents_its_currency_needs_is_refused() -> None:
    assert "Number of decimals to 2" in faults(an_order(total="12"))["total"]


def test_total_of_nothing_needs_no_decimals() -> None:
    assert read(an_order(total="0", date_paid_gmt=None)).total == 0


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"id": None}, "id", "whole number"),
        ({"id": True}, "id", "whole number"),
        ({"id": -1}, "id", "whole number"),
        ({"status": ""}, "status", "missing"),
        ({"currency": "EURO"}, "currency", "three letters"),
        ({"total": None}, "total", "missing"),
        ({"total": "12,08"}, "total", '"12,08"'),
        ({"total": "1e99"}, "total", "amount"),
        ({"total": {}}, "total", "an object"),
        ({"total": True}, "total", "true"),
        ({"date_created_gmt": None}, "date_created_gmt", "missing"),
        ({"date_created_gmt": "yesterday"}, "date_created_gmt", "yesterday"),
        ({"date_created_gmt": "0001-01-01T00:00:00"}, "date_created_gmt", "date"),
        ({"date_paid_gmt": 5}, "date_paid_gmt", "date and time"),
        ({"billing": "Jan"}, "billing", "an object"),
        ({"line_items": {}}, "line_items", "a list"),
        ({"line_items": [None]}, "line_items[0]", "an object"),
        ({"line_items": [a_line(name=[])]}, "line_items[0].name", "a text"),
        ({"line_items": [a_line(total=None)]}, "line_items[0].total", "missing"),
        ({"fee_lines": [{"name": "Fee"}]}, "fee_lines[0].total", "missing"),
        ({"refunds": [{"id": 1}]}, "refunds[0].total", "missing"),
        ({"number": "9" * 101}, "number", "100 characters"),
        ({"tax_lines": []}, "line_items[0].taxes[0].id", "not among the tax_lines"),
        (
            {"line_items": [a_line(total_tax="9.00")]},
            "line_items[0].total_tax",
            "make 2.10",
        ),
        (
            {"line_items": [a_line(taxes=[])]},
            "line_items[0].total_tax",
            "make 0",
        ),
        (
            {"tax_lines": [{"rate_id": 1, "label": "BTW"}]},
            "tax_lines[0].rate_percent",
            "Update WooCommerce",
        ),
        (
            {"tax_lines": [{"rate_id": 1, "rate_percent": -21}]},
            "tax_lines[0].rate_percent",
            "no tax rate",
        ),
    ],
)
def test_wrong_field_is_named(fields: Json, path: str, words: str) -> None:
    assert words in faults(an_order(**fields))[path]


def test_every_wrong_field_is_named_at_once() -> None:
    lines = [a_line(total="x"), a_line(), a_line(quantity="many")]

    found = faults(an_order(currency="", line_items=lines))

    assert set(found) == {"currency", "line_items[0].total", "line_items[2].quantity"}


def test_order_not_understood_keeps_its_id_and_number() -> None:
    body = json.dumps(an_order(total="x")).encode()

    message = WooCommerce().read({}, body)

    assert isinstance(message, NotUnderstood)
    assert (message.external_id, message.number) == ("25", "25")


def test_wrong_rate_is_told_once_however_many_lines_bear_it() -> None:
    tax_lines = [{"rate_id": 1, "rate_percent": "much"}]
    payload = an_order(tax_lines=tax_lines, line_items=[a_line()] * 5)

    message = WooCommerce().read({}, json.dumps(payload).encode())

    assert isinstance(message, NotUnderstood)
    assert len(message.errors) == 1


def test_an_order_after_midnight_is_dated_where_the_shop_is() -> None:
    payload = sample("01_guest_paid_simple") | {
        "date_created": "2027-01-01T00:30:00",
        "date_created_gmt": "2026-12-31T23:30:00",
        "date_paid": "2027-01-01T00:31:00",
        "date_paid_gmt": "2026-12-31T23:31:00",
    }

    order = read(payload)

    assert order.day == date(2027, 1, 1)
    assert order.payments[0].day == date(2027, 1, 1)
