"""What Shopify charged, read line by line: prices, discounts and taxes as they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Final

from dashboard.domain.money import ZERO, in_proportion, to_cents
from dashboard.domain.order import LineItem, LineKind, LineTax
from dashboard.domain.sentences import say
from dashboard.shops.fields import Fields

_HUNDRED: Final = Decimal(100)
_BY_THE_MARKETPLACE: Final = "tax paid by the marketplace"


class ShopMoney:
    """Reads amounts in the shop's currency.

    What the customer saw in another one is never mixed with it.
    """

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def amount(self, fields: Fields, key: str) -> Decimal:
        """Return the amount of the money bag in *key*, which has to be there."""
        money = fields.part(key).part("shopMoney")
        currency = money.text("currencyCode")
        if currency and currency != self._currency:
            money.fault(
                "currencyCode",
                say(
                    "is %(currency)s, and the order is in %(order_currency)s",
                    currency=currency,
                    order_currency=self._currency,
                ),
            )
        return money.amount("amount")

    def optional(self, fields: Fields, key: str) -> Decimal:
        """Return the amount of the money bag in *key*, zero where there is none."""
        return ZERO if fields.is_empty(key) else self.amount(fields, key)


@dataclass(frozen=True, kw_only=True)
class Taxes:
    """The taxes of one line: ours to pay, and what the marketplace pays for us."""

    ours: tuple[LineTax, ...] = ()
    of_marketplace: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All of it, which the customer was charged."""
        return sum((tax.amount for tax in self.ours), self.of_marketplace)

    def scaled(self, total: Decimal) -> Taxes:
        """Return these taxes as they share *total*, for a part of the line."""
        shares = [self.of_marketplace, *(tax.amount for tax in self.ours)]
        if not any(shares):
            return self
        apart, *ours = in_proportion(total, shares)
        return Taxes(
            ours=tuple(
                LineTax(rate_percent=tax.rate_percent, amount=amount, label=tax.label)
                for tax, amount in zip(self.ours, ours, strict=True)
            ),
            of_marketplace=apart,
        )


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A line as charged, by the id it has in the shop, and all of its taxes."""

    id: str
    line: LineItem
    taxes: Taxes

    @property
    def gross(self) -> Decimal:
        """What the customer was asked for: with the marketplace's tax."""
        return self.line.net + self.taxes.total


class Charges:
    """Reads the lines of one order; *taxes_included* is how its prices are written."""

    def __init__(self, money: ShopMoney, *, taxes_included: bool) -> None:
        self._money = money
        self._taxes_included = taxes_included

    def of_items(self, order: Fields) -> Iterator[Charge]:
        """Yield the line items, discounts on line and order taken off.

        Both are spread over the lines in `discountAllocations`; `discountedTotalSet`
        leaves out those on the order.
        """
        for item in order.part("lineItems").parts("nodes"):
            quantity = item.amount("quantity", default=Decimal(1))
            price = self._money.amount(item, "originalUnitPriceSet") * quantity
            discount = sum(
                (
                    self._money.amount(allocation, "allocatedAmountSet")
                    for allocation in item.parts("discountAllocations")
                ),
                ZERO,
            )
            yield self._charge(
                item,
                LineKind.GIFT_CARD if item.flag("isGiftCard") else LineKind.PRODUCT,
                item.text("name", default="Item"),
                price - discount,
                quantity=quantity,
                discount=discount,
            )

    def of_shipping(self, order: Fields) -> Iterator[Charge]:
        """Yield what shipping costs, discounts taken off."""
        for shipping in order.part("shippingLines").parts("nodes"):
            yield self._charge(
                shipping,
                LineKind.SHIPPING,
                shipping.text("title", default="Shipping"),
                self._money.amount(shipping, "discountedPriceSet"),
            )

    def of_duties(self, order: Fields) -> Iterator[Charge]:
        """Yield the duties on the line items."""
        for item in order.part("lineItems").parts("nodes"):
            for duty in item.parts("duties"):
                price = self._money.amount(duty, "price")
                yield self._charge(duty, LineKind.FEE, "Import duty", price)

    def of_fees(self, order: Fields) -> Iterator[Charge]:
        """Yield what else was charged on the order."""
        for fee in order.parts("additionalFees"):
            price = self._money.amount(fee, "price")
            name = fee.text("name", default="Fee")
            yield self._charge(fee, LineKind.FEE, name, price)

    def given_back(
        self, charge: Charge, price: Decimal, tax: Decimal, quantity: Decimal
    ) -> Charge:
        """Return the part of *charge* that a refund speaks of.

        A refund tells one tax a line: it is shared by the line's taxes as they were.
        """
        taxes = charge.taxes.scaled(tax)
        return Charge(
            id=charge.id,
            line=LineItem(
                kind=charge.line.kind,
                description=charge.line.description,
                quantity=quantity or Decimal(1),
                net=price - tax if self._taxes_included else price,
                taxes=taxes.ours,
                sku=charge.line.sku,
            ),
            taxes=taxes,
        )

    def _charge(
        self,
        fields: Fields,
        kind: LineKind,
        description: str,
        price: Decimal,
        *,
        quantity: Decimal = Decimal(1),
        discount: Decimal = ZERO,
    ) -> Charge:
        taxes = self._taxes(fields)
        note = f" ({_BY_THE_MARKETPLACE})" if taxes.of_marketplace else ""
        return Charge(
            id=fields.text("id"),
            line=LineItem(
                kind=kind,
                description=description + note,
                quantity=quantity,
                net=price - taxes.total if self._taxes_included else price,
                taxes=taxes.ours,
                discount=self._without_tax(discount, taxes),
                sku=fields.text("sku"),
            ),
            taxes=taxes,
        )

    def _without_tax(self, discount: Decimal, taxes: Taxes) -> Decimal:
        if discount <= 0:
            return ZERO
        if not self._taxes_included:
            return discount
        rate = sum((tax.rate_percent for tax in taxes.ours), ZERO)
        return to_cents(discount * _HUNDRED / (_HUNDRED + rate))

    def _taxes(self, line: Fields) -> Taxes:
        ours: list[LineTax] = []
        apart = ZERO
        for tax in line.parts("taxLines"):
            amount = self._money.amount(tax, "priceSet")
            if tax.flag("channelLiable"):
                apart += amount
                continue
            rate = _rate_percent(tax)
            if amount or rate is not None:
                ours.append(
                    LineTax(
                        rate_percent=rate or ZERO,
                        amount=amount,
                        label=tax.text("title"),
                    )
                )
        return Taxes(ours=tuple(ours), of_marketplace=apart)


def _rate_percent(tax: Fields) -> Decimal | None:
    """Return the rate of a tax line, None where Shopify tells none."""
    if not tax.is_empty("ratePercentage"):
        return tax.rate_percent("ratePercentage")
    if not tax.is_empty("rate"):
        return tax.rate_percent("rate", of_one=True)
    return None


def gross_of(charges: tuple[Charge, ...] | list[Charge]) -> Decimal:
    """Return what *charges* make together, taxes included."""
    return sum((charge.gross for charge in charges), ZERO)


def charged_beside(
    items: list[Charge], beside: list[list[Charge]], total: Decimal
) -> list[Charge]:
    """Return the charges of *beside* that belong to the total next to *items*.

    Whether a tip is one of the line items, and duties are in the prices or an
    additional fee, differs from one channel to the other: the total tells. The first
    choice that comes nearest to it counts, all of them first.
    """
    groups = [group for group in beside if gross_of(group)]
    choices = [
        [charge for group in chosen for charge in group]
        for size in range(len(groups), -1, -1)
        for chosen in combinations(groups, size)
    ]
    rest = total - gross_of(items)
    return min(choices, key=lambda choice: abs(rest - gross_of(choice)))


def less(charge: Charge, taken: Charge) -> Charge | None:
    """Return what is left of *charge* without a part of it; None if nothing is."""
    line, off = charge.line, taken.line
    if off.net == line.net and off.tax == line.tax:
        return None
    taxes = charge.taxes.scaled(charge.taxes.total - taken.taxes.total)
    left = max(line.quantity - off.quantity, Decimal(1))
    return Charge(
        id=charge.id,
        line=LineItem(
            kind=line.kind,
            description=line.description,
            quantity=left,
            net=line.net - off.net,
            taxes=taxes.ours,
            discount=to_cents(line.discount * left / line.quantity)
            if line.quantity > 0
            else ZERO,
            sku=line.sku,
        ),
        taxes=taxes,
    )
