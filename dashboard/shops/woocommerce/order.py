"""From an order of WooCommerce's REST API, version 3, to our own order.

https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from dashboard.domain.money import decimals_of
from dashboard.domain.order import (
    Address,
    Customer,
    LineItem,
    LineKind,
    LineTax,
    Order,
    OrderPhase,
    Refund,
    ShopPayment,
)
from dashboard.domain.sentences import say
from dashboard.shops.fields import Fields
from dashboard.shops.protocol import FieldError, NotUnderstood, Received

VAT_NUMBER_KEYS: Final = (
    "_billing_vat_number",
    "_vat_number",
    "vat_number",
    "_billing_eu_vat_number",
)

_PHASES: Final = {
    "auto-draft": OrderPhase.DRAFT,
    "checkout-draft": OrderPhase.DRAFT,
    "pending": OrderPhase.PENDING,
    "failed": OrderPhase.FAILED,
    "cancelled": OrderPhase.CANCELLED,
    "trash": OrderPhase.DELETED,
}
# A payment date outlives the payment: these keep it when the money is not there.
_UNPAID: Final = {"on-hold", *_PHASES}

# Not a key of WooCommerce's: the order's refunds as they were asked for, beside it.
REFUND_DETAILS: Final = "sluice_refunds"

_CURRENCY_LETTERS: Final = 3
_COUNTRY: Final = re.compile("[A-Z]{2}")
_NO_RATE: Final = (
    "is missing: this version of WooCommerce does not tell the rate of a tax. Update "
    "WooCommerce, then open the order and update it."
)
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class _TaxLine:
    rate_percent: Decimal
    label: str
    country: str
    compound: bool


def read_order(
    payload: Mapping[str, Any],
    vat_number_keys: Sequence[str],
    *,
    decimals: int | None = None,
) -> Received | NotUnderstood:
    """Read an order; every field that cannot be read is named.

    *decimals* is what the shop rounds amounts to, where that is known.
    """
    errors: list[FieldError] = []
    fields = Fields(payload, errors)
    order = _read_order(fields, vat_number_keys, decimals)
    if errors:
        return NotUnderstood(
            external_id=order.external_id, number=order.number, errors=tuple(errors)
        )
    return Received(order=order)


def with_refunds(order: str, refunds: str) -> str:
    """Return the JSON text of an order with that of its refunds put in, both as is."""
    return f'{order.rstrip()[:-1]},"{REFUND_DETAILS}":{refunds}}}'


def _read_order(
    fields: Fields, vat_number_keys: Sequence[str], decimals: int | None
) -> Order:
    external_id = _read_id(fields)
    status = fields.text("status").removeprefix("wc-")
    if not status:
        fields.fault("status", say("is missing"))
    currency = _read_currency(fields)
    total = _read_total(fields, currency, decimals)
    meta = dict(_read_meta(fields))
    rates = _Rates(fields, step=Decimal(1).scaleb(-decimals_of(currency)))
    return Order(
        external_id=external_id,
        number=fields.order_number("number", external_id),
        # Plugins add statuses of their own, for orders that are being handled.
        phase=_PHASES.get(status, OrderPhase.PLACED),
        shop_status=status,
        currency=currency,
        total=total,
        ordered_at=fields.required_time("date_created_gmt"),
        modified_at=fields.time("date_modified_gmt"),
        customer=_read_customer(fields, meta, vat_number_keys),
        lines=tuple(_read_lines(fields, rates)),
        payments=_read_payments(fields, status, total),
        refunds=tuple(_read_refunds(fields, rates)),
        payment_method=fields.text("payment_method"),
        payment_method_title=fields.text("payment_method_title"),
        vat_exempt=meta.get("is_vat_exempt", "").lower() in {"yes", "true", "1"},
        note=fields.text("customer_note"),
        ordered_on=fields.day("date_created"),
        modified_on=fields.day("date_modified"),
        delivery=_read_delivery(fields.part("shipping")),
    )


def _read_id(fields: Fields) -> str:
    external_id = fields.text("id")
    if external_id.isascii() and external_id.isdigit() and int(external_id) > 0:
        return external_id
    fields.fault("id", say("must be the order's id, a whole number above zero"))
    return ""


def _read_currency(fields: Fields) -> str:
    currency = fields.text("currency").upper()
    letters = currency.isascii() and currency.isalpha()
    if not letters or len(currency) != _CURRENCY_LETTERS:
        fields.fault(
            "currency", say("must be a currency of three letters, such as EUR")
        )
    return currency


def _read_total(fields: Fields, currency: str, decimals: int | None) -> Decimal:
    """Read the total and refuse one that the shop has rounded too coarsely.

    WooCommerce renders every amount with the number of decimals in its settings: an
    order over 12.08 says "12" where that is 0, and its cents are lost to us. Asked for
    two decimals it says "12.00", so what it rounds to has to be known.
    """
    total = fields.amount("total")
    written = fields.decimals_written("total")
    if written is not None and decimals is not None:
        written = min(written, decimals)
    needed = decimals_of(currency)
    if total and written is not None and written < needed:
        fields.fault(
            "total",
            say(
                "is %(total)s and %(currency)s needs %(needed)s decimals. In "
                "WooCommerce, set Settings > General > Number of decimals to "
                "%(needed)s, then open the order and update it.",
                total=total,
                currency=currency,
                needed=needed,
            ),
        )
    return total


def _read_meta(fields: Fields) -> Iterator[tuple[str, str]]:
    """Yield the meta data that are texts; plugins keep anything in them."""
    for entry in fields.raw_objects("meta_data"):
        key, value = entry.get("key"), entry.get("value")
        if isinstance(key, str) and isinstance(value, str):
            yield key, value


def _read_customer(
    fields: Fields, meta: Mapping[str, str], vat_number_keys: Sequence[str]
) -> Customer:
    billing = fields.part("billing")
    customer_id = fields.text("customer_id")
    vat_numbers = (meta.get(key, "").strip() for key in vat_number_keys)
    return Customer(
        external_id="" if customer_id == "0" else customer_id,
        email=billing.text("email"),
        company=billing.text("company"),
        first_name=billing.text("first_name"),
        last_name=billing.text("last_name"),
        phone=billing.text("phone"),
        vat_number=next((number for number in vat_numbers if number), ""),
        address=Address(
            line1=billing.text("address_1"),
            line2=billing.text("address_2"),
            city=billing.text("city"),
            region=billing.text("state"),
            postcode=billing.text("postcode"),
            country=billing.country("country"),
        ),
    )


def _read_delivery(shipping: Fields) -> Address:
    """Return where the goods go, as far as it matters for taxes."""
    return Address(region=shipping.text("state"), country=shipping.country("country"))


def _read_lines(fields: Fields, rates: _Rates) -> Iterator[LineItem]:
    for item in fields.parts("line_items"):
        net = item.amount("total")
        yield LineItem(
            kind=LineKind.PRODUCT,
            description=item.text("name", default="Item"),
            quantity=item.amount("quantity", default=Decimal(1)),
            net=net,
            taxes=rates.read(item),
            # A price raised by a plugin (subtotal below total) is no discount.
            discount=max(item.amount("subtotal", default=net) - net, _ZERO),
            sku=item.text("sku"),
        )
    for shipping in fields.parts("shipping_lines"):
        yield LineItem(
            kind=LineKind.SHIPPING,
            description=shipping.text("method_title", default="Shipping"),
            net=shipping.amount("total"),
            taxes=rates.read(shipping),
        )
    for fee in fields.parts("fee_lines"):
        yield LineItem(
            kind=LineKind.FEE,
            description=fee.text("name", default="Fee"),
            net=fee.amount("total"),
            taxes=rates.read(fee),
        )


class _Rates:
    """The order's tax lines, which tell the rates of the taxes on its lines."""

    def __init__(self, order: Fields, step: Decimal) -> None:
        self._tax_lines = {
            tax_line.text("rate_id"): tax_line for tax_line in order.parts("tax_lines")
        }
        self._known: dict[str, _TaxLine] = {}
        self._step = step

    def read(self, line: Fields) -> tuple[LineTax, ...]:
        """Return the taxes on *line*: what they make together is its total_tax.

        Where tax is rounded at the subtotal, the two differ by up to a cent a tax;
        total_tax is what was charged, so the largest tax takes the difference.
        """
        taxes = tuple(self._each(line))
        apart = sum((tax.amount for tax in taxes), _ZERO)
        charged = line.amount("total_tax", default=apart)
        difference = charged - apart
        if not difference:
            return taxes
        if abs(difference) > self._step * len(taxes):
            line.fault(
                "total_tax",
                say(
                    "is %(charged)s, but the taxes of this line make %(apart)s",
                    charged=charged,
                    apart=apart,
                ),
            )
            return taxes
        sizes = [abs(tax.amount) for tax in taxes]
        at = sizes.index(max(sizes))
        corrected = replace(taxes[at], amount=taxes[at].amount + difference)
        return (*taxes[:at], corrected, *taxes[at + 1 :])

    def _each(self, line: Fields) -> Iterator[LineTax]:
        for tax in line.parts("taxes"):
            if tax.is_empty("total"):
                continue  # a rate of the order that this line does not bear
            rate_id = tax.text("id")
            if rate_id not in self._tax_lines:
                tax.fault(
                    "id",
                    say(
                        "tax rate %(rate_id)s is not among the tax_lines",
                        rate_id=rate_id,
                    ),
                )
                continue
            tax_line = self._tax_line(rate_id)
            yield LineTax(
                rate_percent=tax_line.rate_percent,
                amount=tax.amount("total"),
                label=tax_line.label,
                country=tax_line.country,
                compound=tax_line.compound,
            )

    def _tax_line(self, rate_id: str) -> _TaxLine:
        """Read a tax line, once: what is wrong with it is not told for every line."""
        if rate_id not in self._known:
            fields = self._tax_lines[rate_id]
            if fields.is_empty("rate_percent"):
                fields.fault("rate_percent", _NO_RATE)
            self._known[rate_id] = _TaxLine(
                rate_percent=fields.rate_percent("rate_percent"),
                label=fields.text("label"),
                country=_rate_country(fields.text("rate_code")),
                compound=fields.flag("compound"),
            )
        return self._known[rate_id]


def _rate_country(rate_code: str) -> str:
    """Return the country in the code of a rate ("CA-QC-QST-2"), if it has one.

    A rate for any country has none: its code begins with the name it was given.
    """
    country, dash, _rest = rate_code.partition("-")
    told = bool(dash) and bool(_COUNTRY.fullmatch(country))
    return country if told else ""


def _read_payments(
    fields: Fields, status: str, total: Decimal
) -> tuple[ShopPayment, ...]:
    """Return the payment, when the money is there.

    WooCommerce knows one payment an order. Its date is set when the money came in
    (for cash on delivery that is when the order is completed) and stays when the
    order is cancelled or put on hold later.
    """
    paid_at: datetime | None = fields.time("date_paid_gmt")
    if paid_at is None or status in _UNPAID or total <= 0:
        return ()
    payment = ShopPayment(
        amount=total,
        method=fields.text("payment_method"),
        paid_at=paid_at,
        paid_on=fields.day("date_paid"),
        reference=fields.text("transaction_id"),
    )
    return (payment,)


def _read_refunds(fields: Fields, rates: _Rates) -> Iterator[Refund]:
    """Yield the refunds, which WooCommerce writes as negative amounts.

    The order tells no more of a refund than its amount; its lines and its time are
    there when the refund was asked for (see `with_refunds`).
    """
    told = {detail.text("id"): detail for detail in fields.parts(REFUND_DETAILS)}
    for refund in fields.parts_apart("refunds"):
        external_id = refund.text("id")
        if not external_id:
            refund.fault("id", say("is missing"))
        detail = told.get(external_id)
        yield Refund(
            external_id=external_id,
            amount=abs(refund.amount("total")),
            reason=refund.text("reason"),
            lines=() if detail is None else tuple(_read_given_back(detail, rates)),
            refunded_at=None if detail is None else detail.time("date_created_gmt"),
            refunded_on=None if detail is None else detail.day("date_created"),
        )


def _read_given_back(detail: Fields, rates: _Rates) -> Iterator[LineItem]:
    """Yield the lines of a refund with the sign they had in the order."""
    for line in _read_lines(detail, rates):
        if line.net or line.tax:
            yield replace(
                line,
                net=-line.net,
                taxes=tuple(replace(tax, amount=-tax.amount) for tax in line.taxes),
                quantity=abs(line.quantity) or Decimal(1),
                discount=_ZERO,
            )
