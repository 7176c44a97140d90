"""Orders as WooCommerce's REST API v3 shows them and its webhooks send them."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from seed.basket import BasketLine, Coupon, Fee, Shipping
from seed.catalogue import Shop
from seed.customers import Customer
from seed.orders import Order, Snapshot
from seed.scenes import Status
from seed.totals import Charge, TaxAmount, TaxLine, Totals, cents, totals

VERSION: Final = "11.0.1"
# Room for this many lines, taxes and so on an order, whose ids the site shares.
_ROWS_AN_ORDER: Final = 40
_SYMBOLS: Final = {"EUR": "€", "USD": "$", "CAD": "$"}
_VERBS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_UNPAID: Final = (Status.PENDING, Status.FAILED)
_EDITABLE: Final = (Status.PENDING, Status.ON_HOLD)

Json = dict[str, Any]


def body(snapshot: Snapshot, shop: Shop) -> bytes:
    r"""Return the webhook's body, byte for byte as PHP writes it.

    PHP escapes everything outside ASCII, and slashes as ``\/``.
    """
    text = json.dumps(payload(snapshot, shop), separators=(",", ":"))
    return text.replace("/", "\\/").encode("ascii")


def payload(snapshot: Snapshot, shop: Shop) -> Json:
    """Return the order as ``GET /wp-json/wc/v3/orders/<id>?dp=2`` shows it."""
    order = snapshot.order
    figures = totals(order.basket, shop)
    rows = itertools.count(order.number * _ROWS_AN_ORDER)
    return {
        "id": order.number,
        "parent_id": 0,
        "status": snapshot.status.value,
        "currency": order.scene.currency,
        "version": VERSION,
        "prices_include_tax": shop.prices_include_tax,
        "date_created": _local(snapshot.placed_at, shop),
        "date_modified": _local(snapshot.modified_at, shop),
        **_sums(figures),
        "customer_id": order.customer.customer_id if order.customer else 0,
        "order_key": f"wc_order_{order.key}",
        "billing": _billing(order.customer),
        "shipping": _address(order.customer),
        **_payment(snapshot),
        "customer_ip_address": "",
        "customer_user_agent": "",
        "created_via": "store-api",
        "customer_note": order.scene.note,
        "date_completed": _local(snapshot.completed_at, shop),
        "date_paid": _local(snapshot.paid_at, shop),
        "cart_hash": hashlib.sha256(order.key.encode()).hexdigest()[:32],
        "number": str(order.number),
        "meta_data": _meta(order, rows),
        **_rows(order, figures, rows),
        "refunds": [
            {
                "id": refund.refund_id,
                "reason": refund.reason,
                "total": f"-{_money(refund.amount)}",
            }
            for refund in snapshot.refunds
        ],
        "payment_url": (
            f"{shop.url}/checkout/order-pay/{order.number}/"
            f"?pay_for_order=true&key=wc_order_{order.key}"
        ),
        "is_editable": snapshot.status in _EDITABLE,
        "needs_payment": snapshot.status in _UNPAID and figures.total > 0,
        "needs_processing": any(
            not line.product.virtual for line in order.basket.lines
        ),
        "date_created_gmt": _gmt(snapshot.placed_at),
        "date_modified_gmt": _gmt(snapshot.modified_at),
        "date_completed_gmt": _gmt(snapshot.completed_at),
        "date_paid_gmt": _gmt(snapshot.paid_at),
        "currency_symbol": _SYMBOLS[order.scene.currency],
        "_links": _links(order, shop),
    }


def _money(amount: Decimal) -> str:
    return str(cents(amount))


def _number(value: Decimal) -> int | float:
    """Return a JSON number: prices and percentages are the API's only ones.

    They are for display and never enter a sum, so a float does no harm.
    """
    return int(value) if value == value.to_integral_value() else float(value)


def _gmt(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%S}" if moment else None


def _local(moment: datetime | None, shop: Shop) -> str | None:
    return _gmt(moment.astimezone(ZoneInfo(shop.time_zone)) if moment else None)


def _sums(figures: Totals) -> Json:
    return {
        "discount_total": _money(figures.discount),
        "discount_tax": _money(figures.discount_tax),
        "shipping_total": _money(
            figures.shipping.total if figures.shipping else Decimal(0)
        ),
        "shipping_tax": _money(figures.shipping_tax),
        "cart_tax": _money(figures.cart_tax),
        "total": _money(figures.total),
        "total_tax": _money(figures.total_tax),
    }


def _billing(customer: Customer | None) -> Json:
    address = _address(customer)
    phone = address.pop("phone")
    return {**address, "email": customer.email if customer else "", "phone": phone}


def _address(customer: Customer | None) -> Json:
    return {
        "first_name": customer.first_name if customer else "",
        "last_name": customer.last_name if customer else "",
        "company": customer.company if customer else "",
        "address_1": customer.street if customer else "",
        "address_2": "",
        "city": customer.city if customer else "",
        "state": customer.state if customer else "",
        "postcode": customer.postcode if customer else "",
        "country": customer.country if customer else "",
        "phone": customer.phone if customer else "",
    }


def _payment(snapshot: Snapshot) -> Json:
    method = snapshot.order.scene.payment
    has_reference = method.reference and snapshot.paid_at
    return {
        "payment_method": method.code,
        "payment_method_title": method.title,
        "transaction_id": (
            f"{method.reference}{snapshot.order.key}" if has_reference else ""
        ),
    }


def _meta(order: Order, rows: Iterator[int]) -> list[Json]:
    pairs = {"is_vat_exempt": "yes" if order.basket.tax_exempt else "no"}
    if order.customer and order.customer.vat_number:
        pairs["_billing_vat_number"] = order.customer.vat_number
        pairs["_vat_country"] = order.customer.country
        pairs["_vat_number_is_validated"] = "true"
    return [{"id": next(rows), "key": key, "value": pairs[key]} for key in pairs]


def _rows(order: Order, figures: Totals, rows: Iterator[int]) -> Json:
    basket = order.basket
    return {
        "line_items": [
            _line_item(line, charge, next(rows))
            for line, charge in zip(basket.lines, figures.lines, strict=True)
        ],
        "tax_lines": [_tax_line(tax, next(rows)) for tax in figures.tax_lines],
        "shipping_lines": [
            _shipping_line(basket.shipping, figures.shipping, order, rows)
        ]
        if basket.shipping and figures.shipping
        else [],
        "fee_lines": [
            _fee_line(fee, charge, next(rows))
            for fee, charge in zip(basket.fees, figures.fees, strict=True)
        ],
        "coupon_lines": [_coupon_line(basket.coupon, figures, rows)]
        if basket.coupon
        else [],
    }


def _taxes(taxes: tuple[TaxAmount, ...], *, discountable: bool) -> list[Json]:
    return [
        {
            "id": tax.rate.rate_id,
            "total": _money(tax.amount),
            "subtotal": _money(tax.undiscounted) if discountable else "",
        }
        for tax in taxes
    ]


def _line_item(line: BasketLine, charge: Charge, row: int) -> Json:
    product = line.product
    return {
        "id": row,
        "name": product.name,
        "product_id": product.product_id,
        "variation_id": 0,
        "quantity": line.quantity,
        "tax_class": product.tax_class.value,
        "subtotal": _money(charge.subtotal),
        "subtotal_tax": _money(charge.subtotal_tax),
        "total": _money(charge.total),
        "total_tax": _money(charge.total_tax),
        "taxes": _taxes(charge.taxes, discountable=True),
        "meta_data": [],
        "sku": product.sku,
        "global_unique_id": "",
        "price": _number(charge.total / line.quantity),
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def _tax_line(tax: TaxLine, row: int) -> Json:
    return {
        "id": row,
        "rate_code": tax.rate.code,
        "rate_id": tax.rate.rate_id,
        "label": tax.rate.label,
        "compound": False,
        "tax_total": _money(tax.cart),
        "shipping_tax_total": _money(tax.shipping),
        "rate_percent": _number(tax.rate.percent),
        "meta_data": [],
    }


def _shipping_line(
    shipping: Shipping, charge: Charge, order: Order, rows: Iterator[int]
) -> Json:
    items = ", ".join(
        f"{line.product.name} &times; {line.quantity}"
        for line in order.basket.lines
        if not line.product.virtual
    )
    return {
        "id": next(rows),
        "method_title": shipping.title,
        "method_id": shipping.method_id,
        "instance_id": "1",
        "total": _money(charge.total),
        "total_tax": _money(charge.total_tax),
        "taxes": _taxes(charge.taxes, discountable=False),
        "tax_status": "taxable",
        "meta_data": [_shown_meta(next(rows), "Items", items)],
    }


def _fee_line(fee: Fee, charge: Charge, row: int) -> Json:
    return {
        "id": row,
        "name": fee.name,
        "tax_class": "",
        "tax_status": "taxable" if fee.taxable else "none",
        "amount": "",
        "total": _money(charge.total),
        "total_tax": _money(charge.total_tax),
        "taxes": _taxes(charge.taxes, discountable=False),
        "meta_data": [],
    }


def _coupon_line(coupon: Coupon, figures: Totals, rows: Iterator[int]) -> Json:
    info = f'[{coupon.coupon_id},"{coupon.code}","percent",{coupon.percent}]'
    return {
        "id": next(rows),
        "code": coupon.code,
        "discount": _money(figures.discount),
        "discount_tax": _money(figures.discount_tax),
        "meta_data": [_shown_meta(next(rows), "coupon_info", info)],
        "discount_type": "percent",
        "nominal_amount": coupon.percent,
        "free_shipping": False,
    }


def _shown_meta(row: int, key: str, value: str) -> Json:
    return {
        "id": row,
        "key": key,
        "value": value,
        "display_key": key,
        "display_value": value,
    }


def _links(order: Order, shop: Shop) -> Json:
    orders = f"{shop.url}/wp-json/wc/v3/orders"
    itself = f"{orders}/{order.number}"
    return {
        "self": [{"href": itself, "targetHints": {"allow": _VERBS}}],
        "collection": [{"href": orders}],
        "email_templates": [
            {"embeddable": True, "href": f"{itself}/actions/email_templates"}
        ],
    }
