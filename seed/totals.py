"""WooCommerce's arithmetic: from prices and rates to the figures of an order.

WooCommerce keeps net amounts and taxes with six decimals and shows two. With
rounding per line, each tax is rounded where it arises; with rounding at the
subtotal, only sums are, so that the lines shown need not add up to the total.
Half cents go up where prices are entered without tax, down where with tax.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

from seed.basket import Basket
from seed.catalogue import Product, Rounding, Shop, TaxClass
from seed.taxes import TaxRate, rates_for

ZERO = Decimal(0)
_CENT = Decimal("0.01")
_MICRO = Decimal("0.000001")


@dataclass(frozen=True, kw_only=True)
class TaxAmount:
    """The tax of one rate on one charge, before and after the discount."""

    rate: TaxRate
    undiscounted: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A line, a fee or shipping: net, before and after the discount, and taxes."""

    subtotal: Decimal
    total: Decimal
    taxes: tuple[TaxAmount, ...]

    @property
    def subtotal_tax(self) -> Decimal:
        """The tax before the discount."""
        return sum((tax.undiscounted for tax in self.taxes), ZERO)

    @property
    def total_tax(self) -> Decimal:
        """The tax charged."""
        return sum((tax.amount for tax in self.taxes), ZERO)

    @property
    def discount_tax(self) -> Decimal:
        """The tax on what the discount took off; never rounded per line."""
        discount = self.subtotal - self.total
        return sum((tax.rate.of(discount) for tax in self.taxes), ZERO)


@dataclass(frozen=True, kw_only=True)
class TaxLine:
    """The sum of one rate over the order."""

    rate: TaxRate
    cart: Decimal
    shipping: Decimal


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Every figure of an order; amounts without the two decimals of display."""

    lines: tuple[Charge, ...]
    shipping: Charge | None
    fees: tuple[Charge, ...]
    tax_lines: tuple[TaxLine, ...]
    discount: Decimal
    discount_tax: Decimal
    cart_tax: Decimal
    shipping_tax: Decimal
    total_tax: Decimal
    total: Decimal


def cents(amount: Decimal) -> Decimal:
    """Round to two decimals as WooCommerce does for display: half away from zero."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def totals(basket: Basket, shop: Shop) -> Totals:
    """Work out every figure of an order as a WooCommerce checkout would."""
    lines = _line_charges(basket, shop)
    shipping = _shipping_charge(basket, shop)
    fees = _fee_charges(basket, lines, shop)
    cart = (*lines, *fees)
    everything = (*cart, shipping) if shipping else cart
    before = _shown((line.subtotal for line in lines), shop)
    after = _shown((line.total for line in lines), shop)
    total_tax = sum((charge.total_tax for charge in everything), ZERO)
    net = _shown((charge.total for charge in everything), shop)
    return Totals(
        lines=lines,
        shipping=shipping,
        fees=fees,
        tax_lines=_tax_lines(cart, shipping),
        discount=before - after,
        discount_tax=sum((line.discount_tax for line in lines), ZERO),
        cart_tax=sum((charge.total_tax for charge in cart), ZERO),
        shipping_tax=shipping.total_tax if shipping else ZERO,
        total_tax=total_tax,
        total=cents(net + total_tax),
    )


def _shown(amounts: Iterable[Decimal], shop: Shop) -> Decimal:
    """Add net amounts the way the shop's rounding setting asks for."""
    if shop.rounding is Rounding.LINE:
        return sum((cents(amount) for amount in amounts), ZERO)
    return sum(amounts, ZERO)


def _tax(amount: Decimal, shop: Shop) -> Decimal:
    if shop.rounding is Rounding.SUBTOTAL:
        return amount.quantize(_MICRO, ROUND_HALF_UP)
    halves = ROUND_HALF_DOWN if shop.prices_include_tax else ROUND_HALF_UP
    return amount.quantize(_MICRO, ROUND_HALF_UP).quantize(_CENT, halves)


def _line_charges(basket: Basket, shop: Shop) -> tuple[Charge, ...]:
    charges = []
    for line, reduced in zip(basket.lines, _discounted(basket), strict=True):
        subtotal = _net(line.price, line.product, shop)
        total = _net(reduced, line.product, shop)
        taxes = tuple(
            TaxAmount(
                rate=rate,
                undiscounted=_tax(rate.of(subtotal), shop),
                amount=_tax(rate.of(total), shop),
            )
            for rate in _rates(basket, _class_of(line.product))
        )
        charges.append(Charge(subtotal=subtotal, total=total, taxes=taxes))
    return tuple(charges)


def _class_of(product: Product) -> TaxClass | None:
    return product.tax_class if product.taxable else None


def _rates(basket: Basket, tax_class: TaxClass | None) -> tuple[TaxRate, ...]:
    """Return the rates due on something; *tax_class* None is not taxable."""
    if basket.tax_exempt or tax_class is None:
        return ()
    return rates_for(basket.country, tax_class)


def _net(price: Decimal, product: Product, shop: Shop) -> Decimal:
    """Take the shop's own tax out of a price entered with tax.

    The tax at home comes out wherever the goods go; abroad another tax, or
    none, is put on the net price.
    """
    if not shop.prices_include_tax or not product.taxable:
        return price
    home = rates_for(shop.base_country, product.tax_class)
    percent = sum((rate.percent for rate in home), ZERO)
    return (price * 100 / (100 + percent)).quantize(_MICRO, ROUND_HALF_UP)


def _discounted(basket: Basket) -> Sequence[Decimal]:
    """Take the coupon off each line: whole cents down, then what is left over.

    The cents that rounding down left over go to the dearest products first.
    """
    prices = [line.price for line in basket.lines]
    if basket.coupon is None:
        return prices
    share = Decimal(basket.coupon.percent) / 100
    discounts = [(price * share).quantize(_CENT, ROUND_DOWN) for price in prices]
    wanted = (sum(prices, ZERO) * share).quantize(_CENT, ROUND_HALF_DOWN)
    left_over = wanted - sum(discounts, ZERO)
    dearest_first = sorted(
        range(len(prices)), key=lambda i: -basket.lines[i].product.price
    )
    for index in dearest_first:
        room = prices[index] - discounts[index]
        one_cent_each = min(left_over, room, _CENT * basket.lines[index].quantity)
        discounts[index] += one_cent_each
        left_over -= one_cent_each
    return [price - off for price, off in zip(prices, discounts, strict=True)]


def _shipping_charge(basket: Basket, shop: Shop) -> Charge | None:
    if basket.shipping is None:
        return None
    rates = _rates(basket, basket.shipping_class)
    return _plain_charge(basket.shipping.net, rates, shop)


def _plain_charge(net: Decimal, rates: Sequence[TaxRate], shop: Shop) -> Charge:
    return _untouched(net, [(rate, _tax(rate.of(net), shop)) for rate in rates])


def _untouched(net: Decimal, taxes: Iterable[tuple[TaxRate, Decimal]]) -> Charge:
    """Return a charge that no coupon takes anything off."""
    return Charge(
        subtotal=net,
        total=net,
        taxes=tuple(
            TaxAmount(rate=rate, undiscounted=tax, amount=tax) for rate, tax in taxes
        ),
    )


def _fee_charges(
    basket: Basket, lines: Sequence[Charge], shop: Shop
) -> tuple[Charge, ...]:
    charges = []
    for fee in basket.fees:
        if fee.net < 0 and fee.taxable:
            costs = _costs_by_class(basket, lines)
            charges.append(_deduction(fee.net, basket, costs, shop))
        else:
            rates = _rates(basket, TaxClass.STANDARD if fee.taxable else None)
            charges.append(_plain_charge(fee.net, rates, shop))
    return tuple(charges)


def _costs_by_class(
    basket: Basket, lines: Sequence[Charge]
) -> dict[TaxClass | None, Decimal]:
    costs: defaultdict[TaxClass | None, Decimal] = defaultdict(Decimal)
    for line, charge in zip(basket.lines, lines, strict=True):
        costs[_class_of(line.product)] += charge.total
    for fee in basket.fees:
        if fee.net > 0:
            costs[TaxClass.STANDARD if fee.taxable else None] += fee.net
    if basket.shipping:
        costs[basket.shipping_class] += basket.shipping.net
    return costs


def _deduction(
    net: Decimal,
    basket: Basket,
    costs: Mapping[TaxClass | None, Decimal],
    shop: Shop,
) -> Charge:
    """Spread a negative fee over everything else, so it takes off their taxes.

    Each rate is due on the share that the charges of its class have in all.
    """
    everything = sum(costs.values(), ZERO)
    taxes = [
        (rate, _tax(rate.of(net * cost / everything), shop))
        for tax_class, cost in costs.items()
        for rate in _rates(basket, tax_class)
    ]
    return _untouched(net, taxes)


def _tax_lines(cart: Sequence[Charge], shipping: Charge | None) -> tuple[TaxLine, ...]:
    """Add up the taxes by rate, in the order the rates first appear."""
    sums: dict[TaxRate, tuple[Decimal, Decimal]] = {}
    for charge in cart:
        for tax in charge.taxes:
            on_cart, on_shipping = sums.get(tax.rate, (ZERO, ZERO))
            sums[tax.rate] = (on_cart + tax.amount, on_shipping)
    for tax in shipping.taxes if shipping else ():
        on_cart, on_shipping = sums.get(tax.rate, (ZERO, ZERO))
        sums[tax.rate] = (on_cart, on_shipping + tax.amount)
    return tuple(
        TaxLine(rate=rate, cart=on_cart, shipping=on_shipping)
        for rate, (on_cart, on_shipping) in sums.items()
    )
