"""What Shopify gave back: money, and units taken off an order without any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from dashboard.domain.money import ZERO
from dashboard.shops.fields import Fields
from dashboard.shops.shopify.ids import numeric_id
from dashboard.shops.shopify.lines import Charge, Charges, ShopMoney, gross_of


@dataclass(frozen=True, kw_only=True)
class GivenBack:
    """A refund as told; *amount* is the money that went back, which may be none."""

    id: str
    amount: Decimal
    reason: str
    at: datetime | None
    parts: tuple[Charge, ...]


def read_refunds(
    order: Fields, charged: Mapping[str, Charge], charges: Charges, money: ShopMoney
) -> tuple[GivenBack, ...]:
    """Return the refunds of an order whose lines are *charged*, by their id.

    Order adjustments are not looked at: they say by how much the money differs from
    the lines, which the two tell by themselves.
    """
    return tuple(_read(order, charged, charges, money))


def _read(
    order: Fields, charged: Mapping[str, Charge], charges: Charges, money: ShopMoney
) -> Iterator[GivenBack]:
    for refund in order.parts_apart("refunds"):
        yield GivenBack(
            id=numeric_id(refund, "Refund"),
            amount=sum(_money_back(refund, money), ZERO),
            reason=refund.text("note"),
            at=refund.time("processedAt") or refund.time("createdAt"),
            parts=(
                *_items(refund, charged, charges, money),
                *_shipping(refund, charged, charges, money),
                *_duties(refund, charged, charges, money),
            ),
        )


def _money_back(refund: Fields, money: ShopMoney) -> Iterator[Decimal]:
    for transaction in refund.part("transactions").parts("nodes"):
        done = transaction.text("status") == "SUCCESS"
        if done and transaction.text("kind") == "REFUND":
            yield abs(money.amount(transaction, "amountSet"))


def _items(
    refund: Fields, charged: Mapping[str, Charge], charges: Charges, money: ShopMoney
) -> Iterator[Charge]:
    for row in refund.part("refundLineItems").parts("nodes"):
        charge = charged.get(row.part("lineItem").text("id"))
        price = money.amount(row, "subtotalSet")
        tax = money.optional(row, "totalTaxSet")
        quantity = row.amount("quantity", default=Decimal(1))
        if charge is not None and (price or tax):
            yield charges.given_back(charge, price, tax, quantity)


def _shipping(
    refund: Fields, charged: Mapping[str, Charge], charges: Charges, money: ShopMoney
) -> Iterator[Charge]:
    for row in refund.part("refundShippingLines").parts("nodes"):
        charge = charged.get(row.part("shippingLine").text("id"))
        price = money.amount(row, "subtotalAmountSet")
        tax = money.optional(row, "taxAmountSet")
        if charge is not None and (price or tax):
            yield charges.given_back(charge, price, tax, Decimal(1))


def _duties(
    refund: Fields, charged: Mapping[str, Charge], charges: Charges, money: ShopMoney
) -> Iterator[Charge]:
    for row in refund.parts("duties"):
        charge = charged.get(row.part("originalDuty").text("id"))
        price = money.amount(row, "amountSet")
        if charge is not None and price:
            yield charges.given_back(charge, price, ZERO, Decimal(1))


def settled(
    told: tuple[GivenBack, ...], *, paid_too_much: Decimal
) -> tuple[tuple[GivenBack, ...], tuple[Charge, ...]]:
    """Return the refunds of money, and what was taken off the order without any.

    Taking units off an order leaves a refund without money, and the money that goes
    back for them later is a refund without lines: where their amounts agree the two
    become one. What was never paid for is not part of the order any more; what was
    paid stays until its money goes back (*paid_too_much* is what the shop holds beyond
    the order as it is without those units).
    """
    moneyless = [refund for refund in told if not refund.amount and refund.parts]
    refunds = []
    for refund in told:
        if not refund.amount:
            continue
        own = next(
            (
                other
                for other in moneyless
                if not refund.parts and gross_of(other.parts) == refund.amount
            ),
            None,
        )
        if own is None:
            refunds.append(refund)
        else:
            moneyless.remove(own)
            refunds.append(replace(refund, parts=own.parts))
    if paid_too_much > ZERO:
        return tuple(refunds), ()
    return tuple(refunds), tuple(part for other in moneyless for part in other.parts)
