"""From an order of Shopify's GraphQL Admin API to our own order.

https://shopify.dev/docs/api/admin-graphql/latest/objects/Order
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from dashboard.domain.money import ZERO, to_cents
from dashboard.domain.order import (
    Address,
    Customer,
    LineItem,
    LineKind,
    Order,
    OrderPhase,
    Refund,
    ShopPayment,
)
from dashboard.domain.sentences import say
from dashboard.shops.fields import Fields
from dashboard.shops.protocol import FieldError, NotUnderstood, Received
from dashboard.shops.shopify.ids import numeric_id
from dashboard.shops.shopify.lines import (
    Charge,
    Charges,
    ShopMoney,
    Taxes,
    charged_beside,
    gross_of,
    less,
)
from dashboard.shops.shopify.payments import (
    Days,
    read_method,
    read_payments,
    rounded,
    shared,
    total_of,
)
from dashboard.shops.shopify.refunds import GivenBack, read_refunds, settled

# The order's own attributes in which themes and apps keep a VAT number, whatever
# capitals, spaces and signs are in them.
VAT_NUMBER_KEYS: Final = (
    "vat_number",
    "vat_id",
    "vat_no",
    "vat",
    "eu_vat_number",
    "btw_nummer",
    "ust_id_nr",
    "ust_id",
    "tva_number",
    "tax_id",
)
_TAX_CREDENTIAL: Final = re.compile(r"TAX_CREDENTIAL_[A-Z]{2}")
_NOT_A_LETTER: Final = re.compile(r"[^a-z0-9]")
_CURRENCY_LETTERS: Final = 3


@dataclass(frozen=True, kw_only=True)
class _Sums:
    """An order's lines and money, once everything in it is worked out."""

    total: Decimal
    lines: tuple[LineItem, ...]
    payments: tuple[ShopPayment, ...]
    refunds: tuple[Refund, ...]


def read_order(
    payload: Mapping[str, Any],
    zone: ZoneInfo | None,
    vat_number_keys: Sequence[str] = VAT_NUMBER_KEYS,
) -> Received | NotUnderstood:
    """Read an order; every field that cannot be read is named.

    *zone* is where the shop is, if that is known.
    """
    errors: list[FieldError] = []
    fields = Fields(payload, errors)
    external_id = numeric_id(fields, "Order")
    number = fields.order_number("name", external_id, sign="#")
    order = _read_order(fields, external_id, number, Days(zone), vat_number_keys)
    if errors:
        # What is read for several purposes is found wrong several times.
        told = tuple(dict.fromkeys(errors))
        return NotUnderstood(external_id=external_id, number=number, errors=told)
    return Received(order=order)


def _read_order(
    fields: Fields,
    external_id: str,
    number: str,
    days: Days,
    vat_number_keys: Sequence[str],
) -> Order:
    ordered_at = fields.required_time("createdAt")
    modified_at = fields.time("updatedAt")
    phase, shop_status = _read_phase(fields)
    currency = _read_currency(fields)
    sums = _read_sums(fields, ShopMoney(currency), days)
    method, title = read_method(fields)
    return Order(
        external_id=external_id,
        number=number,
        phase=phase,
        shop_status=shop_status,
        currency=currency,
        total=sums.total,
        ordered_at=ordered_at,
        ordered_on=days.of(ordered_at),
        modified_at=modified_at,
        modified_on=days.of(modified_at),
        customer=_read_customer(fields, vat_number_keys),
        lines=sums.lines,
        payments=sums.payments,
        refunds=sums.refunds,
        payment_method=method,
        payment_method_title=title,
        vat_exempt=fields.flag("taxExempt"),
        note=fields.text("note"),
        delivery=_read_delivery(fields.part("shippingAddress")),
    )


def _read_phase(fields: Fields) -> tuple[OrderPhase, str]:
    cancelled = fields.time("cancelledAt") is not None
    if fields.flag("test"):
        return OrderPhase.TEST, "test"
    if cancelled:
        return OrderPhase.CANCELLED, "cancelled"
    return OrderPhase.PLACED, fields.text("displayFinancialStatus").lower()


def _read_currency(fields: Fields) -> str:
    currency = fields.text("currencyCode")
    letters = currency.isascii() and currency.isalpha() and currency.isupper()
    if not letters or len(currency) != _CURRENCY_LETTERS:
        fields.fault(
            "currencyCode", say("must be a currency of three letters, such as EUR")
        )
    return currency


# Money --------------------------------------------------------------------------------


def _read_sums(fields: Fields, money: ShopMoney, days: Days) -> _Sums:
    charges = Charges(money, taxes_included=fields.flag("taxesIncluded"))
    asked = money.amount(fields, "totalPriceSet")
    items = [*charges.of_items(fields), *charges.of_shipping(fields)]
    beside = [
        [_line_alone("Tip", money.optional(fields, "totalTipReceivedSet"))],
        list(charges.of_duties(fields)),
        list(charges.of_fees(fields)),
    ]
    lines = [*items, *charged_beside(items, beside, asked)]
    told = read_refunds(fields, {each.id: each for each in lines}, charges, money)
    taken = read_payments(fields, money, days)
    payments = tuple(each.payment for each in taken)
    rounding = money.optional(fields.part("totalCashRoundingAdjustment"), "paymentSet")
    if rounding:
        lines.append(_line_alone("Cash rounding", rounding))
        if total_of(payments) == asked:
            payments = rounded(taken)
        asked += rounding
    return _settled(asked, lines, payments, told, days)


def _settled(
    asked: Decimal,
    lines: list[Charge],
    payments: tuple[ShopPayment, ...],
    told: tuple[GivenBack, ...],
    days: Days,
) -> _Sums:
    """Return what the order is: units taken off are gone, others' taxes left out."""
    paid = total_of(payments)
    off = sum((gross_of(refund.parts) for refund in told if not refund.amount), ZERO)
    refunds, removed = settled(told, paid_too_much=paid - (asked - off))
    for part in removed:
        lines, asked = _without(lines, part), asked - part.gross
    apart = sum((charge.taxes.of_marketplace for charge in lines), ZERO)
    if apart:
        payments = shared(paid - _share(paid, apart, asked), payments)
    return _Sums(
        total=asked - apart,
        lines=tuple(charge.line for charge in lines),
        payments=payments,
        refunds=tuple(_refunds(refunds, apart, asked, days)),
    )


def _refunds(
    refunds: Sequence[GivenBack], apart: Decimal, asked: Decimal, days: Days
) -> Iterator[Refund]:
    for refund in refunds:
        of_marketplace = sum((p.taxes.of_marketplace for p in refund.parts), ZERO)
        if apart and not refund.parts:
            of_marketplace = _share(refund.amount, apart, asked)
        yield Refund(
            external_id=refund.id,
            amount=refund.amount - of_marketplace,
            reason=refund.reason,
            lines=tuple(part.line for part in refund.parts),
            refunded_at=refund.at,
            refunded_on=days.of(refund.at),
        )


def _share(part: Decimal, share: Decimal, whole: Decimal) -> Decimal:
    return to_cents(part * share / whole) if whole else ZERO


def _without(lines: list[Charge], part: Charge) -> list[Charge]:
    left = ((less(line, part) if line.id == part.id else line) for line in lines)
    return [line for line in left if line is not None]


def _line_alone(description: str, amount: Decimal) -> Charge:
    line = LineItem(kind=LineKind.FEE, description=description, net=amount)
    return Charge(id=description, line=line, taxes=Taxes())


# Customer -----------------------------------------------------------------------------


def _read_customer(fields: Fields, vat_number_keys: Sequence[str]) -> Customer:
    """Read who is billed; where the checkout asked no address, who it is sent to."""
    billed = (
        "shippingAddress" if fields.is_empty("billingAddress") else "billingAddress"
    )
    address = fields.part(billed)
    entity = fields.part("purchasingEntity")
    company = entity.part("company").text("name") or address.text("company")
    customer = fields.part("customer")
    return Customer(
        external_id="" if customer.is_empty("id") else numeric_id(customer, "Customer"),
        email=fields.text("email"),
        company=company,
        first_name=address.text("firstName"),
        last_name=address.text("lastName"),
        phone=fields.text("phone") or address.text("phone"),
        vat_number=_read_vat_number(fields, entity, vat_number_keys),
        address=Address(
            line1=address.text("address1"),
            line2=address.text("address2"),
            city=address.text("city"),
            region=address.text("provinceCode"),
            postcode=address.text("zip"),
            country=address.country("countryCodeV2"),
        ),
    )


def _read_delivery(address: Fields) -> Address:
    """Return where the goods go, as far as it matters for taxes."""
    return Address(
        region=address.text("provinceCode"),
        country=address.country("countryCodeV2"),
    )


def _read_vat_number(
    fields: Fields, entity: Fields, vat_number_keys: Sequence[str]
) -> str:
    """Return the VAT number: the company's, the checkout's, else an attribute."""
    settings = entity.part("location").part("taxSettings")
    registered = settings.text("taxRegistrationId")
    if registered:
        return registered
    for field in fields.part("localizedFields").parts("nodes"):
        value = field.text("value")
        if value and _TAX_CREDENTIAL.fullmatch(field.text("key")):
            return value
    attributes = {
        _plain(attribute.text("key")): attribute.text("value")
        for attribute in fields.parts("customAttributes")
    }
    numbers = (attributes.get(_plain(key), "") for key in vat_number_keys)
    return next((number for number in numbers if number), "")


def _plain(key: str) -> str:
    """Return a key as any theme would write it: "VAT Number" is "vat_number"."""
    return _NOT_A_LETTER.sub("", key.lower())
