"""Every order that a running WooCommerce gave becomes an invoice of its total."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.money import to_cents
from dashboard.domain.order import Order
from dashboard.domain.rules import (
    CompanyRules,
    PaymentRule,
    Shop,
    TaxRule,
    TaxSituation,
)
from dashboard.mapping.documents import draft_documents
from dashboard.shops.protocol import Received
from dashboard.shops.woocommerce.connector import WooCommerce

SAMPLES = Path(__file__).parents[1] / "data" / "woocommerce"
SHOP = Shop(id=1, slug="demo-shop", name="Demo", kind="woocommerce", prefix="W-")
RATES = ["0", "9", "14.975", "19", "21"]
RULES = CompanyRules(
    tax_rules=(
        TaxRule(situation=TaxSituation.UNTAXED, tax_type="NONE"),
        *(
            TaxRule(
                situation=TaxSituation.RATE,
                tax_type=f"T{rate}",
                rate_percent=Decimal(rate),
            )
            for rate in RATES
        ),
    ),
    payment_rules=tuple(
        PaymentRule(method=method, bank_account="090")
        for method in ("", "stripe", "cod", "bacs")
    ),
)


def payloads() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(SAMPLES.glob("[0-9]*.json")):
        yield path.stem, json.loads(path.read_text())
    by_mode = json.loads((SAMPLES / "random_orders_by_mode.json").read_text())
    for mode, orders in by_mode.items():
        for payload in orders:
            yield f"{mode} {payload['id']}", payload


PAYLOADS = dict(payloads())


def understood(name: str) -> Order:
    message = WooCommerce().read({}, json.dumps(PAYLOADS[name]).encode())
    assert isinstance(message, Received), message
    return message.order


def test_all_samples_are_there() -> None:
    assert len(PAYLOADS) == 175


@pytest.mark.parametrize("name", PAYLOADS)
def test_invoice_asks_for_the_total_of_the_order_to_the_cent(name: str) -> None:
    order = understood(name)

    drafted = draft_documents(order, SHOP, RULES)

    lines = drafted.invoice.lines
    total = to_cents(Decimal(PAYLOADS[name]["total"]))
    assert sum(line.net + line.tax for line in lines) == total
    assert drafted.invoice.total == total
    for line in lines:
        assert line.net == to_cents(line.net)
        assert line.unit_amount == to_cents(line.unit_amount)
        assert line.tax == to_cents(line.tax)
        assert line.discount >= Decimal(0)
    added = (line.net for line in lines if line.description == "Rounding")
    rounding = sum(added, Decimal(0))
    assert abs(rounding) <= Decimal("0.01") * len(order.lines)
    assert sum(payment.amount for payment in drafted.payments) in {0, total}


@pytest.mark.parametrize(
    ("name", "rounding"),
    [
        ("42_rest_excl_roundsubtotal_20pens", "-0.04"),
        ("42_rest_excl_roundline_20pens", "0"),
        ("42_rest_incl_roundsubtotal_20pens", "0"),
        ("40_checkout_excl_roundsubtotal_coupon5fixed", "-0.01"),
        ("60_shop_4_decimals_eur", "-0.01"),
    ],
)
def test_rounding_line_is_what_the_shop_rounded_away(name: str, rounding: str) -> None:
    drafted = draft_documents(understood(name), SHOP, RULES)

    lines = drafted.invoice.lines
    found = sum(line.net for line in lines if line.description == "Rounding")
    assert found == Decimal(rounding)


def test_deduction_over_two_rates_becomes_a_line_for_each() -> None:
    drafted = draft_documents(understood("71_incl_negative_fee"), SHOP, RULES)

    fees = [line for line in drafted.invoice.lines if line.net < 0]
    assert [(fee.description, fee.tax_type, fee.net, fee.tax) for fee in fees] == [
        ("Fee (21 %)", "T21", Decimal("-0.77"), Decimal("-0.16")),
        ("Fee (9 %)", "T9", Decimal("-0.23"), Decimal("-0.02")),
    ]
