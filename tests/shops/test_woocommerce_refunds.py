"""Refunds of a running WooCommerce, read with their lines beside the order."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.order import LineKind, Order, Refund
from dashboard.shops.protocol import Received
from dashboard.shops.woocommerce.connector import WooCommerce
from dashboard.shops.woocommerce.order import with_refunds

SAMPLES = Path(__file__).parents[1] / "data" / "woocommerce"


def read(name: str, change: Any = None) -> Order:
    """Read an order with its refunds as they were asked for."""
    (path,) = SAMPLES.glob(f"{name}*.json")
    refunds = json.loads((SAMPLES / "refunds" / path.name).read_text())
    if change is not None:
        change(refunds)
    body = with_refunds(path.read_text(), json.dumps(refunds))
    message = WooCommerce().read({}, body.encode())
    assert isinstance(message, Received), message
    return message.order


def gross(refund: Refund) -> Decimal:
    return sum((line.net + line.tax for line in refund.lines), Decimal(0))


def test_a_refund_by_lines_tells_what_was_given_back_and_when() -> None:
    (refund,) = read("28_").refunds

    (line,) = refund.lines
    assert (line.description, line.quantity) == ("Mug", 1)
    assert (line.net, line.tax) == (Decimal("4.99"), Decimal("1.05"))
    assert line.taxes[0].rate_percent == 21
    assert refund.refunded_at == datetime(2026, 11, 22, 7, 22, 52, tzinfo=UTC)
    assert refund.refunded_on == date(2026, 11, 22)


@pytest.mark.parametrize("name", ["27_", "28_", "61_"])
def test_the_lines_of_a_refund_make_its_amount(name: str) -> None:
    for refund in read(name).refunds:
        assert gross(refund) == refund.amount


def test_shipping_is_given_back_as_shipping() -> None:
    (refund,) = read("27_").refunds

    assert [line.kind for line in refund.lines] == [
        LineKind.PRODUCT,
        LineKind.PRODUCT,
        LineKind.SHIPPING,
    ]


@pytest.mark.parametrize("name", ["29b_", "30_"])
def test_a_refund_of_an_amount_alone_has_no_lines(name: str) -> None:
    for refund in read(name).refunds:
        assert refund.lines == ()
        assert refund.amount > 0
        assert refund.refunded_at is not None


def test_an_amount_given_back_of_a_line_without_a_quantity_counts_as_one() -> None:
    def without_quantity(refunds: Any) -> None:
        refunds[0]["line_items"][0]["quantity"] = 0

    (refund,) = read("28_", without_quantity).refunds

    assert refund.lines[0].quantity == 1


def test_a_refund_deleted_meanwhile_is_not_told() -> None:
    def one_more(refunds: Any) -> None:
        refunds.append({**refunds[0], "id": 999})

    assert len(read("28_", one_more).refunds) == 1
