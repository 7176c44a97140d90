"""What customers and the shop do to an order after it was placed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from dashboard.domain.order import (
    LineItem,
    LineKind,
    LineTax,
    Order,
    OrderPhase,
    Refund,
    ShopPayment,
)
from dashboard.domain.rules import TaxRule, TaxSituation
from tests.fixtures.builders import ORDERED_AT, a_customer, an_order

TAX_RULES = (
    TaxRule(situation=TaxSituation.RATE, rate_percent=Decimal(21), tax_type="HIGH"),
    TaxRule(situation=TaxSituation.RATE, rate_percent=Decimal(9), tax_type="LOW"),
    TaxRule(situation=TaxSituation.UNTAXED, tax_type="NONE"),
)


def _line(kind: LineKind, net: str, rate: str = "", tax: str = "") -> LineItem:
    taxes = [LineTax(rate_percent=Decimal(rate), amount=Decimal(tax))] if rate else []
    return LineItem(kind=kind, description="Pen", net=Decimal(net), taxes=tuple(taxes))


_PEN = _line(LineKind.PRODUCT, "4.96", "21", "1.04")
_BOOK = _line(LineKind.PRODUCT, "3.33", "9", "0.30")
_SHIPPING = _line(LineKind.SHIPPING, "2.37")
_BASKET = (_PEN, _BOOK, _SHIPPING)  # 12.00
# What an order may be changed to: more, less, and other lines for the same money.
MORE = (*_BASKET, _BOOK)
LESS = (_PEN, _SHIPPING)
OTHER = (_PEN, _line(LineKind.PRODUCT, "6.00"))


def ordered(number: int, *, customer: int, payments: tuple[str, ...]) -> Order:
    """Return an order of 12.00 with three taxes."""
    return an_order(
        str(number),
        customer=a_customer(str(customer)),
        lines=_BASKET,
        payments=payments,
    )


def worth(lines: Sequence[LineItem]) -> Decimal:
    """Return what lines cost, tax included."""
    return sum((line.net + line.tax for line in lines), Decimal(0))


def left_to_pay(versions: Sequence[Order]) -> Decimal:
    """Return what the shop may still take for an order; *versions* are all it told."""
    order = versions[-1]
    taken = max(version.paid for version in versions)
    return order.total - taken - order.refunded


def paid(order: Order, amount: Decimal) -> Order:
    """Return the order with one payment more."""
    payment = ShopPayment(amount=amount, method="card", paid_at=ORDERED_AT)
    return replace(order, payments=(*order.payments, payment))


def changed(order: Order, lines: tuple[LineItem, ...]) -> Order:
    """Return the order with other lines; a shop counts one as paid that was paid."""
    total = worth(lines)
    payments = order.payments
    if order.paid > total:
        first = order.payments[0]
        payments = (replace(first, amount=total),)
    return replace(order, lines=lines, total=total, payments=payments)


def cancelled(order: Order) -> Order:
    """Return the order as the shop tells it once it is off."""
    return replace(order, phase=OrderPhase.CANCELLED, shop_status="cancelled")


def refunded(order: Order, amount: str | Decimal) -> Order:
    """Return the order with one refund more: an amount and nothing else."""
    return _with_refund(order, Decimal(amount))


def refunded_by_line(order: Order, position: int) -> Order:
    """Return the order with one of its lines given back."""
    line = order.lines[position]
    return _with_refund(order, worth([line]), (line,))


def refunded_wholly(order: Order) -> Order:
    """Return the order with all given back that the shop still has of it."""
    return _with_refund(order, order.paid - order.refunded)


def _with_refund(
    order: Order, amount: Decimal, lines: tuple[LineItem, ...] = ()
) -> Order:
    number = str(len(order.refunds) + 1)
    refund = Refund(external_id=number, amount=amount, lines=lines)
    return replace(order, refunds=(*order.refunds, refund))
