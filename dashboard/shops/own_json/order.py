"""From an order in our own JSON format to our own order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

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
from dashboard.shops.fields import Fields
from dashboard.shops.protocol import FieldError


def read_order(payload: Mapping[str, Any], errors: list[FieldError]) -> Order:
    """Read an order that fits the schema.

    What no schema can tell, such as a 30th of February, is added to *errors*.
    """
    fields = Fields(payload, errors)
    external_id = fields.text("id")
    status = fields.text("status")
    return Order(
        external_id=external_id,
        number=fields.text("number", default=external_id),
        phase=OrderPhase(status),
        shop_status=status,
        currency=fields.text("currency"),
        total=fields.amount("total"),
        ordered_at=fields.required_time("ordered_at"),
        ordered_on=fields.day("ordered_at"),
        modified_at=fields.time("modified_at"),
        modified_on=fields.day("modified_at"),
        customer=_read_customer(fields.part("customer")),
        lines=tuple(_read_line(line) for line in fields.parts("lines")),
        payments=tuple(_read_payments(fields)),
        refunds=tuple(_read_refunds(fields)),
        payment_method=fields.text("payment_method"),
        payment_method_title=fields.text("payment_method_title"),
        vat_exempt=fields.flag("vat_exempt"),
        note=fields.text("note"),
        delivery=_read_delivery(fields.part("delivery")),
    )


def _read_customer(customer: Fields) -> Customer:
    address = customer.part("address")
    return Customer(
        external_id=customer.text("id"),
        email=customer.text("email"),
        company=customer.text("company"),
        first_name=customer.text("first_name"),
        last_name=customer.text("last_name"),
        phone=customer.text("phone"),
        vat_number=customer.text("vat_number"),
        address=Address(
            line1=address.text("line1"),
            line2=address.text("line2"),
            city=address.text("city"),
            region=address.text("region"),
            postcode=address.text("postcode"),
            country=address.country("country"),
        ),
    )


def _read_delivery(delivery: Fields) -> Address:
    return Address(region=delivery.text("region"), country=delivery.country("country"))


def _read_line(line: Fields) -> LineItem:
    return LineItem(
        kind=LineKind(line.text("kind", default=LineKind.PRODUCT)),
        description=line.text("description", default="Item"),
        net=line.amount("net"),
        taxes=tuple(_read_tax(tax) for tax in line.parts("taxes")),
        quantity=line.amount("quantity", default=Decimal(1)),
        discount=line.amount("discount", default=Decimal(0)),
        sku=line.text("sku"),
    )


def _read_tax(tax: Fields) -> LineTax:
    return LineTax(
        rate_percent=tax.amount("rate_percent"),
        amount=tax.amount("amount"),
        label=tax.text("label"),
        country=tax.country("country"),
        compound=tax.flag("compound"),
    )


def _read_payments(fields: Fields) -> Iterator[ShopPayment]:
    for payment in fields.parts("payments"):
        yield ShopPayment(
            amount=payment.amount("amount"),
            method=payment.text("method"),
            paid_at=payment.required_time("paid_at"),
            paid_on=payment.day("paid_at"),
            reference=payment.text("reference"),
        )


def _read_refunds(fields: Fields) -> Iterator[Refund]:
    for refund in fields.parts_apart("refunds"):
        yield Refund(
            external_id=refund.text("id"),
            amount=refund.amount("amount"),
            reason=refund.text("reason"),
            lines=tuple(_read_line(line) for line in refund.parts("lines")),
            refunded_at=refund.time("refunded_at"),
            refunded_on=refund.day("refunded_at"),
        )
