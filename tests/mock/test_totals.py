"""Amounts of lines and invoices, against the figures the vendor publishes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mock_accounting.ledger.demo import effective_rate
from mock_accounting.ledger.errors import Refused
from mock_accounting.ledger.inputs import LineInput
from mock_accounting.ledger.model import LineAmountTypes, LineItem, TaxComponent
from mock_accounting.ledger.totals import line_amounts, tax_on, totals

EXCLUSIVE = LineAmountTypes.EXCLUSIVE
INCLUSIVE = LineAmountTypes.INCLUSIVE


def _taxed(amount: str, rate: str, amounts_are: LineAmountTypes) -> LineItem:
    return LineItem(
        line_item_id="1",
        quantity=Decimal(1),
        unit_amount=Decimal(amount),
        line_amount=Decimal(amount),
        tax_amount=tax_on(Decimal(amount), Decimal(rate), amounts_are),
    )


@pytest.mark.parametrize(
    ("amounts", "rate", "amounts_are", "sub_total", "tax", "total"),
    [
        (["25.06", "25.61", "25.63"], "15", EXCLUSIVE, "76.30", "11.44", "87.74"),
        (["76.30"], "15", EXCLUSIVE, "76.30", "11.45", "87.75"),
        (["541.25"], "15", INCLUSIVE, "470.65", "70.60", "541.25"),
        (["21.00"], "15", EXCLUSIVE, "21.00", "3.15", "24.15"),
        (["0.50"], "21", EXCLUSIVE, "0.50", "0.11", "0.61"),
        (["-10.00"], "21", EXCLUSIVE, "-10.00", "-2.10", "-12.10"),
        (["121.00"], "21", LineAmountTypes.NO_TAX, "121.00", "0.00", "121.00"),
    ],
)
def test_tax_is_rounded_half_up_a_line_and_then_summed(
    amounts: list[str],
    rate: str,
    amounts_are: LineAmountTypes,
    sub_total: str,
    tax: str,
    total: str,
) -> None:
    lines = [_taxed(amount, rate, amounts_are) for amount in amounts]

    sums = totals(lines, amounts_are)

    assert sums.sub_total == Decimal(sub_total)
    assert sums.total_tax == Decimal(tax)
    assert sums.total == Decimal(total)


@pytest.mark.parametrize(
    ("sent", "unit_decimals", "expected"),
    [
        ({"quantity": "2", "unit_amount": "10.50"}, 2, ("2", "10.50", "21.00")),
        ({"unit_amount": "10.50"}, 2, ("1", "10.50", "10.50")),
        ({"quantity": "3", "unit_amount": "0.3333"}, 2, ("3", "0.33", "0.99")),
        ({"quantity": "3", "unit_amount": "0.3333"}, 4, ("3", "0.3333", "1.00")),
        ({"quantity": "1.23456", "unit_amount": "10"}, 2, ("1.2346", "10", "12.35")),
        (
            {"quantity": "2", "unit_amount": "10", "discount_rate_percent": "12.5"},
            2,
            ("2", "10", "17.50"),
        ),
        (
            {"quantity": "2", "unit_amount": "10", "discount_amount": "3.01"},
            2,
            ("2", "10", "16.99"),
        ),
        ({"line_amount": "30", "unit_amount": "10"}, 2, ("3", "10", "30.00")),
        ({"line_amount": "10", "quantity": "3"}, 2, ("3", "3.33", "10.00")),
        ({"line_amount": "7.5"}, 2, ("1", "7.50", "7.50")),
        ({}, 2, ("0", "0", "0")),
    ],
)
def test_line_amounts_are_worked_out(
    sent: dict[str, str], unit_decimals: int, expected: tuple[str, str, str]
) -> None:
    values: dict[str, Any] = {name: Decimal(value) for name, value in sent.items()}

    found = line_amounts(LineInput(**values), unit_decimals=unit_decimals)

    assert (found.quantity, found.unit_amount, found.line_amount) == tuple(
        map(Decimal, expected)
    )


def test_a_line_amount_that_does_not_match_is_refused() -> None:
    line = LineInput(
        quantity=Decimal(2), unit_amount=Decimal("10.50"), line_amount=Decimal("20.99")
    )

    with pytest.raises(Refused) as refusal:
        line_amounts(line, unit_decimals=2)

    assert refusal.value.messages == (
        "The line total 20.99 does not match the expected line total 21.00",
    )


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ([("5", False), ("9.975", False)], "14.975"),
        ([("5", False), ("7", True)], "12.35"),
        ([("0", False)], "0"),
    ],
)
def test_compound_components_tax_the_tax(
    components: list[tuple[str, bool]], expected: str
) -> None:
    parts = [
        TaxComponent(name="Part", rate_percent=Decimal(rate), is_compound=compound)
        for rate, compound in components
    ]

    assert effective_rate(parts) == Decimal(expected)
